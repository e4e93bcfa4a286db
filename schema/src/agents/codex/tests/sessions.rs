//! Conversations, prompts, answers, and what else is no tool call.

use super::models::{AUTH_ENV, AUTH_ENV_KEYS};
use super::{B, I, S, bare_log, log};

/// The common attributes stand in columns; the name comes from the attribute, the junk in the
/// name's own field stays there; time 0 is passed over.
#[test]
fn common_attributes() {
    let row = log("codex.turn_ttft", &[("duration_ms", S("141"))]);
    row.has(&[
        ("agent", "codex"),
        ("agent_version", "0.169.0"),
        ("client", "codex_exec"),
        ("name", "codex.turn_ttft"),
        ("event_name", "event otel/src/events/session_telemetry.rs:1200"),
        ("kind", "session"),
        ("session_id", "01a1f8bb"),
        ("org_id", "acc-1"),
        ("user_email", "a@example.org"),
        ("model", "gpt-5.4"),
        ("time_source", "event_timestamp"),
        ("time_unix_nano", "1795174413221000000"),
        ("duration_ms", "141"),
    ]);
    assert_eq!(row.kept, ["auth_mode", "terminal.type", "slug"]);
}

/// A version that only the resource names is marked as derived.
#[test]
fn version_falls_back_to_the_resource() {
    bare_log(&[("event.name", S("codex.api_request")), ("success", S("true"))])
        .has(&[("agent_version", "0.169.0"), ("time_source", "observed"), ("session_id", "")])
        .keeps(&["success", "otlp.derived"]);
}

/// Codex is known by the event's name under any scope; a record without one is of kind other.
#[test]
fn records_without_a_name() {
    bare_log(&[]).has(&[("agent", "codex"), ("kind", "other"), ("name", "")]);
    log("codex.something_new", &[("answer", I(42))])
        .has(&[("kind", "other"), ("name", "codex.something_new"), ("session_id", "01a1f8bb")])
        .keeps(&["answer"]);
}

/// `codex.conversation_starts`: the posture stands in columns, the rest is kept.
#[test]
fn conversation_starts() {
    let own = [
        &[("provider_name", S("openai"))],
        AUTH_ENV,
        &[
            ("reasoning_effort", S("high")),
            ("reasoning_summary", S("auto")),
            ("context_window", I(272_000)),
            ("auto_compact_token_limit", I(200_000)),
            ("approval_policy", S("on-request")),
            ("sandbox_policy", S("workspace-write")),
            ("mcp_servers", S("tickets, wiki")),
            ("config.legacy_multi_agent_disabled_sources", S("none")),
        ],
    ]
    .concat();
    let kept = [
        AUTH_ENV_KEYS,
        &[
            "reasoning_effort",
            "reasoning_summary",
            "context_window",
            "auto_compact_token_limit",
            "mcp_servers",
            "config.legacy_multi_agent_disabled_sources",
        ],
    ]
    .concat();
    log("codex.conversation_starts", &own)
        .has(&[
            ("kind", "session"),
            ("provider", "openai"),
            ("approval_policy", "on-request"),
            ("sandbox_policy", "workspace-write"),
        ])
        .keeps(&kept);
}

/// `codex.user_prompt`: what was sent is the prompt, redacted or not; only what Codex itself
/// writes, the reviewer's transcript and the order for a title, says who wrote it.
#[test]
fn user_prompt() {
    let prompt =
        |text| log("codex.user_prompt", &[("prompt_length", S("13")), ("prompt", S(text))]);
    prompt("[REDACTED]")
        .has(&[("kind", "prompt"), ("prompt", "[REDACTED]"), ("prompt_origin", "")])
        .keeps(&["prompt_length"]);
    prompt("The following is the Codex agent history added since your last approval assessment.")
        .has(&[("kind", "prompt"), ("prompt_origin", "reviewer")]);
    prompt("Generate a concise, single-line task title of at most 36 characters")
        .has(&[("prompt_origin", "system")]);
    prompt("Please generate a concise, single-line task title").has(&[("prompt_origin", "")]);
    log("codex.user_prompt", &[]).has(&[("kind", "prompt"), ("prompt_origin", "")]);
}

/// `codex.agent_response`: the answer, and the conversation it serves.
#[test]
fn agent_response() {
    let own = [
        ("agent.type", S("subagent")),
        ("turn.id", S("t1")),
        ("item.id", S("m1")),
        ("parent.conversation.id", S("p1")),
        ("parent.turn.id", S("pt1")),
        ("root.turn.id", S("rt1")),
        ("initiating.agent.path", S("/root")),
        ("response", S("done")),
        ("response_length", I(4)),
        ("response_truncated", B(false)),
    ];
    log("codex.agent_response", &own)
        .has(&[
            ("kind", "response"),
            ("turn_id", "t1"),
            ("call_id", ""),
            ("parent_session_id", "p1"),
            ("response", "done"),
            ("content_truncated", "false"),
        ])
        .keeps(&[
            "agent.type",
            "item.id",
            "parent.turn.id",
            "root.turn.id",
            "initiating.agent.path",
            "response_length",
        ]);
}

/// `codex.skill_invocation`: a session event with a turn and a user.
#[test]
fn skill_invocation() {
    let own = [
        ("turn.id", S("t1")),
        ("user.id", S("u1")),
        ("skill.name", S("review")),
        ("skill.scope", S("repo")),
        ("skill.plugin_id", S("p")),
        ("skill.invocation_type", S("explicit")),
    ];
    log("codex.skill_invocation", &own)
        .has(&[("kind", "session"), ("turn_id", "t1"), ("user_id", "u1")])
        .keeps(&["skill.name", "skill.scope", "skill.plugin_id", "skill.invocation_type"]);
}

/// The events about a turn, a start, a plug-in and agents among themselves.
#[test]
fn session_events() {
    let own = [
        ("turn.id", S("t1")),
        ("usage.estimated_usd", S("0.0125")),
        ("turn.interrupted", B(false)),
        ("speed", S("fast")),
        ("reasoning_effort", S("low")),
    ];
    log("codex.turn_cost", &own)
        .has(&[("kind", "session"), ("turn_id", "t1"), ("cost_usd", "0.0125")])
        .keeps(&["usage.estimated_usd", "turn.interrupted", "speed", "reasoning_effort"]);
    let own =
        [("startup.phase", S("total")), ("startup.status", S("ready")), ("duration_ms", S("128"))];
    log("codex.startup_phase", &own)
        .has(&[("kind", "session"), ("duration_ms", "128")])
        .keeps(&["startup.phase", "startup.status"]);
    let own = [
        ("plugin_install.tool_type", S("t")),
        ("plugin_install.tool_id", S("i")),
        ("plugin_install.tool_name", S("n")),
        ("plugin_install.response_action", S("accept")),
        ("plugin_install.user_confirmed", B(true)),
        ("plugin_install.completed", B(true)),
    ];
    let kept = own.map(|(key, _)| key);
    for name in ["codex.plugin_install_elicitation_sent", "codex.plugin_install_suggestion"] {
        log(name, &own).has(&[("kind", "session")]).keeps(&kept);
    }
    let own = [
        ("event.name", S("codex.agent_communication")),
        ("communication_id", S("c1")),
        ("kind", S("spawn")),
        ("state", S("send")),
        ("sender_thread_id", S("parent")),
        ("receiver_thread_id", S("child")),
        ("content", S("[plaintext]")),
    ];
    bare_log(&own)
        .has(&[("kind", "session"), ("session_id", "parent"), ("time_source", "observed")])
        .keeps(&[
            "communication_id",
            "kind",
            "state",
            "receiver_thread_id",
            "content",
            "otlp.derived",
        ]);
}

/// Failures without a conversation are errors.
#[test]
fn failures() {
    for name in ["codex.openai_file_blob_upload_failed", "codex.http_client.custom_ca_fallback"] {
        bare_log(&[("event.name", S(name)), ("error.message", S("no"))])
            .has(&[("kind", "error"), ("error", "no"), ("session_id", "")])
            .keeps(&["otlp.derived"]);
    }
}

/// A time in another spelling counts, and stays as it was spelled.
#[test]
fn other_spellings_of_time_stay() {
    let own = [("event.name", S("codex.x")), ("event.timestamp", S("2026-11-20T12:33:33+01:00"))];
    bare_log(&own)
        .has(&[("time_source", "event_timestamp"), ("time_unix_nano", "1795174413000000000")])
        .keeps(&["event.timestamp", "otlp.derived"]);
}
