//! Requests to the model, their streams and their credentials.

use super::{B, I, Is, S, log};

/// The attributes about credentials that several events share.
pub(super) const AUTH_ENV: &[(&str, Is)] = &[
    ("auth.env_openai_api_key_present", B(false)),
    ("auth.env_codex_api_key_present", B(false)),
    ("auth.env_codex_api_key_enabled", B(true)),
    ("auth.env_provider_key_name", S("configured")),
    ("auth.env_provider_key_present", B(true)),
    ("auth.env_refresh_token_url_override_present", B(false)),
];
pub(super) const AUTH_ENV_KEYS: &[&str] = &[
    "auth.env_openai_api_key_present",
    "auth.env_codex_api_key_present",
    "auth.env_codex_api_key_enabled",
    "auth.env_provider_key_name",
    "auth.env_provider_key_present",
    "auth.env_refresh_token_url_override_present",
];

/// `codex.api_request` and the two of its kind: a request to the model, or an error.
#[test]
fn model_requests() {
    let auth = [
        ("auth.header_attached", B(true)),
        ("auth.header_name", S("authorization")),
        ("auth.retry_after_unauthorized", B(false)),
        ("auth.recovery_mode", S("managed")),
        ("auth.recovery_phase", S("reload")),
        ("endpoint", S("/responses")),
        ("auth.cf_ray", S("ray")),
        ("auth.error", S("expired")),
        ("auth.error_code", S("token_expired")),
        ("auth.agent_id", S("a1")),
        ("auth.task_id", S("k1")),
    ];
    let kept: Vec<&str> = auth.iter().map(|(key, _)| *key).collect();
    let own = [
        &[
            ("duration_ms", S("36")),
            ("http.response.status_code", I(200)),
            ("attempt", I(0)),
            ("auth.request_id", S("req-1")),
        ],
        &auth[..],
        AUTH_ENV,
    ]
    .concat();
    log("codex.api_request", &own)
        .has(&[
            ("kind", "model_request"),
            ("outcome", "succeeded"),
            ("duration_ms", "36"),
            ("request_id", "req-1"),
            ("error", ""),
        ])
        .keeps(&[&["http.response.status_code", "attempt"], &kept[..], AUTH_ENV_KEYS].concat());
    for failed in [
        &[("http.response.status_code", I(429))][..],
        &[("http.response.status_code", S("500"))],
        &[("success", S("false"))],
        &[("error.message", S("stream closed"))],
    ] {
        log("codex.api_request", failed).has(&[("kind", "error"), ("outcome", "failed")]);
    }
    let own =
        [("auth.connection_reused", B(true)), ("auth.reauth", B(false)), ("success", S("true"))];
    for name in ["codex.websocket_connect", "codex.websocket_request"] {
        log(name, &own).has(&[("kind", "model_request"), ("outcome", "succeeded")]).keeps(&[
            "auth.connection_reused",
            "auth.reauth",
            "success",
        ]);
    }
    log("codex.api_request", &[("error.message", S("x"))]).has(&[("error", "x")]).keeps(&[]);
    log("codex.websocket_event", &[("event.kind", S("x"))])
        .has(&[("kind", "model_request")])
        .keeps(&["event.kind"]);
}

/// `codex.sse_event`: tokens come as strings and as integers; the total stays as it is called.
#[test]
fn sse_event() {
    let own = [
        ("event.kind", S("response.completed")),
        ("input_token_count", S("1201")),
        ("output_token_count", S("55")),
        ("cached_token_count", I(100)),
        ("cache_write_token_count", I(0)),
        ("reasoning_token_count", I(5)),
        ("tool_token_count", S("1256")),
        ("ttft_ms", I(9)),
        ("service_tier", S("default")),
        ("model_reasoning_effort", S("high")),
    ];
    log("codex.sse_event", &own)
        .has(&[
            ("kind", "model_request"),
            ("input_tokens", "1201"),
            ("output_tokens", "55"),
            ("cached_tokens", "100"),
            ("reasoning_tokens", "5"),
        ])
        .keeps(&[
            "event.kind",
            "cache_write_token_count",
            "tool_token_count",
            "ttft_ms",
            "service_tier",
            "model_reasoning_effort",
        ]);
    let own =
        [("event.kind", S("response.failed")), ("duration_ms", S("3")), ("error.message", S("x"))];
    log("codex.sse_event", &own).has(&[
        ("kind", "error"),
        ("error", "x"),
        ("duration_ms", "3"),
        ("outcome", "failed"),
    ]);
}

/// `codex.auth_recovery`: an error where it failed, a session event otherwise.
#[test]
fn auth_recovery() {
    let with = |outcome| {
        log(
            "codex.auth_recovery",
            &[
                ("auth.mode", S("managed")),
                ("auth.step", S("reload")),
                ("auth.outcome", S(outcome)),
                ("auth.request_id", S("r1")),
                ("auth.cf_ray", S("ray")),
                ("auth.error_code", S("token_expired")),
                ("auth.recovery_reason", S("x")),
                ("auth.state_changed", B(true)),
            ],
        )
    };
    with("recovery_failed_permanent")
        .has(&[("kind", "error"), ("outcome", "failed"), ("error", "token_expired")])
        .has(&[("request_id", "r1")])
        .keeps(&[
            "auth.mode",
            "auth.step",
            "auth.outcome",
            "auth.cf_ray",
            "auth.error_code",
            "auth.recovery_reason",
            "auth.state_changed",
            "otlp.derived",
        ]);
    with("recovery_succeeded").has(&[("kind", "session"), ("outcome", "succeeded")]);
    with("recovery_not_run").has(&[("kind", "session"), ("outcome", "")]);
    log("codex.auth_recovery", &[("auth.error", S("e"))]).has(&[("error", "e")]).keeps(&[]);
}
