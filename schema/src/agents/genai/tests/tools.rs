//! Tool calls: their names, arguments and results, and how they ended.

use super::{A, ANY, I, Is, Null, OPENAI, PYDANTIC, S, error, operation};
use crate::agents::testing::{Row, Sender};

fn tool(sender: Sender, name: &'static str, more: &[(&str, Is)]) -> Row {
    operation(sender, "execute_tool", &[&[("gen_ai.tool.name", S(name))], more].concat())
}

/// Every attribute of `execute_tool` has its column or is kept.
#[test]
fn execute_tool() {
    let more = [
        ("gen_ai.tool.call.id", S("call_0")),
        ("gen_ai.tool.type", S("function")),
        ("gen_ai.tool.description", S("Run")),
        ("gen_ai.tool.call.arguments", S(r#"{"cmd":"ls"}"#)),
        ("gen_ai.tool.call.result", S("Exit code: 3\nExit code: 0\n")),
        ("gen_ai.conversation.id", S("conv-1")),
        ("gen_ai.agent.name", S("desk")),
        ("gen_ai.agent.id", S("agent-7")),
        ("gen_ai.agent.call.id", S("run-1")),
    ];
    tool(PYDANTIC, "run_shell", &more)
        .has(&[
            ("agent", "pydantic-ai"),
            ("kind", "tool_call"),
            ("name", "execute_tool"),
            ("tool", "run_shell"),
            ("tool_kind", "shell"),
            ("call_id", "call_0"),
            ("arguments", r#"{"cmd":"ls"}"#),
            ("command", "ls"),
            ("output", "Exit code: 3\nExit code: 0\n"),
            ("outcome", "failed"),
            ("exit_code", "3"),
            ("failure_reason", ""),
            ("session_id", "conv-1"),
            ("agent_path", "desk"),
            ("turn_id", ""),
            ("duration_ms", "1500"),
            ("agent_version", "1.2"),
            ("client", "bot"),
        ])
        .keeps_beside(
            &["otlp.end_time_unix_nano"],
            &[
                "gen_ai.operation.name",
                "gen_ai.tool.type",
                "gen_ai.tool.description",
                "gen_ai.agent.id",
                "gen_ai.agent.call.id",
            ],
        );
}

/// Arguments and results that are no strings are read as JSON and kept as they were.
#[test]
fn structured_content() {
    let more = [
        ("gen_ai.tool.call.arguments", A(&["a", "b"])),
        ("gen_ai.tool.call.result", I(5)),
        ("gen_ai.tool.call.id", I(7)),
    ];
    let row = tool(ANY, "add", &more);
    row.has(&[("agent", "genai"), ("arguments", r#"["a","b"]"#), ("output", "5")]);
    row.has(&[("call_id", ""), ("outcome", "succeeded")]);
    for key in ["gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "gen_ai.tool.call.id"] {
        assert!(row.kept.iter().any(|kept| kept == key), "{key}");
    }
}

/// The result says how a call ended, in the words of its maker only.
#[test]
fn endings() {
    let mcp = r#"{"type":"text","text":"Error executing tool close_ticket"}"#;
    for (sender, name, result, outcome, reason) in [
        (OPENAI, "deploy", "done", "succeeded", ""),
        (OPENAI, "lookup", "Error executing tool: 'owner'", "failed", "tool_error"),
        (OPENAI, "close", mcp, "failed", "tool_error"),
        (OPENAI, "lookup", "An error occurred while running the tool. x", "failed", "tool_error"),
        (OPENAI, "deploy", "Tool execution was not approved.", "denied", "user_denied"),
        (PYDANTIC, "lookup", "Error executing tool: 'owner'", "succeeded", ""),
        (ANY, "deploy", "Tool execution was not approved.", "succeeded", ""),
        (ANY, "x", r#"{"content":[],"isError":true}"#, "failed", "tool_error"),
        (ANY, "x", r#"{"content":[],"isError":false}"#, "succeeded", ""),
        (ANY, "bash", r#"{"stdout":"","exit_code":2}"#, "failed", ""),
        (ANY, "bash", "Process exited with code 0\n", "succeeded", ""),
        (ANY, "bash", "exit code: many", "succeeded", ""),
        (ANY, "deploy", "Exit code: 1", "succeeded", ""),
    ] {
        let arguments = ("gen_ai.tool.call.arguments", S("{}"));
        let row = tool(sender, name, &[arguments, ("gen_ai.tool.call.result", S(result))]);
        let found = [row.get("failure_reason"), row.get("denial_reason")].concat();
        assert_eq!((row.get("outcome"), found.as_str()), (outcome, reason), "{result}");
        assert_eq!(row.get("decided_by"), "", "who refused is not said");
    }
}

/// A call without a result may wait; one whose program keeps its content to itself did not fail.
#[test]
fn without_a_result() {
    let arguments = ("gen_ai.tool.call.arguments", S("{}"));
    for (sender, more, outcome) in [
        (OPENAI, vec![arguments], "unknown"),
        (OPENAI, vec![], "unknown"),
        (PYDANTIC, vec![arguments], "unknown"),
        (PYDANTIC, vec![], "succeeded"),
        (ANY, vec![arguments, ("gen_ai.tool.call.result", Null)], "succeeded"),
        (ANY, vec![arguments, ("gen_ai.tool.call.result", S(""))], "succeeded"),
    ] {
        assert_eq!(tool(sender, "deploy", &more).get("outcome"), outcome, "{}", sender.scope);
    }
}

/// A status of ERROR or an `error.type` is a failure; its words say which.
#[test]
fn troubles() {
    for (kind, message, outcome, reason) in [
        ("", "no such key", "failed", "tool_error"),
        ("", "Unknown tool name: 'x'", "failed", "no_such_tool"),
        ("KeyError", "", "failed", "tool_error"),
        ("TimeoutError", "", "timed_out", ""),
        ("asyncio.CancelledError", "", "cancelled", ""),
    ] {
        let mut attributes =
            vec![("gen_ai.operation.name", S("execute_tool")), ("gen_ai.tool.name", S("x"))];
        if !kind.is_empty() {
            attributes.push(("error.type", S(kind)));
        }
        let row = PYDANTIC.span_with("execute_tool x", &attributes, |out| {
            if !message.is_empty() {
                error(out, message);
            }
        });
        row.has(&[("kind", "tool_call"), ("outcome", outcome), ("failure_reason", reason)]);
        row.has(&[("error", if message.is_empty() { kind } else { message })]);
    }
}

/// An exit code that is sent counts, and so does a server in the tool's name.
#[test]
fn names_and_servers() {
    tool(ANY, "mcp__tickets__get_ticket", &[]).has(&[
        ("tool", "mcp__tickets__get_ticket"),
        ("tool_kind", "mcp"),
        ("mcp_server", "tickets"),
        ("mcp_tool", "get_ticket"),
    ]);
    tool(ANY, "list_files", &[("gen_ai.tool.call.arguments", S(r#"{"path":"src"}"#))])
        .has(&[("tool_kind", "file"), ("path", "src")]);
    tool(ANY, "fetch_url", &[("gen_ai.tool.call.arguments", S(r#"{"url":"http://x/"}"#))])
        .has(&[("tool_kind", "web"), ("url", "http://x/")]);
}

/// Older spellings are read as well, and kept.
#[test]
fn older_spellings() {
    let old = [
        ("gen_ai.tool.name", S("run_shell")),
        ("gen_ai.tool.call.id", S("call_0")),
        ("tool_arguments", S(r#"{"cmd":"ls"}"#)),
        ("tool_response", S("x")),
    ];
    PYDANTIC.span("running tool", &old).has(&[
        ("kind", "tool_call"),
        ("arguments", r#"{"cmd":"ls"}"#),
        ("output", "x"),
        ("call_id", "call_0"),
    ]);
    tool(ANY, "x", &[("gen_ai.tool.call_id", S("call_1"))]).has(&[("call_id", "call_1")]);
}
