//! Results of tool calls.

use super::{B, Is, Row, S, log};

fn result(tool: &'static str, more: &[(&str, Is)]) -> Row {
    let own = [("tool_name", S(tool)), ("tool_use_id", S("toolu_1"))];
    log("tool_result", &[&own[..], more].concat())
}

/// `tool_result`: every attribute has its column or is kept.
#[test]
fn tool_result() {
    let own = [
        ("success", S("true")),
        ("duration_ms", S("42")),
        ("tool_parameters", S(r#"{"bash_command":"ls","full_command":"ls -la"}"#)),
        ("tool_input", S(r#"{"command":"ls -l","description":"List files"}"#)),
        ("tool_input_size_bytes", S("47")),
        ("tool_result_size_bytes", S("237")),
        ("decision_source", S("user_temporary")),
        ("decision_type", S("accept")),
        ("vcs.ref.head.name", S("main")),
        ("request_id", S("req_1")),
    ];
    result("Bash", &own)
        .has(&[
            ("kind", "tool_result"),
            ("call_id", "toolu_1"),
            ("tool", "Bash"),
            ("tool_kind", "shell"),
            ("command", "ls -la"),
            ("arguments", r#"{"command":"ls -l","description":"List files"}"#),
            ("outcome", "succeeded"),
            ("duration_ms", "42"),
            ("decision", "allow"),
            ("decided_by", "user"),
            ("grant_scope", "once"),
            ("request_id", "req_1"),
            ("exit_code", ""),
        ])
        .keeps(&[
            "success",
            "tool_parameters",
            "tool_input_size_bytes",
            "tool_result_size_bytes",
            "decision_type",
            "vcs.ref.head.name",
        ]);
    result("Bash", &[("success", S("true"))]).has(&[("decision", ""), ("decided_by", "")]);
}

/// An MCP call names server and tool; its failure is the tool's.
#[test]
fn mcp_result() {
    let own = [
        ("success", S("false")),
        ("error_type", S("McpToolCallError")),
        ("error", S("Error executing tool close_ticket")),
        ("mcp_server_scope", S("dynamic")),
        ("tool_parameters", S(r#"{"mcp_server_name":"tickets","mcp_tool_name":"close_ticket"}"#)),
        ("tool_input", S(r#"{"id":"T-3","command":"rm","path":"/x"}"#)),
    ];
    result("mcp_tool", &own)
        .has(&[
            ("tool", "mcp__tickets__close_ticket"),
            ("tool_kind", "mcp"),
            ("mcp_server", "tickets"),
            ("mcp_tool", "close_ticket"),
            ("outcome", "failed"),
            ("failure_reason", "tool_error"),
            ("error", "Error executing tool close_ticket"),
            ("command", ""),
            ("path", ""),
        ])
        .keeps(&["tool_name", "success", "error_type", "mcp_server_scope", "tool_parameters"]);
    result("mcp_tool", &[("success", S("true"))]).has(&[
        ("tool", "mcp_tool"),
        ("tool_kind", "mcp"),
        ("outcome", "succeeded"),
    ]);
    result("odd", &[("mcp_server_scope", S("user"))]).has(&[("tool_kind", "mcp"), ("tool", "odd")]);
}

/// How a call ended is read from what happened; without details the class of the error tells.
#[test]
fn endings() {
    let denied = "The user doesn't want to proceed with this tool use. The tool use was rejected";
    let forbidden = "Permission to use Bash with command rm -rf / has been denied.";
    let unasked = "Claude requested permissions to write to /x, but you haven't granted it yet.";
    let unknown = "<tool_use_error>Error: No such tool available: Frob</tool_use_error>";
    for (tool, class, error, outcome, reason, code) in [
        ("Bash", "ShellError", "Shell command failed", "failed", "", ""),
        ("Bash", "ShellError", "Exit code 6\ncurl: exit code 7", "failed", "", "6"),
        ("Bash", "ShellError", "Shell command failed (exit code 127)", "failed", "", "127"),
        ("Bash", "ShellError", "boom\nexit code 3", "failed", "", ""),
        ("Bash", "ShellError", "", "failed", "", ""),
        ("Bash", "", "Command timed out after 2m 0s", "timed_out", "", ""),
        ("Bash", "AbortError", "", "cancelled", "", ""),
        ("Bash", "", "[Request interrupted by user for tool use]", "cancelled", "", ""),
        ("Read", "TelemetrySafeError", "File does not exist.", "failed", "tool_error", ""),
        ("Read", "TelemetrySafeError", "", "failed", "tool_error", ""),
        ("Edit", "InputValidationError", "x", "failed", "tool_error", ""),
        ("mcp_tool", "", "MCP error -32001: Request timed out", "timed_out", "", ""),
        ("Frob", "", unknown, "failed", "no_such_tool", ""),
        ("Bash", "", denied, "denied", "user_denied", ""),
        ("Bash", "", forbidden, "denied", "policy_denied", ""),
        ("Write", "", unasked, "denied", "non_interactive_denied", ""),
    ] {
        let own = [("success", S("false")), ("error_type", S(class)), ("error", S(error))];
        let row = result(tool, &own);
        let found = [row.get("denial_reason"), row.get("failure_reason")].concat();
        assert_eq!((row.get("outcome"), found.as_str()), (outcome, reason), "{class} {error}");
        assert_eq!(row.get("exit_code"), code, "{error}");
        let said = if error.is_empty() { class } else { error };
        assert_eq!(row.get("error"), said);
    }
    result("Bash", &[("success", B(true))]).has(&[("outcome", "succeeded")]).keeps(&["success"]);
    result("Bash", &[("error", S("x"))]).has(&[("outcome", "failed")]);
    result("Bash", &[]).has(&[("outcome", "")]);
    let rejected = [("success", S("false")), ("decision_type", S("reject"))];
    result("Bash", &rejected).has(&[("outcome", "denied"), ("decision", "deny")]);
}

/// A command in the background was started, no more; a subagent in the background is running.
#[test]
fn background() {
    let own =
        |input: &'static str| result("Bash", &[("success", S("true")), ("tool_input", S(input))]);
    own(r#"{"command":"sleep 9","run_in_background":true}"#)
        .has(&[("outcome", "unknown"), ("command", "sleep 9")]);
    own(r#"{"command":"sleep 9","run_in_background":false}"#).has(&[("outcome", "succeeded")]);
}

/// Which kind of tool was called, and what for.
#[test]
fn tool_kinds() {
    let input = r#"{"command":"c","file_path":"f","url":"u"}"#;
    for (tool, kind, command, path, url) in [
        ("Bash", "shell", "c", "", ""),
        ("PowerShell", "shell", "c", "", ""),
        ("Read", "file", "", "f", ""),
        ("MultiEdit", "file", "", "f", ""),
        ("WebFetch", "web", "", "", "u"),
        ("Agent", "subagent", "", "", ""),
        ("Task", "subagent", "", "", ""),
        ("Skill", "other", "", "", ""),
        ("mcp__tickets__get_ticket", "mcp", "", "", ""),
    ] {
        result(tool, &[("tool_input", S(input))])
            .has(&[("tool", tool), ("tool_kind", kind), ("command", command)])
            .has(&[("path", path), ("url", url), ("arguments", input)]);
    }
    result("NotebookEdit", &[("tool_input", S(r#"{"notebook_path":"n.ipynb"}"#))])
        .has(&[("path", "n.ipynb")]);
    result("mcp__tickets__get_ticket", &[])
        .has(&[("mcp_server", "tickets"), ("mcp_tool", "get_ticket")])
        .keeps(&[]);
}
