//! Interactions, requests to the model, subagents, and spans without a meaning of their own.

use super::{A, B, D, I, S, SENDER, failed_span, span};

/// A turn: its prompt, its answer, its end.
#[test]
fn interaction() {
    let own = [
        ("qwen-code.prompt_id", S("s-1########0")),
        ("qwen-code.message_type", S("userQuery")),
        ("qwen-code.model", S("qwen3-coder")),
        ("qwen-code.approval_mode", S("default")),
        ("interaction.sequence", I(1)),
        ("interaction.duration_ms", I(1491)),
        ("qwen-code.turn_status", S("ok")),
        ("gen_ai.conversation.id", S("s-1")),
        (
            "gen_ai.input.messages",
            S(r#"[{"role":"user","parts":[{"type":"text","content":"Go"}]}]"#),
        ),
        (
            "gen_ai.output.messages",
            S(r#"[{"role":"assistant","parts":[{"type":"text","content":"Done."}]}]"#),
        ),
        ("new_context", S("[USER PROMPT]\nGo")),
    ];
    span("qwen-code.interaction", &own)
        .has(&[
            ("kind", "prompt"),
            ("prompt", "Go"),
            ("prompt_origin", "human"),
            ("response", "Done."),
            ("turn_id", "s-1########0"),
            ("model", "qwen3-coder"),
            ("mode", "default"),
            ("approval_policy", "default"),
            ("source_sequence", "1"),
            ("duration_ms", "1491"),
            ("outcome", "succeeded"),
        ])
        .keeps(&[
            "qwen-code.message_type",
            "qwen-code.model",
            "interaction.duration_ms",
            "qwen-code.turn_status",
            "gen_ai.conversation.id",
            "gen_ai.input.messages",
            "gen_ai.output.messages",
            "new_context",
            "otlp.derived",
        ]);
    let own = [own[0], own[1], own[8]];
    span("qwen-code.interaction", &own).has(&[("kind", "prompt"), ("prompt", "Go")]);
}

/// Who asked stands in the type of the message and in the id of the prompt.
#[test]
fn interaction_origins() {
    for (kind, prompt_id, origin) in [
        ("userQuery", "s-1########1", "human"),
        ("userQuery", "s-1########1/automatic/2", "system"),
        ("notification", "s-1########0/automatic/10", "system"),
        ("hook", "s-1########1", "system"),
        ("cron", "s-1########1", "system"),
        ("retry", "s-1########1", ""),
    ] {
        let own = [
            ("qwen-code.prompt_id", S(prompt_id)),
            ("qwen-code.message_type", S(kind)),
            ("new_context", S("<task-notification>")),
        ];
        span("qwen-code.interaction", &own)
            .has(&[("prompt_origin", origin), ("prompt", "<task-notification>")]);
    }
    // Without its text it is the frame of a turn.
    span("qwen-code.interaction", &[("qwen-code.message_type", S("userQuery"))]).has(&[
        ("kind", "session"),
        ("prompt_origin", ""),
        ("duration_ms", "1500"),
    ]);
}

/// How a turn ended.
#[test]
fn interaction_outcomes() {
    for (status, outcome) in
        [("ok", "succeeded"), ("error", "failed"), ("cancelled", "cancelled"), ("new", "")]
    {
        let row =
            failed_span("qwen-code.interaction", "quota", &[("qwen-code.turn_status", S(status))]);
        let error = if status == "error" { "quota" } else { "" };
        row.has(&[("outcome", outcome), ("error", error)]);
    }
}

/// A request to the model.
#[test]
fn llm_request() {
    let own = [
        ("qwen-code.prompt_id", S("s-1#Explore-call_1#0")),
        ("llm_request.context", S("subagent")),
        ("gen_ai.request.model", S("qwen3-coder")),
        ("gen_ai.provider.name", S("openai")),
        ("gen_ai.response.id", S("cc_s0")),
        ("gen_ai.usage.input_tokens", I(100)),
        ("gen_ai.usage.output_tokens", I(20)),
        ("cached_input_tokens", I(60)),
        ("thoughts_token_count", I(7)),
        ("duration_ms", I(562)),
        ("success", B(true)),
        ("gen_ai.response.finish_reasons", A(&["stop"])),
        ("gen_ai.response.time_to_first_chunk", D(0.55)),
        (
            "gen_ai.output.messages",
            S(r#"[{"role":"assistant","parts":[{"type":"text","content":"Hi"}]}]"#),
        ),
    ];
    span("qwen-code.llm_request", &own)
        .has(&[
            ("kind", "model_request"),
            ("provider", "openai"),
            ("model", "qwen3-coder"),
            ("request_id", "cc_s0"),
            ("input_tokens", "100"),
            ("output_tokens", "20"),
            ("cached_tokens", "60"),
            ("reasoning_tokens", "7"),
            ("duration_ms", "562"),
            ("outcome", "succeeded"),
            ("response", "Hi"),
            ("turn_id", "s-1#Explore-call_1#0"),
            ("agent_path", "Explore-call_1"),
        ])
        .keeps(&[
            "llm_request.context",
            "success",
            "gen_ai.response.finish_reasons",
            "gen_ai.response.time_to_first_chunk",
            "gen_ai.output.messages",
            "otlp.derived",
        ]);
    let own = [
        ("qwen-code.model", S("m")),
        ("success", B(false)),
        ("error", S("quota")),
        ("gen_ai.usage.cache_read.input_tokens", I(5)),
    ];
    span("qwen-code.llm_request", &own).has(&[
        ("outcome", "failed"),
        ("error", "quota"),
        ("model", "m"),
        ("cached_tokens", "5"),
    ]);
}

/// A subagent names itself and the call that started it.
#[test]
fn subagent() {
    for (status, outcome) in [
        ("completed", "succeeded"),
        ("failed", "failed"),
        ("cancelled", "cancelled"),
        ("aborted", "cancelled"),
    ] {
        let own = [
            ("gen_ai.conversation.id", S("s-1")),
            ("qwen-code.subagent.id", S("general-purpose-call_m7_0")),
            ("qwen-code.subagent.name", S("general-purpose")),
            ("qwen-code.subagent.invoking_request_id", S("call_m7_0")),
            ("qwen-code.subagent.status", S(status)),
            ("qwen-code.subagent.duration_ms", I(972)),
            ("exception.message", S("x")),
        ];
        span("qwen-code.subagent", &own)
            .has(&[
                ("kind", "session"),
                ("agent_path", "general-purpose-call_m7_0"),
                ("call_id", "call_m7_0"),
                ("outcome", outcome),
                ("duration_ms", "972"),
                ("error", "x"),
            ])
            .keeps(&[
                "gen_ai.conversation.id",
                "qwen-code.subagent.name",
                "qwen-code.subagent.invoking_request_id",
                "qwen-code.subagent.status",
                "qwen-code.subagent.duration_ms",
                "exception.message",
                "otlp.derived",
            ]);
    }
    span("qwen-code.subagent", &[("gen_ai.agent.id", S("a-1"))]).has(&[("agent_path", "a-1")]);
}

/// What has no meaning of its own is kept as it is; an exception is an error.
#[test]
fn other_spans() {
    span("qwen-code.something_new", &[("answer", I(42))])
        .has(&[("kind", "span"), ("agent", "qwen"), ("duration_ms", "")])
        .keeps(&["answer"]);
    SENDER
        .span("x", &[("gen_ai.conversation.id", S("s-2"))])
        .has(&[("session_id", "s-2"), ("kind", "span")]);
    SENDER
        .span_event("qwen-code.llm_request", "exception", &[("exception.message", S("quota"))])
        .has(&[("kind", "error"), ("error", "quota"), ("agent_version", "0.24.4")]);
}
