//! Tool calls: which tool, with what, and how they ended.

use super::{A, CHAT, I, Is, Null, Row, S, failed_span, span, span_event};

const LINE: &str = "x\n<shellId: 0 completed with exit code 3>";
const SUMS: &str = "45a5c62241eec841f042aee5ae4626a40ea31e8393aa44d0f9ce801d0325ae5d/12a435ec8454c6d1c90a1d92812b09af11bee711fbe524d56a8f26ea7c5ccee8";

fn call(tool: &'static str, more: &[(&'static str, Is)]) -> Vec<(&'static str, Is)> {
    let own = [
        ("gen_ai.operation.name", S("execute_tool")),
        ("gen_ai.conversation.id", S("s1")),
        ("gen_ai.tool.name", S(tool)),
        ("gen_ai.tool.call.id", S("call_0")),
        ("gen_ai.tool.type", S("function")),
        ("gen_ai.provider.name", S("github")),
    ];
    [&own[..], more].concat()
}

fn ended(tool: &'static str, more: &[(&'static str, Is)]) -> Row {
    span("execute_tool x", &call(tool, more))
}

/// `execute_tool` of a command: every attribute has its column or is kept.
#[test]
fn command() {
    let more = [
        ("gen_ai.tool.description", S("Runs a command")),
        ("gen_ai.tool.call.arguments", S(r#"{"command":"ls -la","description":"List"}"#)),
        ("github.copilot.tool.parameters.command", S("ls -l")),
        ("gen_ai.agent.name", S("task")),
        ("process.executable.name", S("bash")),
        ("process.executable.path", S("/bin/bash")),
        ("process.exit.code", I(1)),
        ("gen_ai.tool.call.result", S("no\n<shellId: 0 completed with exit code 1>")),
    ];
    ended("bash", &more)
        .has(&[
            ("kind", "tool_call"),
            ("session_id", "s1"),
            ("call_id", "call_0"),
            ("tool", "bash"),
            ("tool_kind", "shell"),
            ("command", "ls -la"),
            ("agent_path", "task"),
            ("exit_code", "1"),
            ("outcome", "failed"),
            ("failure_reason", ""),
            ("output", "no\n<shellId: 0 completed with exit code 1>"),
            ("duration_ms", "1500"),
            ("provider", "github"),
        ])
        .keeps_beside(
            &["otlp.end_time_unix_nano"],
            &[
                "gen_ai.operation.name",
                "gen_ai.tool.type",
                "gen_ai.tool.description",
                "github.copilot.tool.parameters.command",
                "process.executable.name",
                "process.executable.path",
            ],
        );
}

/// How a command ended is told by its exit code, wherever it stands; without one, by nothing.
#[test]
fn exit_codes() {
    let result = |text| ("gen_ai.tool.call.result", S(text));
    for (tool, more, code, outcome) in [
        ("bash", vec![("process.exit.code", I(0))], "0", "succeeded"),
        ("bash", vec![("process.exit.code", S("7"))], "7", "failed"),
        ("bash", vec![("process.exit.code", Null), result(LINE)], "3", "failed"),
        ("bash", vec![result(LINE)], "3", "failed"),
        ("bash", vec![result("<shellId: 0 completed with exit code 3>\nlater")], "", "unknown"),
        ("bash", vec![], "", "unknown"),
        ("run_in_terminal", vec![], "", "unknown"),
        ("read_bash", vec![result(LINE)], "", "succeeded"),
        ("view", vec![result(LINE)], "", "succeeded"),
    ] {
        ended(tool, &more).has(&[("exit_code", code), ("outcome", outcome)]);
    }
}

/// Builtin tools by name, and what they were called with.
#[test]
fn tool_kinds() {
    for (tool, kind) in [
        ("powershell", "shell"),
        ("stop_bash", "shell"),
        ("view", "file"),
        ("replace_string_in_file", "file"),
        ("web_fetch", "web"),
        ("task", "subagent"),
        ("runSubagent", "subagent"),
        ("mcp_github_search", "mcp"),
        ("report_intent", "other"),
        ("tickets-get_ticket", "other"),
    ] {
        ended(tool, &[]).has(&[("tool_kind", kind)]);
    }
    let arguments = |text| [("gen_ai.tool.call.arguments", S(text))];
    ended("view", &arguments(r#"{"path":"/x/a.rs"}"#)).has(&[("path", "/x/a.rs")]);
    ended("read_file", &arguments(r#"{"filePath":"/x/b.rs"}"#)).has(&[("path", "/x/b.rs")]);
    ended("web_fetch", &arguments(r#"{"url":"http://x/"}"#)).has(&[("url", "http://x/")]);
    ended("edit", &[("github.copilot.tool.parameters.file_path", S("/x/c.rs"))])
        .has(&[("path", "/x/c.rs")]);
    ended("bash", &[("github.copilot.tool.parameters.command", S("ls"))]).has(&[("command", "ls")]);
    // The arguments of a subagent are its task.
    ended("task", &arguments(r#"{"agent_type":"task","prompt":"Survey"}"#))
        .has(&[("command", ""), ("arguments", r#"{"agent_type":"task","prompt":"Survey"}"#)]);
}

/// An MCP call, with content capture and without.
#[test]
fn mcp_calls() {
    let more = [
        ("github.copilot.mcp.server.transport", S("stdio")),
        ("github.copilot.mcp.server.source", S("user")),
        ("github.copilot.tool.parameters.mcp_server_name_hash", S("45a5")),
        ("github.copilot.tool.parameters.mcp_server_name", S("tickets")),
        ("github.copilot.tool.parameters.mcp_tool_name", S("get_ticket")),
    ];
    ended("tickets-get_ticket", &more)
        .has(&[
            ("tool", "tickets-get_ticket"),
            ("tool_kind", "mcp"),
            ("mcp_server", "tickets"),
            ("mcp_tool", "get_ticket"),
            ("outcome", "succeeded"),
        ])
        .keeps_beside(
            &["otlp.end_time_unix_nano", "gen_ai.operation.name", "gen_ai.tool.type"],
            &[
                "github.copilot.mcp.server.transport",
                "github.copilot.mcp.server.source",
                "github.copilot.tool.parameters.mcp_server_name_hash",
            ],
        );
    let (server, tool) = SUMS.split_once('/').unwrap();
    ended(SUMS, &[]).has(&[("mcp_server", server), ("mcp_tool", tool), ("tool_kind", "mcp")]);
    ended(SUMS, &more[2..3]).has(&[("mcp_server", "45a5"), ("mcp_tool", tool)]);
    ended("a/b", &[]).has(&[("mcp_server", ""), ("tool_kind", "other")]);
    ended("x-y", &more[..1]).has(&[("tool_kind", "mcp"), ("mcp_tool", "x-y")]);
}

/// Why a call did not do what was asked: by the kind of error and Copilot's own texts, in the
/// span as in its event.
#[test]
fn endings() {
    let rules = "Permission to run this tool was denied due to the following rules: `shell(rm)`";
    let nobody = "Permission denied because no interactive user response was available. Retry";
    let judge =
        "Permission denied because the assisted approval check did not approve this request.";
    let hooked = "Denied by preToolUse hook (unable to ask user for confirmation): rm";
    let excluded = "Access denied: \"/x\" is excluded by organization content policy. Do not";
    let pending = "The pending permission request was cancelled before the tool could continue.";
    for (code, text, outcome, reason, by) in [
        ("denied", rules, "denied", "policy_denied", "policy"),
        ("denied", nobody, "denied", "non_interactive_denied", "policy"),
        ("denied", judge, "denied", "reviewer_denied", "ai_reviewer"),
        ("denied", "Permission denied by host policy. Use", "denied", "policy_denied", "policy"),
        ("denied", "Denied by preToolUse hook: no", "denied", "hook_denied", "hook"),
        ("denied", hooked, "denied", "non_interactive_denied", "policy"),
        ("denied", excluded, "denied", "policy_denied", "policy"),
        ("denied", "Tool failed", "denied", "", ""),
        ("denied", "Permission denied while applying a historical", "denied", "", ""),
        ("rejected", "The user rejected this tool call.", "denied", "user_denied", "user"),
        ("rejected", "Tool failed", "denied", "user_denied", "user"),
        ("ToolError", rules, "denied", "policy_denied", "policy"),
        ("ToolError", "Tool 'x' does not exist.", "failed", "no_such_tool", ""),
        ("failure", "MCP server 'tickets': Error executing tool", "failed", "tool_error", ""),
        ("timeout", "", "timed_out", "", ""),
        ("cancelled", "", "cancelled", "", ""),
        ("ToolError", "Operation aborted", "cancelled", "", ""),
        ("denied", pending, "cancelled", "", ""),
    ] {
        let row = failed_span("execute_tool x", text, &call("x", &[("error.type", S(code))]));
        let event = span_event(
            "execute_tool x",
            "gen_ai.client.operation.exception",
            &[("github.copilot.error_code", S(code)), ("exception.message", S(text))],
        );
        for row in [&row, &event] {
            let found = [row.get("denial_reason"), row.get("failure_reason")].concat();
            assert_eq!((row.get("outcome"), found.as_str()), (outcome, reason), "{code} {text}");
            assert_eq!(row.get("decided_by"), by, "{code} {text}");
            let error = if text.is_empty() { code } else { text };
            assert!([error, text].contains(&row.get("error")), "{code} {text}");
        }
    }
}

/// A span without an error is the child of a call only by its parent; a program's own tool has a
/// span of another name.
#[test]
fn external_tools() {
    let own = [
        ("gen_ai.conversation.id", S("s1")),
        ("github.copilot.external_tool.name", S("deploy")),
        ("github.copilot.external_tool.call_id", S("call_4")),
    ];
    span("external_tool deploy", &own)
        .has(&[("kind", "tool_call"), ("tool", "deploy"), ("call_id", "call_4")])
        .has(&[("session_id", "s1"), ("tool_kind", "other")]);
}

/// Renamed, retyped and repeated attributes: read where they can be, never lost.
#[test]
fn robustness() {
    let odd = [
        ("gen_ai.tool.name", A(&["bash"])),
        ("gen_ai.tool.call.id", I(4)),
        ("gen_ai.tool.call.arguments", Null),
        ("process.exit.code", S("zero")),
        ("error.type", I(3)),
        ("gen_ai.conversation.id", S("s1")),
        ("gen_ai.conversation.id", S("s2")),
    ];
    span("execute_tool", &odd).has(&[
        ("kind", "tool_call"),
        ("session_id", "s1"),
        ("tool", ""),
        ("call_id", ""),
    ]);
    span("", &odd).has(&[("kind", "span")]);
    let renamed = [("gen_ai.operation.name", S("execute_tool")), ("gen_ai.tool.name", S("bash"))];
    CHAT.span("tool bash", &renamed).has(&[("kind", "tool_call"), ("tool_kind", "shell")]);
}
