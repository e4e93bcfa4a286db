//! What protobuf says of messages in pieces, one rule per test, and what the views do
//! with bytes that no check has seen.

use super::{decoded, viewed};
use crate::otlp::writer::Writer;
use crate::otlp::{AnyValue, LogsRequest, Signal, TracesRequest};

/// A logs request of one record with these fields.
fn log_record(content: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.message_field(1, |writer| {
        writer.message_field(2, |writer| writer.message_field(2, content));
    });
    writer.into_bytes()
}

fn attribute(writer: &mut Writer, number: u32, key: &str, value: &str) {
    writer.message_field(number, |writer| {
        writer.bytes_field(1, key.as_bytes());
        writer.message_field(2, |writer| writer.bytes_field(1, value.as_bytes()));
    });
}

fn assert_same(signal: Signal, bytes: &[u8]) {
    assert_eq!(viewed(signal, bytes), decoded(signal, bytes).unwrap());
}

fn array(writer: &mut Writer, elements: &[&str]) {
    writer.message_field(5, |writer| {
        for element in elements {
            writer.message_field(1, |writer| writer.bytes_field(1, element.as_bytes()));
        }
    });
}

fn body_texts(bytes: &[u8]) -> Vec<String> {
    let resource = LogsRequest::new(bytes).resource_logs().next().unwrap();
    let record = resource.scope_logs().next().unwrap().log_records().next().unwrap();
    match record.body {
        Some(AnyValue::Array(array)) => {
            array.values().map(|value| value.as_str().unwrap().to_owned()).collect()
        }
        other => panic!("not an array: {other:?}"),
    }
}

/// A resource in two pieces has the attributes of both.
#[test]
fn a_resource_in_pieces_is_one() {
    let mut writer = Writer::new();
    writer.message_field(1, |writer| {
        writer.message_field(1, |writer| attribute(writer, 1, "a", "1"));
        writer.message_field(2, |writer| writer.message_field(2, |_| {}));
        writer.message_field(1, |_| {});
        writer.message_field(1, |writer| {
            attribute(writer, 1, "b", "2");
            writer.varint_field(2, 3);
        });
    });
    let bytes = writer.into_bytes();
    assert_same(Signal::Logs, &bytes);
    let resource = LogsRequest::new(&bytes).resource_logs().next().unwrap().resource;
    let keys: Vec<_> = resource.attributes().map(|attribute| attribute.key.to_cow()).collect();
    assert_eq!(keys, ["a", "b"]);
    assert_eq!(resource.dropped_attributes_count, 3);
}

/// An array in pieces of a body in pieces is one array.
#[test]
fn an_array_in_pieces_of_a_body_in_pieces_is_one() {
    let bytes = log_record(|writer| {
        writer.message_field(5, |writer| {
            array(writer, &["a"]);
            array(writer, &["b", "c"]);
        });
        writer.fixed64_field(1, 7);
        writer.message_field(5, |_| {});
        writer.message_field(5, |writer| array(writer, &["d"]));
    });
    assert_same(Signal::Logs, &bytes);
    assert_eq!(body_texts(&bytes), ["a", "b", "c", "d"]);
}

/// Another member of the oneof in between forgets the pieces before it.
#[test]
fn another_member_forgets_earlier_pieces() {
    let bytes = log_record(|writer| {
        writer.message_field(5, |writer| {
            array(writer, &["forgotten"]);
            writer.varint_field(3, 1);
            array(writer, &["a"]);
        });
        writer.message_field(5, |writer| array(writer, &["b"]));
    });
    assert_same(Signal::Logs, &bytes);
    assert_eq!(body_texts(&bytes), ["a", "b"]);
}

/// The last of several different members counts.
#[test]
fn the_last_member_counts() {
    let bytes = log_record(|writer| {
        writer.message_field(5, |writer| {
            array(writer, &["a"]);
            writer.bytes_field(1, b"text");
            writer.fixed64_field(4, 1.5_f64.to_bits());
        });
    });
    assert_same(Signal::Logs, &bytes);
    // A string reference is a member too, though the views cannot show it.
    let bytes = log_record(|writer| {
        writer.message_field(5, |writer| {
            writer.bytes_field(1, b"text");
            writer.varint_field(8, 1);
        });
    });
    assert_same(Signal::Logs, &bytes);
}

/// Two pieces of a sum are one sum; a gauge between them is forgotten.
#[test]
fn the_points_of_a_metric_in_pieces_are_one_list() {
    let point = |writer: &mut Writer, value: u64| {
        writer.message_field(1, |writer| writer.fixed64_field(6, value));
    };
    let mut writer = Writer::new();
    writer.message_field(1, |writer| {
        writer.message_field(2, |writer| {
            writer.message_field(2, |writer| {
                writer.message_field(7, |writer| point(writer, 1));
                writer.message_field(5, |writer| point(writer, 2));
                writer.message_field(7, |writer| {
                    point(writer, 3);
                    writer.varint_field(2, 2);
                });
                writer.message_field(7, |writer| {
                    point(writer, 4);
                    writer.varint_field(3, 1);
                });
            });
        });
    });
    assert_same(Signal::Metrics, &writer.into_bytes());
}

/// A status in pieces has the code of one and the message of the other.
#[test]
fn a_status_in_pieces_is_one() {
    let mut writer = Writer::new();
    writer.message_field(1, |writer| {
        writer.message_field(2, |writer| {
            writer.message_field(2, |writer| {
                writer.message_field(15, |writer| writer.varint_field(3, 2));
                writer.message_field(15, |writer| writer.bytes_field(2, b"broken"));
            });
        });
    });
    let bytes = writer.into_bytes();
    assert_same(Signal::Traces, &bytes);
    let spans = TracesRequest::new(&bytes).resource_spans().next().unwrap();
    let status = spans.scope_spans().next().unwrap().spans().next().unwrap().status.unwrap();
    assert_eq!((status.code, status.message.as_str()), (2, Some("broken")));
}

/// Fields of a later version come out as they were sent, and nothing else does.
#[test]
fn unknown_fields_come_out_as_sent() {
    let mut unknown = Writer::new();
    unknown.varint_field(99, 300);
    unknown.bytes_field(100, b"new");
    unknown.put_tag(101, 3);
    unknown.fixed32_field(1, 1);
    unknown.put_tag(101, 4);
    let bytes = log_record(|writer| {
        writer.fixed64_field(1, 7);
        writer.put_raw(unknown.bytes());
        writer.bytes_field(12, b"name");
    });
    let resource = LogsRequest::new(&bytes).resource_logs().next().unwrap();
    let record = resource.scope_logs().next().unwrap().log_records().next().unwrap();
    let fields: Vec<_> = record.unknown_fields().collect();
    assert_eq!(fields.len(), 3);
    assert_eq!(fields.concat(), unknown.bytes());
}

/// Unknown fields of a message in pieces come from all pieces.
#[test]
fn unknown_fields_come_from_all_pieces() {
    let mut writer = Writer::new();
    writer.message_field(1, |writer| {
        writer.message_field(1, |writer| writer.varint_field(50, 1));
        writer.message_field(1, |writer| writer.varint_field(51, 2));
    });
    let bytes = writer.into_bytes();
    let resource = LogsRequest::new(&bytes).resource_logs().next().unwrap().resource;
    let expected: [&[u8]; 2] = [&[0x90, 0x03, 1], &[0x98, 0x03, 2]];
    assert_eq!(resource.unknown_fields().collect::<Vec<_>>(), expected);
}

/// Views over bytes that are no request end somewhere; they do not panic.
#[test]
fn views_of_rubbish_end() {
    let whole = log_record(|writer| {
        writer.message_field(5, |writer| array(writer, &["a", "b"]));
        attribute(writer, 6, "key", "value");
    });
    for length in 0..whole.len() {
        let bytes = &whole[..length];
        viewed(Signal::Logs, bytes);
        viewed(Signal::Traces, bytes);
        viewed(Signal::Metrics, bytes);
    }
}
