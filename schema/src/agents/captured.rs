//! What the tests of mappers share about captures: rows, what happened, and what must agree.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::OnceLock;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use prost::Message as _;
use serde_json::Value;

use crate::event::{AttributeValue, Event};
use crate::ids::{LogId, ReceivedAt, Sequence};
use crate::normalise::{FrameInput, Mapping, Rows, Wanted};
use crate::otlp::Signal;
use crate::record::tests::{assert_round_trip, captures, meta};

/// One row of a capture.
pub(in crate::agents) struct Captured {
    columns: BTreeMap<String, String>,
    /// The attributes it keeps.
    pub(in crate::agents) attributes: BTreeMap<String, String>,
    /// No rule calls it noise.
    pub(in crate::agents) stored: bool,
}

impl Captured {
    /// The text of a column; empty for a null.
    pub(in crate::agents) fn get(&self, column: &str) -> &str {
        self.columns.get(column).map_or("", String::as_str)
    }

    /// Whether a text stands anywhere in the row.
    fn says(&self, text: &str) -> bool {
        self.columns.values().chain(self.attributes.values()).any(|cell| cell.contains(text))
    }
}

/// The requests of a capture: name, signal, protobuf bytes. All captures are read once.
fn requests_of(capture: &str) -> impl Iterator<Item = &'static (String, Signal, Vec<u8>)> {
    static ALL: OnceLock<Vec<(String, Signal, Vec<u8>)>> = OnceLock::new();
    let folder = format!("/{capture}/");
    ALL.get_or_init(captures).iter().filter(move |(path, ..)| path.contains(&folder))
}

/// The rows of a capture, noise too.
pub(in crate::agents) fn rows_of(capture: &str) -> Vec<Captured> {
    let requests = requests_of(capture);
    let rows: Vec<Captured> =
        requests.flat_map(|(_, signal, payload)| rows_of_request(*signal, payload)).collect();
    assert!(!rows.is_empty(), "{capture} is there");
    rows
}

fn rows_of_request(signal: Signal, payload: &[u8]) -> Vec<Captured> {
    if signal == Signal::Metrics {
        return Vec::new();
    }
    let (all, stored) = (batch(signal, payload, true), batch(signal, payload, false));
    let id = |batch: &RecordBatch, row| columns(batch, row).remove("event_id").unwrap();
    let stored: BTreeSet<String> = (0..stored.num_rows()).map(|row| id(&stored, row)).collect();
    (0..all.num_rows())
        .map(|row| {
            let event = Event::read(&all, row);
            let text = |value: &AttributeValue<'_>| match value {
                AttributeValue::Column(_, text) => text.to_string(),
                AttributeValue::Number(number) => number.to_string(),
                AttributeValue::Wire(_) => String::new(),
            };
            let kept = event.attributes.iter();
            let attributes = kept.map(|kept| (kept.key.to_string(), text(&kept.value))).collect();
            let stored = stored.contains(&id(&all, row));
            Captured { columns: columns(&all, row), attributes, stored }
        })
        .collect()
}

fn batch(signal: Signal, payload: &[u8], keep_all: bool) -> RecordBatch {
    let meta = meta(signal, payload);
    let frame = FrameInput {
        log_id: LogId::from_bytes([7; 16]),
        sequence: Sequence(3),
        received_at: ReceivedAt(1_795_174_500_000_000),
        meta: &meta,
        payload,
    };
    let mut rows = Rows::default();
    Mapping { keep_all, ..Mapping::default() }
        .normalise(&frame, Wanted::default(), &mut rows)
        .unwrap();
    rows.events.finish().unwrap()
}

fn columns(batch: &RecordBatch, row: usize) -> BTreeMap<String, String> {
    let schema = batch.schema();
    let cell = |index: usize| {
        let array = batch.column(index);
        match array.data_type() {
            _ if array.is_null(row) => None,
            DataType::Utf8 => Some(array.as_string::<i32>().value(row).to_owned()),
            DataType::Int64 => Some(array.as_primitive::<Int64Type>().value(row).to_string()),
            DataType::Boolean => Some(array.as_boolean().value(row).to_string()),
            _ => None,
        }
    };
    let fields = schema.fields().iter().enumerate();
    fields.filter_map(|(index, field)| Some((field.name().clone(), cell(index)?))).collect()
}

/// What happened in a capture.
pub(in crate::agents) fn truth_of(capture: &str) -> Value {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/captures");
    serde_json::from_slice(&fs::read(format!("{root}/{capture}/truth.json")).unwrap()).unwrap()
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// No span that is kept has lost an ancestor to a rule, and nothing that happened stands in
/// ignored rows only.
pub(in crate::agents) fn assert_noise_is_noise(capture: &str) {
    let rows = rows_of(capture);
    let spans = rows.iter().filter(|row| row.get("signal") == "traces");
    let ignored: BTreeSet<&str> =
        spans.clone().filter(|row| !row.stored).map(|row| row.get("span_id")).collect();
    for span in spans.filter(|span| span.stored) {
        let parent = span.get("parent_span_id");
        assert!(!ignored.contains(parent), "{capture}: {} lost its parent", span.get("name"));
    }
    let truth = truth_of(capture);
    let calls = list(&truth, "conversations").iter().flat_map(|one| list(one, "calls"));
    let prompts = list(&truth, "conversations").iter().flat_map(|one| list(one, "prompts"));
    let ids = calls.clone().filter_map(|call| call.get("call_id")?.as_str());
    let mut needed: Vec<String> =
        prompts.filter_map(Value::as_str).chain(ids).map(str::to_owned).collect();
    for arguments in calls.filter_map(|call| call.get("arguments")?.as_str()) {
        let read: BTreeMap<String, Value> = serde_json::from_str(arguments).unwrap_or_default();
        needed.extend(read.values().filter_map(Value::as_str).map(str::to_owned));
    }
    for text in needed {
        let (kept, lost): (Vec<_>, Vec<_>) =
            rows.iter().filter(|row| row.says(&text)).partition(|row| row.stored);
        assert!(lost.is_empty() || !kept.is_empty(), "{capture}: only noise says {text}");
    }
}

/// Every call of a capture stands in a row, and no row says otherwise than what happened.
pub(in crate::agents) fn assert_calls(capture: &str) {
    let (rows, truth) = (rows_of(capture), truth_of(capture));
    let calls = list(&truth, "conversations").iter().flat_map(|one| list(one, "calls"));
    let mut seen = 0;
    for call in calls {
        let id = call.get("call_id").and_then(Value::as_str).unwrap();
        let own: Vec<&Captured> =
            rows.iter().filter(|row| row.stored && row.get("call_id") == id).collect();
        assert!(!own.is_empty(), "{capture}: {id} has a row");
        for column in ["outcome", "decided_by", "denial_reason", "failure_reason", "exit_code"] {
            let happened = call.get(column).map(|word| match word {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            let happened = happened.unwrap_or_default();
            let said: BTreeSet<&str> = own.iter().map(|row| row.get(column)).collect();
            let said: Vec<&str> = said.into_iter().filter(|word| !word.is_empty()).collect();
            let expected: Vec<&str> =
                Some(happened.as_str()).filter(|word| !word.is_empty()).into_iter().collect();
            assert_eq!(said, expected, "{capture}: {column} of {id}");
        }
        seen += 1;
    }
    assert!(seen > 0, "{capture} has calls");
}

/// Every prompt of a capture stands in a row of kind prompt with this origin, by the role of its
/// conversation.
pub(in crate::agents) fn assert_prompts(capture: &str) {
    let (rows, truth) = (rows_of(capture), truth_of(capture));
    for conversation in list(&truth, "conversations") {
        let role = conversation.get("role").and_then(Value::as_str).unwrap();
        let origin = if role == "subagent" { "subagent_task" } else { "human" };
        for prompt in list(conversation, "prompts").iter().filter_map(Value::as_str) {
            let is_it = |row: &&Captured| {
                row.get("kind") == "prompt"
                    && row.get("prompt") == prompt
                    && row.get("prompt_origin") == origin
                    && Some(row.get("session_id")) == conversation.get("id").and_then(Value::as_str)
            };
            assert_eq!(rows.iter().filter(is_it).count(), 1, "{capture}: {prompt}");
        }
    }
}

/// Every record of a capture is known to a catalogue by its name and all its attributes, in the
/// types they came with. `name` gives the name that the catalogue lists a row under.
pub(in crate::agents) fn assert_known(
    capture: &str,
    known: &[crate::agents::catalogue::Known],
    name: fn(&str) -> &str,
) {
    for row in rows_of(capture) {
        let listed = known.iter().find(|known| {
            known.signal.as_str() == row.get("signal") && known.name == name(row.get("name"))
        });
        let listed = listed.unwrap_or_else(|| panic!("{capture}: {}", row.get("name")));
        let attributes = row.attributes.keys().filter(|key| !key.starts_with("otlp."));
        for key in attributes {
            let mut keys = listed.always.iter().chain(listed.sometimes);
            assert!(keys.any(|(known, _)| known == key), "{capture}: {}: {key}", listed.name);
        }
    }
    for one in known {
        let mut keys: Vec<&str> =
            one.always.iter().chain(one.sometimes).map(|(key, _)| *key).collect();
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), count, "{}: a key is listed once", one.name);
        let mut types = one.always.iter().chain(one.sometimes).map(|(_, types)| *types);
        assert!(types.all(|types| types.chars().all(|letter| "sibdan".contains(letter))));
    }
}

/// Other versions: the first span of every name, with each attribute renamed, removed, retyped,
/// and with an event of a new name. Nothing panics, nothing is lost.
pub(in crate::agents) fn assert_survives_drift(capture: &str) {
    let mut seen = BTreeSet::new();
    for (_, _, payload) in requests_of(capture).filter(|(_, signal, _)| *signal == Signal::Traces) {
        let request = ExportTraceServiceRequest::decode(payload.as_slice()).unwrap();
        for (group, scope, span) in places(&request) {
            let found = &request.resource_spans[group].scope_spans[scope].spans[span];
            if !seen.insert(found.name.clone()) {
                continue;
            }
            let mut one = request.clone();
            one.resource_spans = vec![request.resource_spans[group].clone()];
            one.resource_spans[0].scope_spans =
                vec![request.resource_spans[group].scope_spans[scope].clone()];
            one.resource_spans[0].scope_spans[0].spans = vec![found.clone()];
            for changed in changes(&found.attributes) {
                let span = &mut one.resource_spans[0].scope_spans[0].spans[0];
                span.attributes = changed;
                span.events.iter_mut().for_each(|event| event.name.push_str(".new"));
                assert_round_trip(Signal::Traces, &one.encode_to_vec(), &found.name);
            }
        }
    }
    assert!(!seen.is_empty(), "{capture} has spans");
}

fn places(request: &ExportTraceServiceRequest) -> Vec<(usize, usize, usize)> {
    let groups = request.resource_spans.iter().enumerate();
    let scopes = groups.flat_map(|(group, found)| {
        found.scope_spans.iter().enumerate().map(move |(scope, found)| (group, scope, found))
    });
    scopes.flat_map(|(a, b, found)| (0..found.spans.len()).map(move |c| (a, b, c))).collect()
}

/// The attributes with one of them renamed, removed, or of another type, for each of them.
fn changes(attributes: &[KeyValue]) -> Vec<Vec<KeyValue>> {
    let mut all = vec![attributes.to_vec()];
    for index in 0..attributes.len() {
        let mut renamed = attributes.to_vec();
        renamed[index].key.push_str(".renamed");
        let mut removed = attributes.to_vec();
        removed.remove(index);
        all.extend([renamed, removed]);
        for value in other_types(attributes[index].value.as_ref()) {
            let mut retyped = attributes.to_vec();
            retyped[index].value = value;
            all.push(retyped);
        }
    }
    all
}

/// Nothing, the value as text, as a number, in a list.
fn other_types(value: Option<&AnyValue>) -> Vec<Option<AnyValue>> {
    use any_value::Value::{ArrayValue, IntValue, StringValue};
    let text = match value.and_then(|value| value.value.as_ref()) {
        Some(StringValue(text)) => text.clone(),
        Some(IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    let number = text.parse().unwrap_or(7);
    let list = opentelemetry_proto::tonic::common::v1::ArrayValue {
        values: value.cloned().into_iter().collect(),
    };
    let values = [IntValue(number), StringValue(text), ArrayValue(list)];
    let values = values.map(|value| Some(AnyValue { value: Some(value) }));
    values.into_iter().chain([Some(AnyValue { value: None }), None]).collect()
}
