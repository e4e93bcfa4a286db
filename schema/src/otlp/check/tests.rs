//! Tests of `check`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

use super::*;
use crate::otlp::writer::Writer;

fn check_default(signal: Signal, bytes: &[u8]) -> Result<Checked, CheckError> {
    check(signal, bytes, &Limits::default())
}

/// A logs request of one scope with this content.
fn scope_logs(content: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.message_field(1, |writer| writer.message_field(2, content));
    writer.into_bytes()
}

/// A log record whose body is `depth` values deep.
fn nested(depth: usize, number: u32) -> Vec<u8> {
    let mut value = Vec::new();
    for _ in 1..depth {
        let mut writer = Writer::new();
        writer.message_field(number, |writer| {
            writer.message_field(1, |writer| {
                if number == 5 {
                    writer.put_raw(&value);
                } else {
                    writer.bytes_field(2, &value);
                }
            });
        });
        value = writer.into_bytes();
    }
    scope_logs(|writer| writer.message_field(2, |writer| writer.bytes_field(5, &value)))
}

/// Nothing is a request without records.
#[test]
fn an_empty_request_is_whole() {
    for signal in Signal::ALL {
        assert_eq!(check_default(signal, &[]), Ok(Checked::default()));
    }
}

/// Values may nest up to the limit and not deeper, through arrays and lists alike.
#[test]
fn nesting_is_limited() {
    for number in [5, 6] {
        assert!(check_default(Signal::Logs, &nested(32, number)).is_ok());
        let error = check_default(Signal::Logs, &nested(33, number)).unwrap_err();
        assert_eq!(error, CheckError::TooDeep { limit: 32 });
        assert!(!error.is_too_large());
        assert!(error.to_string().contains("AnyValue"), "{error}");
    }
}

/// A value 10,000 deep is refused like any other, without running out of stack.
#[test]
fn very_deep_values_are_refused() {
    for number in [5, 6] {
        assert_eq!(
            check_default(Signal::Logs, &nested(10_000, number)),
            Err(CheckError::TooDeep { limit: 32 })
        );
    }
}

/// 64 MiB of empty log records, 33 million rows, are refused as too large a request.
#[test]
fn many_empty_records_are_too_costly() {
    let records = [0x12, 0x00].repeat((64 << 20) / 2 - 10);
    let bytes = scope_logs(|writer| writer.put_raw(&records));
    assert!(bytes.len() <= Limits::default().request_bytes);
    let error = check_default(Signal::Logs, &bytes).unwrap_err();
    assert!(matches!(error, CheckError::TooCostly { .. }));
    assert!(error.is_too_large());
}

/// So are as many empty spans, span events, data points, attributes and links.
#[test]
fn many_empty_parts_are_too_costly() {
    let many = |key: u8| [key, 0x00].repeat(31 << 20);
    let one = |path: &[u32], content: &[u8]| {
        path.iter().rev().fold(content.to_vec(), |content, number| {
            let mut writer = Writer::new();
            writer.bytes_field(*number, &content);
            writer.into_bytes()
        })
    };
    let cases = [
        (Signal::Traces, one(&[1, 2], &many(0x12))),
        (Signal::Traces, one(&[1, 2, 2], &many(0x5a))),
        (Signal::Traces, one(&[1, 2, 2], &many(0x6a))),
        (Signal::Metrics, one(&[1, 2, 2, 5], &many(0x0a))),
        (Signal::Metrics, one(&[1, 2, 2, 10, 1, 8, 2], &vec![0; 62 << 20])),
        (Signal::Logs, one(&[1, 2, 2], &many(0x32))),
    ];
    for (signal, bytes) in cases {
        assert!(
            matches!(check_default(signal, &bytes), Err(CheckError::TooCostly { .. })),
            "{signal:?}"
        );
    }
}

/// A resource counts for each of its records: that is where rows repeat it.
#[test]
fn a_resource_counts_for_every_record() {
    let request = |attribute: usize, records: usize| {
        let mut writer = Writer::new();
        writer.message_field(1, |writer| {
            writer.message_field(1, |writer| {
                writer.message_field(1, |writer| writer.bytes_field(1, &vec![b'k'; attribute]));
            });
            writer.message_field(2, |writer| writer.put_raw(&[0x12, 0x00].repeat(records)));
        });
        check_default(Signal::Logs, &writer.into_bytes()).unwrap()
    };
    let (small, large) = (request(100, 1_000), request(1_100, 1_000));
    assert_eq!(small.records, 1_000);
    let grown = large.estimated_bytes - small.estimated_bytes;
    assert!((1_000_000..1_100_000).contains(&grown), "{grown}");
}

/// Spans and their events are records each; data points are, of every kind of metric.
#[test]
fn records_are_counted_by_kind() {
    let mut writer = Writer::new();
    writer.message_field(1, |writer| {
        writer.message_field(2, |writer| {
            writer.message_field(2, |writer| writer.put_raw(&[0x5a, 0, 0x5a, 0, 0x6a, 0]));
            writer.message_field(2, |_| {});
        });
    });
    let checked = check_default(Signal::Traces, &writer.into_bytes()).unwrap();
    assert_eq!((checked.records, checked.spans, checked.span_events), (4, 2, 2));

    let mut writer = Writer::new();
    writer.message_field(1, |writer| {
        writer.message_field(2, |writer| {
            for kind in [5, 7, 9, 10, 11] {
                writer.message_field(2, |writer| {
                    writer.message_field(kind, |writer| writer.put_raw(&[0x0a, 0]));
                });
            }
        });
    });
    let checked = check_default(Signal::Metrics, &writer.into_bytes()).unwrap();
    assert_eq!((checked.records, checked.data_points), (5, 5));
}

/// An error says in which message and where.
#[test]
fn errors_say_where() {
    let bytes =
        scope_logs(|writer| writer.message_field(2, |writer| writer.put_raw(&[0x40, 0x01])));
    let error = check_default(Signal::Logs, &bytes).unwrap_err();
    assert_eq!(error, CheckError::WrongType { message: "LogRecord", field: "flags", offset: 6 });
    let bytes =
        scope_logs(|writer| writer.message_field(2, |writer| writer.put_raw(&[0x32, 0x05, 0x00])));
    let error = check_default(Signal::Logs, &bytes).unwrap_err();
    assert_eq!(
        error,
        CheckError::Wire { message: "LogRecord", offset: 6, source: WireError::Truncated }
    );
    assert!(!error.is_too_large());
}

/// Text that is not UTF-8 is not the check's business.
#[test]
fn invalid_utf8_passes() {
    let bytes =
        scope_logs(|writer| writer.message_field(2, |writer| writer.bytes_field(3, b"\xff\xfe")));
    assert_eq!(check_default(Signal::Logs, &bytes).unwrap().log_records, 1);
}

/// A request longer than the limit is refused before it is read.
#[test]
fn long_requests_are_refused() {
    let limits = Limits { request_bytes: 3, ..Limits::default() };
    let error = check(Signal::Logs, &[0xff; 4], &limits).unwrap_err();
    assert_eq!(error, CheckError::TooLarge { limit: 3 });
    assert!(error.is_too_large());
}
