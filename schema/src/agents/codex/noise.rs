//! What of Codex is noise: stream events without usage, the metrics client's own lines, and spans
//! that keep books.
//!
//! A record is noise only if nothing in it is known better with it than without. A stream event
//! with an attribute that is not listed is kept, because usage may stand in it. A span is not
//! looked at so closely, because administrators can add attributes to all spans of Codex; but one
//! that names a call, a tool or an error is kept whatever it is called. None of the listed spans
//! is the parent of a span that is not listed, and none has events, in 0.169.
//!
//! Kept, though nobody misses them: `codex.startup_phase` and the spans of requests to the app
//! server, because they are few; spans of hooks that run nothing (`run_turn_stop_hooks`, …),
//! because `codex.hooks.command` stands under them when there is one; spans under which Codex may
//! call a model or another machine (`auth`, `list_models`, `run_pre_sampling_compact`,
//! `mcp.runtime.refresh_if_dirty`).

use crate::event::EventColumns;
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{IgnoreRule, StatusCode};

/// What the metrics client of Codex logs about itself, and the scope it does so under.
const METRICS_LINES: &[(&str, &str)] = &[
    ("codex_otel::metrics::client", "flushing OTEL metrics"),
    (
        "codex_otel::events::session_telemetry",
        "runtime metrics reset skipped: runtime metrics snapshot reader is not enabled",
    ),
];

/// The attributes of a stream event that says only that the stream goes on.
const STREAM_KEYS: &[&str] = &[
    "app.version",
    "auth_mode",
    "conversation.id",
    "duration_ms",
    "event.kind",
    "event.name",
    "event.timestamp",
    "model",
    "originator",
    "slug",
    "success",
    "terminal.type",
    "user.account_id",
    "user.email",
];

/// The kinds of stream events that end a response badly.
const STREAM_ENDINGS: &[&str] = &["response.cancelled", "response.failed", "response.incomplete"];

/// Spans that keep books, sorted.
pub(super) const SPANS: &[&str] = &[
    "add_collaboration_tools",
    "add_core_tool_sources",
    "add_core_utility_tools",
    "add_mcp_resource_tools",
    "add_shell_tools",
    "agents_md.discover",
    "agents_md.load",
    "agents_md.refresh",
    "app_server.thread_start.attach_listener",
    "app_server.thread_start.config_snapshot",
    "app_server.thread_start.create_thread",
    "app_server.thread_start.notify_started",
    "app_server.thread_start.resolve_status",
    "app_server.thread_start.send_response",
    "app_server.thread_start.upsert_thread",
    "append_dynamic_tool_runtimes",
    "append_items",
    "append_mcp_tools",
    "build_model_visible_specs",
    "build_prompt",
    "build_skill_outcome",
    "build_tool_call",
    "build_tool_router",
    "built_tools.load_discoverable_tools",
    "capability_roots.resolve",
    "capability_roots.snapshot_for_step",
    "collect_explicit_skill_mentions",
    "encode_headers",
    "environments.snapshot",
    "environments.wait_until_ready",
    "exec_server.environment.wait_until_ready",
    "extension_tool_executors",
    "finalize_tool_router",
    "flush_assistant_text_segments_all",
    "fs.get_metadata",
    "fs.read_file",
    "get_model_info",
    "hosted_model_tool_specs",
    "instructions.load",
    "load_plugins_from_layer_stack",
    "mcp.runtime.apps_catalog_wait",
    "mcp.runtime.refresh_wait",
    "merge_connector_selection",
    "merge_into_namespaces",
    "parse_headers",
    "persist_rollout_items",
    "plugins_for_config",
    "realtime_conversation.running_state",
    "receiving",
    "recommended_plugin_candidates_for_config",
    "recommended_plugins_mode_for_config",
    "record_conversation_items",
    "render_available_skills",
    "run_turn.collect_post_sampling_state",
    "run_turn.prepare_sampling_request_input",
    "send_raw_response_items",
    "session.flush_rollout",
    "session_init.plugin_skill_warmup",
    "session_init.state_db",
    "session_init.thread_name_lookup",
    "set_previous_turn_settings",
    "skills.executor.refresh_executor_catalog",
    "skills.shadow_selection.rank",
    "skills_for_config",
    "tool_dispatch.exclusive_lock",
    "tool_dispatch.parallel_lock",
    "track_turn_resolved_config_analytics",
    "turn_context.make",
    "turn_diff_display_roots",
];

/// The rule by which a log record is noise.
pub(super) fn log(
    name: &str,
    sent: &SentAttributes<'_>,
    columns: &EventColumns<'_>,
) -> Option<IgnoreRule> {
    match name {
        "codex.sse_event" | "codex.websocket_event" => {
            is_stream_noise(sent).then_some(IgnoreRule::CodexStreamEvent)
        }
        "" => is_metrics_line(sent, columns).then_some(IgnoreRule::CodexMetricsLine),
        _ => None,
    }
}

fn is_stream_noise(sent: &SentAttributes<'_>) -> bool {
    let kind = sent.text("event.kind").unwrap_or_default();
    kind.starts_with("response.")
        && !STREAM_ENDINGS.contains(&kind)
        && sent.bool("success") != Some(false)
        && sent.iter().all(|one| STREAM_KEYS.contains(&one.key.as_ref()))
}

/// A line without a body is known by its scope alone: OTLP/JSON from Codex leaves the body out.
fn is_metrics_line(sent: &SentAttributes<'_>, columns: &EventColumns<'_>) -> bool {
    let scope = columns.scope_name.as_deref().unwrap_or_default();
    let body = columns.body.as_deref();
    let listed = |(from, line): &(&str, &str)| *from == scope && body.is_none_or(|b| b == *line);
    sent.iter().next().is_none() && METRICS_LINES.iter().any(listed)
}

/// The rule by which a span is noise.
pub(super) fn span(name: &str, columns: &EventColumns<'_>) -> Option<IgnoreRule> {
    let says_more = columns.call_id.is_some()
        || columns.tool.is_some()
        || columns.error.is_some()
        || columns.input_tokens.is_some()
        || columns.status_code == Some(StatusCode::Error);
    let listed = !says_more && SPANS.binary_search(&name).is_ok();
    listed.then_some(IgnoreRule::CodexBookkeepingSpan)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name is found only if the list is sorted.
    #[test]
    fn spans_are_sorted() {
        assert!(SPANS.is_sorted());
    }
}
