//! Requests to a model.

use super::{A, ANY, D, I, Is, LANGGRAPH, OPENAI, PYDANTIC, S, error, nested, operation};

const SAID: &str = r#"[{"role":"assistant","parts":[{"type":"text","content":"Looking."},{"type":"tool_call","id":"call_0"}]}]"#;
const ASKED: &str = r#"[{"role":"user","parts":[{"type":"text","content":"go"}]}]"#;

/// Every attribute of a request has its column or is kept.
#[test]
fn chat() {
    let own = [
        ("gen_ai.provider.name", S("openai")),
        ("gen_ai.system", S("openai")),
        ("gen_ai.request.model", S("gpt-5.4")),
        ("gen_ai.response.model", S("gpt-5.4-2026")),
        ("gen_ai.response.id", S("resp_1")),
        ("gen_ai.response.finish_reasons", A(&["stop"])),
        ("gen_ai.usage.input_tokens", I(100)),
        ("gen_ai.usage.output_tokens", I(20)),
        ("gen_ai.usage.cache_read.input_tokens", I(64)),
        ("gen_ai.usage.cache_creation.input_tokens", I(8)),
        ("gen_ai.usage.reasoning.output_tokens", I(5)),
        ("operation.cost", D(0.5)),
        ("gen_ai.input.messages", S(ASKED)),
        ("gen_ai.output.messages", S(SAID)),
        ("gen_ai.conversation.id", S("conv-1")),
        ("server.address", S("api.openai.com")),
        ("server.port", I(443)),
    ];
    nested(PYDANTIC, "chat", &own)
        .has(&[
            ("kind", "model_request"),
            ("provider", "openai"),
            ("model", "gpt-5.4"),
            ("request_id", "resp_1"),
            ("input_tokens", "100"),
            ("output_tokens", "20"),
            ("cached_tokens", "64"),
            ("reasoning_tokens", "5"),
            ("cost_usd", "0.5"),
            ("response", "Looking."),
            ("prompt", ""),
            ("outcome", "succeeded"),
            ("duration_ms", "1500"),
            ("session_id", "conv-1"),
            ("mcp_server", ""),
        ])
        .keeps_beside(
            &["otlp.end_time_unix_nano", "otlp.derived"],
            &[
                "gen_ai.operation.name",
                "gen_ai.system",
                "gen_ai.response.model",
                "gen_ai.response.finish_reasons",
                "gen_ai.usage.cache_creation.input_tokens",
                "gen_ai.input.messages",
                "gen_ai.output.messages",
                "server.address",
                "server.port",
            ],
        );
}

/// A request without a parent is a run of its own, so it carries the prompt.
#[test]
fn a_lone_request_carries_its_prompt() {
    operation(ANY, "chat", &[("gen_ai.input.messages", S(ASKED))]).has(&[
        ("kind", "model_request"),
        ("prompt", "go"),
        ("prompt_origin", "human"),
    ]);
    operation(ANY, "embeddings", &[("gen_ai.request.model", S("e"))]).has(&[
        ("kind", "model_request"),
        ("prompt", ""),
        ("prompt_origin", ""),
    ]);
}

/// Every operation of the registry that asks a model.
#[test]
fn operations() {
    for name in ["chat", "generate_content", "text_completion", "embeddings", "fetch_response"] {
        nested(ANY, name, &[]).has(&[("kind", "model_request")]);
    }
    for name in ["retrieval", "plan", "unknown", "search_memory"] {
        nested(ANY, name, &[]).has(&[("kind", "span"), ("agent", "genai"), ("outcome", "")]);
    }
}

/// Deprecated spellings, numbers as strings and as doubles.
#[test]
fn older_spellings() {
    let own: [(&str, Is); 6] = [
        ("gen_ai.system", S("anthropic")),
        ("gen_ai.response.model", S("claude")),
        ("gen_ai.usage.prompt_tokens", S("100")),
        ("gen_ai.usage.completion_tokens", D(20.0)),
        ("gen_ai.usage.details.cache_read_tokens", I(7)),
        ("gen_ai.completion.0.content", S("hi")),
    ];
    nested(ANY, "chat", &own).has(&[
        ("provider", "anthropic"),
        ("model", "claude"),
        ("input_tokens", "100"),
        ("output_tokens", "20"),
        ("cached_tokens", "7"),
        ("response", "hi"),
    ]);
}

/// The instrumentation of the OpenAI Agents SDK names an agent where it knows none, and prints a
/// message that only calls tools.
#[test]
fn openai_placeholders() {
    let own = [
        ("gen_ai.agent.name", S("OpenAI Agent")),
        ("gen_ai.agent.id", S("agent")),
        (
            "gen_ai.output.messages",
            S(
                r#"[{"role":"assistant","parts":[{"type":"text","content":"{'content': None, 'tool_calls': []}"}]}]"#,
            ),
        ),
    ];
    let row = nested(OPENAI, "chat", &own);
    row.has(&[("agent", "openai-agents"), ("agent_path", ""), ("response", "")]);
    assert!(row.kept.iter().any(|kept| kept == "gen_ai.agent.name"));
}

/// A request that failed is an error.
#[test]
fn failed_requests() {
    let attributes = [("gen_ai.operation.name", S("chat")), ("error.type", S("RateLimitError"))];
    ANY.span_with("chat x", &attributes, |out| error(out, "slow down")).has(&[
        ("kind", "error"),
        ("outcome", "failed"),
        ("error", "slow down"),
    ]);
    ANY.span("chat x", &attributes).has(&[("kind", "error"), ("error", "RateLimitError")]);
    LANGGRAPH
        .span_with("node", &[("openinference.span.kind", S("RETRIEVER"))], |out| error(out, "no"))
        .has(&[("kind", "error"), ("outcome", "failed"), ("error", "no")]);
}
