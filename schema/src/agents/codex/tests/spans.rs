//! Spans and span events.

use super::{B, COMMON, D, I, Is, S, span, span_event};

const CALL: &[(&str, Is)] = &[
    ("conversation.id", S("c1")),
    ("turn.id", S("t1")),
    ("turn_id", S("t1")),
    ("tool_source", S("direct")),
    ("call_id", S("call_1")),
    ("codex.tool.phase", S("dispatch")),
];

fn call(tool: &'static str, flags: &[bool]) -> super::Row {
    let mut own = vec![("tool_name", S(tool))];
    own.extend_from_slice(CALL);
    own.extend(flags.iter().map(|flag| ("aborted", B(*flag))));
    span(tool, &own)
}

/// The span of a call has its ids, its tool and its turn; how it ended only if it was aborted,
/// which is sent as a second value of the same attribute.
#[test]
fn calls() {
    for (flags, outcome) in
        [(&[false][..], ""), (&[false, true], "cancelled"), (&[true], "cancelled"), (&[], "")]
    {
        call("exec_command", flags).has(&[
            ("agent", "codex"),
            ("signal", "traces"),
            ("kind", "tool_call"),
            ("name", "exec_command"),
            ("client", "codex_exec"),
            ("agent_version", "0.169.0"),
            ("session_id", "c1"),
            ("turn_id", "t1"),
            ("call_id", "call_1"),
            ("tool", "exec_command"),
            ("tool_kind", "shell"),
            ("outcome", outcome),
            ("duration_ms", "1500"),
            ("decision", ""),
            ("time_source", "record"),
        ]);
    }
    call("exec_command", &[false, true]).keeps(&[
        "turn_id",
        "tool_source",
        "codex.tool.phase",
        "aborted",
        "otlp.duplicate.2.aborted",
    ]);
}

/// The tool's kind is told by the name of the span; a server's name cannot be cut out of it.
#[test]
fn kinds_of_calls() {
    for (tool, kind) in [
        ("mcp__ticketsget_ticket", "mcp"),
        ("mcp__tickets__get_ticket", "mcp"),
        ("multi_agent_v1spawn_agent", "subagent"),
        ("apply_patch", "file"),
        ("update_plan", "other"),
    ] {
        call(tool, &[false]).has(&[
            ("kind", "tool_call"),
            ("tool_kind", kind),
            ("mcp_server", ""),
            ("mcp_tool", ""),
        ]);
    }
}

/// Attributes that change their name or type do not hide a call.
#[test]
fn calls_of_other_versions() {
    let own = [("tool.call_id", S("call_1")), ("tool_name", S("x")), ("aborted", S("true"))];
    span("x", &own)
        .has(&[("kind", "tool_call"), ("call_id", "call_1"), ("outcome", "cancelled")])
        .keeps(&["tool.call_id", "aborted", "otlp.derived"]);
    let own = [("call_id", S("call_1")), ("toolName", S("x")), ("aborted", B(true))];
    span("x", &own).has(&[("kind", "tool_call"), ("outcome", "cancelled"), ("tool_kind", "")]);
    let own = [("call_id", Is::Null), ("tool_name", Is::A(&["x"])), ("aborted", I(1))];
    span("x", &own).has(&[("kind", "span"), ("outcome", "")]);
    span("new.in.this.version", &[("call_id", S("call_1"))]).has(&[
        ("kind", "span"),
        ("call_id", "call_1"),
        ("duration_ms", ""),
    ]);
    span("x", &[("turn.id", S("a")), ("turn_id", S("b"))])
        .has(&[("turn_id", "a")])
        .keeps(&["turn_id"]);
}

/// The dispatch has no attributes; what runs a command says how, not with which result.
#[test]
fn execution() {
    span("dispatch_tool_call_with_state", &[])
        .has(&[("kind", "tool_call"), ("duration_ms", "1500")]);
    for outcome in ["exited", "failed"] {
        let own = [
            ("conversation.id", S("c1")),
            ("turn_id", S("t1")),
            ("call_id", S("call_1")),
            ("unified_exec_process_id", I(74598)),
            ("mode", S("resumable")),
            ("outcome", S(outcome)),
        ];
        span("unified_exec.exec_command", &own)
            .has(&[("kind", "tool_call"), ("tool_kind", "shell"), ("outcome", ""), ("mode", "")])
            .has(&[("session_id", "c1"), ("turn_id", "t1"), ("call_id", "call_1")])
            .keeps(&["unified_exec_process_id", "mode", "outcome"]);
    }
}

/// A request to an MCP server names server, tool and call; it failed if it says so.
#[test]
fn mcp_calls() {
    let own = [
        ("rpc.system", S("jsonrpc")),
        ("rpc.method", S("tools/call")),
        ("mcp.server.name", S("tickets")),
        ("mcp.server.origin", S("stdio")),
        ("mcp.transport", S("stdio")),
        ("mcp.connector.id", S("")),
        ("mcp.connector.name", S("")),
        ("tool.name", S("close_ticket")),
        ("tool.call_id", S("call_2")),
        ("conversation.id", S("c1")),
        ("session.id", S("c1")),
        ("turn.id", S("t1")),
    ];
    let kept = [
        "rpc.system",
        "rpc.method",
        "mcp.server.origin",
        "mcp.transport",
        "mcp.connector.id",
        "mcp.connector.name",
        "session.id",
    ];
    let row = span("mcp.tools.call", &own);
    row.has(&[
        ("kind", "tool_call"),
        ("tool_kind", "mcp"),
        ("mcp_server", "tickets"),
        ("mcp_tool", "close_ticket"),
        ("tool", "close_ticket"),
        ("call_id", "call_2"),
        ("session_id", "c1"),
        ("turn_id", "t1"),
        ("outcome", ""),
        ("duration_ms", "1500"),
    ]);
    row.keeps(&kept);
    let error = [("error.type", S("tool_result")), ("codex.mcp.error.code", S("unknown"))];
    span("mcp.tools.call", &[&own[..], &error].concat()).has(&[
        ("outcome", "failed"),
        ("failure_reason", "tool_error"),
        ("error", "tool_result"),
    ]);
}

/// A review names the conversation and the call under review; its verdict is a log record.
#[test]
fn reviews() {
    let own = [("review_id", S("r1")), ("thread_id", S("c1")), ("tool_call_id", S("call_1"))];
    span("guardian_review", &own)
        .has(&[("kind", "reviewer"), ("session_id", "c1"), ("call_id", "call_1")])
        .has(&[("decision", ""), ("decided_by", ""), ("duration_ms", "1500")])
        .keeps(&["review_id"]);
    let own = [
        ("thread_id", S("c1")),
        ("turn_id", S("t1")),
        ("call_id", S("call_1")),
        ("tool_name", S("exec_command")),
    ];
    span("guardian_scoring_observation", &own)
        .has(&[("kind", "span"), ("session_id", "c1"), ("call_id", "call_1")])
        .keeps(&[]);
}

/// A hook that ran has decided nothing that its span could say.
#[test]
fn hooks() {
    let own = [
        ("hook.event_name", S("PreToolUse")),
        ("hook.handler_type", S("command")),
        ("hook.execution_mode", S("sync")),
        ("hook.scope", S("turn")),
        ("hook.source", S("user")),
        ("hook.display_order", I(0)),
        ("hook.timeout_sec", S("10")),
        ("hook.command_outcome", S("completed")),
    ];
    span("codex.hooks.command", &own)
        .has(&[("kind", "hook"), ("decision", ""), ("decided_by", ""), ("outcome", "")])
        .has(&[("duration_ms", "1500")])
        .keeps(&own.map(|(key, _)| key));
}

/// Turns: their ids, their model, what they used, and who stopped them.
#[test]
fn turns() {
    for name in ["codex.turn_input", "run_turn"] {
        let own = [("conversation.id", S("c1")), ("turn.id", S("t1"))];
        span(name, &own)
            .has(&[("kind", "session"), ("session_id", "c1"), ("turn_id", "t1")])
            .keeps(&[]);
    }
    for (name, outcome) in [("turn/start", ""), ("turn/interrupt", "cancelled")] {
        let own = [("rpc.method", S(name)), ("turn.id", S("t1"))];
        span(name, &own)
            .has(&[("kind", "session"), ("turn_id", "t1"), ("outcome", outcome)])
            .keeps(&["rpc.method"]);
    }
    span("session_loop", &[("thread_id", S("c1"))])
        .has(&[("kind", "session"), ("session_id", "c1")])
        .keeps(&[]);
    let own = [
        ("turn.id", S("t1")),
        ("model", S("gpt-5.4")),
        ("codex.turn.reasoning_effort", S("default")),
        ("codex.turn.token_usage.input_tokens", I(4806)),
        ("codex.turn.token_usage.cached_input_tokens", I(400)),
        ("codex.turn.token_usage.cache_write_input_tokens", I(0)),
        ("codex.turn.token_usage.non_cached_input_tokens", I(4406)),
        ("codex.turn.token_usage.output_tokens", I(220)),
        ("codex.turn.token_usage.reasoning_output_tokens", I(20)),
        ("codex.turn.token_usage.total_tokens", I(5026)),
    ];
    span("session_task.turn", &own)
        .has(&[("kind", "session"), ("turn_id", "t1"), ("model", "gpt-5.4")])
        .has(&[("input_tokens", "4806"), ("cached_tokens", "400")])
        .has(&[("output_tokens", "220"), ("reasoning_tokens", "20")])
        .keeps(&[
            "codex.turn.reasoning_effort",
            "codex.turn.token_usage.cache_write_input_tokens",
            "codex.turn.token_usage.non_cached_input_tokens",
            "codex.turn.token_usage.total_tokens",
        ]);
    let own = [("turn_id", S("t1")), ("model", S("gpt-5.4")), ("cwd", S("/x"))];
    span("run_sampling_request", &own)
        .has(&[("kind", "span"), ("turn_id", "t1"), ("cwd", "/x")])
        .keeps(&[]);
}

/// What a request to the model used; the same span without usage is a step of its stream.
#[test]
fn model_requests() {
    let own = [
        ("codex.request.reasoning_effort", S("default")),
        ("codex.response.receive_wait_ms", D(0.5)),
        ("from", S("output_item_done")),
        ("gen_ai.usage.input_tokens", I(1200)),
        ("gen_ai.usage.cache_read.input_tokens", I(100)),
        ("gen_ai.usage.cache_write.input_tokens", I(0)),
        ("gen_ai.usage.output_tokens", I(55)),
        ("codex.usage.reasoning_output_tokens", I(5)),
        ("codex.usage.total_tokens", I(1255)),
    ];
    span("handle_responses", &own)
        .has(&[("kind", "model_request"), ("input_tokens", "1200"), ("output_tokens", "55")])
        .has(&[("cached_tokens", "100"), ("reasoning_tokens", "5"), ("duration_ms", "1500")])
        .keeps(&[
            "codex.request.reasoning_effort",
            "codex.response.receive_wait_ms",
            "from",
            "gen_ai.usage.cache_write.input_tokens",
            "codex.usage.total_tokens",
        ]);
    span("handle_responses", &[("gen_ai.usage.input_tokens", S("1200"))])
        .has(&[("kind", "model_request"), ("input_tokens", "1200")])
        .keeps(&["gen_ai.usage.input_tokens"]);
    span("handle_responses", &[("tool_name", S("exec_command"))])
        .has(&[("kind", "span"), ("tool", "exec_command")]);
    span("model_client.stream_responses_api", &[("model", S("gpt-5.4"))]).has(&[
        ("kind", "model_request"),
        ("model", "gpt-5.4"),
        ("duration_ms", "1500"),
    ]);
}

/// What the proxy served has the full address; whether it was allowed is a log record.
#[test]
fn proxied_requests() {
    let own = [
        ("http.request.method", S("GET")),
        ("url.full", S("http://alpha.example.net/a?b=c")),
        ("url.path", S("/a")),
        ("url.query", S("b=c")),
    ];
    span("http::serve", &own)
        .has(&[("kind", "span"), ("url", "http://alpha.example.net/a?b=c")])
        .has(&[("net_method", "GET"), ("net_verdict", "")])
        .keeps(&["url.path", "url.query"]);
    span("start_server_task", &[("server_name", S("tickets"))])
        .has(&[("kind", "mcp_server"), ("mcp_server", "")])
        .keeps(&["server_name"]);
}

/// A span event carries its name in an attribute, and a place in the source in the name's field.
#[test]
fn span_events() {
    for name in ["codex.tool_call_received", "codex.tool_result_ready"] {
        let own = [
            ("event.name", S(name)),
            ("conversation.id", S("c1")),
            ("turn_id", S("t1")),
            ("call_id", S("call_1")),
            ("tool_name", S("get_ticket")),
            ("tool_namespace", S("mcp__tickets")),
            ("tool_source", S("direct")),
        ];
        span_event("event core/src/tools/call_trace.rs:54", &own)
            .has(&[
                ("kind", "tool_call"),
                ("signal", "span_event"),
                ("name", name),
                ("event_name", "event core/src/tools/call_trace.rs:54"),
                ("session_id", "c1"),
                ("turn_id", "t1"),
                ("call_id", "call_1"),
                ("tool", "get_ticket"),
                ("tool_kind", "mcp"),
                ("mcp_server", "tickets"),
                ("mcp_tool", "get_ticket"),
                ("outcome", ""),
            ])
            .keeps(&["tool_namespace", "tool_source", "otlp.derived"]);
    }
    span_event("plain", &[]).has(&[("name", "plain"), ("event_name", ""), ("kind", "span")]);
    let common = span_event("x", COMMON);
    common.has(&[("agent_version", "0.169.0"), ("model", "gpt-5.4"), ("name", "x")]);
}

/// The span event of a result has lengths in the place of content, and no exit code.
#[test]
fn results() {
    for (tool, success, outcome) in [
        ("exec_command", "true", "unknown"),
        ("exec_command", "false", ""),
        ("spawn_agent", "true", "succeeded"),
    ] {
        let own = [
            ("event.name", S("codex.tool_result")),
            ("tool_result_seq", S("1")),
            ("tool_name", S(tool)),
            ("tool_namespace", S("functions")),
            ("call_id", S("call_1")),
            ("duration_ms", S("82")),
            ("success", S(success)),
            ("output_truncated", B(false)),
            ("arguments_length", I(34)),
            ("output_length", I(430)),
            ("output_line_count", I(13)),
            ("tool_origin", S("builtin")),
            ("mcp_tool", B(false)),
        ];
        span_event("event otel/src/tool_result.rs:54", &own)
            .has(&[("kind", "tool_call"), ("outcome", outcome), ("source_sequence", "1")])
            .has(&[("duration_ms", "82"), ("content_truncated", "false"), ("mcp_tool", "")])
            .keeps(&[
                "tool_namespace",
                "success",
                "arguments_length",
                "output_length",
                "output_line_count",
                "tool_origin",
                "mcp_tool",
                "otlp.derived",
            ]);
    }
}

/// What repeats a log record stands in the same columns and is counted as a span.
#[test]
fn repeated_records() {
    let own = [
        ("provider_name", S("openai")),
        ("approval_policy", S("never")),
        ("sandbox_policy", S("read-only")),
        ("mcp_server_count", I(1)),
    ];
    let named = |name, own: &[(&'static str, Is)]| {
        span_event("event x", &[&[("event.name", S(name))], COMMON, own].concat())
    };
    named("codex.conversation_starts", &own)
        .has(&[("kind", "span"), ("provider", "openai"), ("approval_policy", "never")])
        .has(&[("sandbox_policy", "read-only"), ("session_id", "01a1f8bb")]);
    for name in ["codex.startup_phase", "codex.turn_ttft", "codex.api_request"] {
        named(name, &[("duration_ms", S("141"))]).has(&[("kind", "span"), ("duration_ms", "141")]);
    }
    named("codex.user_prompt", &[("prompt_length", S("41"))]).has(&[
        ("kind", "span"),
        ("prompt", ""),
        ("prompt_origin", ""),
    ]);
    named("codex.turn_profile", &[("turn_id", S("t1"))])
        .has(&[("kind", "span"), ("turn_id", "t1")]);
    named("mcp.binding_catalog", &[("server_kind", S("configured"))])
        .has(&[("kind", "mcp_server")]);
}
