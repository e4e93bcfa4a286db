//! `gemini_cli.tool_call`: the decision about a call and its end.

use super::{B, I, Is, Null, Row, S, log};

const SHELL: (&str, &str) = ("run_shell_command", r#"{"command":"git push","description":"x"}"#);
const READ: (&str, &str) = ("read_file", r#"{"file_path":"a.txt"}"#);
const MCP: (&str, &str) = ("mcp_tickets_close_ticket", r#"{"id":"T-1"}"#);

fn call(tool: (&'static str, &'static str), more: &[(&'static str, Is)]) -> Row {
    let own = [
        ("function_name", S(tool.0)),
        ("function_args", S(tool.1)),
        ("duration_ms", I(34)),
        ("prompt_id", S("s-1########2")),
    ];
    log("gemini_cli.tool_call", &[&own, more].concat())
}

/// Every attribute has its column or is kept; what is null stays.
#[test]
fn attributes() {
    let more = [
        ("success", B(true)),
        ("decision", S("accept")),
        ("tool_type", S("native")),
        ("content_length", I(130)),
        ("mcp_server_name", Null),
        ("extension_name", Null),
        ("extension_id", Null),
        ("start_time", Null),
        ("end_time", Null),
        ("metadata", S("{\n  \"exitCode\": 1,\n  \"isError\": true\n}")),
    ];
    call(SHELL, &more)
        .has(&[
            ("kind", "tool_result"),
            ("tool", "run_shell_command"),
            ("tool_kind", "shell"),
            ("command", "git push"),
            ("arguments", SHELL.1),
            ("duration_ms", "34"),
            ("turn_id", "s-1########2"),
            ("decision", "allow"),
            ("decided_by", "policy"),
            ("outcome", "failed"),
            ("exit_code", "1"),
            ("failure_reason", ""),
            ("call_id", ""),
            ("mcp_server", ""),
        ])
        .keeps(&[
            "success",
            "decision",
            "tool_type",
            "content_length",
            "mcp_server_name",
            "extension_name",
            "extension_id",
            "start_time",
            "end_time",
            "metadata",
        ]);
}

/// An MCP call names its server; a name alone tells one too.
#[test]
fn mcp_calls() {
    let more = [("tool_type", S("mcp")), ("mcp_server_name", S("tickets")), ("success", B(true))];
    call(MCP, &more)
        .has(&[("mcp_server", "tickets"), ("mcp_tool", "close_ticket"), ("tool_kind", "mcp")])
        .has(&[("tool", MCP.0), ("outcome", "succeeded"), ("command", "")])
        .keeps(&["tool_type", "success"]);
    call(MCP, &[("mcp_server_name", Null)])
        .has(&[("mcp_server", "tickets"), ("mcp_tool", "close_ticket"), ("outcome", "")])
        .keeps(&["mcp_server_name"]);
}

/// A version that names neither server nor prefix still says that the tool is a server's.
#[test]
fn mcp_by_type() {
    call(("close_ticket", "{}"), &[("tool_type", S("mcp"))]).has(&[
        ("tool_kind", "mcp"),
        ("mcp_tool", "close_ticket"),
        ("mcp_server", ""),
    ]);
}

/// What a tool is called with, and what kind it is.
#[test]
fn arguments() {
    for (tool, arguments, kind, column, value) in [
        (READ.0, READ.1, "file", "path", "a.txt"),
        ("list_directory", r#"{"dir_path":"/x"}"#, "file", "path", "/x"),
        ("replace", r#"{"file_path":"b","old_string":"c"}"#, "file", "path", "b"),
        (
            "web_fetch",
            r#"{"prompt":"Read https://a.example/b."}"#,
            "web",
            "url",
            "https://a.example/b",
        ),
        ("web_fetch", r#"{"url":"https://c.example"}"#, "web", "url", "https://c.example"),
        ("google_web_search", r#"{"query":"x"}"#, "web", "url", ""),
        ("invoke_agent", r#"{"agent_name":"x"}"#, "subagent", "command", ""),
        ("update_topic", "{}", "other", "command", ""),
        (SHELL.0, "not json", "shell", "command", ""),
    ] {
        call((tool, arguments), &[]).has(&[("tool_kind", kind), (column, value)]);
    }
}

/// Who decided: a person only where one was there and can have been asked.
#[test]
fn deciders() {
    for (tool, word, interactive, decision, by, scope) in [
        (SHELL, "accept", Some(false), "allow", "policy", ""),
        (SHELL, "accept", Some(true), "allow", "user", "once"),
        (SHELL, "accept", None, "allow", "", ""),
        (READ, "accept", Some(true), "allow", "policy", ""),
        (MCP, "accept", Some(true), "allow", "user", "once"),
        (SHELL, "auto_accept", Some(true), "allow", "user", "session"),
        (SHELL, "auto_accept", Some(false), "allow", "policy", ""),
        (SHELL, "modify", Some(true), "allow", "user", "once"),
        // Nobody rejected what has run: this version has no other word for "always, and save".
        (SHELL, "reject", Some(true), "allow", "user", "permanent"),
        (SHELL, "muse", Some(true), "", "", ""),
    ] {
        let mut more = vec![("success", B(true)), ("decision", S(word))];
        more.push(("interactive", interactive.map_or(Null, B)));
        call(tool, &more).has(&[
            ("decision", decision),
            ("decided_by", by),
            ("grant_scope", scope),
        ]);
    }
    call(SHELL, &[("success", B(true)), ("decision", Null)]).has(&[
        ("decision", ""),
        ("decided_by", ""),
        ("outcome", "succeeded"),
    ]);
}

/// A person's no, and what is called off with it or later.
#[test]
fn rejections() {
    for (word, interactive, outcome, by, reason) in [
        (S("reject"), true, "denied", "user", "user_denied"),
        (S("reject"), false, "denied", "unknown", ""),
        (S("accept"), true, "cancelled", "user", ""),
        (Null, true, "cancelled", "", ""),
    ] {
        let more = [("success", B(false)), ("decision", word), ("interactive", B(interactive))];
        call(SHELL, &more).has(&[
            ("outcome", outcome),
            ("decided_by", by),
            ("denial_reason", reason),
        ]);
    }
    call(SHELL, &[("decision", S("reject")), ("interactive", B(true))]).has(&[
        ("decision", "deny"),
        ("denial_reason", "user_denied"),
        ("outcome", "denied"),
    ]);
}

/// Refusals and failures are told apart by the type of the error and by its text.
#[test]
fn errors() {
    let nobody = "Tool execution for \"Shell\" requires user confirmation, which is not supported in non-interactive mode.";
    let plan =
        "Tool execution denied by policy. You are in Plan Mode and cannot modify source code.";
    for (error_type, error, outcome, reason, by) in [
        (
            "policy_violation",
            "Tool execution denied by policy.",
            "denied",
            "policy_denied",
            "policy",
        ),
        (
            "policy_violation",
            "Tool execution denied by policy. rule 7",
            "denied",
            "policy_denied",
            "policy",
        ),
        ("policy_violation", "in other words", "denied", "policy_denied", "policy"),
        ("policy_violation", plan, "denied", "plan_mode_blocked", "policy"),
        ("policy_violation", "Tool execution blocked: no", "denied", "hook_denied", "hook"),
        ("", "Tool execution blocked: no", "denied", "hook_denied", "hook"),
        ("stop_execution", "Agent execution stopped by hook: no", "denied", "hook_denied", "hook"),
        ("unhandled_exception", nobody, "denied", "non_interactive_denied", "policy"),
        ("unhandled_exception", "boom", "failed", "tool_error", ""),
        ("tool_not_registered", "Tool \"x\" not found.", "failed", "no_such_tool", ""),
        ("", "Tool \"x\" not found. Did you mean", "failed", "no_such_tool", ""),
        ("file_not_found", "File not found: a", "failed", "tool_error", ""),
        ("mcp_tool_error", "MCP tool 'x' reported", "failed", "tool_error", ""),
        ("edit_no_occurrence_found", "0 occurrences", "failed", "tool_error", ""),
        ("invalid_tool_params", "must have", "failed", "tool_error", ""),
        ("execution_timeout", "too long", "timed_out", "", ""),
    ] {
        let more = [
            ("success", B(false)),
            ("decision", Null),
            ("error", S(error)),
            ("error.message", S(error)),
            ("error_type", S(error_type)),
            ("error.type", S(error_type)),
        ];
        let row = call(READ, &more);
        let column = if outcome == "denied" { "denial_reason" } else { "failure_reason" };
        let decision = if outcome == "denied" { "deny" } else { "" };
        row.has(&[("outcome", outcome), (column, reason), ("decided_by", by), ("error", error)])
            .has(&[("decision", decision)])
            .keeps(&["success", "decision", "error.message", "error_type", "error.type"]);
    }
}

/// A hook may stop the agent after an allowed call has run: what it did is not told.
#[test]
fn stopped_after_the_call() {
    let more = [
        ("success", B(false)),
        ("decision", S("accept")),
        ("error", S("enough")),
        ("error_type", S("stop_execution")),
    ];
    call(SHELL, &more).has(&[
        ("outcome", "unknown"),
        ("failure_reason", "hook_stopped"),
        ("decision", "allow"),
    ]);
}

/// An exit code counts more than the flag; where it is withheld the end is not known.
#[test]
fn exit_codes() {
    let accept = [("success", B(true)), ("decision", S("accept"))];
    for (metadata, outcome, exit_code) in [
        (S(r#"{"exitCode":6,"isError":true}"#), "failed", "6"),
        (S(r#"{"exitCode":0}"#), "succeeded", "0"),
        (S(r#"{"pid":77,"command":"sleep 9"}"#), "unknown", ""),
        (S("cut..."), "succeeded", ""),
        (I(7), "succeeded", ""),
        (Null, "succeeded", ""),
    ] {
        call(SHELL, &[&accept[..], &[("metadata", metadata)]].concat())
            .has(&[("outcome", outcome), ("exit_code", exit_code)]);
    }
    let background = (SHELL.0, r#"{"command":"sleep 9","is_background":true}"#);
    call(background, &accept).has(&[("outcome", "unknown"), ("command", "sleep 9")]);
    // Prompts are not logged: neither arguments nor exit code are sent.
    let bare = [("function_name", S(SHELL.0)), accept[0], accept[1]];
    log("gemini_cli.tool_call", &bare).has(&[("outcome", "unknown"), ("arguments", "")]);
    let bare = [("function_name", S(READ.0)), accept[0], accept[1]];
    log("gemini_cli.tool_call", &bare).has(&[("outcome", "succeeded")]);
}

/// A subagent's call is known by the id of its prompt.
#[test]
fn subagent_calls() {
    let own = [("function_name", S(READ.0)), ("prompt_id", S("3e50d79f#1"))];
    log("gemini_cli.tool_call", &own)
        .has(&[("turn_id", "3e50d79f#1"), ("agent_path", "3e50d79f")])
        .keeps(&[]);
}
