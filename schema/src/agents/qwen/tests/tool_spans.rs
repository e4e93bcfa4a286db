//! The spans of a call: the call, its execution, the question to a person, its hooks.

use super::{B, I, Is, Row, S, failed_span, span};

fn tool(tool: &'static str, message: &str, more: &[(&'static str, Is)]) -> Row {
    let own = [
        ("gen_ai.tool.name", S(tool)),
        ("gen_ai.tool.call.id", S("call_0")),
        ("tool.call_id", S("call_0")),
        ("call_id", S("call_0")),
        ("tool_name", S(tool)),
        ("duration_ms", I(71)),
    ];
    failed_span("qwen-code.tool", message, &[&own, more].concat())
}

/// A call that succeeded: every attribute has its column or is kept.
#[test]
fn successful_call() {
    let own = [
        ("gen_ai.tool.name", S("read_file")),
        ("gen_ai.tool.call.id", S("call_0")),
        ("gen_ai.tool.call.arguments", S(r#"{"file_path":"a.txt"}"#)),
        ("gen_ai.tool.call.result", S(r#"{"output":"x"}"#)),
        ("gen_ai.tool.description", S("Reads")),
        ("gen_ai.tool.type", S("function")),
        ("gen_ai.agent.name", S("general-purpose")),
        ("success", B(true)),
        ("duration_ms", I(71)),
    ];
    span("qwen-code.tool", &own)
        .has(&[
            ("kind", "tool_call"),
            ("tool", "read_file"),
            ("tool_kind", "file"),
            ("call_id", "call_0"),
            ("arguments", r#"{"file_path":"a.txt"}"#),
            ("path", "a.txt"),
            ("output", r#"{"output":"x"}"#),
            ("outcome", "succeeded"),
            ("duration_ms", "71"),
        ])
        .keeps(&["gen_ai.tool.description", "gen_ai.tool.type", "gen_ai.agent.name", "success"]);
    let older = [("tool.name", S("mcp__wiki__read")), ("call_id", S("c-2")), ("success", B(true))];
    span("qwen-code.tool", &older).has(&[
        ("tool", "mcp__wiki__read"),
        ("call_id", "c-2"),
        ("mcp_server", "wiki"),
    ]);
    let background = [
        ("gen_ai.tool.name", S("run_shell_command")),
        ("gen_ai.tool.call.arguments", S(r#"{"command":"sleep 9","is_background":true}"#)),
        ("success", B(true)),
    ];
    span("qwen-code.tool", &background).has(&[("outcome", "unknown"), ("command", "sleep 9")]);
}

/// Every word for why a call did not succeed.
#[test]
fn failure_kinds() {
    for (kind, outcome, reason, by) in [
        ("cancelled", "cancelled", "", ""),
        ("pre_hook_blocked", "denied", "hook_denied", "hook"),
        ("invocation_guard_denied", "denied", "invocation_guard_denied", "policy"),
        ("post_hook_stopped", "unknown", "hook_stopped", ""),
        ("tool_error", "failed", "tool_error", ""),
        ("tool_exception", "failed", "tool_error", ""),
        ("permission_denied", "denied", "policy_denied", "policy"),
        ("permission_hook_denied", "denied", "hook_denied", "hook"),
        ("plan_mode_blocked", "denied", "plan_mode_blocked", "policy"),
        ("non_interactive_denied", "denied", "non_interactive_denied", "policy"),
        ("background_agent_denied", "denied", "background_agent_denied", "policy"),
        ("timeout", "timed_out", "", ""),
        ("something_new", "failed", "", ""),
    ] {
        let decision = if outcome == "denied" { "deny" } else { "" };
        let column = if outcome == "denied" { "denial_reason" } else { "failure_reason" };
        for key in ["tool.failure_kind", "error.type"] {
            tool(
                "read_file",
                "Permission denied for tool",
                &[("success", B(false)), (key, S(kind))],
            )
            .has(&[("outcome", outcome), (column, reason), ("decided_by", by)])
            .has(&[("decision", decision), ("call_id", "call_0")])
            .keeps(&["tool.call_id", "call_id", "tool_name", "success", key]);
        }
    }
    tool("run_shell_command", "", &[("success", B(false)), ("tool.failure_kind", S("tool_error"))])
        .has(&[("outcome", "failed"), ("failure_reason", "")]);
}

/// A denied permission may be the classifier's: the message of the span tells.
#[test]
fn classifier() {
    let denied = [("tool.failure_kind", S("permission_denied"))];
    tool(
        "run_shell_command",
        "Permission for this action has been denied. Reason: uploads",
        &denied,
    )
    .has(&[("denial_reason", "reviewer_denied"), ("decided_by", "ai_reviewer")])
    .has(&[("rationale", "uploads"), ("outcome", "denied")]);
    tool("run_shell_command", "Auto mode classifier unavailable; action blocked", &denied)
        .has(&[("denial_reason", "reviewer_unavailable"), ("decided_by", "ai_reviewer")]);
}

/// The execution of a call.
#[test]
fn execution() {
    for (status, error_type, tool, outcome, reason) in [
        ("success", "", "read_file", "succeeded", ""),
        ("error", "file_not_found", "read_file", "failed", "tool_error"),
        ("error", "shell_execute_error", "run_shell_command", "failed", ""),
        ("error", "execution_timeout", "run_shell_command", "timed_out", ""),
        ("cancelled", "", "read_file", "cancelled", ""),
        ("new", "", "read_file", "", ""),
    ] {
        let own = [
            ("tool.call_id", S("call_0")),
            ("gen_ai.tool.name", S(tool)),
            ("duration_ms", I(5)),
            ("execution_status", S(status)),
            ("error_type", S(error_type)),
            ("error", S("Tool execution failed")),
        ];
        span("qwen-code.tool.execution", &own)
            .has(&[("kind", "tool_call"), ("call_id", "call_0"), ("outcome", outcome)])
            .has(&[("failure_reason", reason), ("duration_ms", "5"), ("tool", tool)])
            .keeps(&["execution_status", "error_type"]);
    }
    span("qwen-code.tool.execution", &[("success", B(false))]).has(&[("outcome", "failed")]);
}

/// A question to a person: who answered and what.
#[test]
fn blocked_on_user() {
    for (decision, source, meaning, by, scope, reason) in [
        ("proceed_once", "cli", "allow", "user", "once", ""),
        ("proceed_once", "ide", "allow", "user", "once", ""),
        ("proceed_always", "cli", "allow", "user", "", ""),
        ("auto_approved", "auto", "allow", "policy", "", ""),
        ("proceed_once", "hook", "allow", "hook", "once", ""),
        ("cancel", "cli", "deny", "user", "", "user_denied"),
        ("cancel", "hook", "deny", "hook", "", "hook_denied"),
        ("aborted", "system", "cancel", "unknown", "", ""),
        ("error", "system", "", "", "", ""),
    ] {
        let own = [
            ("tool.name", S("run_shell_command")),
            ("tool.call_id", S("call_0")),
            ("duration_ms", I(2500)),
            ("decision", S(decision)),
            ("source", S(source)),
        ];
        span("qwen-code.tool.blocked_on_user", &own)
            .has(&[("kind", "approval"), ("decision", meaning), ("decided_by", by)])
            .has(&[("grant_scope", scope), ("denial_reason", reason), ("decision_source", source)])
            .has(&[("call_id", "call_0"), ("tool_kind", "shell"), ("duration_ms", "2500")])
            .keeps(&["decision"]);
    }
}

const NO_HOOK: &str = "hook runner returned no output without error detail";

fn hook(more: &[(&'static str, Is)]) -> Row {
    let own = [
        ("hook_event", S("PreToolUse")),
        ("tool.name", S("read_file")),
        ("tool.use_id", S("toolu_1")),
        ("duration_ms", I(2)),
    ];
    span("qwen-code.hook", &[&own, more].concat())
}

/// A hook that is not there is no failure, though its span says so.
#[test]
fn absent_hook() {
    let more = [
        ("success", B(false)),
        ("should_proceed", B(true)),
        ("error", S(NO_HOOK)),
        ("error.type", S("hook_error")),
    ];
    hook(&more)
        .has(&[("kind", "hook"), ("tool", "read_file"), ("outcome", ""), ("error", "")])
        .has(&[("decision", ""), ("decided_by", ""), ("duration_ms", "2"), ("call_id", "")])
        .keeps(&["hook_event", "tool.use_id", "success", "should_proceed", "error", "error.type"]);
    hook(&[("success", B(false)), ("error", S("spawn ENOENT")), ("should_proceed", B(true))])
        .has(&[("outcome", "failed"), ("error", "spawn ENOENT"), ("decision", "")]);
}

/// A hook blocks, asks for a person, stops the agent, or lets the call pass.
#[test]
fn deciding_hooks() {
    for (block_type, decision, reason, outcome) in [
        ("denied", "deny", "hook_denied", "denied"),
        ("stop", "deny", "hook_denied", "denied"),
        ("", "deny", "hook_denied", "denied"),
        ("ask", "ask", "", "succeeded"),
    ] {
        let more =
            [("success", B(true)), ("should_proceed", B(false)), ("block_type", S(block_type))];
        hook(&more)
            .has(&[("decision", decision), ("decided_by", "hook"), ("denial_reason", reason)])
            .has(&[("outcome", outcome)])
            .keeps(&["hook_event", "tool.use_id", "success", "should_proceed", "block_type"]);
    }
    hook(&[("success", B(true)), ("should_proceed", B(true))]).has(&[
        ("outcome", "succeeded"),
        ("decision", ""),
        ("decided_by", ""),
    ]);
    hook(&[("success", B(true)), ("should_stop", B(true)), ("block_type", S("stop"))])
        .has(&[("outcome", "succeeded"), ("decision", ""), ("decided_by", "hook")])
        .has(&[("failure_reason", "hook_stopped")]);
}
