//! Events as they are sent.

use std::sync::Arc;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use prost::Message as _;
use seam_exporters::Record;
use seam_exporters::otlp::{Action, Signal, action, event, split};
use seam_schema::event::{Attribute, Event, Text};
use seam_schema::ids::{
    EventId, LogId, Offset, ReceivedAt, RequestDigest, Sequence, SpanId, TraceId,
};
use seam_schema::table::cell::TimeUs;
use seam_schema::vocabulary::{Kind, RecordSignal, TimeSource};

/// When the events were received.
const RECEIVED_US: i64 = 1_790_000_000_123_456;

/// An event with its number as id and body.
pub(crate) fn numbered(number: usize, signal: RecordSignal) -> Event<'static> {
    let mut event = Event::default();
    let columns = &mut event.columns;
    columns.event_id = id(number);
    columns.tenant = Text::from("acme");
    columns.principal = Text::from("laptop-1");
    columns.received_at = TimeUs(RECEIVED_US);
    columns.signal = Some(signal);
    columns.kind = Some(Kind::Other);
    columns.time_unix_nano = 1_790_000_000_000_000_000;
    columns.time_source = Some(TimeSource::Record);
    columns.trace_id = Some(TraceId([5; 16]));
    columns.span_id = Some(SpanId([6; 8]));
    columns.name = Some(Text::from(format!("name {number}")));
    if signal == RecordSignal::Logs {
        columns.body = Some(Text::from(format!("number {number}")));
    }
    // Three agents, so that some records share a resource and others do not.
    event.resource.push(Attribute::text("service.name", format!("agent-{}", number / 2 % 3)));
    event.attributes.push(Attribute::text("who", "me"));
    event
}

fn id(number: usize) -> EventId {
    let mut digest = [0; 12];
    digest[..8].copy_from_slice(&u64::try_from(number).unwrap().to_be_bytes());
    EventId { digest: RequestDigest::from_bytes(digest), index: 0 }
}

/// An event as a record of the delivery.
pub(crate) fn record_of(number: usize, event_: &Event<'_>) -> Record {
    let mut document = Vec::new();
    event(event_, &mut document).unwrap();
    Record {
        id: event_.columns.event_id.to_string().into(),
        offset: Offset {
            log_id: LogId::from_bytes([7; 16]),
            sequence: Sequence(i64::try_from(number).unwrap()),
            index: 0,
        },
        time_us: RECEIVED_US,
        tenant: Arc::from("acme"),
        session_id: Arc::from("s"),
        kind: "other",
        agent: "codex",
        host: None,
        document: document.into(),
        redelivery: false,
    }
}

/// Log records with these numbers.
pub(crate) fn logs(numbers: std::ops::Range<usize>) -> Vec<Record> {
    numbers.map(|number| record_of(number, &numbered(number, RecordSignal::Logs))).collect()
}

/// The text of an attribute.
pub(crate) fn text<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

fn one_log(document: &bytes::Bytes) -> opentelemetry_proto::tonic::logs::v1::LogRecord {
    let (signal, request) = split(document).unwrap();
    assert_eq!(signal, Signal::Logs);
    let mut request = ExportLogsServiceRequest::decode(request).unwrap();
    let mut group = request.resource_logs.pop().unwrap();
    assert_eq!(text(&group.resource.unwrap().attributes, "service.name"), Some("agent-0"));
    group.scope_logs.pop().unwrap().log_records.pop().unwrap()
}

/// Guarantees: another reader of OTLP finds the record as it was, and where it came from.
#[test]
fn a_log_keeps_what_it_was_and_says_whence() {
    let mut event = numbered(1, RecordSignal::Logs);
    event.attributes.push(Attribute::text("seam.principal", "somebody else"));
    let record = one_log(&record_of(1, &event).document);
    assert_eq!(record.time_unix_nano, 1_790_000_000_000_000_000);
    assert_eq!(record.observed_time_unix_nano, 1_790_000_000_123_456_000);
    let said = |key| text(&record.attributes, key);
    assert_eq!(said("who"), Some("me"));
    assert_eq!(said("seam.event_id"), Some("000000000000000100000000-0"));
    assert_eq!(said("seam.tenant"), Some("acme"));
    assert_eq!(said("seam.principal"), Some("laptop-1"));
    assert_eq!(said("seam.received_at"), Some("2026-09-21T14:13:20.123456Z"));
    // What a sender claims cannot pass for our word.
    assert_eq!(said("seam.origin.principal"), Some("somebody else"));
    assert_eq!(record.attributes.iter().filter(|one| one.key == "seam.principal").count(), 1);
}

/// A span stays one; a span event becomes a log record that names its span.
#[test]
fn spans_and_their_events() {
    let span = record_of(2, &numbered(1, RecordSignal::Traces));
    let (signal, request) = split(&span.document).unwrap();
    assert_eq!(signal, Signal::Traces);
    let request = ExportTraceServiceRequest::decode(request).unwrap();
    let span = &request.resource_spans[0].scope_spans[0].spans[0];
    assert_eq!(span.name, "name 1");
    assert_eq!(text(&span.attributes, "seam.principal"), Some("laptop-1"));

    let event = one_log(&record_of(3, &numbered(1, RecordSignal::SpanEvent)).document);
    assert_eq!(event.event_name, "name 1");
    assert_eq!((event.trace_id, event.span_id), (vec![5; 16], vec![6; 8]));
    assert_eq!(text(&event.attributes, "who"), Some("me"));
    assert_eq!(text(&event.attributes, "seam.tenant"), Some("acme"));
}

/// What Seam could not read goes as a note of its own.
#[test]
fn an_undecoded_frame_is_a_note() {
    let mut event = numbered(1, RecordSignal::Logs);
    event.columns.kind = Some(Kind::Undecoded);
    let record = record_of(1, &event);
    let (_, request) = split(&record.document).unwrap();
    let request = ExportLogsServiceRequest::decode(request).unwrap();
    let note = &request.resource_logs[0].scope_logs[0].log_records[0];
    assert_eq!(note.event_name, "seam.undecoded");
    assert!(text(&note.attributes, "seam.event_id").is_some());
    assert_eq!(ReceivedAt(RECEIVED_US).0 * 1000, note.time_unix_nano.cast_signed());
}

/// An action is a log record with its JSON as the body.
#[test]
fn an_action_is_a_record() {
    let mut document = Vec::new();
    let json = r#"{"tool":"shell"}"#;
    let said = Action { id: "a1.17", tenant: "acme", session_id: "s", time_us: 5, json };
    action(&said, &mut document);
    let (_, request) = split(&document.into()).unwrap();
    let request = ExportLogsServiceRequest::decode(request).unwrap();
    let record = &request.resource_logs[0].scope_logs[0].log_records[0];
    assert_eq!((&*record.event_name, record.time_unix_nano), ("seam.action", 5_000));
    assert_eq!(text(&record.attributes, "seam.action_revision"), Some("a1.17"));
    let body = record.body.as_ref().unwrap().value.as_ref().unwrap();
    assert_eq!(*body, Value::StringValue(json.to_owned()));
}
