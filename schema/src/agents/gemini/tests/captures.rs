//! What holds for the captures of Gemini CLI.

use std::collections::BTreeSet;

use serde_json::Value;

use super::captured::{
    Captured, Truth, arguments, assert_agrees, assert_parents_are_kept, assert_truth_is_kept,
    capture,
};
use crate::agents::gemini::catalogue::KNOWN;
use crate::vocabulary::RecordSignal;

const CAPTURES: &[&str] = &["gemini1", "gemini2-policy-json"];

/// The rules leave out nothing that the truth needs.
#[test]
fn truth_is_kept() {
    for folder in CAPTURES {
        assert_truth_is_kept(folder);
    }
}

/// The rules cut no chain of spans.
#[test]
fn parents_are_kept() {
    for folder in CAPTURES {
        assert_parents_are_kept(folder);
    }
}

/// Only what is said twice is left out.
#[test]
fn noise_is_listed() {
    for folder in CAPTURES {
        let records = capture(folder);
        let noise: BTreeSet<&str> =
            records.iter().filter(|one| one.is_noise).map(|one| one.row.get("name")).collect();
        assert_eq!(noise, BTreeSet::from(["gen_ai.client.inference.operation.details"]));
    }
}

/// The log record of a call: one with its tool and its arguments.
fn log_of<'r>(records: &'r [Captured], call: &Value) -> &'r Captured {
    let is_of = |one: &&Captured| {
        one.row.get("kind") == "tool_result"
            && one.row.get("tool") == call["tool"].as_str().unwrap()
            && serde_json::from_str::<Value>(one.row.get("arguments")).ok() == Some(arguments(call))
    };
    let found: Vec<_> = records.iter().filter(is_of).collect();
    assert_eq!(found.len(), 1, "{call}");
    found.first().unwrap()
}

/// Every call has one log record, which says how it ended; decisions and ends agree with the
/// truth wherever a row tells them.
#[test]
fn calls_agree() {
    for folder in CAPTURES {
        let records = capture(folder);
        for call in Truth::read(folder).calls {
            let log = log_of(&records, &call);
            assert!(!log.row.get("outcome").is_empty(), "{call}");
            assert_agrees(&log.row, &call);
            let id = call["call_id"].as_str().unwrap();
            for span in records.iter().filter(|one| one.row.get("call_id") == id) {
                assert_agrees(&span.row, &call);
            }
        }
    }
}

/// Every call has its id in a row, where traces are on; without them those that ran.
#[test]
fn call_ids_are_found() {
    let ids = |folder| {
        let records = capture(folder);
        records.iter().map(|one| one.row.get("call_id").to_owned()).collect::<BTreeSet<_>>()
    };
    let found = ids("gemini2-policy-json");
    for call in Truth::read("gemini2-policy-json").calls {
        assert!(found.contains(call["call_id"].as_str().unwrap()), "{call}");
    }
    let found = ids("gemini1");
    for call in Truth::read("gemini1").calls {
        let ran = call["failure_reason"] != "no_such_tool";
        assert_eq!(found.contains(call["call_id"].as_str().unwrap()), ran, "{call}");
    }
}

/// The span of a batch that a log record stands in leads to the span with the call's id.
#[test]
fn logs_stand_in_their_batch() {
    let records = capture("gemini2-policy-json");
    let of_id = |id: &str| {
        let spans = records.iter().filter(|one| one.row.get("signal") == "traces");
        spans.clone().find(|one| one.row.get("span_id") == id).is_some()
    };
    for log in records.iter().filter(|one| one.row.get("kind") == "tool_result") {
        assert!(of_id(log.row.get("span_id")), "{}", log.text);
    }
}

/// Who asked is told: a person the main agent, the main agent its subagent.
#[test]
fn prompts_have_their_origin() {
    for folder in CAPTURES {
        let truth = Truth::read(folder);
        let records = capture(folder);
        let asked: Vec<_> = records.iter().filter(|one| one.row.get("kind") == "prompt").collect();
        for prompt in &asked {
            let is_truth = truth.prompts.iter().any(|text| text == prompt.row.get("prompt"));
            let origin = if is_truth { "human" } else { "subagent_task" };
            assert_eq!(prompt.row.get("prompt_origin"), origin);
        }
        assert!(asked.len() >= truth.prompts.len());
    }
    let records = capture("gemini2-policy-json");
    let of_subagent = |one: &&Captured| {
        !one.row.get("agent_path").is_empty() && one.row.get("kind") == "tool_result"
    };
    assert_eq!(records.iter().filter(of_subagent).count(), 3);
}

/// What the resource says stays there, the prompt on the command line too; Node's version is
/// nobody's; every record has its session.
#[test]
fn envelopes() {
    for folder in CAPTURES {
        for one in capture(folder) {
            assert_eq!(one.row.get("agent_version"), "");
            assert!(!one.row.get("session_id").is_empty());
            assert!(!one.attributes.contains_key("process.command_args"));
        }
    }
}

/// The catalogue knows every name and every attribute of the captures, and claims to be always
/// there only what is.
#[test]
fn catalogue_covers_the_captures() {
    for folder in CAPTURES {
        for one in capture(folder) {
            let signal = RecordSignal::parse(one.row.get("signal"));
            let known = KNOWN
                .iter()
                .find(|known| Some(known.signal) == signal && known.name == one.row.get("name"));
            let known = known.unwrap_or_else(|| panic!("{} is not listed", one.row.get("name")));
            if known.always.is_empty() {
                assert!(one.is_noise, "{}", known.name);
                continue;
            }
            let sent = |key: &&String| !key.starts_with("otlp.");
            for key in one.row.kept.iter().filter(sent) {
                let listed = known.always.iter().chain(known.sometimes);
                assert!(listed.clone().any(|(name, _)| name == key), "{} {key}", known.name);
            }
        }
    }
}
