//! Calls: their two spans, their exceptions, and the questions before them.

use super::{A, I, Is, Null, OPENCODE, Row, S, ended, span};

const RULE: &str = "The user has specified a rule which prevents you from using this specific tool call. Here are some of the relevant rules []";
const REJECTED: &str = "The user rejected permission to use this specific tool call.";
const CORRECTED: &str = "The user rejected permission to use this specific tool call with the following feedback: use make";

/// How each failure ends a call: text, type, outcome, reason, who.
const FAILURES: &[(&str, &str, &str, &str, &str)] = &[
    (RULE, "PermissionDeniedError", "denied", "policy_denied", "policy"),
    (REJECTED, "PermissionRejectedError", "denied", "", "unknown"),
    (CORRECTED, "PermissionCorrectedError", "denied", "user_denied", "user"),
    ("Tool execution aborted", "Error", "cancelled", "", ""),
    ("The user dismissed this question", "QuestionRejectedError", "cancelled", "", ""),
    ("Error executing tool close_ticket", "Error", "failed", "tool_error", ""),
];

fn execution(tool: &'static str) -> [(&'static str, Is); 4] {
    [
        ("tool.name", S(tool)),
        ("session.id", S("ses_1")),
        ("message.id", S("msg_1")),
        ("tool.call_id", S("call_0")),
    ]
}

fn call(tool: &'static str, arguments: &'static str, result: Option<&'static str>) -> Row {
    let mut own = call_attributes(tool, arguments).to_vec();
    own.extend(result.map(|result| ("ai.toolCall.result", S(result))));
    ended("ai.toolCall", 0, "", &own)
}

fn call_attributes(tool: &'static str, arguments: &'static str) -> [(&'static str, Is); 8] {
    [
        ("operation.name", S("ai.toolCall session.llm")),
        ("resource.name", S("session.llm")),
        ("ai.operationId", S("ai.toolCall")),
        ("ai.telemetry.functionId", S("session.llm")),
        ("ai.toolCall.name", S(tool)),
        ("ai.toolCall.id", S("call_0")),
        ("ai.toolCall.args", S(arguments)),
        ("session.id", S("ses_1")),
    ]
}

/// `Tool.execute`: which call it was and how it ended, of a command only if it did not run.
#[test]
fn executions() {
    for (tool, kind, server, outcome) in [
        ("bash", "shell", "", ""),
        ("read", "file", "", "succeeded"),
        ("task", "subagent", "", "succeeded"),
        ("tickets_get_ticket", "mcp", "tickets", "succeeded"),
        ("invalid", "other", "", "failed"),
        ("todowrite", "other", "", "succeeded"),
        ("deploy", "other", "", "succeeded"),
    ] {
        span("Tool.execute", &execution(tool))
            .has(&[
                ("kind", "tool_call"),
                ("tool", tool),
                ("tool_kind", kind),
                ("mcp_server", server),
                ("call_id", "call_0"),
                ("session_id", "ses_1"),
                ("outcome", outcome),
                ("duration_ms", "1500"),
                ("status_code", "ok"),
            ])
            .keeps_beside(&["otlp.end_time_unix_nano"], &["message.id"]);
    }
    span("Tool.execute", &execution("x_y_z")).has(&[("mcp_server", "x"), ("mcp_tool", "y_z")]);
}

/// `ai.toolCall` of a command: every attribute has its column or is kept.
#[test]
fn commands() {
    let arguments = r#"{"command":"cat x","description":"Read"}"#;
    let result =
        r#"{"title":"cat x","metadata":{"output":"no","exit":1,"truncated":true},"output":"no"}"#;
    call("bash", arguments, Some(result))
        .has(&[
            ("kind", "tool_call"),
            ("session_id", "ses_1"),
            ("call_id", "call_0"),
            ("tool", "bash"),
            ("tool_kind", "shell"),
            ("command", "cat x"),
            ("arguments", arguments),
            ("output", result),
            ("exit_code", "1"),
            ("outcome", "failed"),
            ("failure_reason", ""),
            ("content_truncated", "true"),
        ])
        .keeps_beside(
            &["otlp.end_time_unix_nano"],
            &["operation.name", "resource.name", "ai.operationId", "ai.telemetry.functionId"],
        );
}

/// A result says how the call ended: the exit code, what stopped the command, a missing tool.
#[test]
fn results() {
    let timeout = r#"{"metadata":{"exit":null},"output":"x\n\n<shell_metadata>\nshell tool terminated command after exceeding timeout 100 ms\n</shell_metadata>"}"#;
    let aborted = r#"{"metadata":{"exit":null},"output":"x\n\n<bash_metadata>\nUser aborted the command\n</bash_metadata>"}"#;
    let printed = r#"{"metadata":{"exit":0},"output":"User aborted the command"}"#;
    let missing = r#"{"tool":"write","error":"Model tried to call unavailable tool 'write'."}"#;
    let unfit = r#"{"tool":"read","error":"Invalid input for tool read"}"#;
    for (tool, arguments, result, outcome, code, reason) in [
        ("bash", "{}", Some(r#"{"metadata":{"exit":0},"output":"x"}"#), "succeeded", "0", ""),
        ("bash", "{}", Some(r#"{"metadata":{"exit":"4"}}"#), "failed", "4", ""),
        ("bash", "{}", Some(timeout), "timed_out", "", ""),
        ("bash", "{}", Some(aborted), "cancelled", "", ""),
        ("bash", "{}", Some(printed), "succeeded", "0", ""),
        ("bash", "{}", Some("{"), "unknown", "", ""),
        ("bash", "{}", None, "", "", ""),
        ("invalid", missing, Some("{}"), "failed", "", "no_such_tool"),
        ("invalid", unfit, Some("{}"), "failed", "", ""),
        ("tickets_get_ticket", "{}", Some(r#"{"content":[]}"#), "succeeded", "", ""),
    ] {
        call(tool, arguments, result).has(&[
            ("outcome", outcome),
            ("exit_code", code),
            ("failure_reason", reason),
        ]);
    }
    call("read", r#"{"filePath":"/x/a.py"}"#, None).has(&[("path", "/x/a.py")]);
    call("webfetch", r#"{"url":"https://x/"}"#, None).has(&[("url", "https://x/")]);
    let task = r#"{"metadata":{"parentSessionId":"ses_1","sessionId":"ses_2"},"output":"x"}"#;
    call("task", "{}", Some(task)).has(&[
        ("session_id", "ses_1"),
        ("parent_session_id", ""),
        ("output", task),
    ]);
}

/// Why a call did not do what was asked: the same in both spans and in their exceptions.
#[test]
fn failures() {
    for (text, class, outcome, reason, by) in FAILURES {
        let own = [("exception.type", S(class)), ("exception.message", S(text))];
        let only_type = [("exception.type", S(class)), ("exception.stacktrace", S("at x"))];
        let rows = [
            ended("Tool.execute", 2, text, &execution("bash")),
            ended("ai.toolCall", 2, text, &call_attributes("bash", "{}")),
            OPENCODE.span_event("Tool.execute", "exception", &own),
        ];
        for row in rows {
            let found = [row.get("denial_reason"), row.get("failure_reason")].concat();
            assert_eq!(
                (row.get("outcome"), &*found, row.get("decided_by")),
                (*outcome, *reason, *by)
            );
            assert_eq!(row.get("error"), *text);
        }
        let typed = OPENCODE.span_event("ShellTool.ask", "exception", &only_type);
        let known = class.starts_with("Permission") || class.starts_with("Question");
        typed.has(&[("kind", "error"), ("outcome", if known { outcome } else { "failed" })]);
        typed.keeps_beside(&[], &["exception.type", "exception.stacktrace"]);
    }
    let own = [("exception.message", S("no database"))];
    OPENCODE.span_event("sql.execute", "exception", &own).has(&[
        ("kind", "error"),
        ("outcome", "failed"),
        ("failure_reason", ""),
    ]);
}

/// `Permission.ask`: it ends well where the call may go on.
#[test]
fn questions() {
    for (code, text, decision, by, reason) in [
        (1, "", "allow", "", ""),
        (0, "", "", "", ""),
        (2, RULE, "deny", "policy", "policy_denied"),
        (2, REJECTED, "deny", "unknown", ""),
        (2, CORRECTED, "deny", "user", "user_denied"),
        (2, "All fibers interrupted without errors.", "cancel", "", ""),
        (2, "no database", "", "", ""),
    ] {
        ended("Permission.ask", code, text, &[]).has(&[
            ("kind", "approval"),
            ("decision", decision),
            ("decided_by", by),
            ("denial_reason", reason),
            ("error", text),
            ("outcome", ""),
            ("duration_ms", "1500"),
        ]);
    }
}

/// Renamed and retyped attributes: read where they can be, never lost.
#[test]
fn robustness() {
    let odd = [
        ("ai.toolCall.name", A(&["bash"])),
        ("ai.toolCall.id", I(4)),
        ("ai.toolCall.args", Null),
        ("ai.toolCall.result", S("\u{0}")),
        ("session.id", S("ses_1")),
        ("session.id", S("ses_2")),
    ];
    ended("ai.toolCall", 0, "", &odd).has(&[
        ("kind", "tool_call"),
        ("session_id", "ses_1"),
        ("tool", ""),
        ("call_id", ""),
    ]);
    for name in ["Tool.execute", "ai.streamText", "ai.streamText.doStream", "Permission.ask", ""] {
        ended(name, 7, "", &odd).has(&[("agent", "opencode"), ("session_id", "ses_1")]);
    }
}
