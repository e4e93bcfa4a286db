//! Versions to come: an attribute that is renamed, gone or of another type loses nothing, and
//! the list of what is known holds for what was captured.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue};
use prost::Message as _;

use crate::agents::claude_code::catalogue::KNOWN;
use crate::otlp::Signal;
use crate::record::tests::{assert_round_trip, captures, rows};
use crate::vocabulary::RecordSignal;

/// The version whose captures the list describes.
const NEWEST: &str = "2.1.329";

/// Changes an attribute as a later version might.
fn changes() -> [fn(&mut Vec<KeyValue>, usize); 5] {
    fn put(attributes: &mut [KeyValue], index: usize, value: Option<Value>) {
        attributes[index].value = Some(AnyValue { value });
    }
    fn other_type(value: Option<&Value>) -> Value {
        match value {
            Some(Value::StringValue(text)) => {
                text.parse().map_or(Value::BoolValue(true), Value::IntValue)
            }
            Some(Value::IntValue(number)) => Value::StringValue(number.to_string()),
            Some(Value::BoolValue(flag)) => Value::StringValue(flag.to_string()),
            _ => Value::IntValue(5),
        }
    }
    [
        |attributes, index| attributes[index].key.push_str("_next"),
        |attributes, index| drop(attributes.remove(index)),
        |attributes, index| put(attributes, index, None),
        |attributes, index| {
            let sent = attributes[index].value.as_ref().and_then(|value| value.value.as_ref());
            let other = other_type(sent);
            put(attributes, index, Some(other));
        },
        |attributes, index| {
            let one = attributes[index].value.clone().unwrap_or_default();
            put(attributes, index, Some(Value::ArrayValue(ArrayValue { values: vec![one] })));
        },
    ]
}

/// Whether a request was captured from Claude Code.
fn is_ours(path: &str) -> bool {
    let folder = Path::new(path).parent().and_then(Path::file_name).unwrap();
    folder.to_str().unwrap().starts_with("claude")
}

/// One record of each name, as a request of its own.
fn one_of_each() -> BTreeMap<String, (Signal, Vec<u8>)> {
    let mut found = BTreeMap::new();
    for (path, signal, bytes) in captures() {
        if !is_ours(&path) {
            continue;
        }
        match signal {
            Signal::Logs => {
                let whole = ExportLogsServiceRequest::decode(bytes.as_slice()).unwrap();
                for (index, record) in
                    whole.resource_logs[0].scope_logs[0].log_records.iter().enumerate()
                {
                    let mut one = whole.clone();
                    one.resource_logs.truncate(1);
                    one.resource_logs[0].scope_logs.truncate(1);
                    let records = &mut one.resource_logs[0].scope_logs[0].log_records;
                    *records = vec![records.swap_remove(index)];
                    let name = format!("{:?} {}", record.body, record.attributes.len());
                    found.entry(name).or_insert((signal, one.encode_to_vec()));
                }
            }
            Signal::Traces => {
                let whole = ExportTraceServiceRequest::decode(bytes.as_slice()).unwrap();
                for (index, span) in whole.resource_spans[0].scope_spans[0].spans.iter().enumerate()
                {
                    let mut one = whole.clone();
                    one.resource_spans.truncate(1);
                    one.resource_spans[0].scope_spans.truncate(1);
                    let spans = &mut one.resource_spans[0].scope_spans[0].spans;
                    *spans = vec![spans.swap_remove(index)];
                    let name = format!("{} {}", span.name, span.attributes.len());
                    found.entry(name).or_insert((signal, one.encode_to_vec()));
                }
            }
            Signal::Metrics => {}
        }
    }
    assert!(found.len() > 20, "{}", found.len());
    found
}

/// Every attribute of every kind of record may change its name or type, or go.
#[test]
fn changed_attributes_lose_nothing() {
    for (name, (signal, bytes)) in one_of_each() {
        for (number, change) in changes().into_iter().enumerate() {
            for index in 0.. {
                let Some(changed) = changed(signal, &bytes, index, change) else { break };
                assert_round_trip(signal, &changed, &format!("{name}: {index}, {number}"));
            }
        }
    }
}

/// The request with its record's attribute at `index` changed; `None` beyond the last.
fn changed(
    signal: Signal,
    bytes: &[u8],
    index: usize,
    change: fn(&mut Vec<KeyValue>, usize),
) -> Option<Vec<u8>> {
    if signal == Signal::Logs {
        let mut request = ExportLogsServiceRequest::decode(bytes).unwrap();
        let record = &mut request.resource_logs[0].scope_logs[0].log_records[0];
        (index < record.attributes.len()).then(|| change(&mut record.attributes, index))?;
        return Some(request.encode_to_vec());
    }
    let mut request = ExportTraceServiceRequest::decode(bytes).unwrap();
    let span = &mut request.resource_spans[0].scope_spans[0].spans[0];
    (index < span.attributes.len()).then(|| change(&mut span.attributes, index))?;
    Some(request.encode_to_vec())
}

/// A record of another name is stored whole, with the session it belongs to.
#[test]
fn unknown_names_are_stored() {
    for (signal, bytes) in one_of_each().into_values() {
        let changed = if signal == Signal::Logs {
            let mut request = ExportLogsServiceRequest::decode(bytes.as_slice()).unwrap();
            let record = &mut request.resource_logs[0].scope_logs[0].log_records[0];
            let name = Value::StringValue("claude_code.brand_new".to_owned());
            record.body = Some(AnyValue { value: Some(name) });
            request.encode_to_vec()
        } else {
            let mut request = ExportTraceServiceRequest::decode(bytes.as_slice()).unwrap();
            let span = &mut request.resource_spans[0].scope_spans[0].spans[0];
            span.name = "claude_code.brand_new".to_owned();
            request.encode_to_vec()
        };
        assert_round_trip(signal, &changed, "a new name");
        let batch = rows(signal, &changed).events.finish().unwrap();
        let event = crate::event::Event::read(&batch, 0);
        assert_eq!(event.columns.name.as_deref(), Some("claude_code.brand_new"));
        assert!(event.columns.session_id.is_some());
    }
}

fn letter(value: Option<&AnyValue>) -> char {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(_)) => 's',
        Some(Value::IntValue(_)) => 'i',
        Some(Value::BoolValue(_)) => 'b',
        Some(Value::DoubleValue(_)) => 'd',
        None => 'n',
        _ => 'a',
    }
}

/// How often each attribute of each name was sent by the newest version, and as what; what the
/// launcher added is left out.
#[derive(Default)]
struct Sent {
    records: usize,
    keys: BTreeMap<String, (usize, BTreeSet<char>)>,
}

impl Sent {
    fn count(&mut self, attributes: &[KeyValue], launcher: &BTreeSet<String>) {
        self.records += 1;
        for one in attributes.iter().filter(|one| !launcher.contains(&one.key)) {
            let (count, types) = self.keys.entry(one.key.clone()).or_default();
            *count += 1;
            types.insert(letter(one.value.as_ref()));
        }
    }
}

fn sent_by_the_newest() -> BTreeMap<(RecordSignal, String), Sent> {
    let mut found: BTreeMap<_, Sent> = BTreeMap::new();
    let keys = |attributes: &[KeyValue]| -> BTreeSet<String> {
        attributes.iter().map(|one| one.key.clone()).collect()
    };
    let newest = |attributes: &[KeyValue]| {
        let version = attributes.iter().find(|one| one.key == "service.version");
        let version = version.and_then(|one| one.value.clone()).and_then(|value| value.value);
        version == Some(Value::StringValue(NEWEST.to_owned()))
    };
    for (path, signal, bytes) in captures() {
        if !is_ours(&path) || signal == Signal::Metrics {
            continue;
        }
        if signal == Signal::Logs {
            let request = ExportLogsServiceRequest::decode(bytes.as_slice()).unwrap();
            for group in &request.resource_logs {
                let resource = &group.resource.as_ref().unwrap().attributes;
                let records = group.scope_logs.iter().flat_map(|scope| &scope.log_records);
                for record in records.filter(|_| newest(resource)) {
                    let Some(AnyValue { value: Some(Value::StringValue(name)) }) = &record.body
                    else {
                        panic!("a body is a name");
                    };
                    let key = (RecordSignal::Logs, name.clone());
                    found.entry(key).or_default().count(&record.attributes, &keys(resource));
                }
            }
            continue;
        }
        let request = ExportTraceServiceRequest::decode(bytes.as_slice()).unwrap();
        for group in &request.resource_spans {
            let resource = &group.resource.as_ref().unwrap().attributes;
            let spans = group.scope_spans.iter().flat_map(|scope| &scope.spans);
            for span in spans.filter(|_| newest(resource)) {
                let key = (RecordSignal::Traces, span.name.clone());
                found.entry(key).or_default().count(&span.attributes, &keys(resource));
                for event in &span.events {
                    let key = (RecordSignal::SpanEvent, event.name.clone());
                    found.entry(key).or_default().count(&event.attributes, &keys(resource));
                }
            }
        }
    }
    found
}

/// The list names each record and each attribute of the newest captures, with its type, and what
/// it calls constant is on every one.
#[test]
fn the_list_of_what_is_known_holds() {
    let sent = sent_by_the_newest();
    assert!(sent.len() > 15, "{}", sent.len());
    for ((signal, name), sent) in sent {
        let known = KNOWN.iter().find(|known| known.signal == signal && known.name == name);
        let known = known.unwrap_or_else(|| panic!("{signal} {name} is not listed"));
        for (key, (_, types)) in &sent.keys {
            let mut all = known.always.iter().chain(known.sometimes);
            let (_, letters) = all
                .find(|(listed, _)| listed == key)
                .unwrap_or_else(|| panic!("{name}: {key} is not listed"));
            assert!(types.iter().all(|found| letters.contains(*found)), "{name}: {key} {types:?}");
        }
        for (key, _) in known.always {
            let count = sent.keys.get(*key).map_or(0, |(count, _)| *count);
            assert_eq!(count, sent.records, "{name}: {key} is on every record");
        }
    }
}

/// Nothing is listed twice.
#[test]
fn the_list_says_each_thing_once() {
    let names: BTreeSet<_> = KNOWN.iter().map(|known| (known.signal, known.name)).collect();
    assert_eq!(names.len(), KNOWN.len());
    for known in KNOWN {
        let keys: Vec<_> = known.always.iter().chain(known.sometimes).map(|(key, _)| key).collect();
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len(), "{}", known.name);
    }
}
