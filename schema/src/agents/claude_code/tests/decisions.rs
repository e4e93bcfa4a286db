//! Decisions, and the hooks that make some of them.

use super::{B, Is, Row, S, log};

fn decision(word: &'static str, source: &'static str, more: &[(&str, Is)]) -> Row {
    let own = [
        ("decision", S(word)),
        ("source", S(source)),
        ("tool_name", S("Bash")),
        ("tool_use_id", S("toolu_1")),
        ("tool_source", S("builtin")),
        ("permission_mode", S("default")),
        ("request_id", S("req_1")),
    ];
    log("tool_decision", &[&own[..], more].concat())
}

/// `tool_decision`: every attribute has its column or is kept.
#[test]
fn tool_decision() {
    let parameters = r#"{"bash_command":"git","full_command":"git push","description":"Push"}"#;
    decision("reject", "hook", &[("tool_parameters", S(parameters))])
        .has(&[
            ("kind", "approval"),
            ("call_id", "toolu_1"),
            ("tool", "Bash"),
            ("tool_kind", "shell"),
            ("command", "git push"),
            ("decision", "deny"),
            ("decided_by", "hook"),
            ("decision_source", "hook"),
            ("denial_reason", "hook_denied"),
            ("grant_scope", ""),
            ("mode", "default"),
            ("request_id", "req_1"),
            ("outcome", ""),
        ])
        .keeps(&["decision", "tool_source", "tool_parameters"]);
}

/// Every pair of word and source, where a person can have been asked.
#[test]
fn deciders() {
    for (word, source, decided, by, reason, scope) in [
        ("accept", "config", "allow", "policy", "", ""),
        ("accept", "hook", "allow", "hook", "", ""),
        ("accept", "user_temporary", "allow", "user", "", "once"),
        ("accept", "user_permanent", "allow", "user", "", "permanent"),
        ("reject", "config", "deny", "policy", "policy_denied", ""),
        ("reject", "hook", "deny", "hook", "hook_denied", ""),
        ("reject", "user_reject", "deny", "user", "user_denied", ""),
        ("reject", "user_abort", "cancel", "user", "", ""),
        ("reject", "oracle", "deny", "unknown", "", ""),
        ("reconsider", "config", "", "policy", "", ""),
    ] {
        decision(word, source, &[])
            .has(&[("decision", decided), ("decided_by", by), ("decision_source", source)])
            .has(&[("denial_reason", reason), ("grant_scope", scope)]);
    }
    log("tool_decision", &[("tool_use_id", S("t"))]).has(&[
        ("decision", ""),
        ("decided_by", "unknown"),
        ("call_id", "t"),
    ]);
}

/// Where nobody can be asked, a stored grant answered, not a person.
#[test]
fn nobody_is_asked() {
    for client in ["sdk-cli", "sdk-ts", "sdk-py"] {
        let own = [("app.entrypoint", S(client))];
        decision("accept", "user_permanent", &own).has(&[
            ("decided_by", "policy"),
            ("grant_scope", "permanent"),
            ("client", client),
        ]);
        decision("reject", "user_reject", &own).has(&[
            ("decision", "deny"),
            ("decided_by", "unknown"),
            ("denial_reason", ""),
        ]);
        decision("reject", "config", &own).has(&[("denial_reason", "policy_denied")]);
    }
    for client in ["cli", "claude-vscode", "claude-desktop"] {
        decision("accept", "user_permanent", &[("app.entrypoint", S(client))])
            .has(&[("decided_by", "user")]);
    }
    for mode in ["bypassPermissions", "dontAsk"] {
        let own = [
            ("decision", S("accept")),
            ("source", S("user_permanent")),
            ("permission_mode", S(mode)),
        ];
        log("tool_decision", &own).has(&[("decided_by", "policy"), ("mode", mode)]);
    }
}

/// The tool of an MCP call is named by its parameters; without them only that it is one.
#[test]
fn mcp_decision() {
    let own = [
        ("decision", S("accept")),
        ("source", S("config")),
        ("tool_name", S("mcp_tool")),
        ("tool_use_id", S("toolu_1")),
        ("tool_source", S("mcp")),
        ("tool_parameters", S(r#"{"mcp_server_name":"tickets","mcp_tool_name":"get_ticket"}"#)),
    ];
    log("tool_decision", &own)
        .has(&[
            ("tool", "mcp__tickets__get_ticket"),
            ("tool_kind", "mcp"),
            ("mcp_server", "tickets"),
            ("mcp_tool", "get_ticket"),
            ("command", ""),
        ])
        .keeps(&["decision", "tool_name", "tool_source", "tool_parameters"]);
    log("tool_decision", &own[..5])
        .has(&[("tool", "mcp_tool"), ("tool_kind", "mcp"), ("mcp_server", ""), ("mcp_tool", "")])
        .keeps(&["decision", "tool_name", "tool_source"]);
    let odd = r#"{"mcp_server_name":"claude.ai Slack","mcp_tool_name":"post"}"#;
    log("tool_decision", &[("tool_name", S("mcp_tool")), ("tool_parameters", S(odd))])
        .has(&[("tool", "mcp__claude_ai_Slack__post"), ("mcp_server", "claude.ai Slack")]);
    log("tool_decision", &[("tool_name", S("draw")), ("tool_source", S("sdk_host_builtin_mcp"))])
        .has(&[("tool", "draw"), ("tool_kind", "mcp")]);
}

/// `safety_event`: behind a flag and undocumented; what is certain stands in columns.
#[test]
fn safety_event() {
    let own = [
        ("category", S("exfiltration")),
        ("decision", S("block")),
        ("decision_source", S("classifier")),
        ("reason_type", S("classifier")),
        ("rule_source", S("builtin")),
        ("classifier_category", S("network")),
        ("tool_class", S("shell")),
        ("tool_name", S("Bash")),
        ("tool_use_id", S("toolu_1")),
        ("sandbox_violation_count", Is::I(1)),
        ("sandbox_enabled", B(true)),
        ("permission_mode", S("auto")),
    ];
    log("safety_event", &own)
        .has(&[
            ("kind", "approval"),
            ("call_id", "toolu_1"),
            ("tool", "Bash"),
            ("tool_kind", "shell"),
            ("decision", "deny"),
            ("decided_by", "ai_reviewer"),
            ("denial_reason", "reviewer_denied"),
            ("decision_source", "classifier"),
            ("mode", "auto"),
        ])
        .keeps(&[
            "category",
            "decision",
            "reason_type",
            "rule_source",
            "classifier_category",
            "tool_class",
            "sandbox_violation_count",
            "sandbox_enabled",
        ]);
    log("safety_event", &[("decision", S("ask")), ("decision_source", S("config"))])
        .has(&[("decision", "ask"), ("decided_by", "policy")]);
}

const HOOK: &[(&str, Is)] = &[
    ("hook_source", S("merged")),
    ("num_hooks", S("1")),
    ("managed_only", S("false")),
    ("safe_mode", S("false")),
    ("hook_definitions", S("[]")),
];
const HOOK_KEYS: &[&str] =
    &["hook_source", "num_hooks", "managed_only", "safe_mode", "hook_definitions"];

/// `hook_execution_start`: which tool it is about.
#[test]
fn hook_start() {
    for (event, name, tool, kind, server) in [
        ("PreToolUse", "PreToolUse:Bash", "Bash", "shell", ""),
        ("PostToolUse", "PostToolUse:Write", "Write", "file", ""),
        ("PreToolUse", "PreToolUse:mcp__wiki__search", "mcp__wiki__search", "mcp", "wiki"),
        ("SessionStart", "SessionStart:startup", "", "", ""),
        ("Stop", "Stop", "", "", ""),
    ] {
        let own = [("hook_event", S(event)), ("hook_name", S(name))];
        log("hook_execution_start", &[&own[..], HOOK].concat())
            .has(&[("kind", "hook"), ("tool", tool), ("tool_kind", kind), ("mcp_server", server)])
            .has(&[("decision", ""), ("outcome", "")])
            .keeps(&[&["hook_event", "hook_name"], HOOK_KEYS].concat());
    }
}

fn complete(event: &'static str, counts: [&'static str; 4]) -> Row {
    let [success, blocking, error, cancelled] = counts.map(S);
    let own = [
        ("hook_event", S(event)),
        ("hook_name", S("PreToolUse:Bash")),
        ("num_success", success),
        ("num_blocking", blocking),
        ("num_non_blocking_error", error),
        ("num_cancelled", cancelled),
        ("total_duration_ms", S("35")),
        ("stdout_chars", S("0")),
        ("additional_context_chars", S("0")),
        ("system_message_chars", S("0")),
        ("initial_user_message_chars", S("0")),
        ("num_outputs_persisted", S("0")),
    ];
    let row = log("hook_execution_complete", &[&own[..], HOOK].concat());
    let kept: Vec<&str> = own.map(|(key, _)| key).to_vec();
    let kept = kept.into_iter().filter(|key| *key != "total_duration_ms").chain(HOOK_KEYS.to_vec());
    row.has(&[("kind", "hook"), ("duration_ms", "35")]).keeps(&kept.collect::<Vec<_>>());
    row
}

/// `hook_execution_complete`: blocking forbids where there is something to forbid.
#[test]
fn hook_complete() {
    for (event, counts, outcome, reason) in [
        ("PreToolUse", ["1", "0", "0", "0"], "succeeded", ""),
        ("PreToolUse", ["0", "1", "0", "0"], "succeeded", "hook_denied"),
        ("UserPromptSubmit", ["0", "1", "0", "0"], "succeeded", "hook_denied"),
        ("PostToolUse", ["0", "1", "0", "0"], "succeeded", ""),
        ("Stop", ["0", "1", "0", "0"], "succeeded", ""),
        ("PreToolUse", ["0", "0", "1", "0"], "failed", ""),
        ("PreToolUse", ["0", "1", "1", "0"], "failed", "hook_denied"),
        ("PreToolUse", ["0", "0", "0", "1"], "cancelled", ""),
        ("PreToolUse", ["0", "0", "0", "0"], "", ""),
    ] {
        let denied = !reason.is_empty();
        complete(event, counts)
            .has(&[("outcome", outcome), ("denial_reason", reason)])
            .has(&[("decision", if denied { "deny" } else { "" })])
            .has(&[("decided_by", if denied { "hook" } else { "" })]);
    }
}
