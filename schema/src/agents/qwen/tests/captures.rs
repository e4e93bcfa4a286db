//! What holds for the captures of Qwen Code.

use std::collections::BTreeSet;

use crate::agents::gemini::tests::captured::{
    Truth, assert_agrees, assert_parents_are_kept, assert_truth_is_kept, capture,
};
use crate::agents::qwen::catalogue::KNOWN;
use crate::vocabulary::RecordSignal;

const CAPTURE: &str = "qwen2-policy-json";

/// The rules leave out nothing that the truth needs, and cut no chain of spans.
#[test]
fn truth_and_parents_are_kept() {
    assert_truth_is_kept(CAPTURE);
    assert_parents_are_kept(CAPTURE);
}

/// Only the HTTP side of requests to the model is left out.
#[test]
fn noise_is_listed() {
    for one in capture(CAPTURE).iter().filter(|one| one.is_noise) {
        one.row.has(&[("name", "POST"), ("url", "http://127.0.0.1:8099/v1/chat/completions")]);
    }
}

/// Every call has its log record; what any row says of it agrees with the truth.
#[test]
fn calls_agree() {
    let records = capture(CAPTURE);
    for call in Truth::read(CAPTURE).calls {
        let id = call["call_id"].as_str().unwrap();
        let rows: Vec<_> = records
            .iter()
            .map(|one| &one.row)
            .filter(|row| row.get("call_id") == id && row.get("kind") != "session")
            .collect();
        let logs = rows.iter().filter(|row| row.get("kind") == "tool_result");
        assert_eq!(logs.filter(|row| !row.get("outcome").is_empty()).count(), 1, "{call}");
        for row in rows {
            assert_agrees(row, &call);
        }
    }
}

/// The subagent leads to the call that started it, and its calls and requests to the subagent.
#[test]
fn subagent_is_joined() {
    let records = capture(CAPTURE);
    let subagent = records.iter().find(|one| one.row.get("name") == "qwen-code.subagent").unwrap();
    subagent.row.has(&[("call_id", "call_m7_0"), ("agent_path", "general-purpose-call_m7_0")]);
    let truth = Truth::read(CAPTURE);
    for call in truth.calls.iter().filter(|call| call.get("by_subagent").is_some()) {
        let log = records.iter().find(|one| {
            one.row.get("kind") == "tool_result" && one.row.get("call_id") == call["call_id"]
        });
        log.unwrap().row.has(&[("agent_path", "general-purpose-call_m7_0")]);
    }
}

/// A person's prompt is told from the machinery's.
#[test]
fn prompts_have_their_origin() {
    let truth = Truth::read(CAPTURE);
    let mut origins = BTreeSet::new();
    for one in capture(CAPTURE) {
        if one.row.get("kind") == "prompt" {
            let is_truth = truth.prompts.iter().any(|text| text == one.row.get("prompt"));
            let origin = if is_truth { "human" } else { "system" };
            one.row.has(&[("prompt_origin", origin)]);
            origins.insert(origin);
        }
    }
    assert_eq!(origins.len(), 2);
}

/// Every record has its session and the version of the agent; a hook that is not there is none.
#[test]
fn envelopes() {
    for one in capture(CAPTURE).iter().filter(|one| !one.is_noise) {
        one.row.has(&[("agent", "qwen"), ("agent_version", "0.24.4")]);
        assert!(!one.row.get("session_id").is_empty(), "{}", one.text);
        if one.row.get("kind") == "hook" {
            one.row.has(&[("outcome", ""), ("error", ""), ("decision", "")]);
        }
    }
}

/// The catalogue knows every name and every attribute of the capture.
#[test]
fn catalogue_covers_the_capture() {
    for one in capture(CAPTURE) {
        let signal = RecordSignal::parse(one.row.get("signal"));
        let is_it = |known: &&crate::agents::catalogue::Known| {
            Some(known.signal) == signal && known.name == one.row.get("name")
        };
        let known = KNOWN.iter().find(is_it);
        let known = known.unwrap_or_else(|| panic!("{} is not listed", one.row.get("name")));
        if known.always.is_empty() {
            assert!(one.is_noise, "{}", known.name);
            continue;
        }
        for key in one.row.kept.iter().filter(|key| !key.starts_with("otlp.")) {
            let mut listed = known.always.iter().chain(known.sometimes);
            assert!(listed.any(|(name, _)| name == key), "{} {key}", known.name);
        }
    }
}
