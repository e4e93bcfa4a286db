//! Cline, Kiro, Cursor and goose, by their documents.

use super::{ANY, B, D, I, Is, S, TIME, log_by_field, sender};
use crate::agents::testing::{Row, Sender};

fn cline(name: &str, own: &[(&str, Is)]) -> Row {
    let common = [("ulid", S("01J")), ("user_id", S("u")), ("organization_id", S("o"))];
    sender("cline").log(name, &[&common[..], own, &[("distinct_id", S("d"))]].concat())
}

/// Cline's tool calls: approved by itself is policy, otherwise a person who was asked.
#[test]
fn cline_tools() {
    for (auto, success, decision, by, outcome) in [
        (true, true, "allow", "policy", "succeeded"),
        (true, false, "allow", "policy", "failed"),
        (false, true, "allow", "user", "succeeded"),
        (false, false, "", "", "failed"),
    ] {
        let own = [
            ("tool", S("execute_command")),
            ("modelId", S("m")),
            ("provider", S("p")),
            ("autoApproved", B(auto)),
            ("success", B(success)),
        ];
        cline("task.tool_used", &own)
            .has(&[
                ("agent", "cline"),
                ("name", "task.tool_used"),
                ("body", "task.tool_used"),
                ("kind", "tool_result"),
                ("session_id", "01J"),
                ("user_id", "u"),
                ("org_id", "o"),
                ("tool", "execute_command"),
                ("tool_kind", "shell"),
                ("model", "m"),
                ("provider", "p"),
                ("decision", decision),
                ("decided_by", by),
                ("outcome", outcome),
            ])
            .keeps_beside(&[], &["autoApproved", "success", "distinct_id"]);
    }
}

/// Cline's MCP calls: one record when it starts, one when it ended.
#[test]
fn cline_mcp_calls() {
    for (status, kind, outcome, reason) in [
        ("started", "tool_call", "", ""),
        ("success", "tool_result", "succeeded", ""),
        ("error", "tool_result", "failed", "tool_error"),
        ("pending", "tool_result", "", ""),
    ] {
        let own = [("serverName", S("tickets")), ("toolName", S("get")), ("status", S(status))];
        cline("task.mcp_tool_called", &own).has(&[
            ("kind", kind),
            ("mcp_server", "tickets"),
            ("mcp_tool", "get"),
            ("tool", "get"),
            ("tool_kind", "mcp"),
            ("outcome", outcome),
            ("failure_reason", reason),
        ]);
    }
}

/// Tokens are counted where they are told for the sake of counting.
#[test]
fn cline_tokens() {
    let own = [("tokensIn", I(9)), ("tokensOut", S("3")), ("totalCost", D(0.5)), ("model", S("m"))];
    cline("task.tokens", &own).has(&[
        ("kind", "model_request"),
        ("input_tokens", "9"),
        ("output_tokens", "3"),
        ("cost_usd", "0.5"),
        ("model", "m"),
    ]);
    for (source, kind, origin) in [("user", "prompt", "human"), ("assistant", "response", "")] {
        cline("task.conversation_turn", &[&own[..], &[("source", S(source))]].concat()).has(&[
            ("kind", kind),
            ("prompt_origin", origin),
            ("input_tokens", ""),
        ]);
    }
}

/// The other events of Cline, and one nobody knows.
#[test]
fn cline_events() {
    for (name, kind) in [
        ("task.created", "session"),
        ("task.completed", "session"),
        ("task.subagent_started", "session"),
        ("task.skill_used", "session"),
        ("task.terminal_execution", "session"),
        ("task.provider_api_error", "error"),
        ("task.yolo_mode_toggled", "config"),
        ("hooks.execution", "hook"),
        ("workspace.initialized", "other"),
        ("user.opt_out", "other"),
        ("brand.new", "other"),
    ] {
        cline(name, &[]).has(&[("kind", kind), ("name", name), ("session_id", "01J")]);
    }
    cline("task.yolo_mode_toggled", &[("enabled", B(true))]).has(&[("approval_policy", "yolo")]);
    cline("task.yolo_mode_toggled", &[("enabled", B(false))]).has(&[("approval_policy", "")]);
    cline("task.mode", &[("mode", S("plan"))]).has(&[("mode", "plan")]);
    cline("task.provider_api_error", &[("errorMessage", S("no")), ("requestId", S("r"))])
        .has(&[("error", "no"), ("request_id", "r")]);
}

/// Kiro's events, named by the attribute, the field or the body.
#[test]
fn kiro() {
    let own = [
        ("kiro.conversation.id", S("c")),
        ("kiro.turn.id", S("t")),
        ("kiro.request.id", S("r")),
        ("kiro.user.id", S("u")),
        ("kiro.user.email", S("u@example.org")),
    ];
    let ids = [
        ("agent", "kiro"),
        ("session_id", "c"),
        ("turn_id", "t"),
        ("request_id", "r"),
        ("user_id", "u"),
        ("user_email", "u@example.org"),
    ];
    let keys = own.map(|(key, _)| key);
    let named = [&own[..], &[("event.name", S("kiro.chat.message"))]].concat();
    let message = [("kind", "model_request"), ("name", "kiro.chat.message")];
    ANY.log("", &named).has(&ids).has(&message).keeps_beside(&[], &keys);
    ANY.log("kiro.chat.message", &own).has(&ids).has(&message);
    log_by_field(ANY, "kiro.chat.message", &own).has(&ids).has(&message);
    let call = [
        ("kiro.tool_call.id", S("call_0")),
        ("kiro.tool.name", S("execute_bash")),
        ("kiro.tool.status", S("SUCCESS")),
    ];
    log_by_field(ANY, "kiro.tool.call", &[&own[..], &call].concat()).has(&ids).has(&[
        ("kind", "tool_result"),
        ("call_id", "call_0"),
        ("tool", "execute_bash"),
        ("tool_kind", "shell"),
        ("outcome", "succeeded"),
    ]);
    log_by_field(ANY, "kiro.new", &[]).has(&[("agent", "kiro"), ("kind", "other")]);
}

/// Cursor's families; ids of its resource are numbers; what is new is kept.
#[test]
fn cursor() {
    let cursor = Sender {
        resource: &[
            ("service.name", S("cursor")),
            ("cursor.team.id", I(7)),
            ("cursor.user.id", I(9)),
            ("cursor.surface", S("cli")),
        ],
        scope: "cursor.telemetry",
        time_unix_nano: TIME,
    };
    for (name, kind) in [
        ("cursor.model_usage", "model_request"),
        ("cursor.tool_call", "tool_result"),
        ("cursor.error", "error"),
        ("cursor.hook_execution", "hook"),
        ("cursor.cloud_agent.started", "session"),
        ("cursor.plugin_installed", "other"),
        ("something.new", "other"),
    ] {
        let own = [("event.name", S(name)), ("x.y", S("1")), ("input_tokens", I(4))];
        let row = cursor.log("", &own);
        row.has(&[
            ("agent", "cursor"),
            ("kind", kind),
            ("name", name),
            ("user_id", "9"),
            ("org_id", "7"),
            ("client", "cli"),
        ]);
        row.has(&[("input_tokens", if kind == "model_request" { "4" } else { "" })]);
        row.keeps_beside(&[], &["x.y", "input_tokens"]);
    }
}

const GOOSE: Sender =
    Sender { resource: &[("service.name", S("goose"))], scope: "goose", time_unix_nano: 0 };

/// goose's spans: the prompt, and the calls with all they carry.
#[test]
fn goose_spans() {
    let own =
        [("session.id", S("20260213_5")), ("user_message", S("go")), ("trace_input", S("go"))];
    GOOSE
        .span("reply", &own)
        .has(&[
            ("agent", "goose"),
            ("kind", "prompt"),
            ("prompt", "go"),
            ("prompt_origin", "human"),
            ("session_id", "20260213_5"),
        ])
        .keeps_beside(&["otlp.end_time_unix_nano"], &["trace_input"]);
    GOOSE.span_with("reply", &own, |out| out.bytes_field(4, &[7; 8])).has(&[("prompt_origin", "")]);
    for (input, output, expected) in [
        (
            r#"{"tool":"developer__shell","arguments":{"command":"ls"}}"#,
            S("[]"),
            [
                ("tool_kind", "shell"),
                ("command", "ls"),
                ("mcp_server", "developer"),
                ("outcome", "succeeded"),
            ],
        ),
        (
            r#"{"tool":"tickets__get","arguments":{"id":"T-1"}}"#,
            S(r#"{"isError":true}"#),
            [
                ("tool_kind", "mcp"),
                ("mcp_tool", "get"),
                ("failure_reason", "tool_error"),
                ("outcome", "failed"),
            ],
        ),
        (
            "not json",
            I(3),
            [("tool", ""), ("arguments", ""), ("output", "3"), ("outcome", "succeeded")],
        ),
    ] {
        let own = [("session.id", S("s")), ("input", S(input)), ("output", output)];
        GOOSE.span("dispatch_tool_call", &own).has(&expected).has(&[
            ("kind", "tool_call"),
            ("session_id", "s"),
            ("duration_ms", "1500"),
        ]);
    }
    GOOSE.span("dispatch_tool_call", &[]).has(&[("outcome", "unknown")]);
    GOOSE
        .span("complete", &[("input_tokens", S("12"))])
        .has(&[("kind", "model_request"), ("input_tokens", "12")]);
    GOOSE.span("new_span", &[("session.id", S("s"))]).has(&[("kind", "span"), ("session_id", "s")]);
}

/// goose's log records have no time of their own, only that of their observation.
#[test]
fn goose_logs() {
    GOOSE.log("Starting", &[("session.id", S("s"))]).has(&[
        ("agent", "goose"),
        ("kind", "other"),
        ("session_id", "s"),
        ("body", "Starting"),
        ("time_source", "observed"),
    ]);
}
