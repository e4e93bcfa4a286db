//! Tests of `normalise`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, span};
use prost::Message as _;

use super::*;
use crate::frame::{ContentType, Transport};
use crate::ids::{Principal, RequestDigest, Tenant};
use crate::vocabulary::{HostSource, IgnoreRule, TimeSource};

const RECEIVED_US: i64 = 1_795_174_500_000_000;
const SENT_NANO: u64 = 1_795_174_413_222_009_489;

fn meta(kind: FrameKind) -> FrameMeta {
    FrameMeta {
        kind,
        content_type: ContentType::Protobuf,
        transport: Transport::Http,
        repeat: false,
        relay: false,
        digest: RequestDigest::from_bytes([0xab; 12]),
        tenant: Tenant::default(),
        principal: Principal::default(),
        peer_address: "192.0.2.7".to_owned(),
        certificate_host: String::new(),
    }
}

fn frame<'a>(meta: &'a FrameMeta, payload: &'a [u8]) -> FrameInput<'a> {
    FrameInput {
        log_id: LogId::from_bytes([1; 16]),
        sequence: Sequence(9),
        received_at: ReceivedAt(RECEIVED_US),
        meta,
        payload,
    }
}

fn map(meta: &FrameMeta, payload: &[u8]) -> Rows {
    let mut rows = Rows::default();
    Mapping::default().normalise(&frame(meta, payload), Wanted::default(), &mut rows).unwrap();
    rows
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

fn logs(resource: Vec<KeyValue>, records: Vec<LogRecord>) -> Vec<u8> {
    let resource = Resource { attributes: resource, ..Resource::default() };
    let scope_logs = vec![ScopeLogs { log_records: records, ..ScopeLogs::default() }];
    let group = ResourceLogs { resource: Some(resource), scope_logs, ..ResourceLogs::default() };
    ExportLogsServiceRequest { resource_logs: vec![group] }.encode_to_vec()
}

fn with_events<T>(payload: &[u8], check: impl Fn(&[Event<'_>]) -> T) -> T {
    let mut rows = map(&meta(FrameKind::Otlp(Signal::Logs)), payload);
    let batch = rows.events.finish().unwrap();
    let events: Vec<_> = (0..batch.num_rows()).map(|row| Event::read(&batch, row)).collect();
    check(&events)
}

/// A span comes before its events, and ids and indexes follow the order of the message.
#[test]
fn positions_follow_the_message() {
    let one = |name: &str, events: &[&str]| Span {
        name: name.to_owned(),
        events: events
            .iter()
            .map(|name| span::Event { name: (*name).to_owned(), ..span::Event::default() })
            .collect(),
        ..Span::default()
    };
    let spans = vec![one("a", &["a1", "a2"]), one("b", &["b1"])];
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let group = ResourceSpans { scope_spans, ..ResourceSpans::default() };
    let payload = ExportTraceServiceRequest { resource_spans: vec![group] }.encode_to_vec();
    let mut rows = map(&meta(FrameKind::Otlp(Signal::Traces)), &payload);
    let batch = rows.events.finish().unwrap();
    let order: Vec<_> = (0..batch.num_rows())
        .map(|row| {
            let columns = Event::read(&batch, row).columns;
            assert_eq!(
                (columns.offset_sequence, columns.offset_index),
                (9, i64::try_from(row).unwrap())
            );
            assert_eq!(columns.event_id.index, columns.offset_index);
            (columns.name.unwrap().into_owned(), columns.signal.unwrap())
        })
        .collect();
    let names: Vec<_> = order.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["a", "a1", "a2", "b", "b1"]);
    assert_eq!(order[1].1, RecordSignal::SpanEvent);
    let id = "abababababababababababab-4";
    assert_eq!(Event::read(&batch, 4).columns.event_id.to_string(), id);
}

/// Whose a row is comes from the credential, whatever the payload claims.
#[test]
fn identity_comes_from_the_frame() {
    let payload =
        logs(vec![text("tenant", "evil"), text("principal", "root")], vec![LogRecord::default()]);
    with_events(&payload, |events| {
        let columns = &events[0].columns;
        assert_eq!((columns.tenant.as_ref(), columns.principal.as_ref()), ("default", "local"));
        assert_eq!(columns.peer_address.as_deref(), Some("192.0.2.7"));
        assert_eq!(columns.log_id, "01".repeat(16));
    });
}

/// Others than Codex stamp the record; what is missing falls back clock by clock.
#[test]
fn time_falls_back_clock_by_clock() {
    let stamp = || text("event.timestamp", "2026-11-20T11:33:33.221Z");
    let record = |time, observed, attributes| LogRecord {
        time_unix_nano: time,
        observed_time_unix_nano: observed,
        attributes,
        ..LogRecord::default()
    };
    let codex = || vec![text("event.name", "codex.x"), stamp()];
    let cases = [
        (
            record(SENT_NANO, 5000, vec![stamp()]),
            TimeSource::Record,
            SENT_NANO.cast_signed() / 1000,
        ),
        (record(0, 5000, vec![stamp()]), TimeSource::EventTimestamp, 1_795_174_413_221_000),
        (record(SENT_NANO, 5000, codex()), TimeSource::EventTimestamp, 1_795_174_413_221_000),
        (record(0, 5000, vec![]), TimeSource::Observed, 5),
        (record(0, 0, vec![]), TimeSource::Received, RECEIVED_US),
        (record(u64::MAX, 0, vec![]), TimeSource::Record, 18_446_744_073_709_551),
    ];
    let payload = logs(vec![], cases.iter().map(|(record, ..)| record.clone()).collect());
    with_events(&payload, |events| {
        for (event, (_, source, us)) in events.iter().zip(&cases) {
            let found = (event.columns.time_source, event.columns.time.0);
            assert_eq!(found, (Some(*source), *us));
        }
        assert_eq!(events[0].columns.time_unix_nano, SENT_NANO.cast_signed());
        assert_eq!(events[5].columns.time_unix_nano, i64::MAX);
    });
}

/// A host is proved, claimed or guessed, in this order, and the row says which.
#[test]
fn hosts_say_how_they_are_known() {
    let claimed = logs(vec![text("host.name", "laptop")], vec![LogRecord::default()]);
    let silent = logs(vec![], vec![LogRecord::default()]);
    for (certificate, payload, host, source) in [
        ("vm-1", &claimed, "vm-1", HostSource::Certificate),
        ("", &claimed, "laptop", HostSource::Claimed),
        ("", &silent, "192.0.2.7", HostSource::Peer),
    ] {
        let mut meta = meta(FrameKind::Otlp(Signal::Logs));
        meta.certificate_host = certificate.to_owned();
        let batch = map(&meta, payload).events.finish().unwrap();
        let columns = Event::read(&batch, 0).columns;
        assert_eq!((columns.host.as_deref(), columns.host_source), (Some(host), Some(source)));
    }
}

/// What is not UTF-8 is stored with U+FFFD, and the row says so.
#[test]
fn invalid_utf8_is_marked() {
    let mut payload =
        logs(vec![], vec![LogRecord { severity_text: "AXB".to_owned(), ..LogRecord::default() }]);
    let at = payload.windows(3).position(|window| window == b"AXB").unwrap();
    payload[at + 1] = 0xff;
    with_events(&payload, |events| {
        assert_eq!(events[0].columns.severity_text.as_deref(), Some("A\u{fffd}B"));
        assert!(events[0].attributes.iter().any(|kept| kept.key == "otlp.invalid_utf8"));
    });
}

/// A repeat gives no row, and a line that says how many were left out by which rule.
#[test]
fn repeats_are_only_counted() {
    let payload = logs(vec![], vec![LogRecord::default(), LogRecord::default()]);
    let mut meta = meta(FrameKind::Otlp(Signal::Logs));
    meta.repeat = true;
    let rows = map(&meta, &payload);
    assert!(rows.events.is_empty());
    let lines: Vec<_> = rows.ledger.lines().collect();
    let [(key, counts)] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!(key.ignored_rule, Some(IgnoreRule::Repeat));
    assert_eq!((counts.accepted, counts.stored, counts.ignored), (2, 0, 2));
    assert_eq!(tables_fed(&meta), [Table::Ledger]);
}

/// Accepted equals stored, per name, however many names a frame has.
#[test]
fn the_ledger_counts_every_name() {
    let names = (0..100).map(|index| format!("event-{}", index % 50));
    let records = names
        .map(|name| LogRecord {
            attributes: vec![text("event.name", &name)],
            ..LogRecord::default()
        })
        .collect();
    let rows = map(&meta(FrameKind::Otlp(Signal::Logs)), &logs(vec![], records));
    assert_eq!(rows.events.len(), 100);
    assert_eq!(rows.ledger.lines().count(), 50);
    assert!(rows.ledger.lines().all(|(_, counts)| (counts.accepted, counts.stored) == (2, 2)));
}

/// A frame is mapped for the tables that still need it, and for no other.
#[test]
fn unwanted_tables_get_nothing() {
    let payload = logs(vec![], vec![LogRecord::default()]);
    let meta = meta(FrameKind::Otlp(Signal::Logs));
    let mut rows = Rows::default();
    let wanted = Wanted { events: false, ..Wanted::default() };
    Mapping::default().normalise(&frame(&meta, &payload), wanted, &mut rows).unwrap();
    assert!(rows.events.is_empty() && !rows.ledger.is_empty());
    let mut rows = Rows::default();
    let wanted = Wanted { ledger: false, ..Wanted::default() };
    Mapping::default().normalise(&frame(&meta, &payload), wanted, &mut rows).unwrap();
    assert!(!rows.events.is_empty() && rows.ledger.is_empty());
}

/// A frame that cannot be mapped is one row without content, and all its records are counted.
#[test]
fn undecoded_frames_are_one_row() {
    let payload = logs(vec![], vec![LogRecord::default(), LogRecord::default()]);
    let meta = meta(FrameKind::Otlp(Signal::Logs));
    let mut rows = Rows::default();
    undecoded(&frame(&meta, &payload), "the mapper panicked", &mut rows);
    let batch = rows.events.finish().unwrap();
    let event = Event::read(&batch, 0);
    assert_eq!(event.columns.kind, Some(Kind::Undecoded));
    assert_eq!(event.columns.error.as_deref(), Some("the mapper panicked"));
    assert_eq!(event.columns.time_source, Some(TimeSource::Received));
    let keys: Vec<_> = event.attributes.iter().map(|kept| kept.key.as_ref()).collect();
    assert_eq!(keys, ["otlp.request_digest", "otlp.request_bytes", "otlp.request_signal"]);
    let (_, counts) = rows.ledger.lines().next().unwrap();
    assert_eq!((counts.accepted, counts.stored, counts.undecoded), (2, 0, 2));
}

/// An act on Seam becomes one row of `audit` and no line; what is no act is an error.
#[test]
fn acts_go_into_audit() {
    let act = Act {
        act: "query".to_owned(),
        subject: "events".to_owned(),
        detail: serde_json::json!({ "sql": "select 1" }),
        rows: Some(1),
        outcome: "done".to_owned(),
    };
    let payload = serde_json::to_vec(&act).unwrap();
    let meta = meta(FrameKind::Internal);
    let mut rows = map(&meta, &payload);
    assert!(rows.ledger.is_empty() && rows.events.is_empty());
    let batch = rows.audit.finish().unwrap();
    let row = AuditRow::read(&batch, 0);
    assert_eq!((row.act.as_deref(), row.rows), (Some("query"), Some(1)));
    assert_eq!(row.detail.as_deref(), Some(r#"{"sql":"select 1"}"#));
    let error =
        Mapping::default().normalise(&frame(&meta, b"{"), Wanted::default(), &mut Rows::default());
    assert!(error.unwrap_err().to_string().contains("internal frame 9"));
}

/// An empty request is no row and no line.
#[test]
fn an_empty_request_gives_nothing() {
    for signal in Signal::ALL {
        let rows = map(&meta(FrameKind::Otlp(signal)), b"");
        assert!(rows.events.is_empty() && rows.metrics.is_empty() && rows.ledger.is_empty());
    }
}

/// What a rule leaves out has no row, and what the ledger shows of it holds no secret.
#[test]
fn noise_leaves_no_secret_in_the_ledger() {
    let secret = ["ghp", "_x7Kq2mVb9TzR4nWc8LpY3sDf6GhJ1aEu5QoB"].concat();
    let attributes = vec![
        text("event.name", "codex.sse_event"),
        text("event.kind", "response.created"),
        text("app.version", &secret),
    ];
    let payload = logs(Vec::new(), vec![LogRecord { attributes, ..LogRecord::default() }]);
    let redactor = Redactor::new(&crate::redact::RedactSettings::default()).unwrap();
    let mapping = Mapping { redactor, ..Mapping::default() };
    let meta = meta(FrameKind::Otlp(Signal::Logs));
    let mut rows = Rows::default();
    mapping.normalise(&frame(&meta, &payload), Wanted::default(), &mut rows).unwrap();
    assert!(rows.events.is_empty());
    let (key, counts) = rows.ledger.lines().next().unwrap();
    assert_eq!((counts.ignored, key.ignored_rule), (1, Some(IgnoreRule::CodexStreamEvent)));
    assert!(key.agent_version.starts_with("[redacted:github-pat:"), "{}", key.agent_version);
}

/// A tick is no row and no line, and feeds no table.
#[test]
fn a_tick_gives_nothing() {
    let meta = FrameMeta::tick();
    let rows = map(&meta, b"");
    assert!(rows.events.is_empty() && rows.metrics.is_empty());
    assert!(rows.audit.is_empty() && rows.ledger.is_empty());
    assert!(tables_fed(&meta).is_empty());
}
