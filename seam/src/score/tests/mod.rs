//! The score of rows against a truth, both made up.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod conversations;
mod explained;
mod generated;
mod network;

use serde_json::{Value, json};

use super::read::{AttemptEvent, Derived};
use super::signals::Signals;
use super::tally::{Miss, Question, Tally};
use super::truth::Truth;
use super::{Score, judge};

/// A conversation with two commands, one of which was denied on the network.
fn truth() -> Value {
    json!({ "capture": "made-up", "conversations": [{
        "id": "s1", "role": "main", "prompts": ["Fetch the package"],
        "calls": [
            { "call_id": "c1", "tool": "exec_command", "arguments": "{\"cmd\": \"ls -la src\"}",
              "outcome": "succeeded", "exit_code": 0, "decided_by": "policy", "network": [],
              "intent": "Fetch the package" },
            { "call_id": "c2", "tool": "exec_command", "arguments": "{\"cmd\": \"curl http://a.example.net/\"}",
              "outcome": "failed", "failure_reason": "network_blocked", "decided_by": "policy",
              "network": [{ "host": "a.example.net", "verdict": "deny" }],
              "intent": "Fetch the package" },
        ],
    }] })
}

/// The rows that say just that.
fn derived() -> Derived {
    let rows = json!({
        "sessions": [session("s1", "main", None)],
        "turns": [{ "turn_id": "t1", "session_id": "s1", "prompt": "Fetch the package",
            "prompt_origin": "human", "started_at": "2026-11-20T10:00:00.000000Z" }],
        "actions": [
            { "action_id": "a1", "session_id": "s1", "role": "main", "call_id": "c1", "tool": "exec_command",
              "command": "ls -la src", "outcome": "succeeded", "exit_code": 0, "decided_by": "policy",
              "intent": "Fetch the package", "requested_at": "2026-11-20T10:00:01.000000Z" },
            { "action_id": "a2", "session_id": "s1", "role": "main", "call_id": "c2", "tool": "exec_command",
              "command": "curl http://a.example.net/", "outcome": "failed",
              "failure_reason": "network_blocked", "decided_by": "policy",
              "intent": "Fetch the package", "requested_at": "2026-11-20T10:00:02.000000Z" },
        ],
        "links": [edge("n1", Some("a2"), "strong", &[])],
    });
    let list = |name: &str| rows[name].clone();
    let mut derived = Derived {
        sessions: serde_json::from_value(list("sessions")).unwrap(),
        turns: serde_json::from_value(list("turns")).unwrap(),
        actions: serde_json::from_value(list("actions")).unwrap(),
        links: serde_json::from_value(list("links")).unwrap(),
        ..Derived::default()
    };
    attempt(&mut derived, "n1", "A.example.net", "deny");
    derived
}

fn session(id: &str, role: &str, parent: Option<&str>) -> Value {
    json!({ "session_id": id, "tenant": "default", "principal": "local", "role": role,
        "parent_session_id": parent })
}

fn edge(event: &str, action: Option<&str>, confidence: &str, candidates: &[&str]) -> Value {
    json!({ "link_id": format!("link-{event}"), "session_id": "s1", "relation": "network",
        "event_id": event, "action_id": action, "method": "interval", "confidence": confidence,
        "candidates": candidates })
}

fn attempt(derived: &mut Derived, event: &str, host: &str, verdict: &str) {
    let attempt = AttemptEvent {
        host: host.to_lowercase(),
        verdict: verdict.to_owned(),
        client_address: None,
    };
    derived.attempts.insert(event.to_owned(), attempt);
}

/// The signals show all of it.
fn signals() -> Signals {
    Signals::new(vec![b"s1 c1 c2 a.example.net Fetch the package".to_vec()])
}

fn judged(truth: Value, derived: &Derived, signals: &Signals) -> Score {
    judge("made-up", &serde_json::from_value::<Truth>(truth).unwrap(), derived, signals)
}

fn tally(score: &Score, question: Question) -> (u64, u64) {
    let Tally { asked, right } = score.tally(question);
    (right, asked)
}

/// What was missed and why, in short.
fn misses(score: &Score) -> Vec<String> {
    let said = |miss: &Miss| {
        format!("{}: {} is {}, {}", miss.what, miss.expected, miss.got, miss.why.name())
    };
    score.misses.iter().map(said).collect()
}

/// Rows that say just what happened have the full score.
#[test]
fn all_right() {
    let score = judged(truth(), &derived(), &signals());
    assert_eq!(misses(&score), Vec::<String>::new());
    let questions = [
        (Question::Conversation, 1),
        (Question::Role, 1),
        (Question::Parent, 1),
        (Question::Prompt, 1),
        (Question::Call, 2),
        (Question::CallRole, 2),
        (Question::Outcome, 2),
        (Question::Decider, 2),
        (Question::ExitCode, 1),
        (Question::Reason, 1),
        (Question::Intent, 2),
    ];
    for (question, number) in questions {
        assert_eq!(tally(&score, question), (number, number), "{question:?}");
    }
    assert_eq!((score.network.expected, score.network.found, score.extra), (1, 1, 0));
    assert_eq!(score.faults(), 0);
}

/// Every answer that is wrong is counted and named.
#[test]
fn wrong_answers() {
    let mut derived = derived();
    let action = &mut derived.actions[1];
    action.outcome = Some("succeeded".to_owned());
    action.failure_reason = Some("tool_error".to_owned());
    action.decided_by = None;
    action.role = Some("subagent".to_owned());
    derived.actions[0].exit_code = Some(1);
    derived.sessions[0].role = Some("title".to_owned());
    derived.sessions[0].parent_session_id = Some("s0".to_owned());
    let score = judged(truth(), &derived, &signals());
    assert_eq!(
        misses(&score),
        [
            "role: main is title, our fault",
            "parent: - is s0, our fault",
            "exit code: 0 is 1, our fault",
            "call role: main is subagent, our fault",
            "outcome: failed is succeeded, our fault",
            "decided by: policy is -, our fault",
            "failure reason: network_blocked is tool_error, our fault",
        ]
    );
    assert_eq!(tally(&score, Question::Outcome), (1, 2));
    assert_eq!(tally(&score, Question::ExitCode), (0, 1));
}

/// Rows that nothing stands for are counted: a call, a conversation, a person's prompt.
#[test]
fn extra_rows() {
    let mut derived = derived();
    let mut action = derived.actions[0].clone();
    action.action_id = "a9".to_owned();
    action.call_id = None;
    derived.actions.push(action);
    let more = serde_json::from_value(session("s9", "main", None)).unwrap();
    derived.sessions.push(more);
    let mut turn = derived.turns[0].clone();
    turn.prompt = Some("made up".to_owned());
    derived.turns.push(turn);
    let score = judged(truth(), &derived, &signals());
    assert_eq!(
        misses(&score),
        [
            "prompt: no such prompt of a person is made up, our fault",
            "conversation: no such conversation is main, our fault",
            "call: no such call is exec_command, our fault",
        ]
    );
    assert_eq!(score.extra, 3);
}

/// The sum of scores is the sum of everything in them.
#[test]
fn totals() {
    let right = judged(truth(), &derived(), &signals());
    let wrong = judged(truth(), &Derived::default(), &signals());
    let total = Score::total(&[right, wrong]);
    assert_eq!(tally(&total, Question::Call), (2, 4));
    assert_eq!((total.network.expected, total.network.found), (2, 1));
    assert_eq!(total.faults(), total.misses.len());
}
