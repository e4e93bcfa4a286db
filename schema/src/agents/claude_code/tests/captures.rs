//! What holds over every capture of Claude Code, compared with what really happened.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use arrow_array::RecordBatch;
use serde_json::Value;

use crate::event::Event;
use crate::frame::FrameMeta;
use crate::ids::{LogId, ReceivedAt, Sequence};
use crate::normalise::{FrameInput, Mapping, Rows, Wanted};
use crate::otlp::Signal;
use crate::record::tests::{captures, meta};
use crate::vocabulary::{
    Agent, DecidedBy, Decision, DenialReason, FailureReason, IgnoreRule, Kind, Outcome,
    PromptOrigin, RecordSignal,
};

/// One run: what it sent, what became of it, and what really happened.
struct Run {
    name: String,
    payloads: Vec<(Signal, Vec<u8>)>,
    rows: RecordBatch,
    truth: Value,
}

impl Run {
    fn events(&self) -> impl Iterator<Item = Event<'_>> {
        (0..self.rows.num_rows()).map(|row| Event::read(&self.rows, row))
    }

    /// The calls of the truth, by id.
    fn calls(&self) -> BTreeMap<&str, &Value> {
        let conversations = self.truth["conversations"].as_array().unwrap().iter();
        let calls = conversations.flat_map(|one| one["calls"].as_array().unwrap());
        calls.map(|call| (call["call_id"].as_str().unwrap(), call)).collect()
    }

    fn shows(&self, text: &str) -> bool {
        let shows = |bytes: &[u8]| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        self.payloads.iter().any(|(_, bytes)| shows(bytes))
    }
}

fn normalise(payloads: &[(Signal, Vec<u8>)], keep_all: bool) -> Rows {
    let mut rows = Rows::default();
    for (signal, payload) in payloads {
        let meta: FrameMeta = meta(*signal, payload);
        let frame = FrameInput {
            log_id: LogId::from_bytes([7; 16]),
            sequence: Sequence(3),
            received_at: ReceivedAt(1_795_174_500_000_000),
            meta: &meta,
            payload,
        };
        Mapping { keep_all, ..Mapping::default() }
            .normalise(&frame, Wanted::default(), &mut rows)
            .unwrap();
    }
    rows
}

fn runs() -> Vec<Run> {
    let mut runs = BTreeMap::<_, Vec<_>>::new();
    for (path, signal, bytes) in captures() {
        let folder = Path::new(&path).parent().unwrap().to_owned();
        if folder.file_name().unwrap().to_str().unwrap().starts_with("claude") {
            runs.entry(folder).or_default().push((signal, bytes));
        }
    }
    assert!(runs.len() >= 4, "the captures are there");
    let read = |(folder, payloads): (std::path::PathBuf, Vec<_>)| {
        let truth = fs::read_to_string(folder.join("truth.json")).unwrap();
        Run {
            name: folder.file_name().unwrap().to_str().unwrap().to_owned(),
            rows: normalise(&payloads, false).events.finish().unwrap(),
            truth: serde_json::from_str(&truth).unwrap(),
            payloads,
        }
    };
    runs.into_iter().map(read).collect()
}

/// Every record is Claude Code's, has a name and a meaning, and knows its session.
#[test]
fn every_record_is_understood() {
    for run in runs() {
        for event in run.events() {
            let columns = &event.columns;
            let name = columns.name.as_deref().unwrap();
            assert_eq!(columns.agent, Some(Agent::ClaudeCode), "{name}");
            assert!(!matches!(columns.kind, Some(Kind::Other | Kind::Span) | None), "{name}");
            assert!(name.starts_with("claude_code."), "{name}");
            assert!(columns.session_id.is_some() && columns.user_id.is_some(), "{name}");
            assert!(columns.agent_version.is_some(), "{name}");
        }
    }
}

/// A call that any record shows is found by its id, and each of its rows calls the tool, and
/// says what it ran, as the model did.
#[test]
fn calls_are_found() {
    for run in runs() {
        let calls = run.calls();
        for (id, call) in &calls {
            let of_call = |event: &Event<'_>| event.columns.call_id.as_deref() == Some(*id);
            let events: Vec<_> = run.events().filter(of_call).collect();
            assert_eq!(run.shows(id), !events.is_empty(), "{} {id}", run.name);
            for event in &events {
                let columns = &event.columns;
                if let Some(tool) = &columns.tool {
                    assert_eq!(call["tool"], tool.as_ref(), "{} {id}", run.name);
                }
                let arguments = call["arguments"].as_str().unwrap();
                let arguments: Value = serde_json::from_str(arguments).unwrap();
                for (column, key) in [(&columns.command, "command"), (&columns.path, "file_path")] {
                    if let Some(text) = column {
                        assert_eq!(arguments[key], text.as_ref(), "{} {id}", run.name);
                    }
                }
                if columns.kind == Some(Kind::ToolResult) {
                    let sent: Value =
                        serde_json::from_str(columns.arguments.as_deref().unwrap()).unwrap();
                    assert_eq!(sent, arguments, "{} {id}", run.name);
                }
            }
        }
        let strangers: BTreeSet<String> = run
            .events()
            .filter_map(|event| event.columns.call_id.map(|id| id.to_string()))
            .filter(|id| !calls.contains_key(id.as_str()))
            .collect();
        assert!(strangers.is_empty(), "{}: {strangers:?}", run.name);
    }
}

/// Where a record says how a call ended, it ended so; only a person's Esc looks like a failure.
#[test]
fn outcomes_agree() {
    for run in runs() {
        let calls = run.calls();
        for event in run.events() {
            let columns = &event.columns;
            let call = columns.call_id.as_deref().and_then(|id| calls.get(id));
            let (Some(outcome), Some(call)) = (columns.outcome, call) else { continue };
            let (id, said) = (&columns.call_id, call["outcome"].as_str().unwrap());
            let stopped = said == "cancelled" && outcome == Outcome::Failed;
            assert!(stopped || outcome.as_str() == said, "{} {id:?}: {outcome}", run.name);
            if columns.kind == Some(Kind::ToolResult) {
                let reason = columns.failure_reason.map(FailureReason::as_str);
                assert_eq!(reason, call["failure_reason"].as_str(), "{} {id:?}", run.name);
            }
        }
    }
}

/// A decision that is on record was the one that was made, by whom it says; that nobody could be
/// asked does not show, and is `policy_denied` here.
#[test]
fn decisions_agree() {
    for run in runs() {
        let calls = run.calls();
        for event in run.events() {
            let columns = &event.columns;
            if columns.kind != Some(Kind::Approval) || columns.signal != Some(RecordSignal::Logs) {
                continue;
            }
            let id = columns.call_id.as_deref().unwrap();
            let call = calls[id];
            let denied = columns.decision == Some(Decision::Deny);
            assert_eq!(denied, call["outcome"] == "denied", "{} {id}", run.name);
            if let Some(by) = call["decided_by"].as_str() {
                assert_eq!(columns.decided_by.unwrap().as_str(), by, "{} {id}", run.name);
            } else {
                assert_ne!(columns.decided_by, Some(DecidedBy::User), "{} {id}", run.name);
            }
            let said = columns.denial_reason.map(DenialReason::as_str);
            let truth = call["denial_reason"].as_str();
            let unasked = truth == Some("non_interactive_denied") && said == Some("policy_denied");
            assert!(unasked || said == truth, "{} {id}: {said:?}", run.name);
        }
    }
}

/// A person wrote the prompts of the truth and no other, in the logs and in the spans.
#[test]
fn prompts_agree() {
    for run in runs() {
        let said = run.truth["conversations"][0]["prompts"].as_array().unwrap();
        let said: Vec<&str> = said.iter().map(|prompt| prompt.as_str().unwrap()).collect();
        for signal in [RecordSignal::Logs, RecordSignal::Traces] {
            let human = run.events().filter(|event| {
                event.columns.prompt_origin == Some(PromptOrigin::Human)
                    && event.columns.signal == Some(signal)
            });
            let mut prompts: Vec<_> = human
                .map(|event| (event.columns.time.0, event.columns.prompt.unwrap().to_string()))
                .collect();
            prompts.sort();
            let texts: Vec<&str> = prompts.iter().map(|(_, text)| text.as_str()).collect();
            assert_eq!(texts, said, "{} {signal}", run.name);
        }
    }
}

/// What a subagent did says so, in logs and spans alike where the version names it.
#[test]
fn subagents_are_told_apart() {
    for run in runs() {
        for (id, call) in run.calls() {
            for event in run.events() {
                let columns = &event.columns;
                if columns.call_id.as_deref() != Some(id) || columns.agent_path.is_none() {
                    continue;
                }
                assert_eq!(call["by_subagent"], true, "{} {id}", run.name);
            }
        }
    }
}

/// Only the known noise is left out. It is no span, so no parent is missing, and it says nothing
/// that the truth knows.
#[test]
fn noise_is_only_noise() {
    for run in runs() {
        for (key, counts) in normalise(&run.payloads, false).ledger.lines() {
            if counts.ignored > 0 {
                assert_eq!(key.signal, RecordSignal::SpanEvent, "{}", key.name);
                assert_eq!(key.ignored_rule, Some(IgnoreRule::ClaudeCodeRequestAttempt));
            }
        }
        let all = normalise(&run.payloads, true).events.finish().unwrap();
        let every = || (0..all.num_rows()).map(|row| Event::read(&all, row));
        let spans: BTreeSet<_> = every().filter_map(|event| event.columns.span_id).collect();
        let kept: BTreeSet<_> = run.events().filter_map(|event| event.columns.span_id).collect();
        assert_eq!(kept, spans, "{}: every span is kept", run.name);
        assert!(all.num_rows() > run.rows.num_rows(), "{}: there is noise", run.name);
        for event in every().filter(|event| event.columns.kind == Some(Kind::Span)) {
            let keys: Vec<_> = event.attributes.iter().map(|kept| kept.key.as_ref()).collect();
            assert_eq!(keys, ["attempt"], "{}", run.name);
        }
    }
}
