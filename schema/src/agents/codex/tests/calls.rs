//! Decisions, results, the sandbox and the network.

use super::{B, I, Is, Row, S, log, log_from};

fn decision(word: &'static str, source: Option<&'static str>) -> Row {
    let mut own = vec![
        ("tool_name", S("exec_command")),
        ("tool_namespace", S("functions")),
        ("call_id", S("call_0")),
        ("decision", S(word)),
    ];
    own.extend(source.map(|source| ("source", S(source))));
    log_from("codex-tui", "codex.tool_decision", &own)
}

/// Every word for a decision, as it is sent, has its meaning; the word itself is kept.
#[test]
fn decisions() {
    for (word, meaning, scope) in [
        ("approved", "allow", "once"),
        ("approved_for_session", "allow", "session"),
        ("approved_with_amendment", "allow", "permanent"),
        ("approved_mcp_policy_amendment", "allow", "permanent"),
        ("approved_with_network_policy_allow", "allow", "permanent"),
        ("denied", "deny", ""),
        ("denied_with_network_policy_deny", "deny", ""),
        ("timed_out", "timeout", ""),
        ("abort", "cancel", ""),
        ("reconsidered", "", ""),
    ] {
        decision(word, Some("User"))
            .has(&[("kind", "approval"), ("decision", meaning), ("grant_scope", scope)])
            .has(&[("call_id", "call_0"), ("tool", "exec_command"), ("tool_kind", "shell")])
            .keeps(&["tool_namespace", "decision"]);
    }
}

/// Who decided is told by `source` in any case; the word as sent stands beside it.
#[test]
fn deciders() {
    for (source, by, reason) in [
        ("User", "user", "user_denied"),
        ("user", "user", "user_denied"),
        ("Config", "policy", "policy_denied"),
        ("config", "policy", "policy_denied"),
        ("AutomatedReviewer", "ai_reviewer", "reviewer_denied"),
        ("Oracle", "unknown", ""),
    ] {
        decision("denied", Some(source)).has(&[
            ("decided_by", by),
            ("decision_source", source),
            ("denial_reason", reason),
        ]);
    }
    decision("denied", None).has(&[("decided_by", "unknown"), ("decision_source", "")]);
    decision("timed_out", Some("AutomatedReviewer"))
        .has(&[("denial_reason", "reviewer_unavailable")]);
    decision("approved", Some("User")).has(&[("denial_reason", "")]);
}

/// A front end that can ask nobody says `User` where its configuration decided.
#[test]
fn nobody_is_asked() {
    for (client, by, reason) in [
        ("codex_exec", "policy", "policy_denied"),
        ("codex_sdk_ts", "policy", "policy_denied"),
        ("codex_cli_rs", "user", "user_denied"),
        ("codex_vscode", "user", "user_denied"),
    ] {
        let own = [("call_id", S("call_0")), ("decision", S("denied")), ("source", S("User"))];
        log_from(client, "codex.tool_decision", &own).has(&[
            ("decided_by", by),
            ("decision_source", "User"),
            ("denial_reason", reason),
        ]);
    }
}

/// An MCP call is known by its namespace before it has a result.
#[test]
fn mcp_decision() {
    let own = [
        ("tool_name", S("get_ticket")),
        ("tool_namespace", S("mcp__tickets")),
        ("call_id", S("call_1")),
        ("decision", S("approved")),
    ];
    log("codex.tool_decision", &own).has(&[
        ("mcp_server", "tickets"),
        ("mcp_tool", "get_ticket"),
        ("tool", "get_ticket"),
        ("tool_kind", "mcp"),
    ]);
}

fn result(tool: &'static str, namespace: &'static str, more: &[(&'static str, Is)]) -> Row {
    let own = [
        ("tool_result_seq", I(3)),
        ("tool_name", S(tool)),
        ("tool_namespace", S(namespace)),
        ("call_id", S("call_0")),
        ("duration_ms", S("159")),
        ("output_truncated", B(false)),
        ("agent_name", S("/root")),
    ];
    log("codex.tool_result", &[&own, more].concat())
}

/// `codex.tool_result`: every attribute has its column or is kept.
#[test]
fn tool_result() {
    let more = [
        ("success", S("true")),
        ("arguments", S(r#"{"cmd":"ls -la","workdir":"/x"}"#)),
        (
            "output",
            S("Chunk ID: b8\nProcess exited with code 1\nOutput:\nProcess exited with code 0\n"),
        ),
        ("mcp_server", S("")),
        ("mcp_server_origin", S("")),
    ];
    result("exec_command", "functions", &more)
        .has(&[
            ("kind", "tool_result"),
            ("source_sequence", "3"),
            ("tool", "exec_command"),
            ("tool_kind", "shell"),
            ("call_id", "call_0"),
            ("duration_ms", "159"),
            ("content_truncated", "false"),
            ("agent_path", "/root"),
            ("command", "ls -la"),
            ("outcome", "failed"),
            ("exit_code", "1"),
            ("mcp_server", ""),
        ])
        .keeps(&["tool_namespace", "success", "mcp_server", "mcp_server_origin"]);
}

/// A result of an MCP call names server and tool, a builtin's does not.
#[test]
fn mcp_result() {
    let more = [
        ("success", S("true")),
        ("arguments", S(r#"{"id":"T-1"}"#)),
        ("output", S("Wall time: 0.1 seconds\nOutput:\n{}")),
        ("mcp_server", S("tickets")),
        ("mcp_server_origin", S("stdio")),
    ];
    result("get_ticket", "mcp__tickets", &more)
        .has(&[("mcp_server", "tickets"), ("mcp_tool", "get_ticket"), ("tool_kind", "mcp")])
        .has(&[("outcome", "succeeded"), ("command", "")])
        .keeps(&["tool_namespace", "success", "mcp_server_origin"]);
    let more = [
        ("success", S("false")),
        ("output", S("unsupported call: mcp__ticketsget_ticket")),
        ("mcp_server", S("")),
    ];
    result("get_ticket", "mcp__tickets__", &more)
        .has(&[
            ("mcp_server", "tickets"),
            ("outcome", "failed"),
            ("failure_reason", "no_such_tool"),
        ])
        .keeps(&["tool_namespace", "success", "mcp_server"]);
}

/// How a call ended is read from what happened, not from the flag.
#[test]
fn endings() {
    let shell = ("exec_command", "functions");
    let mcp = ("close_ticket", "mcp__tickets");
    let rejected = r#"exec_command failed: CreateProcess { message: "Rejected(\"This action was rejected due to unacceptable risk.\nReason: x\")" }"#;
    let forbidden = r#"exec_command failed: CreateProcess { message: "Rejected(\"`rm` rejected: rm -f style commands are not permitted\")" }"#;
    let blocked = r#"exec_command failed: ProcessFailed { message: "Network access to \"x\" was blocked: domain is not on the allowlist" }"#;
    let never =
        "approval policy is Never; reject command — you cannot ask for escalated permissions";
    let asked = "Wall time: 0.0191 seconds\nOutput:\nMCP tool call requires approval, but approval policy is never";
    let cancelled = "Wall time: 0.1 seconds\nOutput:\nuser cancelled MCP tool call";
    let raised = "Wall time: 0.1 seconds\nOutput:\nError executing tool close_ticket";
    let quoted = "Wall time: 1 seconds\nOutput:\nit said Rejected(\"x\")";
    for ((tool, namespace), success, output, outcome, reason, by) in [
        (shell, "true", "Process exited with code 0\nOutput:\n", "succeeded", "", ""),
        (shell, "true", "Process exited with code 6\nOutput:\n", "failed", "", ""),
        (shell, "true", "Process running with session ID 7\nOutput:\n", "unknown", "", ""),
        (shell, "true", "Output:\nProcess exited with code 0\n", "unknown", "", ""),
        (shell, "false", never, "denied", "policy_denied", "policy"),
        (shell, "false", rejected, "denied", "reviewer_denied", "ai_reviewer"),
        (shell, "false", forbidden, "denied", "", ""),
        (shell, "false", r#"Rejected("no")"#, "denied", "", ""),
        (shell, "false", blocked, "failed", "network_blocked", ""),
        (shell, "false", "exec_command failed: out of memory", "failed", "", ""),
        (mcp, "false", asked, "denied", "policy_denied", "policy"),
        (mcp, "false", cancelled, "cancelled", "", ""),
        (mcp, "false", raised, "failed", "tool_error", ""),
        (mcp, "false", quoted, "failed", "tool_error", ""),
        (mcp, "false", "unsupported call: x", "failed", "no_such_tool", ""),
        (mcp, "true", "Output:\n{}", "succeeded", "", ""),
        (("spawn_agent", "multi_agent_v1"), "true", "{}", "succeeded", "", ""),
    ] {
        let row = result(tool, namespace, &[("success", S(success)), ("output", S(output))]);
        let found = [row.get("denial_reason"), row.get("failure_reason")].concat();
        assert_eq!((row.get("outcome"), found.as_str()), (outcome, reason), "{output}");
        assert_eq!(row.get("decided_by"), by, "{output}");
    }
}

/// Which kind of tool was called, and what for.
#[test]
fn tool_kinds() {
    for (tool, namespace, kind) in [
        ("shell", "functions", "shell"),
        ("apply_patch", "functions", "file"),
        ("web_search", "functions", "web"),
        ("spawn_agent", "multi_agent_v1", "subagent"),
        ("list_agents", "multi_agent_v2", "subagent"),
        ("update_plan", "functions", "other"),
        ("x", "mcp__y", "mcp"),
    ] {
        result(tool, namespace, &[]).has(&[("tool_kind", kind)]);
    }
    let patch = "*** Begin Patch\n*** Add File: a.rs\n+x\n*** End Patch";
    result("apply_patch", "functions", &[("arguments", S(patch))]).has(&[
        ("path", "a.rs"),
        ("arguments", patch),
        ("command", ""),
    ]);
}

/// `codex.sandbox_outcome`: what the sandbox did to a command.
#[test]
fn sandbox_outcome() {
    for (word, outcome, reason) in [
        ("denied", "denied", "policy_denied"),
        ("timed_out", "timed_out", ""),
        ("signal", "failed", ""),
        ("escalated", "", ""),
    ] {
        let own = [
            ("tool_name", S("exec_command")),
            ("call_id", S("call_0")),
            ("outcome", S(word)),
            ("initial_duration_ms", I(12)),
            ("escalated_duration_ms", I(40)),
        ];
        log("codex.sandbox_outcome", &own)
            .has(&[("kind", "tool_result"), ("call_id", "call_0"), ("duration_ms", "12")])
            .has(&[("outcome", outcome), ("denial_reason", reason), ("tool_kind", "shell")])
            .keeps(&["outcome", "escalated_duration_ms"]);
    }
}

/// `codex.network_proxy.policy_decision`: every attribute has its column or is kept.
#[test]
fn policy_decision() {
    let own = [
        ("network.policy.scope", S("domain")),
        ("network.policy.decision", S("deny")),
        ("network.policy.source", S("baseline_policy")),
        ("network.policy.reason", S("not_allowed")),
        ("network.transport.protocol", S("https_connect")),
        ("server.address", S("blocked.example.org")),
        ("server.port", I(443)),
        ("http.request.method", S("CONNECT")),
        ("client.address", S("127.0.0.1:49706")),
        ("execution.id", S("ce6a8ea4")),
        ("network.policy.override", B(false)),
    ];
    log("codex.network_proxy.policy_decision", &own)
        .has(&[
            ("kind", "network"),
            ("net_verdict", "deny"),
            ("net_source", "baseline_policy"),
            ("net_reason", "not_allowed"),
            ("net_protocol", "https_connect"),
            ("net_host", "blocked.example.org"),
            ("net_port", "443"),
            ("net_method", "CONNECT"),
            ("net_override", "false"),
            ("execution_id", "ce6a8ea4"),
        ])
        .keeps(&["network.policy.scope", "client.address"]);
}

/// Words that stand for nothing leave the column empty and are kept; a verdict in another case
/// is read all the same.
#[test]
fn policy_decision_sentinels() {
    let own = [
        ("network.policy.decision", S("Ask")),
        ("server.address", S("unix-socket")),
        ("server.port", I(0)),
        ("http.request.method", S("none")),
    ];
    log("codex.network_proxy.policy_decision", &own)
        .has(&[("net_verdict", "ask"), ("net_host", ""), ("net_method", ""), ("net_port", "0")])
        .keeps(&["network.policy.decision", "server.address", "http.request.method"]);
}

/// `codex.guardian_assessment`: the automatic reviewer's verdict on a call.
#[test]
fn guardian_assessment() {
    for (status, decision, reason) in [
        ("approved", "allow", ""),
        ("denied", "deny", "reviewer_denied"),
        ("timed_out", "timeout", "reviewer_unavailable"),
        ("aborted", "cancel", ""),
    ] {
        let own = [
            ("review.id", S("r1")),
            ("turn.id", S("t1")),
            ("item.id", S("call_0")),
            ("status", S(status)),
            ("outcome", S("deny")),
            ("risk_level", S("high")),
            ("user_authorization", S("low")),
            ("started_at_ms", I(1000)),
            ("completed_at_ms", I(1250)),
            ("rationale", S("uploads host data")),
            ("rationale_length", I(17)),
            ("rationale_truncated", B(false)),
        ];
        log("codex.guardian_assessment", &own)
            .has(&[
                ("kind", "approval"),
                ("decision", decision),
                ("decided_by", "ai_reviewer"),
                ("denial_reason", reason),
                ("call_id", "call_0"),
                ("turn_id", "t1"),
                ("risk_level", "high"),
                ("rationale", "uploads host data"),
                ("content_truncated", "false"),
                ("duration_ms", "250"),
            ])
            .keeps(&[
                "review.id",
                "status",
                "outcome",
                "user_authorization",
                "started_at_ms",
                "completed_at_ms",
                "rationale_length",
            ]);
    }
}
