//! Steps and requests of the AI SDK.

use super::{A, D, I, Is, S, ended};

const PROMPT: &str = r#"{"messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"\"Fix the build\""}]}]}"#;
const LATER: &str = r#"{"messages":[{"role":"user","content":[{"type":"text","text":"x"}]},{"role":"tool","content":[]}]}"#;
const COMMON: &[(&str, Is)] = &[
    ("operation.name", S("ai.streamText session.llm")),
    ("resource.name", S("session.llm")),
    ("ai.operationId", S("ai.streamText")),
    ("ai.telemetry.functionId", S("session.llm")),
    ("ai.model.provider", S("mock.chat")),
    ("ai.model.id", S("m1")),
    ("ai.settings.maxOutputTokens", I(8000)),
    ("ai.settings.maxRetries", I(0)),
    ("ai.telemetry.metadata.userId", S("unknown")),
    ("ai.telemetry.metadata.sessionId", S("ses_1")),
    ("ai.request.headers.User-Agent", S("opencode/1.18.33")),
    ("session.id", S("ses_1")),
    ("ai.response.finishReason", S("tool-calls")),
    ("ai.response.text", S("Looking.")),
    ("ai.usage.cachedInputTokens", I(3)),
    ("ai.usage.reasoningTokens", I(2)),
];

fn step(more: &[(&'static str, Is)]) -> super::Row {
    ended("ai.streamText", 0, "", &[COMMON, more].concat())
}

/// `ai.streamText`: a prompt with what the model said first; its sums stay attributes.
#[test]
fn prompts() {
    let row = step(&[("ai.prompt", S(PROMPT)), ("ai.usage.inputTokens", I(100))]);
    row.has(&[
        ("kind", "prompt"),
        ("session_id", "ses_1"),
        ("provider", "mock.chat"),
        ("model", "m1"),
        ("prompt", "Fix the build"),
        ("prompt_origin", "human"),
        ("response", "Looking."),
        ("outcome", "succeeded"),
        ("duration_ms", "1500"),
        ("user_id", ""),
        ("input_tokens", ""),
        ("cached_tokens", ""),
    ]);
    let held = ["ai.model.provider", "ai.model.id", "session.id", "ai.response.text"];
    let kept = COMMON.iter().map(|(key, _)| *key).filter(|key| !held.contains(key));
    let kept: Vec<&str> = kept.chain(["ai.prompt", "ai.usage.inputTokens"]).collect();
    row.keeps_beside(&["otlp.end_time_unix_nano"], &kept);
}

/// Who wrote a prompt: a person, a parent agent, or opencode.
#[test]
fn origins() {
    let parent = ("ai.request.headers.x-parent-session-id", S("ses_0"));
    step(&[("ai.prompt", S(PROMPT)), parent])
        .has(&[("prompt_origin", "subagent_task"), ("parent_session_id", "ses_0")]);
    for text in [
        r#"{"messages":[{"role":"user","content":"Generate a title for this conversation:\n"},{"role":"user","content":"x"}]}"#,
        r#"{"messages":[{"role":"user","content":"Continue if you have next steps"}]}"#,
        r#"{"messages":[{"role":"user","content":"<system-reminder>plan</system-reminder>"}]}"#,
    ] {
        step(&[("ai.prompt", S(text))]).has(&[("kind", "prompt"), ("prompt_origin", "system")]);
    }
    step(&[("ai.telemetry.metadata.userId", S("jane"))]).has(&[("user_id", "")]);
    ended("ai.streamText", 0, "", &[("ai.telemetry.metadata.userId", S("jane"))])
        .has(&[("user_id", "jane")]);
}

/// A step in the middle is a span; the last one has the answer; one that failed says why.
#[test]
fn other_steps() {
    step(&[("ai.prompt", S(LATER))]).has(&[
        ("kind", "span"),
        ("prompt", ""),
        ("prompt_origin", ""),
    ]);
    let stop = [("ai.response.finishReason", S("stop")), ("ai.response.text", S("Done."))];
    ended("ai.streamText", 0, "", &stop).has(&[("kind", "response"), ("response", "Done.")]);
    ended("ai.generateText", 2, "no route", &[]).has(&[
        ("kind", "span"),
        ("outcome", "failed"),
        ("error", "no route"),
    ]);
}

/// `ai.streamText.doStream`: one request, with what it used.
#[test]
fn requests() {
    let more = [
        ("gen_ai.system", S("mock.chat")),
        ("gen_ai.request.model", S("m1")),
        ("gen_ai.response.finish_reasons", A(&["stop"])),
        ("gen_ai.response.id", S("cc_0")),
        ("gen_ai.response.model", S("m1-2026")),
        ("gen_ai.usage.input_tokens", I(100)),
        ("gen_ai.usage.output_tokens", I(20)),
        ("ai.response.msToFirstChunk", D(40.07)),
        ("ai.prompt.messages", S("[]")),
    ];
    let name = "ai.streamText.doStream";
    let row = ended(name, 0, "", &[COMMON, &more[..]].concat());
    row.has(&[
        ("kind", "model_request"),
        ("session_id", "ses_1"),
        ("provider", "mock.chat"),
        ("model", "m1-2026"),
        ("request_id", "cc_0"),
        ("input_tokens", "100"),
        ("output_tokens", "20"),
        ("cached_tokens", "3"),
        ("reasoning_tokens", "2"),
        ("response", "Looking."),
        ("prompt", ""),
        ("outcome", "succeeded"),
    ]);
    for key in ["gen_ai.system", "ai.prompt.messages", "ai.model.id", "ai.response.msToFirstChunk"]
    {
        assert!(row.kept.iter().any(|kept| kept == key), "{key}");
    }
    ended(name, 0, "", COMMON).has(&[("model", "m1"), ("kind", "model_request")]);
    ended(name, 2, "no route", COMMON).has(&[
        ("kind", "error"),
        ("outcome", "failed"),
        ("error", "no route"),
    ]);
}
