//! Spans and their events.

use super::{I, Is, Row, S, SENDER, SPAN_KEYS, span};
use crate::agents::testing::map;
use crate::otlp::Signal;

fn kept(more: &[&'static str]) -> Vec<&'static str> {
    [&SPAN_KEYS, more].concat()
}

/// A request to the model.
#[test]
fn llm_call() {
    let own = [
        ("gen_ai.request.model", S("gemini-2.5-pro")),
        ("gen_ai.prompt.name", S("3e50d79f#1")),
        ("gen_ai.system_instructions", S("x")),
        ("gen_ai.tool.definitions", S("[]")),
        ("gen_ai.input.messages", S("[]")),
        ("gen_ai.output.messages", S(r#"[{"role":"model","parts":[{"text":"Done."}]}]"#)),
        ("gen_ai.usage.input_tokens", I(100)),
        ("gen_ai.usage.output_tokens", I(20)),
    ];
    span("llm_call", &own)
        .has(&[
            ("agent", "gemini"),
            ("agent_version", ""),
            ("kind", "model_request"),
            ("session_id", "s-1"),
            ("turn_id", "3e50d79f#1"),
            ("agent_path", "3e50d79f"),
            ("model", "gemini-2.5-pro"),
            ("input_tokens", "100"),
            ("output_tokens", "20"),
            ("response", "Done."),
            ("duration_ms", "1500"),
        ])
        .keeps(&kept(&[
            "gen_ai.system_instructions",
            "gen_ai.tool.definitions",
            "gen_ai.input.messages",
            "gen_ai.output.messages",
        ]));
}

const REQUEST: &str = r#"{"callId":"c-1","name":"run_shell_command","args":{"command":"cat a"},"display":{"name":"Shell"},"prompt_id":"s-1########0","schedulerId":"root"}"#;

fn tool_call(own: &[(&'static str, Is)]) -> Row {
    let common = [
        ("gen_ai.tool.name", S("run_shell_command")),
        ("gen_ai.tool.call_id", S("c-1")),
        ("gen_ai.tool.description", S("Runs")),
    ];
    span("tool_call", &[&common, own].concat())
}

/// A call with what was requested and what came back.
#[test]
fn tool_call_in_full() {
    let output = r#"{"status":"success","response":{"responseParts":[{"functionResponse":{"response":{"output":"no such file"}}}],"data":{"exitCode":1,"isError":true}},"durationMs":34,"outcome":"proceed_once"}"#;
    tool_call(&[("gen_ai.input.messages", S(REQUEST)), ("gen_ai.output.messages", S(output))])
        .has(&[
            ("kind", "tool_call"),
            ("call_id", "c-1"),
            ("tool", "run_shell_command"),
            ("tool_kind", "shell"),
            ("arguments", r#"{"command":"cat a"}"#),
            ("command", "cat a"),
            ("output", "no such file"),
            ("outcome", "failed"),
            ("exit_code", "1"),
            ("failure_reason", ""),
            ("decision", "allow"),
            ("decided_by", ""),
            ("duration_ms", "34"),
            ("turn_id", "s-1########0"),
            ("agent_path", ""),
            ("content_truncated", ""),
        ])
        .keeps(&kept(&[
            "gen_ai.tool.description",
            "gen_ai.input.messages",
            "gen_ai.output.messages",
            "otlp.derived",
        ]));
}

/// Without its content a span of a call has its ids and its time; its end is not told. Content
/// that was cut is marked.
#[test]
fn tool_call_without_content() {
    tool_call(&[]).has(&[("call_id", "c-1"), ("outcome", ""), ("duration_ms", "1500")]);
    let cut = r#"{"status":"success","resp...[TRUNCATED: original length 20000]"#;
    tool_call(&[("gen_ai.input.messages", S(REQUEST)), ("gen_ai.output.messages", S(cut))]).has(&[
        ("command", "cat a"),
        ("outcome", ""),
        ("content_truncated", "true"),
    ]);
    span("tool_call", &[("gen_ai.tool.call.id", S("c-9"))]).has(&[("call_id", "c-9")]);
}

/// The server of an MCP call is told by how the tool is displayed, whatever its name.
#[test]
fn mcp_tool_call() {
    let request = r#"{"callId":"c-1","name":"mcp_my_wiki_read","args":{},"display":{"name":"read (my_wiki MCP Server)"}}"#;
    let own = [("gen_ai.tool.name", S("mcp_my_wiki_read")), ("gen_ai.input.messages", S(request))];
    span("tool_call", &own).has(&[("mcp_server", "my_wiki"), ("mcp_tool", "read")]);
    span("tool_call", &[("gen_ai.tool.name", S("mcp_wiki_read"))]).has(&[
        ("mcp_server", "wiki"),
        ("mcp_tool", "read"),
        ("tool_kind", "mcp"),
    ]);
}

fn batch(input: &'static str, output: &'static str) -> Row {
    let own = [("gen_ai.input.messages", S(input)), ("gen_ai.output.messages", S(output))];
    span("schedule_tool_calls", &own)
}

/// A refused call has no span of its own: the batch tells of it.
#[test]
fn refused_call_in_a_batch() {
    let input = r#"[{"callId":"c-1","name":"read_file","prompt_id":"3e50d79f#2"},{"callId":"c-2","name":"run_shell_command"}]"#;
    let refused = r#"[{"request":{"callId":"c-1","name":"read_file","args":{}},"status":"success","outcome":"proceed_once","approvalMode":"default"},
        {"request":{"callId":"c-2","name":"run_shell_command","args":{"command":"git push"},"schedulerId":"3e50d79f#2"},"status":"error",
         "response":{"responseParts":[{"functionResponse":{"response":{"error":"Tool execution denied by policy."}}}],"errorType":"policy_violation"},
         "durationMs":16,"approvalMode":"default"}]"#;
    batch(input, refused).has(&[
        ("kind", "tool_call"),
        ("call_id", "c-2"),
        ("tool", "run_shell_command"),
        ("command", "git push"),
        ("decision", "deny"),
        ("decided_by", "policy"),
        ("denial_reason", "policy_denied"),
        ("outcome", "denied"),
        ("error", "Tool execution denied by policy."),
        ("mode", "default"),
        ("turn_id", "3e50d79f#2"),
        ("agent_path", "3e50d79f"),
        ("duration_ms", "16"),
    ]);
}

/// Where all of several calls were executed, or several were not, the batch names none. A call
/// alone in its batch is named even if its end was cut away.
#[test]
fn batches() {
    let both = r#"[{"request":{"callId":"c-1"},"status":"success","outcome":"proceed_once"},
        {"request":{"callId":"c-2"},"status":"success","outcome":"proceed_always"}]"#;
    let none = r#"[{"request":{"callId":"c-1"},"status":"cancelled","outcome":"cancel"},
        {"request":{"callId":"c-2"},"status":"cancelled"}]"#;
    for output in [both, none, "[]", ""] {
        batch("", output).has(&[("kind", "span"), ("call_id", ""), ("outcome", "")]);
    }
    let alone =
        r#"[{"callId":"c-1","name":"read_file","args":{"file_path":"a"},"prompt_id":"s-1"}]"#;
    batch(alone, "[{cut...[TRUNCATED: original length 20000]").has(&[
        ("kind", "tool_call"),
        ("call_id", "c-1"),
        ("path", "a"),
        ("outcome", ""),
        ("turn_id", "s-1"),
        ("content_truncated", "true"),
    ]);
    span("schedule_tool_calls", &[]).has(&[("kind", "span"), ("duration_ms", "1500")]);
}

/// The words for an answer in a span; nobody is asked in the mode that allows everything.
#[test]
fn answers() {
    for (answer, status, mode, decision, by, scope) in [
        ("proceed_once", "success", "default", "allow", "", ""),
        ("proceed_once", "success", "yolo", "allow", "policy", ""),
        ("proceed_always_and_save", "success", "default", "allow", "", ""),
        ("modify_with_editor", "success", "default", "allow", "", ""),
        ("cancel", "cancelled", "default", "deny", "unknown", ""),
        ("later", "success", "default", "", "", ""),
    ] {
        let output = format!(
            r#"[{{"request":{{"callId":"c-1","name":"x"}},"status":"{status}","outcome":"{answer}","approvalMode":"{mode}"}}]"#
        );
        let row = batch("[]", output.leak());
        row.has(&[("decision", decision), ("decided_by", by), ("grant_scope", scope)]);
    }
}

/// A subagent: its task and its answer; without content only that it worked.
#[test]
fn agent_call() {
    let own = [
        ("gen_ai.input.messages", S(r#"{"agent_name":"scout","prompt":"Survey"}"#)),
        (
            "gen_ai.output.messages",
            S(
                r#"{"llmContent":[{"text":"One file."}],"returnDisplay":{"terminateReason":"GOAL"},"data":{"agentId":"3e50d79f"}}"#,
            ),
        ),
    ];
    span("agent_call", &own).has(&[
        ("kind", "prompt"),
        ("prompt", "Survey"),
        ("prompt_origin", "subagent_task"),
        ("response", "One file."),
        ("agent_path", "3e50d79f"),
        ("outcome", "succeeded"),
        ("session_id", "s-1"),
    ]);
    span("agent_call", &[]).has(&[("kind", "session"), ("prompt", ""), ("prompt_origin", "")]);
}

/// A span that failed says why in its status.
#[test]
fn failed_request() {
    SENDER
        .span_with("llm_call", &[], |out| {
            out.message_field(15, |out| {
                out.bytes_field(2, b"quota");
                out.varint_field(3, 2);
            });
        })
        .has(&[("outcome", "failed"), ("error", "quota"), ("status_code", "error")]);
}

/// A span without a meaning of its own is kept as it is; so is what a tool fetched.
#[test]
fn other_spans() {
    span("something_new", &[("answer", I(42))]).has(&[("kind", "span"), ("duration_ms", "")]);
    let http = super::Sender { scope: "@opentelemetry/instrumentation-undici", ..SENDER };
    let payload = http.request(|out| {
        out.bytes_field(5, b"GET");
        out.varint_field(6, 3);
        crate::agents::testing::attribute(out, 9, "url.full", S("https://a.example"));
    });
    map(Signal::Traces, &payload, 0).has(&[
        ("kind", "span"),
        ("url", "https://a.example"),
        ("agent", "gemini"),
    ]);
}

/// An exception is an error.
#[test]
fn exceptions() {
    let own = [("exception.type", S("ApiError")), ("exception.message", S("quota"))];
    SENDER
        .span_event("llm_call", "exception", &own)
        .has(&[("kind", "error"), ("error", "quota"), ("session_id", "s-1")])
        .keeps_beside(&[], &["exception.type"]);
    SENDER.span_event("llm_call", "note", &[]).has(&[("kind", "span"), ("name", "note")]);
}
