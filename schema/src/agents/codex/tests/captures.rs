//! What holds over all captures of Codex: noise is noise, and rows agree with what happened.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use arrow_array::RecordBatch;
use serde_json::Value;

use crate::event::{AttributeValue, Event};
use crate::ids::{EventId, SpanId};
use crate::normalise::Mapping;
use crate::otlp::Signal;
use crate::record::tests::{captures, rows, rows_by};
use crate::vocabulary::{
    DecidedBy, DenialReason, FailureReason, Kind, Outcome, PromptOrigin, RecordSignal,
};

/// One capture: all its rows, those that are stored, and what really happened.
struct Capture {
    name: String,
    all: Vec<Event<'static>>,
    stored: BTreeSet<EventId>,
    truth: Value,
}

impl Capture {
    fn events(&self) -> impl Iterator<Item = &Event<'static>> {
        self.all.iter()
    }

    fn is_stored(&self, event: &Event<'_>) -> bool {
        self.stored.contains(&event.columns.event_id)
    }

    /// The conversations of the truth.
    fn conversations(&self) -> impl Iterator<Item = &Value> {
        self.truth["conversations"].as_array().unwrap().iter()
    }

    /// The call of the truth that a row is about.
    fn call(&self, event: &Event<'_>) -> Option<&Value> {
        let (session, id) = (event.columns.session_id.as_ref()?, event.columns.call_id.as_ref()?);
        let conversation = self.conversations().find(|one| one["id"] == session.as_ref())?;
        conversation["calls"].as_array()?.iter().find(|call| call["call_id"] == id.as_ref())
    }
}

static ALL: LazyLock<Vec<Capture>> = LazyLock::new(read_all);

fn all() -> &'static [Capture] {
    &ALL
}

fn read_all() -> Vec<Capture> {
    let mut folders: BTreeMap<PathBuf, Vec<(Signal, Vec<u8>)>> = BTreeMap::new();
    for (path, signal, payload) in captures() {
        let folder = Path::new(&path).parent().unwrap().to_owned();
        let codex = folder.file_name().unwrap().to_str().unwrap().starts_with("codex");
        if codex && signal != Signal::Metrics {
            folders.entry(folder).or_default().push((signal, payload));
        }
    }
    assert!(folders.len() > 10, "the captures are there");
    let read = |(folder, requests): (PathBuf, Vec<(Signal, Vec<u8>)>)| {
        let mut capture = Capture {
            name: folder.file_name().unwrap().to_str().unwrap().to_owned(),
            all: Vec::new(),
            stored: BTreeSet::new(),
            truth: serde_json::from_slice(&fs::read(folder.join("truth.json")).unwrap()).unwrap(),
        };
        for (signal, payload) in requests {
            let stored = rows_by(&Mapping::default(), signal, &payload).events.finish().unwrap();
            let id = |row| Event::read(&stored, row).columns.event_id;
            capture.stored.extend((0..stored.num_rows()).map(id));
            let all: &'static RecordBatch =
                Box::leak(Box::new(rows(signal, &payload).events.finish().unwrap()));
            capture.all.extend((0..all.num_rows()).map(|row| Event::read(all, row)));
        }
        capture
    };
    folders.into_iter().map(read).collect()
}

/// Every text of a row that can say what was asked or done.
fn texts(event: &Event<'_>) -> String {
    let columns = &event.columns;
    let mut text = String::new();
    for said in [
        &columns.body,
        &columns.call_id,
        &columns.prompt,
        &columns.response,
        &columns.arguments,
        &columns.output,
        &columns.command,
        &columns.error,
        &columns.rationale,
    ] {
        text.push_str(said.as_deref().unwrap_or_default());
        text.push('\n');
    }
    for kept in &event.attributes {
        if let AttributeValue::Column(_, value) = &kept.value {
            text.push_str(value);
            text.push('\n');
        }
    }
    text
}

/// No span that is left out is the parent of one that is stored, or has events that are.
#[test]
fn noise_has_no_children() {
    for capture in all() {
        let left_out: BTreeMap<SpanId, String> = capture
            .events()
            .filter(|event| event.columns.signal == Some(RecordSignal::Traces))
            .filter(|event| !capture.is_stored(event))
            .map(|event| {
                (event.columns.span_id.unwrap(), event.columns.name.as_deref().unwrap().to_owned())
            })
            .collect();
        for event in capture.events().filter(|event| capture.is_stored(event)) {
            let columns = &event.columns;
            let above = match columns.signal {
                Some(RecordSignal::Traces) => columns.parent_span_id,
                _ => columns.span_id,
            };
            let noise = above.and_then(|above| left_out.get(&above));
            assert_eq!(noise, None, "{} {:?}", capture.name, columns.name);
        }
    }
}

/// About half of the spans go; nothing that was done, decided, asked or used goes with them.
#[test]
fn noise_says_nothing() {
    let (mut spans, mut left_out) = (0, 0);
    for capture in all() {
        let mut stored = String::new();
        for event in capture.events() {
            let columns = &event.columns;
            spans += i32::from(columns.signal == Some(RecordSignal::Traces));
            if capture.is_stored(event) {
                stored.push_str(&texts(event));
                continue;
            }
            left_out += i32::from(columns.signal == Some(RecordSignal::Traces));
            let name = columns.name.clone();
            assert!(columns.call_id.is_none() && columns.tool.is_none(), "{name:?}");
            assert!(columns.decision.is_none() && columns.outcome.is_none(), "{name:?}");
            assert!(columns.prompt.is_none() && columns.response.is_none(), "{name:?}");
            assert!(columns.input_tokens.is_none() && columns.error.is_none(), "{name:?}");
        }
        let mut values: Vec<&str> = Vec::new();
        for conversation in capture.conversations() {
            for prompt in conversation["prompts"].as_array().into_iter().flatten() {
                values.extend(prompt.as_str());
            }
            for call in conversation["calls"].as_array().into_iter().flatten() {
                values.extend(call["call_id"].as_str());
                values.extend(call["arguments"].as_str());
            }
        }
        for event in capture.events().filter(|event| !capture.is_stored(event)) {
            let said = texts(event);
            for value in values.iter().filter(|value| value.len() > 3 && said.contains(**value)) {
                assert!(stored.contains(*value), "{}: {value}", capture.name);
            }
        }
    }
    assert!(left_out * 2 > spans, "{left_out} of {spans}");
}

/// Every call that any record shows is the call of a stored row.
#[test]
fn calls_are_found() {
    for capture in all() {
        let shown: String = capture.events().map(texts).collect();
        let found: BTreeSet<String> = capture
            .events()
            .filter(|event| capture.is_stored(event))
            .filter_map(|event| event.columns.call_id.as_deref().map(str::to_owned))
            .collect();
        let calls = capture.conversations().filter_map(|one| one["calls"].as_array()).flatten();
        for id in calls.filter_map(|call| call["call_id"].as_str()) {
            assert!(found.contains(id) || !shown.contains(id), "{}: {id}", capture.name);
        }
    }
}

/// Where a row says how a call ended or who decided, it says what is true.
#[test]
fn rows_agree_with_the_truth() {
    let mut compared = 0;
    for capture in all() {
        for event in capture.events() {
            let Some(call) = capture.call(event) else { continue };
            let columns = &event.columns;
            let what = format!("{} {:?} {call}", capture.name, columns.name);
            let truth = call["outcome"].as_str().unwrap();
            // An aborted call shows that it did not end, not always why.
            let open = columns.outcome == Some(Outcome::Cancelled) && truth == "unknown";
            if let Some(outcome) = columns.outcome.filter(|one| *one != Outcome::Unknown && !open) {
                assert_eq!(outcome.as_str(), truth, "{what}");
                compared += 1;
            }
            let same = |found: Option<&str>, key: &str| {
                if let (Some(found), Some(truth)) = (found, call[key].as_str()) {
                    assert_eq!(found, truth, "{key} {what}");
                }
            };
            same(columns.failure_reason.map(FailureReason::as_str), "failure_reason");
            same(columns.denial_reason.map(DenialReason::as_str), "denial_reason");
            // `Config` is also what Codex says of a hook's answer and of a reviewer's earlier one.
            let by = columns.decided_by.filter(|by| {
                let config = columns.decision_source.as_deref() == Some("Config");
                let other = call["decided_by"] == "hook" || call["decided_by"] == "ai_reviewer";
                *by != DecidedBy::Unknown && !(config && other)
            });
            same(by.map(DecidedBy::as_str), "decided_by");
            if let (Some(code), Some(truth)) = (columns.exit_code, call["exit_code"].as_i64()) {
                assert_eq!(code, truth, "{what}");
            }
        }
    }
    assert!(compared > 60, "{compared}");
}

/// Only prompts of the reviewer and of the search for a title say that no person wrote them, and
/// all of those do.
#[test]
fn origins_of_prompts() {
    for capture in all() {
        let role = |event: &Event<'_>| {
            let session = event.columns.session_id.as_deref();
            let found = capture.conversations().find(|one| one["id"].as_str() == session);
            found.map_or("reviewer", |one| one["role"].as_str().unwrap()).to_owned()
        };
        for event in capture.events().filter(|one| one.columns.kind == Some(Kind::Prompt)) {
            let expected = match role(event).as_str() {
                "reviewer" => Some(PromptOrigin::Reviewer),
                "title" => Some(PromptOrigin::System),
                _ => None,
            };
            assert_eq!(event.columns.prompt_origin, expected, "{}", capture.name);
        }
    }
}

/// The calls that a person called off in the terminal show in their spans alone.
#[test]
fn cancelled_calls() {
    let terminal = all().iter().find(|one| one.name == "codex20-tui-cancel").unwrap();
    let cancelled: BTreeSet<String> = terminal
        .events()
        .filter(|event| event.columns.kind == Some(Kind::ToolCall))
        .filter(|event| event.columns.outcome == Some(Outcome::Cancelled))
        .filter_map(|event| event.columns.call_id.as_deref().map(str::to_owned))
        .collect();
    let truth: BTreeSet<String> = terminal
        .conversations()
        .filter_map(|one| one["calls"].as_array())
        .flatten()
        .filter(|call| call["outcome"] == "cancelled")
        .map(|call| call["call_id"].as_str().unwrap().to_owned())
        .collect();
    assert!(!truth.is_empty());
    assert_eq!(cancelled, truth);
}
