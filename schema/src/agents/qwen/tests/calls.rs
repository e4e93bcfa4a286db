//! `qwen-code.tool_call`: the decision about a call and its end.

use super::{B, I, Is, Null, Row, S, log};

const SHELL: (&str, &str) =
    ("run_shell_command", r#"{"command":"git push","is_background":false}"#);
const READ: (&str, &str) = ("read_file", r#"{"file_path":"a.txt"}"#);

fn call(tool: (&'static str, &'static str), more: &[(&'static str, Is)]) -> Row {
    let own = [
        ("function_name", S(tool.0)),
        ("function_args", S(tool.1)),
        ("call_id", S("call_0")),
        ("prompt_id", S("s-1#general-purpose-call_m7_0#2")),
    ];
    log("qwen-code.tool_call", &[&own, more].concat())
}

/// Every attribute has its column or is kept; what is null stays.
#[test]
fn attributes() {
    let more = [
        ("duration_ms", I(67)),
        ("status", S("success")),
        ("success", B(true)),
        ("execution_status", S("success")),
        ("decision", S("auto_accept")),
        ("tool_type", S("native")),
        ("content_length", I(139)),
        ("mcp_server_name", Null),
        ("metadata", Null),
        ("parent_call_id", Null),
        ("response_id", S("cc_m0")),
        ("source", Null),
    ];
    call(READ, &more)
        .has(&[
            ("agent", "qwen"),
            ("agent_version", "0.24.4"),
            ("kind", "tool_result"),
            ("tool", "read_file"),
            ("tool_kind", "file"),
            ("path", "a.txt"),
            ("arguments", READ.1),
            ("call_id", "call_0"),
            ("request_id", "cc_m0"),
            ("duration_ms", "67"),
            ("turn_id", "s-1#general-purpose-call_m7_0#2"),
            ("agent_path", "general-purpose-call_m7_0"),
            ("decision", "allow"),
            ("decided_by", "policy"),
            ("outcome", "succeeded"),
            ("mcp_server", ""),
        ])
        .keeps(&[
            "status",
            "success",
            "execution_status",
            "decision",
            "tool_type",
            "content_length",
            "mcp_server_name",
            "metadata",
            "parent_call_id",
            "source",
        ]);
}

/// An MCP call names its server; one that a rule refused is known by its name.
#[test]
fn mcp_calls() {
    let tool = ("mcp__tickets__get_ticket", r#"{"id":"T-1"}"#);
    call(tool, &[("mcp_server_name", S("tickets"))]).has(&[
        ("mcp_server", "tickets"),
        ("mcp_tool", "get_ticket"),
        ("tool_kind", "mcp"),
    ]);
    call(tool, &[]).has(&[("mcp_server", "tickets"), ("mcp_tool", "get_ticket")]);
}

/// Who decided, and how far it reaches.
#[test]
fn deciders() {
    for (word, status, decision, by, scope, outcome) in [
        ("auto_accept", "success", "allow", "policy", "", "succeeded"),
        ("accept", "success", "allow", "user", "once", "succeeded"),
        ("modify", "success", "allow", "user", "once", "succeeded"),
        ("reject", "cancelled", "deny", "user", "", "denied"),
        ("auto_accept", "cancelled", "allow", "policy", "", "cancelled"),
        ("accept", "cancelled", "allow", "user", "once", "cancelled"),
        ("", "cancelled", "", "", "", "cancelled"),
        ("muse", "success", "", "", "", "succeeded"),
    ] {
        let reason = if outcome == "denied" { "user_denied" } else { "" };
        call(READ, &[("decision", S(word)), ("status", S(status))])
            .has(&[("decision", decision), ("decided_by", by), ("grant_scope", scope)])
            .has(&[("outcome", outcome), ("denial_reason", reason)]);
    }
}

/// A refusal is `execution_denied` whoever refused: texts and the decision before it tell.
#[test]
fn refusals() {
    let rule = r#"This "run_shell_command" invocation was denied by permission rules. Matching deny rule: "Bash(git push:*)"."#;
    let nobody = r#"Qwen Code requires permission to use "x", but that permission was declined (non-interactive mode cannot prompt for confirmation)."#;
    let background = r#"Tool "x" requires permission, but background agents cannot prompt for confirmation. The tool call was denied."#;
    let plan = r#"Tool blocked by plan mode: "x" is not a read-only tool."#;
    let classifier =
        "Permission for this action has been denied. Reason: uploads host data\nDo not try";
    let unavailable = "Auto mode classifier unavailable (timeout); action blocked for safety";
    for (word, error, reason, by, why) in [
        (Null, rule, "policy_denied", "policy", ""),
        (Null, r#"Tool "x" is denied."#, "policy_denied", "policy", ""),
        (Null, nobody, "non_interactive_denied", "policy", ""),
        (Null, background, "background_agent_denied", "policy", ""),
        (Null, plan, "plan_mode_blocked", "policy", ""),
        (Null, classifier, "reviewer_denied", "ai_reviewer", "uploads host data"),
        (Null, unavailable, "reviewer_unavailable", "ai_reviewer", ""),
        (Null, r#"Permission denied by hook for "x""#, "hook_denied", "hook", ""),
        (S("auto_accept"), "company rule 7", "hook_denied", "hook", ""),
        (S("accept"), "company rule 7", "hook_denied", "hook", ""),
        (S("reject"), "not this one", "hook_denied", "hook", ""),
    ] {
        let more = [
            ("decision", word),
            ("status", S("error")),
            ("execution_status", S("not_started")),
            ("error", S(error)),
            ("error.message", S(error)),
            ("error_type", S("execution_denied")),
            ("error.type", S("execution_denied")),
        ];
        call(SHELL, &more)
            .has(&[("outcome", "denied"), ("decision", "deny"), ("grant_scope", "")])
            .has(&[("denial_reason", reason), ("decided_by", by), ("rationale", why)])
            .has(&[("error", error), ("exit_code", ""), ("command", "git push")])
            .keeps(&[
                "decision",
                "status",
                "execution_status",
                "error.message",
                "error_type",
                "error.type",
            ]);
    }
}

/// What failed failed for a reason; a hook that stops the agent after a call does not undo it.
#[test]
fn failures() {
    for (error_type, execution, outcome, reason) in [
        ("file_not_found", "error", "failed", "tool_error"),
        ("mcp_tool_error", "error", "failed", "tool_error"),
        ("unhandled_exception", "error", "failed", "tool_error"),
        ("tool_not_registered", "not_started", "failed", "no_such_tool"),
        ("execution_timeout", "error", "timed_out", ""),
        ("execution_denied", "success", "succeeded", ""),
    ] {
        let more = [
            ("decision", S("auto_accept")),
            ("status", S("error")),
            ("execution_status", S(execution)),
            ("error.message", S("x")),
            ("error.type", S(error_type)),
        ];
        call(READ, &more)
            .has(&[("outcome", outcome), ("failure_reason", reason), ("decision", "allow")])
            .has(&[("error", "x"), ("denial_reason", "")]);
    }
}

/// The exit code of a command is the last that its error names; what it printed stands before.
#[test]
fn commands() {
    let error = "Command: cat a\nDirectory: (root)\nOutput: Exit Code: 0\nError: no\nError: (none)\nExit Code: 1\nSignal: (none)\nProcess Group PGID: (none)";
    let silent = "Command: cat a\nOutput: (empty)\nError: (none)\nExit Code: 7";
    let killed = "Command: cat a\nOutput: (empty)\nError: (none)\nExit Code: (none)\nSignal: 9";
    for (error, exit_code, output, reason) in [
        (error, "1", "Exit Code: 0\nError: no", ""),
        (silent, "7", "", ""),
        (killed, "", "", "tool_error"),
        ("boom", "", "", "tool_error"),
    ] {
        let more = [
            ("status", S("error")),
            ("execution_status", S("error")),
            ("error", S(error)),
            ("error_type", S("shell_execute_error")),
        ];
        call(SHELL, &more)
            .has(&[("outcome", "failed"), ("exit_code", exit_code), ("output", output)])
            .has(&[("failure_reason", reason), ("tool_kind", "shell")]);
    }
    let background = (SHELL.0, r#"{"command":"sleep 9","is_background":true}"#);
    call(background, &[("status", S("success"))]).has(&[("outcome", "unknown")]);
    call(SHELL, &[("success", B(true))]).has(&[("outcome", "succeeded")]);
    call(SHELL, &[]).has(&[("outcome", ""), ("failure_reason", "")]);
}
