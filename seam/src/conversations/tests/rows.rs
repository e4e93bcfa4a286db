//! Rows of a conversation with two subagents, a reviewer, parallel calls and what is not certain.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::super::gather::Material;
use super::super::rows::SessionRow;

fn read<T: DeserializeOwned>(rows: Value) -> T {
    serde_json::from_value(rows).unwrap()
}

/// A time of the afternoon.
fn at(minute: u32, second: f64) -> String {
    format!("2026-11-20T14:{minute:02}:{second:09.6}Z")
}

pub(super) fn sessions() -> Vec<SessionRow> {
    read(json!([
        { "session_id": "main-1", "tenant": "default", "root_session_id": "main-1", "role": "main",
          "agent": "codex", "agent_version": "0.169.0", "client": "codex-tui", "principal": "laptop-7",
          "user_email": "dev@example.com", "host": "build-host-01", "cwd": "/home/dev/payments-api",
          "repository": "payments-api", "started_at": at(3, 0.0), "ended_at": at(4, 35.0),
          "turns": 2, "actions": 5, "denied": 1, "failed": 2, "net_denied": 2,
          "approval_policy": "on-request", "sandbox_policy": "workspace-write",
          "posture_changes": ["2026-11-20T14:04:00Z approval_policy=never"],
          "mcp_servers": ["tickets", "wiki"], "input_tokens": 48_040, "output_tokens": 2_200,
          "cost_usd": 0.1234, "gaps": 1, "settled": true },
        { "session_id": "sub-east", "tenant": "default", "root_session_id": "main-1",
          "parent_session_id": "main-1", "role": "subagent", "agent": "codex", "principal": "laptop-7",
          "started_at": at(3, 6.0), "ended_at": at(3, 20.0), "turns": 1, "actions": 1, "failed": 1,
          "denied": 0, "net_denied": 1, "gaps": 0 },
        { "session_id": "review-1", "tenant": "default", "root_session_id": "main-1",
          "parent_session_id": "main-1", "role": "reviewer", "agent": "codex", "principal": "laptop-7",
          "started_at": at(3, 30.0), "ended_at": at(3, 32.5), "turns": 1, "actions": 0, "failed": 0,
          "denied": 0, "net_denied": 0, "input_tokens": 1_202, "output_tokens": 55, "gaps": 0 },
    ]))
}

pub(super) fn material() -> Material {
    Material {
        sessions: sessions(),
        turns: turns(),
        actions: actions(),
        links: read(links()),
        gaps: read(json!([
            { "gap_id": "g1", "session_id": "main-1", "kind": "missing_sequence", "from_sequence": 4,
              "to_sequence": 6, "detected_at": at(3, 33.0) },
            { "gap_id": "g2", "session_id": "main-1", "kind": "request_without_result",
              "detected_at": at(4, 30.0), "detail": "call_slow", "closed_at": at(4, 35.0) },
        ])),
        attempts: read(json!([
            attempt("n1", "sub-east", &at(3, 9.0), "east.example.net", "deny"),
            attempt("n2", "main-1", &at(3, 41.0), "registry.example.com", "allow"),
            attempt("n3", "main-1", &at(3, 42.0), "169.254.169.254", "deny"),
            attempt("n4", "main-1", &at(2, 1.0), "early.example.net", "ask"),
        ])),
        requests: requests(),
        others: read(json!([
            { "session_id": "main-1", "kind": "span", "events": 14 },
            { "session_id": "main-1", "kind": "session", "events": 4 },
            { "session_id": "main-1", "kind": "prompt", "events": 2 },
            { "session_id": "sub-east", "kind": "config", "events": 0 },
        ])),
    }
}

fn turns<T: DeserializeOwned>() -> T {
    read(json!([
        { "turn_id": "t1", "session_id": "main-1", "prompt": "Check both mirrors,\nthen push.",
          "prompt_origin": "human", "started_at": at(3, 0.0), "ended_at": at(3, 59.0), "actions": 3,
          "input_tokens": 4_804, "output_tokens": 220, "cost_usd": 0.1, "response": "Both mirrors are blocked." },
        { "turn_id": "t2", "session_id": "main-1", "prompt_origin": "human", "started_at": at(4, 1.0),
          "ended_at": at(4, 35.0), "actions": 2 },
        { "turn_id": "t3", "session_id": "sub-east", "prompt": "Probe mirror east",
          "prompt_origin": "subagent_task", "started_at": at(3, 6.0), "ended_at": at(3, 20.0), "actions": 1 },
    ]))
}

fn actions<T: DeserializeOwned>() -> T {
    read(json!([
        { "action_id": "a1", "session_id": "main-1", "role": "main", "turn_id": "t1", "call_id": "call_spawn",
          "tool": "spawn_agent", "tool_kind": "subagent", "requested_at": at(3, 5.0), "outcome": "succeeded",
          "duration_ms": 120, "intent": "Check both mirrors,\nthen push." },
        { "action_id": "a2", "session_id": "main-1", "role": "main", "turn_id": "t1", "call_id": "call_push",
          "tool": "exec_command", "tool_kind": "shell", "command": "git push --force origin main",
          "requested_at": at(3, 29.0), "decided_at": at(3, 32.5), "decision": "deny",
          "decided_by": "ai_reviewer", "denial_reason": "reviewer_denied", "risk_level": "high",
          "rationale": "A forced push rewrites what others have.", "wait_ms": 3_500, "outcome": "denied",
          "evidence": [{ "event_id": "r1", "role": "decision" }] },
        { "action_id": "a3", "session_id": "main-1", "role": "main", "turn_id": "t1", "call_id": "call_fetch",
          "tool": "exec_command", "tool_kind": "shell",
          "command": "for host in registry.example.com; do\n  curl -sS -m 5 http://$host/pkg\ndone",
          "requested_at": at(3, 40.0), "decision": "allow", "decided_by": "user", "grant_scope": "session",
          "wait_ms": 4_200, "outcome": "failed", "failure_reason": "network_blocked", "exit_code": 56,
          "duration_ms": 2_345, "error": "curl: (56) CONNECT tunnel failed" },
        { "action_id": "a4", "session_id": "main-1", "role": "main", "turn_id": "t2", "call_id": "call_ticket",
          "tool": "get_ticket", "tool_kind": "mcp", "mcp_server": "tickets", "mcp_tool": "get_ticket",
          "requested_at": at(4, 5.0), "outcome": "succeeded", "duration_ms": 12 },
        { "action_id": "a5", "session_id": "main-1", "role": "subagent", "agent_path": "explore", "turn_id": "t2",
          "call_id": "call_slow", "tool": "Bash", "tool_kind": "shell", "command": "sleep 30",
          "requested_at": at(4, 10.0), "decision": "allow", "decided_by": "policy", "outcome": "cancelled",
          "cancelled_by": "user" },
        { "action_id": "a6", "session_id": "sub-east", "role": "subagent", "turn_id": "t3", "call_id": "call_e0",
          "tool": "exec_command", "tool_kind": "shell", "command": "curl http://east.example.net/a",
          "requested_at": at(3, 8.0), "decision": "allow", "decided_by": "policy", "outcome": "failed",
          "failure_reason": "network_blocked", "duration_ms": 1_000, "intent": "Check both mirrors,\nthen push." },
        { "action_id": "a7", "session_id": "main-1", "role": "main", "call_id": "call_lost", "tool": "exec_command",
          "started_at": at(2, 0.0) },
    ]))
}

fn link(session: &str, relation: &str, event: &str, action: Option<&str>) -> Value {
    json!({ "link_id": format!("l-{event}-{relation}"), "session_id": session, "relation": relation,
        "event_id": event, "action_id": action, "method": "id", "confidence": "certain" })
}

fn with(mut link: Value, fields: &Value) -> Value {
    for (key, value) in fields.as_object().unwrap() {
        link[key] = value.clone();
    }
    link
}

fn links() -> Value {
    let strong = json!({ "method": "interval", "confidence": "strong" });
    json!([
        with(link("sub-east", "network", "n1", Some("a6")), &strong),
        with(link("main-1", "network", "n2", Some("a3")), &strong),
        with(
            link("main-1", "network", "n3", None),
            &json!({ "method": "interval",
            "confidence": "ambiguous", "candidates": ["a3", "a4"] })
        ),
        with(
            link("main-1", "turn", "p2", Some("a4")),
            &json!({ "method": "order", "confidence": "strong" })
        ),
        with(
            link("main-1", "result", "x5", Some("a5")),
            &json!({ "method": "order", "confidence": "weak" })
        ),
        link("main-1", "decision", "r1", Some("a2")),
        with(
            link("sub-east", "parent", "s1", None),
            &json!({ "to_session_id": "main-1",
            "method": "trace", "confidence": "strong" })
        ),
        with(link("review-1", "reviewer", "r1", None), &json!({ "to_session_id": "main-1" })),
    ])
}

fn attempt(event: &str, session: &str, time: &str, host: &str, verdict: &str) -> Value {
    json!({ "event_id": event, "session_id": session, "time": time, "net_host": host, "net_port": 80,
        "net_protocol": "http", "net_verdict": verdict,
        "net_reason": if verdict == "deny" { Some("not_allowed") } else { None } })
}

/// A request is told of twice: when it was made, and when its tokens are known.
fn requests<T: DeserializeOwned>() -> T {
    let mut rows = Vec::new();
    for (session, second) in [("main-1", 1.0), ("main-1", 25.0), ("sub-east", 7.0)] {
        let mut row = json!({ "session_id": session, "time": at(3, second), "signal": "logs",
            "name": "codex.api_request", "model": "gpt-5.4" });
        rows.push(row.clone());
        row["name"] = json!("codex.sse_event");
        row["input_tokens"] = json!(1_201);
        row["output_tokens"] = json!(55);
        rows.push(row);
    }
    read(Value::Array(rows))
}

/// The same with every text of it an attack on the terminal.
pub(super) fn hostile() -> Material {
    const ATTACK: &str = "\u{1b}]0;title\u{7}\u{1b}[2Jx\r\u{9b}1m\u{202e}";
    fn attacked<T: serde::Serialize + DeserializeOwned>(rows: &[T], skip: &[&str]) -> Vec<T> {
        let attack = |row: &T| {
            let mut row = serde_json::to_value(row).unwrap();
            for (key, value) in row.as_object_mut().unwrap() {
                if value.is_string() && !key.ends_with("_at") && !skip.contains(&key.as_str()) {
                    *value = json!(format!("{}{ATTACK}", value.as_str().unwrap()));
                }
            }
            serde_json::from_value(row).unwrap()
        };
        rows.iter().map(attack).collect()
    }
    let material = material();
    let ids = ["session_id", "turn_id", "action_id", "event_id", "time"];
    let top = ["session_id", "parent_session_id", "role"];
    Material {
        sessions: attacked(&material.sessions, &top),
        turns: attacked(&material.turns, &ids),
        actions: attacked(&material.actions, &ids),
        links: attacked(&material.links, &["session_id", "event_id", "action_id", "relation"]),
        gaps: attacked(&material.gaps, &ids),
        attempts: attacked(&material.attempts, &ids),
        requests: attacked(&material.requests, &["session_id", "time", "signal"]),
        others: material.others,
    }
}
