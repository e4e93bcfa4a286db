//! A captured record is changed as the next version of an agent might change it: it is stored
//! whole, and the change is named.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use proptest::prelude::*;
use proptest::sample::Index;
use prost::Message as _;

use super::{observe, requests};
use crate::agents::catalogue;
use crate::drift::{Change, Drift, Observations, drift};
use crate::otlp::Signal;
use crate::record::tests::assert_round_trip;
use crate::vocabulary::{Agent, RecordSignal};

/// A request of one record.
#[derive(Debug, Clone)]
enum One {
    Log(ExportLogsServiceRequest),
    /// A span without events.
    Span(ExportTraceServiceRequest),
    /// The only event of the only span.
    SpanEvent(ExportTraceServiceRequest),
}

impl One {
    fn signal(&self) -> (Signal, RecordSignal) {
        match self {
            Self::Log(_) => (Signal::Logs, RecordSignal::Logs),
            Self::Span(_) => (Signal::Traces, RecordSignal::Traces),
            Self::SpanEvent(_) => (Signal::Traces, RecordSignal::SpanEvent),
        }
    }

    fn payload(&self) -> Vec<u8> {
        match self {
            Self::Log(request) => request.encode_to_vec(),
            Self::Span(request) | Self::SpanEvent(request) => request.encode_to_vec(),
        }
    }

    fn attributes(&mut self) -> &mut Vec<KeyValue> {
        match self {
            Self::Log(request) => {
                &mut request.resource_logs[0].scope_logs[0].log_records[0].attributes
            }
            Self::Span(request) => &mut span_of(request).attributes,
            Self::SpanEvent(request) => &mut span_of(request).events[0].attributes,
        }
    }

    /// The name, where there is one.
    fn name(&mut self) -> Option<&mut String> {
        if let Self::Span(request) = self {
            return Some(&mut span_of(request).name);
        }
        let named = self.attributes().iter_mut().find(|one| one.key == "event.name")?;
        match named.value.as_mut()?.value.as_mut()? {
            Value::StringValue(name) => Some(name),
            _ => None,
        }
    }

    fn keys(&mut self) -> Vec<String> {
        self.attributes().iter().map(|one| one.key.clone()).collect()
    }

    /// Whether an attribute that nobody knows is told: not where no attributes are listed.
    fn names_what_is_new(&self) -> bool {
        let mut other = self.clone();
        let value = Some(AnyValue { value: Some(Value::IntValue(1)) });
        let unheard = KeyValue { key: "un.heard.of".to_owned(), value, ..KeyValue::default() };
        other.attributes().push(unheard);
        let told = |drift: &Drift| matches!(drift.change, Change::NewAttribute { .. });
        other.drift().0.iter().any(told)
    }

    /// What is different from what is listed, and whether all of it is stored.
    fn drift(&self) -> (Vec<Drift>, bool) {
        let mut observations = Observations::default();
        observe(self.signal().0, &self.payload(), &mut observations);
        let stored: u64 = observations.0.values().map(|seen| seen.rows).sum();
        // A span event brings its span.
        let records = if matches!(self, Self::SpanEvent(_)) { 2 } else { 1 };
        (drift(&observations), stored == records)
    }
}

fn span_of(request: &mut ExportTraceServiceRequest) -> &mut Span {
    &mut request.resource_spans[0].scope_spans[0].spans[0]
}

/// Every captured record of Codex that differs from the others by name or by keys.
static POOL: LazyLock<Vec<One>> = LazyLock::new(|| pool("codex"));

/// The same of every agent.
static EVERYBODY: LazyLock<Vec<One>> = LazyLock::new(|| pool(""));

fn pool(beginning: &str) -> Vec<One> {
    let mut pool: BTreeMap<(String, String, Vec<String>), One> = BTreeMap::new();
    let mut add = |mut one: One| {
        let name = one.name().cloned().unwrap_or_default();
        let key = (format!("{:?}", one.signal().1), name, one.keys());
        pool.entry(key).or_insert(one);
    };
    for (signal, payload) in requests(beginning).into_values().flatten() {
        if signal == Signal::Logs {
            split_logs(ExportLogsServiceRequest::decode(payload.as_slice()).unwrap(), &mut add);
        } else {
            split_spans(ExportTraceServiceRequest::decode(payload.as_slice()).unwrap(), &mut add);
        }
    }
    assert!(pool.len() > 200, "names and keys differ");
    pool.into_values().collect()
}

fn split_logs(request: ExportLogsServiceRequest, add: &mut impl FnMut(One)) {
    for mut resource in request.resource_logs {
        for mut scope in std::mem::take(&mut resource.scope_logs) {
            for record in std::mem::take(&mut scope.log_records) {
                let mut one = (resource.clone(), scope.clone());
                one.1.log_records.push(record);
                one.0.scope_logs.push(one.1);
                add(One::Log(ExportLogsServiceRequest { resource_logs: vec![one.0] }));
            }
        }
    }
}

/// Each span without its events, and with each of them alone.
fn split_spans(request: ExportTraceServiceRequest, add: &mut impl FnMut(One)) {
    for mut resource in request.resource_spans {
        for mut scope in std::mem::take(&mut resource.scope_spans) {
            for mut span in std::mem::take(&mut scope.spans) {
                let events = std::mem::take(&mut span.events);
                let mut one = (resource.clone(), scope.clone());
                one.1.spans.push(span);
                one.0.scope_spans.push(one.1);
                let alone = ExportTraceServiceRequest { resource_spans: vec![one.0] };
                for event in events {
                    let mut one = alone.clone();
                    span_of(&mut one).events.push(event);
                    add(One::SpanEvent(one));
                }
                add(One::Span(alone));
            }
        }
    }
}

/// What is done to an attribute.
#[derive(Debug, Clone, Copy, PartialEq)]
enum How {
    Rename,
    Remove,
    Retype,
}

/// Another type than the value has.
fn retyped(value: Option<&AnyValue>) -> AnyValue {
    let value = match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(_)) => Value::BytesValue(vec![1]),
        Some(Value::IntValue(number)) => Value::StringValue(number.to_string()),
        Some(Value::BoolValue(flag)) => Value::StringValue(flag.to_string()),
        _ => Value::BoolValue(true),
    };
    AnyValue { value: Some(value) }
}

/// Whether the differences name what was done to an attribute.
fn is_told(found: &[Drift], how: How, key: &str) -> bool {
    // What says which record it is cannot be told apart from another name.
    let names = key == "event.name" || key == "tool_name";
    found.iter().any(|drift| match &drift.change {
        Change::NewName => names,
        Change::NewAttribute { key: new, .. } => {
            names || how == How::Rename && *new == format!("{key}.next")
        }
        Change::Retyped { key: other, .. } => how == How::Retype && other == key,
        Change::Missing { key: gone, .. } => how == How::Remove && *gone == key,
    })
}

/// Whether a rule may leave a record of this name out whatever its attributes: bookkeeping spans,
/// and stream events that have one less.
fn may_be_left_out(name: &str) -> bool {
    let mut listed = catalogue::of(Agent::Codex).iter();
    let bare = listed
        .any(|known| known.name == name && known.always.is_empty() && known.sometimes.is_empty());
    bare || name == "codex.sse_event"
}

fn is_always(signal: RecordSignal, name: &str, key: &str) -> bool {
    let listed = catalogue::of(Agent::Codex).iter();
    let mut same = listed.filter(|known| known.signal == signal && known.name == name);
    same.any(|known| known.always.iter().any(|(always, _)| *always == key))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 500,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// An attribute under another name, of another type, or gone.
    #[test]
    fn changed_attributes(
        which in any::<Index>(),
        attribute in any::<Index>(),
        how in prop_oneof![Just(How::Rename), Just(How::Remove), Just(How::Retype)],
    ) {
        let mut one = which.get(&POOL).clone();
        let keys = one.keys();
        prop_assume!(!keys.is_empty());
        let name = one.name().cloned().unwrap_or_default();
        let key = attribute.get(&keys).clone();
        let at = keys.iter().position(|found| *found == key).unwrap();
        let attributes = one.attributes();
        match how {
            How::Rename => attributes[at].key.push_str(".next"),
            How::Remove => drop(attributes.remove(at)),
            How::Retype => attributes[at].value = Some(retyped(attributes[at].value.as_ref())),
        }
        let what = format!("{name} {key} {how:?}");
        assert_round_trip(one.signal().0, &one.payload(), &what);
        let (found, stored) = one.drift();
        if !stored {
            prop_assert!(may_be_left_out(&name), "left out: {}", what);
            return Ok(());
        }
        let twice = keys.iter().filter(|found| **found == key).count() > 1;
        let sometimes = !is_always(one.signal().1, &name, &key);
        if how == How::Remove && (sometimes || twice) {
            return Ok(());
        }
        prop_assert!(is_told(&found, how, &key), "{} {:?}", what, found);
    }

    /// An attribute of any agent under another name, of another type, or gone: nothing is lost, and
    /// a new name is told where the attributes of the record are listed.
    #[test]
    fn changed_attributes_of_everybody(
        which in any::<Index>(),
        attribute in any::<Index>(),
        how in prop_oneof![Just(How::Rename), Just(How::Remove), Just(How::Retype)],
    ) {
        let mut one = which.get(&EVERYBODY).clone();
        let keys = one.keys();
        prop_assume!(!keys.is_empty());
        let key = attribute.get(&keys).clone();
        let at = keys.iter().position(|found| *found == key).unwrap();
        let is_compared = one.names_what_is_new();
        let attributes = one.attributes();
        match how {
            How::Rename => attributes[at].key.push_str(".next"),
            How::Remove => drop(attributes.remove(at)),
            How::Retype => attributes[at].value = Some(retyped(attributes[at].value.as_ref())),
        }
        let what = format!("{key} {how:?}");
        assert_round_trip(one.signal().0, &one.payload(), &what);
        let (found, stored) = one.drift();
        if how == How::Rename && is_compared && stored && one.names_what_is_new() {
            prop_assert!(!found.is_empty(), "{}", what);
        }
    }

    /// A record under a name that nobody knows, also if it was noise under its own.
    #[test]
    fn changed_names(which in any::<Index>()) {
        let mut one = which.get(&POOL).clone();
        let Some(name) = one.name() else { return Ok(()) };
        name.push_str("_next");
        let name = name.clone();
        assert_round_trip(one.signal().0, &one.payload(), &name);
        let (found, stored) = one.drift();
        prop_assert!(stored, "{}", name);
        let signal = one.signal().1;
        let told = found.iter().any(|drift| {
            let origin = &drift.origin;
            drift.change == Change::NewName && origin.name == name && origin.signal == signal
        });
        prop_assert!(told, "{} {:?}", name, found);
    }
}
