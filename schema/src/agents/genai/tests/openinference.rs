//! OpenInference: LangGraph, and the OpenAI Agents SDK instrumented by it.

use super::{ANY, I, Is, LANGGRAPH, S, sender};
use crate::agents::testing::{Row, Sender};

fn span(sender: Sender, name: &str, kind: &'static str, own: &[(&str, Is)]) -> Row {
    sender.span(name, &[&[("openinference.span.kind", S(kind))], own].concat())
}

fn below(sender: Sender, name: &str, kind: &'static str, own: &[(&str, Is)]) -> Row {
    let attributes = [&[("openinference.span.kind", S(kind))], own].concat();
    sender.span_with(name, &attributes, |out| out.bytes_field(4, &[7; 8]))
}

const METADATA: &str = r#"{"thread_id": "thread-1", "ls_integration": "langgraph"}"#;

/// Every attribute of a model's span has its column or is kept.
#[test]
fn llm() {
    let own = [
        ("session.id", S("thread-1")),
        ("user.id", S("dev-17")),
        ("metadata", S(METADATA)),
        ("llm.model_name", S("gpt-5.4")),
        ("llm.provider", S("openai")),
        ("llm.system", S("openai")),
        ("llm.token_count.prompt", I(100)),
        ("llm.token_count.completion", I(20)),
        ("llm.token_count.total", I(120)),
        ("llm.token_count.prompt_details.cache_read", I(9)),
        ("llm.token_count.completion_details.reasoning", I(4)),
        ("llm.output_messages.0.message.content", S("Looking.")),
        ("llm.output_messages.0.message.tool_calls.0.tool_call.id", S("call_0")),
        ("input.value", S("{}")),
        ("output.value", S("{}")),
    ];
    below(LANGGRAPH, "ChatOpenAI", "LLM", &own)
        .has(&[
            ("agent", "langgraph"),
            ("kind", "model_request"),
            ("session_id", "thread-1"),
            ("user_id", "dev-17"),
            ("model", "gpt-5.4"),
            ("provider", "openai"),
            ("input_tokens", "100"),
            ("output_tokens", "20"),
            ("cached_tokens", "9"),
            ("reasoning_tokens", "4"),
            ("response", "Looking."),
            ("arguments", ""),
        ])
        .keeps_beside(
            &["otlp.end_time_unix_nano"],
            &[
                "openinference.span.kind",
                "metadata",
                "llm.system",
                "llm.token_count.total",
                "llm.output_messages.0.message.content",
                "llm.output_messages.0.message.tool_calls.0.tool_call.id",
                "input.value",
                "output.value",
            ],
        );
    for kind in ["EMBEDDING", "RERANKER", "llm"] {
        below(LANGGRAPH, "x", kind, &[]).has(&[("kind", "model_request")]);
    }
}

fn message(content: &str, status: &str) -> &'static str {
    let data = serde_json::json!({"type": "tool", "data": {
        "content": content, "tool_call_id": "call_0", "status": status}});
    data.to_string().leak()
}

/// A tool's span: its call id stands in its output only, and its one argument has no name.
#[test]
fn tools() {
    for (name, output, outcome, reason) in [
        ("run_shell", message("Exit code: 1\nx", "success"), "failed", ""),
        ("run_shell", message("Exit code: 0\n", "success"), "succeeded", ""),
        ("lookup", message("Error executing tool: x", "success"), "succeeded", ""),
        ("lookup", message("x", "error"), "failed", "tool_error"),
        (
            "nothing",
            message("Error: nothing is not a valid tool, try one of [a].", "error"),
            "failed",
            "no_such_tool",
        ),
    ] {
        let own = [
            ("tool.name", S(name)),
            ("tool.description", S("d")),
            ("input.value", S("cat absent.txt")),
            ("output.value", S(output)),
            ("metadata", S(METADATA)),
        ];
        let row = below(LANGGRAPH, name, "TOOL", &own);
        row.has(&[
            ("kind", "tool_call"),
            ("tool", name),
            ("call_id", "call_0"),
            ("session_id", "thread-1"),
            ("arguments", "cat absent.txt"),
            ("outcome", outcome),
            ("failure_reason", reason),
        ]);
        let shell = name == "run_shell";
        row.has(&[("command", if shell { "cat absent.txt" } else { "" })]);
    }
}

/// A tool that was interrupted has no output: its end is unknown. The exception asks.
#[test]
fn interrupts() {
    let own = [("tool.name", S("deploy")), ("input.value", S("production"))];
    below(LANGGRAPH, "deploy", "TOOL", &own).has(&[
        ("outcome", "unknown"),
        ("call_id", ""),
        ("arguments", "production"),
    ]);
    let exception = |class| {
        let own = [
            ("exception.type", S(class)),
            ("exception.message", S("(Interrupt(value=1),)")),
            ("exception.escaped", S("False")),
            ("exception.stacktrace", S("…")),
        ];
        LANGGRAPH.span_event("deploy", "exception", &own)
    };
    exception("langgraph.errors.GraphInterrupt")
        .has(&[
            ("kind", "approval"),
            ("decision", "ask"),
            ("decided_by", ""),
            ("rationale", "(Interrupt(value=1),)"),
            ("error", ""),
        ])
        .keeps_beside(
            &[],
            &["exception.type", "exception.message", "exception.escaped", "exception.stacktrace"],
        );
    exception("ValueError")
        .has(&[("kind", "error"), ("error", "(Interrupt(value=1),)"), ("decision", "")])
        .keeps_beside(&[], &["exception.type", "exception.escaped", "exception.stacktrace"]);
}

/// The node around a tool call knows its id and its arguments even where the tool has none.
#[test]
fn tool_nodes() {
    let input = r#"{"__type":"tool_call_with_context","tool_call":{"name":"run_shell","args":{"cmd":"ls"},"id":"call_0","type":"tool_call"},"state":{}}"#;
    let output = r#"{"messages": [{"type": "tool", "data": {"content": "Exit code: 0\n", "tool_call_id": "call_0", "status": "success"}}]}"#;
    below(LANGGRAPH, "tools", "CHAIN", &[("input.value", S(input)), ("output.value", S(output))])
        .has(&[
            ("kind", "tool_call"),
            ("tool", "run_shell"),
            ("call_id", "call_0"),
            ("arguments", r#"{"cmd":"ls"}"#),
            ("command", "ls"),
            ("outcome", "succeeded"),
            ("exit_code", "0"),
        ]);
    below(LANGGRAPH, "tools", "CHAIN", &[("input.value", S(input))])
        .has(&[("call_id", "call_0"), ("outcome", "unknown")]);
    below(LANGGRAPH, "tools", "CHAIN", &[("input.value", S(r#"{"messages":[]}"#))]).has(&[
        ("kind", "span"),
        ("call_id", ""),
        ("arguments", ""),
    ]);
}

/// The root of a graph is the prompt, unless it answers an interrupt; its nodes are spans.
#[test]
fn graphs() {
    let asked = [("input.value", S(r#"{"messages": [["user", "go"]]}"#))];
    span(LANGGRAPH, "graph", "CHAIN", &asked).has(&[
        ("kind", "prompt"),
        ("prompt", "go"),
        ("prompt_origin", "human"),
    ]);
    let resumed = r#"{"graph": null, "update": null, "resume": {"e6": false}, "goto": []}"#;
    span(LANGGRAPH, "graph", "CHAIN", &[("input.value", S(resumed))])
        .has(&[("kind", "session"), ("prompt", "")]);
    for (name, kind) in [("agent", "AGENT"), ("call_model", "CHAIN"), ("Prompt", "PROMPT")] {
        below(LANGGRAPH, name, kind, &asked).has(&[("kind", "span"), ("prompt", "")]);
    }
    for input in [r#"{"question": "go"}"#, "go", r#""go""#] {
        span(ANY, "chain", "CHAIN", &[("input.value", S(input)), ("output.value", S("done"))])
            .has(&[("agent", "genai"), ("prompt", "go"), ("response", "done")]);
    }
}

/// The OpenAI Agents SDK with OpenInference: agents, tools, guardrails.
#[test]
fn openai_agents() {
    let openai = sender("openinference.instrumentation.openai_agents");
    below(openai, "desk", "AGENT", &[]).has(&[("agent", "openai-agents"), ("kind", "session")]);
    let own = [
        ("tool.name", S("deploy")),
        ("input.value", S(r#"{"target": "x"}"#)),
        ("output.value", S("Tool execution was not approved.")),
    ];
    below(openai, "deploy", "TOOL", &own).has(&[
        ("arguments", r#"{"target": "x"}"#),
        ("outcome", "denied"),
        ("denial_reason", "user_denied"),
        ("decided_by", ""),
    ]);
    for (output, decision, reason) in
        [("blocked", "deny", "reviewer_denied"), ("allowed", "allow", ""), ("flagged", "", "")]
    {
        let by = if decision.is_empty() { "" } else { "ai_reviewer" };
        below(openai, "moderation", "GUARDRAIL", &[("output.value", S(output))]).has(&[
            ("kind", "reviewer"),
            ("decision", decision),
            ("denial_reason", reason),
            ("decided_by", by),
        ]);
    }
}
