//! What Codex is known to send: 0.169, and what its sources and documents name beside.
//!
//! A line is a name, what every record has, and after the semicolon what some have; the letters
//! of the types are those of [`Known`]. What all records of a signal have stands in its macro.
//! Bookkeeping spans are listed by name alone.
//!
//! Source: `codex-rs/otel`, `codex-rs/network-proxy` and the wire of 0.169.

mod spans;

use crate::agents::catalogue::Known;
use crate::agents::codex::noise;
use crate::vocabulary::RecordSignal;

/// Everything that is listed.
pub(crate) const KNOWN: &[Known] = &join();

const LISTS: [&[Known]; 3] = [LOGS, spans::SPANS, spans::EVENTS];
const LISTED: usize = LOGS.len() + spans::SPANS.len() + spans::EVENTS.len();

/// The lists put together, and the names of noise.
#[expect(clippy::indexing_slicing, reason = "at compile time an index out of range is an error")]
const fn join() -> [Known; LISTED + noise::SPANS.len()] {
    let nothing = Known { signal: RecordSignal::Traces, name: "", always: &[], sometimes: &[] };
    let mut all = [nothing; LISTED + noise::SPANS.len()];
    let (mut list, mut filled) = (0, 0);
    while list < LISTS.len() {
        let mut index = 0;
        while index < LISTS[list].len() {
            all[filled] = LISTS[list][index];
            (index, filled) = (index + 1, filled + 1);
        }
        list += 1;
    }
    let mut index = 0;
    while index < noise::SPANS.len() {
        all[filled].name = noise::SPANS[index];
        (index, filled) = (index + 1, filled + 1);
    }
    all
}

/// A log record with the common attributes.
macro_rules! log {
    ($name:literal $(: $($key:literal $types:ident),* $(; $($some:literal $some_types:ident),*)?)?)
    => {
        Known {
            signal: RecordSignal::Logs,
            name: $name,
            always: &[
                ("app.version", "s"),
                ("conversation.id", "s"),
                ("event.name", "s"),
                ("event.timestamp", "s"),
                ("model", "s"),
                ("originator", "s"),
                ("slug", "s"),
                ("terminal.type", "s"),
                $($(($key, stringify!($types))),*)?
            ],
            sometimes: &[
                ("auth_mode", "s"),
                ("user.account_id", "s"),
                ("user.email", "s"),
                $($($(($some, stringify!($some_types))),*)?)?
            ],
        }
    };
}

/// A log record that has not all of them.
macro_rules! bare {
    ($name:literal: $($key:literal $types:ident),*; $($some:literal $some_types:ident),*) => {
        Known {
            signal: RecordSignal::Logs,
            name: $name,
            always: &[$(($key, stringify!($types))),*],
            sometimes: &[$(($some, stringify!($some_types))),*],
        }
    };
}

/// A record without a name has no attributes. A request for the list of models has neither a
/// conversation nor a time, a proxy that stands alone has no conversation.
const LOGS: &[Known] = &[
    bare!("": ; "event.name" s),
    bare!("codex.api_request": "duration_ms" s, "event.name" s; "app.version" s, "attempt" i,
        "auth.agent_id" s, "auth.cf_ray" s, "auth.env_codex_api_key_enabled" b,
        "auth.env_codex_api_key_present" b, "auth.env_openai_api_key_present" b,
        "auth.env_provider_key_name" s, "auth.env_provider_key_present" b,
        "auth.env_refresh_token_url_override_present" b, "auth.error" s, "auth.error_code" s,
        "auth.header_attached" b, "auth.header_name" s, "auth.mode" s, "auth.recovery_mode" s,
        "auth.recovery_phase" s, "auth.request_id" s, "auth.retry_after_unauthorized" b,
        "auth.task_id" s, "auth_mode" s, "conversation.id" s, "endpoint" s, "error.message" s,
        "event.timestamp" s, "http.response.status_code" i, "model" s, "originator" s, "slug" s,
        "success" s, "terminal.type" s, "user.account_id" s, "user.email" s),
    bare!("codex.network_proxy.policy_decision": "client.address" s, "event.name" s,
        "event.timestamp" s, "http.request.method" s, "network.policy.decision" s,
        "network.policy.override" b, "network.policy.reason" s, "network.policy.scope" s,
        "network.policy.source" s, "network.transport.protocol" s, "server.address" s,
        "server.port" i; "app.version" s, "auth_mode" s, "conversation.id" s, "execution.id" s,
        "model" s, "originator" s, "slug" s, "terminal.type" s, "user.account_id" s,
        "user.email" s),
    bare!("codex.skill_invocation": "app.version" s, "conversation.id" s, "event.name" s,
        "event.timestamp" s, "model" s, "originator" s, "skill.invocation_type" s,
        "skill.name" s, "turn.id" s; "auth_mode" s, "skill.plugin_id" s, "skill.scope" s,
        "user.account_id" s, "user.id" s),
    bare!("codex.agent_communication": "communication_id" s, "event.name" s, "state" s;
        "app.version" s, "content" s, "kind" s, "receiver_thread_id" s, "sender_thread_id" s),
    bare!("codex.openai_file_blob_upload_failed": "event.name" s; "error.message" s,
        "event.timestamp" s),
    bare!("codex.http_client.custom_ca_fallback": "event.name" s; "error.message" s,
        "event.timestamp" s),
    log!("codex.conversation_starts": "approval_policy" s, "auth.env_codex_api_key_enabled" b,
        "auth.env_codex_api_key_present" b, "auth.env_openai_api_key_present" b,
        "auth.env_refresh_token_url_override_present" b, "mcp_servers" s, "provider_name" s,
        "reasoning_summary" s, "sandbox_policy" s; "auth.env_provider_key_name" s,
        "auth.env_provider_key_present" b, "auto_compact_token_limit" i,
        "config.legacy_multi_agent_disabled_sources" s, "context_window" i, "reasoning_effort" s),
    log!("codex.user_prompt": "prompt" s, "prompt_length" s),
    log!("codex.tool_decision": "call_id" s, "decision" s, "tool_name" s, "tool_namespace" s;
        "source" s),
    log!("codex.tool_result": "agent_name" s, "arguments" s, "call_id" s, "duration_ms" s,
        "mcp_server" s, "mcp_server_origin" s, "output" s, "output_truncated" b, "success" s,
        "tool_name" s, "tool_namespace" s, "tool_result_seq" i),
    log!("codex.sandbox_outcome": "call_id" s, "initial_duration_ms" i, "outcome" s,
        "tool_name" s; "escalated_duration_ms" i),
    log!("codex.guardian_assessment": "completed_at_ms" i, "item.id" s, "rationale_length" i,
        "rationale_truncated" b, "review.id" s, "started_at_ms" i, "status" s, "turn.id" s;
        "outcome" s, "rationale" s, "risk_level" s, "user_authorization" s),
    log!("codex.agent_response": "agent.type" s, "item.id" s, "response" s, "response_length" i,
        "response_truncated" b, "turn.id" s; "initiating.agent.path" s,
        "parent.conversation.id" s, "parent.turn.id" s, "root.turn.id" s),
    log!("codex.websocket_connect": "duration_ms" s, "success" s; "auth.agent_id" s,
        "auth.cf_ray" s, "auth.connection_reused" b, "auth.env_codex_api_key_enabled" b,
        "auth.env_codex_api_key_present" b, "auth.env_openai_api_key_present" b,
        "auth.env_provider_key_name" s, "auth.env_provider_key_present" b,
        "auth.env_refresh_token_url_override_present" b, "auth.error" s, "auth.error_code" s,
        "auth.header_attached" b, "auth.header_name" s, "auth.reauth" sb, "auth.recovery_mode" s,
        "auth.recovery_phase" s, "auth.request_id" s, "auth.retry_after_unauthorized" b,
        "auth.task_id" s, "endpoint" s, "error.message" s, "http.response.status_code" i),
    log!("codex.websocket_request": "duration_ms" s, "success" s; "auth.agent_id" s,
        "auth.connection_reused" b, "auth.env_codex_api_key_enabled" b,
        "auth.env_codex_api_key_present" b, "auth.env_openai_api_key_present" b,
        "auth.env_provider_key_name" s, "auth.env_provider_key_present" b,
        "auth.env_refresh_token_url_override_present" b, "auth.task_id" s, "error.message" s),
    log!("codex.sse_event": "event.kind" s; "cache_write_token_count" i, "cached_token_count" i,
        "duration_ms" s, "error.message" s, "input_token_count" s, "model_reasoning_effort" s,
        "output_token_count" s, "reasoning_token_count" i, "service_tier" s,
        "tool_token_count" s, "ttft_ms" i),
    log!("codex.auth_recovery": "auth.mode" s, "auth.outcome" s, "auth.step" s; "auth.cf_ray" s,
        "auth.error" s, "auth.error_code" s, "auth.recovery_reason" s, "auth.request_id" s,
        "auth.state_changed" b),
    log!("codex.turn_ttft": "duration_ms" s),
    log!("codex.turn_cost": "turn.id" s, "turn.interrupted" b, "usage.estimated_usd" s;
        "reasoning_effort" s, "speed" s),
    log!("codex.startup_phase": "duration_ms" s, "startup.phase" s; "startup.status" s),
    log!("codex.plugin_install_elicitation_sent": ; "plugin_install.completed" b,
        "plugin_install.response_action" s, "plugin_install.tool_id" s,
        "plugin_install.tool_name" s, "plugin_install.tool_type" s,
        "plugin_install.user_confirmed" b),
    log!("codex.plugin_install_suggestion": ; "plugin_install.completed" b,
        "plugin_install.response_action" s, "plugin_install.tool_id" s,
        "plugin_install.tool_name" s, "plugin_install.tool_type" s,
        "plugin_install.user_confirmed" b),
];
