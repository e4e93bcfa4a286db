//! Tests of `drift`: captures do not drift, and what is changed in them is found.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::event::{Attribute, AttributeValue, Event};
use crate::normalise::Mapping;
use crate::otlp::Signal;
use crate::record::tests::{captures, rows_by};

mod changed;

/// A version of Claude Code that is older than its list.
const OLDER: &str = "2.1.197";

/// Looks at what is stored of a request, and at what the ledger counts.
fn observe(signal: Signal, payload: &[u8], observations: &mut Observations) {
    let mut rows = rows_by(&Mapping::default(), signal, payload);
    let stored = rows.events.finish().unwrap();
    for row in 0..stored.num_rows() {
        observations.add(&Event::read(&stored, row));
    }
    for (key, counts) in rows.ledger.lines() {
        let origin = Origin {
            agent: key.agent,
            version: key.agent_version.clone(),
            signal: key.signal,
            name: key.name.clone(),
        };
        observations.add_name(origin, counts.accepted.unsigned_abs());
    }
}

/// The requests of the captures whose names begin so, by capture.
fn requests(beginning: &str) -> BTreeMap<String, Vec<(Signal, Vec<u8>)>> {
    let mut all: BTreeMap<String, Vec<(Signal, Vec<u8>)>> = BTreeMap::new();
    for (path, signal, payload) in captures() {
        let folder = Path::new(&path).parent().unwrap().file_name().unwrap();
        let folder = folder.to_str().unwrap().to_owned();
        if folder.starts_with(beginning) && signal != Signal::Metrics {
            all.entry(folder).or_default().push((signal, payload));
        }
    }
    assert!(all.len() > 10, "the captures are there");
    all
}

/// Everything in every capture is listed, and nothing that is listed is missing; what an older
/// version did not send yet is missing there.
#[test]
fn captures_do_not_drift() {
    for (name, requests) in requests("") {
        let mut observations = Observations::default();
        for (signal, payload) in requests {
            observe(signal, &payload, &mut observations);
        }
        let mut found = drift(&observations);
        found.retain(|drift| drift.origin.version != OLDER);
        assert_eq!(found, [], "{name}");
    }
}

fn origin(agent: Agent, signal: RecordSignal, name: &str) -> Origin {
    Origin { agent, version: "1".to_owned(), signal, name: name.to_owned() }
}

/// A name that only the ledger shows is looked up like any other; an agent that nobody has listed
/// does not drift.
#[test]
fn names_without_rows() {
    let mut observations = Observations::default();
    for name in ["codex.tool_result", "codex.something_new"] {
        observations.add_name(origin(Agent::Codex, RecordSignal::Logs, name), 3);
    }
    observations.add_name(origin(Agent::Codex, RecordSignal::Traces, "append_items"), 7);
    observations.add_name(origin(Agent::Unknown, RecordSignal::Logs, "x"), 1);
    let found = drift(&observations);
    let origin = origin(Agent::Codex, RecordSignal::Logs, "codex.something_new");
    assert_eq!(found, [Drift { origin, change: Change::NewName, records: 3 }]);
}

/// An attribute that some records lack is missing from those; how many were counted beside does
/// not matter.
#[test]
fn missing_from_some() {
    let mut listed = catalogue::of(Agent::Codex).iter();
    let known = listed.find(|known| known.name == "run_turn").unwrap();
    let row = |without: &str| {
        let mut event = Event::default();
        event.columns.agent = Some(Agent::Codex);
        event.columns.agent_version = Some("1".into());
        event.columns.signal = Some(RecordSignal::Traces);
        event.columns.name = Some("run_turn".into());
        for (key, types) in known.always {
            if *key != without {
                let kind = if *types == "i" { ValueType::Int } else { ValueType::String };
                let value = AttributeValue::Column(kind, "1".into());
                event.attributes.push(Attribute { key: (*key).into(), value });
            }
        }
        event
    };
    let mut observations = Observations::default();
    observations.add_name(origin(Agent::Codex, RecordSignal::Traces, "run_turn"), 900);
    observations.add(&row(""));
    assert_eq!(drift(&observations), []);
    observations.add(&row("turn.id"));
    observations.add(&row("turn.id"));
    let change = Change::Missing { key: "turn.id", from: 2 };
    let origin = origin(Agent::Codex, RecordSignal::Traces, "run_turn");
    assert_eq!(drift(&observations), [Drift { origin, change, records: 3 }]);
}

/// Of the entries that fit a name the one counts that says most of it.
#[test]
fn names_that_fit() {
    let known = |name| Known { signal: RecordSignal::Traces, name, always: &[], sometimes: &[] };
    let fit = |entry, name, tool| known(entry).fits(name, tool);
    assert_eq!(fit("chat *", "chat gpt", false), Some(5));
    assert_eq!(fit("chat *", "chatter", false), None);
    assert_eq!(fit("chat gpt", "chat gpt", false), Some(usize::MAX));
    assert_eq!(fit(catalogue::TOOL, "exec_command", true), Some(0));
    assert_eq!(fit(catalogue::TOOL, "exec_command", false), None);
    assert_eq!(fit("exec", "exec_command", true), None);
}
