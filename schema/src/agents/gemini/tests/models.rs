//! Requests to the model, their answers, and what went wrong on the way.

use super::{A, B, I, Is, S, log};

const TOKENS: [(&str, Is); 6] = [
    ("input_token_count", I(100)),
    ("output_token_count", I(20)),
    ("cached_content_token_count", I(60)),
    ("thoughts_token_count", I(7)),
    ("tool_token_count", I(1)),
    ("total_token_count", I(128)),
];

/// Requests to the model and their answers.
#[test]
fn model_requests() {
    let own = [
        ("model", S("gemini-2.5-pro")),
        ("prompt_id", S("3e50d79f#1")),
        ("role", S("subagent")),
        ("request_text", S("[]")),
    ];
    log("gemini_cli.api_request", &own)
        .has(&[("kind", "model_request"), ("model", "gemini-2.5-pro"), ("turn_id", "3e50d79f#1")])
        .has(&[("agent_path", "3e50d79f"), ("outcome", "")])
        .keeps(&["role", "request_text"]);
    let said = r#"[{"candidates":[{"content":{"role":"model","parts":[{"text":"Done."}]}}]}]"#;
    let more = [
        ("model", S("mock")),
        ("duration_ms", I(198)),
        ("prompt_id", S("s-1")),
        ("status_code", I(200)),
        ("http.status_code", I(200)),
        ("finish_reasons", A(&["stop"])),
        ("role", S("main")),
        ("response_text", S(said)),
    ];
    log("gemini_cli.api_response", &[&more[..], &TOKENS].concat())
        .has(&[
            ("kind", "model_request"),
            ("outcome", "succeeded"),
            ("model", "mock"),
            ("duration_ms", "198"),
            ("input_tokens", "100"),
            ("output_tokens", "20"),
            ("cached_tokens", "60"),
            ("reasoning_tokens", "7"),
            ("response", "Done."),
            ("turn_id", "s-1"),
        ])
        .keeps(&[
            "status_code",
            "http.status_code",
            "finish_reasons",
            "role",
            "response_text",
            "tool_token_count",
            "total_token_count",
        ]);
}

/// A request that failed; older versions call the same things otherwise.
#[test]
fn failed_requests() {
    let own = [
        ("error.message", S("quota")),
        ("model_name", S("gemini-2.5-pro")),
        ("duration", I(31)),
        ("model", S("gemini-2.5-pro")),
        ("error", S("quota")),
        ("status_code", I(429)),
        ("http.status_code", I(429)),
        ("duration_ms", I(31)),
        ("prompt_id", S("s-1")),
        ("role", S("main")),
        ("error.type", S("ApiError")),
    ];
    log("gemini_cli.api_error", &own)
        .has(&[("kind", "error"), ("outcome", "failed"), ("error", "quota")])
        .has(&[("duration_ms", "31"), ("model", "gemini-2.5-pro"), ("turn_id", "s-1")])
        .keeps(&[
            "model_name",
            "duration",
            "error",
            "status_code",
            "http.status_code",
            "role",
            "error.type",
        ]);
    log("gemini_cli.api_error", &[("error", S("quota")), ("duration", I(31))])
        .has(&[("error", "quota"), ("duration_ms", "31")]);
}

/// Choosing a model is a detail of a request; a word about it is no approval.
#[test]
fn model_routing() {
    let own = [
        ("decision_model", S("gemini-2.5-pro")),
        ("decision_source", S("agent-router/override")),
        ("routing_latency_ms", I(173)),
        ("reasoning", S("forced")),
        ("failed", B(false)),
        ("approval_mode", S("yolo")),
        ("enable_numerical_routing", B(true)),
        ("classifier_threshold", S("90")),
    ];
    log("gemini_cli.model_routing", &own)
        .has(&[
            ("kind", "model_request"),
            ("model", "gemini-2.5-pro"),
            ("duration_ms", "173"),
            ("mode", "yolo"),
            ("outcome", "succeeded"),
            ("decision", ""),
            ("decision_source", ""),
        ])
        .keeps(&[
            "decision_source",
            "reasoning",
            "failed",
            "enable_numerical_routing",
            "classifier_threshold",
        ]);
    log("gemini_cli.model_routing", &[("failed", B(true)), ("error_message", S("no"))])
        .has(&[("outcome", "failed"), ("error", "no")]);
}

/// What went wrong on the way to the model.
#[test]
fn errors() {
    log("gemini_cli.chat.invalid_chunk", &[("error.message", S("no finish reason"))])
        .has(&[("kind", "error")])
        .keeps(&["error.message"]);
    let retry = [
        ("attempt_number", I(1)),
        ("error_type", S("x")),
        ("retry_delay_ms", I(500)),
        ("model", S("m")),
    ];
    log("gemini_cli.chat.content_retry", &retry)
        .has(&[("kind", "error"), ("model", "m")])
        .keeps(&["attempt_number", "error_type", "retry_delay_ms"]);
    let own = [
        ("total_attempts", I(3)),
        ("final_error_type", S("x")),
        ("total_duration_ms", I(9)),
        ("model", S("m")),
    ];
    log("gemini_cli.chat.content_retry_failure", &own)
        .has(&[("kind", "error"), ("model", "m")])
        .keeps(&["total_attempts", "final_error_type", "total_duration_ms"]);
    let own = [
        ("attempt", I(1)),
        ("max_attempts", I(3)),
        ("error_type", S("x")),
        ("delay_ms", I(9)),
        ("model", S("m")),
    ];
    log("gemini_cli.network_retry_attempt", &own)
        .has(&[("kind", "error"), ("model", "m")])
        .keeps(&["attempt", "max_attempts", "error_type", "delay_ms"]);
    log("gemini_cli.malformed_json_response", &[("model", S("m"))])
        .has(&[("kind", "error"), ("model", "m")])
        .keeps(&[]);
}
