//! Requests to the model.

use super::{B, D, I, Is, S, log};

const ATTRIBUTION: &[(&str, Is)] = &[
    ("client_request_id", S("c1")),
    ("speed", S("normal")),
    ("query_source", S("sdk")),
    ("effort", S("medium")),
    ("agent.name", S("custom")),
    ("skill.name", S("custom")),
    ("plugin.name", S("third-party")),
    ("marketplace.name", S("third-party")),
    ("mcp_server.name", S("tickets")),
    ("mcp_tool.name", S("get_ticket")),
];
const ATTRIBUTION_KEYS: &[&str] = &[
    "client_request_id",
    "speed",
    "query_source",
    "effort",
    "agent.name",
    "skill.name",
    "plugin.name",
    "marketplace.name",
    "mcp_server.name",
    "mcp_tool.name",
];

/// `api_request`: the tokens read count the cache too, and the parts are kept; a request that
/// follows an MCP call is none.
#[test]
fn api_request() {
    let own = [
        ("model", S("claude-opus-5-5")),
        ("cost_usd", D(0.002_027)),
        ("cost_usd_micros", I(2027)),
        ("duration_ms", I(51)),
        ("ttft_ms", I(22)),
        ("input_tokens", I(300)),
        ("output_tokens", I(40)),
        ("cache_read_tokens", I(10)),
        ("cache_creation_tokens", I(5)),
        ("cache_creation_5m_tokens", I(5)),
        ("cache_creation_1h_tokens", I(0)),
        ("request_id", S("req_1")),
    ];
    let kept = [
        &["cost_usd_micros", "ttft_ms", "input_tokens", "cache_creation_tokens"],
        &["cache_creation_5m_tokens", "cache_creation_1h_tokens"][..],
        ATTRIBUTION_KEYS,
    ];
    log("api_request", &[&own[..], ATTRIBUTION].concat())
        .has(&[
            ("kind", "model_request"),
            ("outcome", "succeeded"),
            ("model", "claude-opus-5-5"),
            ("cost_usd", "0.002027"),
            ("duration_ms", "51"),
            ("input_tokens", "315"),
            ("output_tokens", "40"),
            ("cached_tokens", "10"),
            ("request_id", "req_1"),
            ("mcp_server", ""),
            ("tool", ""),
        ])
        .keeps(&kept.concat());
}

/// A count that is missing, or too large to add, is no reason to give up.
#[test]
fn odd_usage() {
    log("api_request", &[("input_tokens", S("300")), ("cache_read_tokens", S("10"))])
        .has(&[("input_tokens", "310"), ("cached_tokens", "10")])
        .keeps(&["input_tokens", "cache_read_tokens"]);
    let huge = [("input_tokens", I(i64::MAX)), ("cache_creation_tokens", I(1))];
    log("api_request", &huge).has(&[("input_tokens", "9223372036854775807")]);
    log("api_request", &[("cache_read_tokens", I(10))])
        .has(&[("input_tokens", ""), ("cached_tokens", "10")]);
}

/// A subagent's request is known by its source, where it has no id.
#[test]
fn subagents_request() {
    let source = ("query_source", S("agent:builtin:general-purpose"));
    log("api_request", &[source])
        .has(&[("agent_path", "agent:builtin:general-purpose")])
        .keeps(&["query_source", "otlp.derived"]);
    log("api_request", &[source, ("agent_id", S("a845"))])
        .has(&[("agent_path", "a845")])
        .keeps(&["query_source"]);
}

/// `api_error`, `api_retries_exhausted`, `api_refusal`: errors.
#[test]
fn errors() {
    let own = [
        ("model", S("m")),
        ("error", S("overloaded")),
        ("status_code", I(529)),
        ("duration_ms", I(90)),
        ("attempt", I(2)),
        ("request_id", S("req_1")),
    ];
    log("api_error", &[&own[..], ATTRIBUTION].concat())
        .has(&[("kind", "error"), ("outcome", "failed"), ("error", "overloaded")])
        .has(&[("duration_ms", "90"), ("model", "m"), ("request_id", "req_1")])
        .keeps(&[&["status_code", "attempt"], ATTRIBUTION_KEYS].concat());
    let own = [
        ("model", S("m")),
        ("error", S("overloaded")),
        ("status_code", I(529)),
        ("total_attempts", I(11)),
        ("total_retry_duration_ms", I(90_000)),
        ("speed", S("normal")),
    ];
    log("api_retries_exhausted", &own)
        .has(&[("kind", "error"), ("outcome", "failed"), ("duration_ms", "90000")])
        .has(&[("error", "overloaded"), ("model", "m")])
        .keeps(&["status_code", "total_attempts", "speed"]);
    let own = [
        ("model", S("m")),
        ("request_id", S("req_1")),
        ("query_source", S("sdk")),
        ("speed", S("normal")),
        ("attempt", I(1)),
        ("effort", S("high")),
        ("server_fallback_hop", B(false)),
        ("has_category", B(true)),
        ("has_explanation", B(false)),
        ("category", S("cyber")),
    ];
    log("api_refusal", &own)
        .has(&[("kind", "error"), ("outcome", "failed"), ("model", "m"), ("request_id", "req_1")])
        .keeps(&own.map(|(key, _)| key)[2..]);
}

/// `api_request_body` and `api_response_body`: whole conversations are content.
#[test]
fn raw_bodies() {
    let own = [
        ("body", S("{\"messages\":[]}")),
        ("body_length", I(15)),
        ("body_truncated", S("true")),
        ("model", S("m")),
        ("query_source", S("sdk")),
        ("request_body_id", S("b1")),
    ];
    let kept = ["body_length", "body_truncated", "query_source", "request_body_id"];
    log("api_request_body", &own)
        .has(&[("kind", "model_request"), ("prompt", "{\"messages\":[]}"), ("prompt_origin", "")])
        .has(&[("content_truncated", "true"), ("model", "m")])
        .keeps(&kept);
    log("api_response_body", &own)
        .has(&[("kind", "model_request"), ("response", "{\"messages\":[]}"), ("prompt", "")])
        .keeps(&kept);
    log("api_request_body", &[("body_ref", S("/tmp/b1.json"))]).keeps(&["body_ref"]);
}
