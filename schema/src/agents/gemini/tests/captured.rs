//! What the tests of captures share: every record of a capture, and whether a rule leaves it out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::{fs, iter};

use serde_json::Value;

use crate::agents::testing::{Row, read_row};
use crate::event::{AttributeValue, Event};
use crate::ids::{LogId, ReceivedAt, Sequence};
use crate::normalise::{FrameInput, Mapping, Rows, Wanted};
use crate::otlp::Signal;
use crate::record::tests::{captures, meta};

/// One record of a capture.
pub(in crate::agents) struct Captured {
    /// Its row.
    pub row: Row,
    /// Everything in the row, as one text.
    pub text: String,
    /// Its attributes that no column holds.
    pub attributes: BTreeMap<String, String>,
    /// A rule leaves it out.
    pub is_noise: bool,
}

/// Every record of a capture, spans and logs, in the order of arrival.
pub(in crate::agents) fn capture(folder: &str) -> Vec<Captured> {
    let mut found = Vec::new();
    for (path, signal, payload) in captures() {
        if !path.contains(&format!("/{folder}/")) || signal == Signal::Metrics {
            continue;
        }
        let kept: BTreeSet<_> = rows(signal, &payload, false).iter().map(position).collect();
        for row in rows(signal, &payload, true) {
            let is_noise = !kept.contains(&position(&row));
            found.push(Captured { is_noise, ..row });
        }
    }
    assert!(!found.is_empty(), "the capture {folder} is there");
    found
}

fn position(one: &Captured) -> String {
    one.row.get("offset_index").to_owned()
}

fn rows(signal: Signal, payload: &[u8], keep_all: bool) -> Vec<Captured> {
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
    let batch = rows.events.finish().unwrap();
    let one = |index| {
        let row = read_row(&batch, index);
        let event = Event::read(&batch, index);
        let attributes: BTreeMap<_, _> = event
            .attributes
            .iter()
            .filter_map(|kept| match &kept.value {
                AttributeValue::Column(_, text) => Some((kept.key.to_string(), text.to_string())),
                _ => None,
            })
            .collect();
        let columns = row.texts();
        let text = columns.into_iter().chain(attributes.values().map(String::as_str));
        let text = text.flat_map(|text| iter::once(text).chain(["\n"])).collect();
        Captured { row, text, attributes, is_noise: false }
    };
    (0..batch.num_rows()).map(one).collect()
}

/// What really happened, of all conversations of a capture.
pub(in crate::agents) struct Truth {
    /// What was asked.
    pub prompts: Vec<String>,
    /// The calls.
    pub calls: Vec<Value>,
}

impl Truth {
    /// Reads `truth.json` of a capture.
    pub(in crate::agents) fn read(folder: &str) -> Self {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/captures");
        let text = fs::read_to_string(PathBuf::from(root).join(folder).join("truth.json")).unwrap();
        let truth: Value = serde_json::from_str(&text).unwrap();
        let mut found = Self { prompts: Vec::new(), calls: Vec::new() };
        for conversation in truth["conversations"].as_array().unwrap() {
            let prompts = conversation["prompts"].as_array().unwrap();
            found.prompts.extend(prompts.iter().map(|prompt| prompt.as_str().unwrap().to_owned()));
            found.calls.extend(conversation["calls"].as_array().unwrap().iter().cloned());
        }
        found
    }

    /// Every text that the telemetry may tell: ids, prompts, and what tools were called with.
    pub(in crate::agents) fn texts(&self) -> BTreeSet<String> {
        let mut found: BTreeSet<String> = self.prompts.iter().cloned().collect();
        for call in &self.calls {
            found.insert(call["call_id"].as_str().unwrap().to_owned());
            leaves(&arguments(call), &mut found);
        }
        found
    }
}

/// The arguments of a call, read.
pub(in crate::agents) fn arguments(call: &Value) -> Value {
    serde_json::from_str(call["arguments"].as_str().unwrap()).unwrap()
}

fn leaves(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.len() > 2 => {
            found.insert(text.clone());
        }
        Value::Array(values) => values.iter().for_each(|value| leaves(value, found)),
        Value::Object(members) => members.values().for_each(|value| leaves(value, found)),
        _ => {}
    }
}

/// No text of the truth stands in noise only.
#[track_caller]
pub(in crate::agents) fn assert_truth_is_kept(folder: &str) {
    let records = capture(folder);
    for text in Truth::read(folder).texts() {
        let stands = |one: &&Captured| one.text.contains(&text);
        if records.iter().any(|one| stands(&one)) {
            let kept = records.iter().filter(|one| !one.is_noise).any(|one| stands(&one));
            assert!(kept, "{folder}: only in noise: {text}");
        }
    }
}

/// No span that is kept has noise above it.
#[track_caller]
pub(in crate::agents) fn assert_parents_are_kept(folder: &str) {
    let records = capture(folder);
    let noise: BTreeSet<&str> = records
        .iter()
        .filter(|one| one.is_noise && one.row.get("signal") == "traces")
        .map(|one| one.row.get("span_id"))
        .collect();
    for one in records.iter().filter(|one| !one.is_noise) {
        let above = [one.row.get("parent_span_id"), one.row.get("span_id")];
        assert!(above.iter().all(|id| id.is_empty() || !noise.contains(id)), "{}", one.text);
    }
}

/// What a row says of a call agrees with the truth, where it says something.
#[track_caller]
pub(in crate::agents) fn assert_agrees(row: &Row, call: &Value) {
    let name = format!("{} {}", row.get("name"), call["call_id"]);
    let truth = |key: &str| call.get(key).and_then(Value::as_str).unwrap_or_default();
    assert_eq!(row.get("tool"), truth("tool"), "{name}");
    if row.get("outcome").is_empty() {
        return;
    }
    for key in ["outcome", "denial_reason", "failure_reason"] {
        assert_eq!(row.get(key), truth(key), "{name} {key}");
    }
    let by = truth("decided_by");
    assert!(by.is_empty() || row.get("decided_by") == by, "{name}");
    let exit_code = call.get("exit_code").map(Value::to_string).unwrap_or_default();
    assert!(row.get("exit_code").is_empty() || row.get("exit_code") == exit_code, "{name}");
}
