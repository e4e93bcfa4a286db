//! What Claude Code is known to send, from its documentation and the wire of 2.1.329.
//!
//! Attributes of `OTEL_RESOURCE_ATTRIBUTES` are copied onto every record; they are the
//! launcher's, and not listed.

use crate::agents::catalogue::Known;
use crate::vocabulary::RecordSignal;

/// A log record: its own attributes, those of every record first, those of some after `;`.
macro_rules! log {
    ($name:literal: $($key:literal $types:ident),*; $($some:literal $some_types:ident),*) => {
        Known {
            signal: RecordSignal::Logs,
            name: concat!("claude_code.", $name),
            always: &[
                ("event.name", "s"),
                ("event.sequence", "i"),
                ("event.timestamp", "s"),
                ("session.id", "s"),
                ("user.id", "s"),
                $(($key, stringify!($types))),*
            ],
            sometimes: &[
                ("agent_id", "s"),
                ("anthropic.custom_base_url", "b"),
                ("anthropic.provider", "s"),
                ("app.entrypoint", "s"),
                ("app.version", "s"),
                ("ccr.session.id", "s"),
                ("identity.source", "s"),
                ("organization.id", "s"),
                ("parent_agent_id", "s"),
                ("prompt.id", "s"),
                ("request_id", "s"),
                ("terminal.type", "s"),
                ("user.account_id", "s"),
                ("user.account_uuid", "s"),
                ("user.email", "s"),
                ("user.groups", "s"),
                ("vcs.owner.name", "s"),
                ("vcs.provider.name", "s"),
                ("vcs.repository.name", "s"),
                ("vcs.repository.url.full", "s"),
                ("workflow.name", "s"),
                ("workflow.run_id", "s"),
                ("workspace.host_paths", "a"),
                $(($some, stringify!($some_types))),*
            ],
        }
    };
}

/// A span, in the same way.
macro_rules! span {
    ($name:literal: $($key:literal $types:ident),*; $($some:literal $some_types:ident),*) => {
        Known {
            signal: RecordSignal::Traces,
            name: concat!("claude_code.", $name),
            always: &[
                ("gen_ai.conversation.id", "s"),
                ("gen_ai.provider.name", "s"),
                ("session.id", "s"),
                ("span.type", "s"),
                ("user.id", "s"),
                $(($key, stringify!($types))),*
            ],
            sometimes: &[
                ("agent_id", "s"),
                ("anthropic.custom_base_url", "b"),
                ("anthropic.provider", "s"),
                ("app.entrypoint", "s"),
                ("app.version", "s"),
                ("organization.id", "s"),
                ("parent_agent_id", "s"),
                ("terminal.type", "s"),
                ("user.account_id", "s"),
                ("user.account_uuid", "s"),
                ("user.email", "s"),
                $(($some, stringify!($some_types))),*
            ],
        }
    };
}

const fn span_event(
    name: &'static str,
    always: &'static [(&'static str, &'static str)],
    sometimes: &'static [(&'static str, &'static str)],
) -> Known {
    Known { signal: RecordSignal::SpanEvent, name, always, sometimes }
}

/// Every event, span and span event, with its attributes.
pub(crate) const KNOWN: &[Known] = &[
    log!("user_prompt": "message.uuid" s, "prompt" s, "prompt_length" s, "prompt_text" s;
        "command_name" s, "command_source" s),
    log!("assistant_response": "model" s, "query_source" s, "response" s, "response_length" i;
        "message.uuid" s),
    log!("api_request": "cache_creation_1h_tokens" i, "cache_creation_5m_tokens" i,
        "cache_creation_tokens" i, "cache_read_tokens" i, "cost_usd" d, "cost_usd_micros" i,
        "duration_ms" i, "input_tokens" i, "model" s, "output_tokens" i, "query_source" s,
        "speed" s, "ttft_ms" i;
        "agent.name" s, "client_request_id" s, "effort" s, "marketplace.name" s,
        "mcp_server.name" s, "mcp_tool.name" s, "plugin.name" s, "skill.name" s),
    log!("api_error": "attempt" i, "duration_ms" i, "error" s, "model" s, "query_source" s,
        "speed" s;
        "agent.name" s, "client_request_id" s, "effort" s, "marketplace.name" s,
        "mcp_server.name" s, "mcp_tool.name" s, "plugin.name" s, "skill.name" s,
        "status_code" i),
    log!("api_retries_exhausted": "error" s, "model" s, "speed" s, "total_attempts" i,
        "total_retry_duration_ms" i; "status_code" i),
    log!("api_refusal": "attempt" i, "model" s, "query_source" s, "server_fallback_hop" b,
        "speed" s; "category" s, "effort" s, "has_category" b, "has_explanation" b),
    log!("api_request_body": "body_length" i, "model" s, "query_source" s;
        "body" s, "body_ref" s, "body_truncated" s, "request_body_id" s),
    log!("api_response_body": "body_length" i, "model" s, "query_source" s;
        "body" s, "body_ref" s, "body_truncated" s, "request_body_id" s),
    log!("tool_decision": "decision" s, "permission_mode" s, "source" s, "tool_name" s,
        "tool_source" s, "tool_use_id" s; "tool_parameters" s),
    log!("tool_result": "duration_ms" s, "success" s, "tool_input_size_bytes" s, "tool_name" s,
        "tool_use_id" s;
        "decision_source" s, "decision_type" s, "error" s, "error_type" s,
        "mcp_server_scope" s, "tool_input" s, "tool_parameters" s, "tool_result_size_bytes" s,
        "vcs.ref.head.name" s, "vcs.ref.head.revision" s),
    log!("permission_mode_changed": "from_mode" s, "to_mode" s; "trigger" s),
    log!("auth": "action" s, "auth_method" s, "success" s; "error_category" s, "status_code" s),
    log!("mcp_server_connection": "duration_ms" s, "is_plugin" b, "server_scope" s, "status" s,
        "transport_type" s;
        "error" s, "error_code" s, "plugin.name" s, "plugin_id_hash" s, "server_name" s),
    log!("hook_registered": "hook_event" s, "hook_source" s, "hook_type" s, "safe_mode" s;
        "hook_matcher" s, "plugin.name" s, "plugin_id_hash" s),
    log!("hook_execution_start": "hook_event" s, "hook_name" s, "hook_source" s,
        "managed_only" s, "num_hooks" s, "safe_mode" s; "hook_definitions" s),
    log!("hook_execution_complete": "additional_context_chars" s, "hook_event" s, "hook_name" s,
        "hook_source" s, "initial_user_message_chars" s, "managed_only" s, "num_blocking" s,
        "num_cancelled" s, "num_hooks" s, "num_non_blocking_error" s, "num_outputs_persisted" s,
        "num_success" s, "safe_mode" s, "stdout_chars" s, "system_message_chars" s,
        "total_duration_ms" s; "hook_definitions" s),
    log!("hook_plugin_metrics": "hook_event" s, "plugin_id" s;),
    log!("skill_activated": "invocation_trigger" s, "skill.name" s, "skill.source" s;
        "marketplace.name" s, "plugin.name" s, "skill.kind" s),
    log!("plugin_installed": "install.trigger" s, "marketplace.is_official" s;
        "marketplace.name" s, "plugin.name" s, "plugin.version" s),
    log!("plugin_loaded": "agent_path_count" i, "command_path_count" i, "enabled_via" s,
        "has_hooks" b, "has_mcp" b, "host_owned_mcp" b, "marketplace.name" s, "plugin.name" s,
        "plugin.scope" s, "plugin_id_hash" s, "safe_mode" s, "skill_path_count" i;
        "plugin.version" s),
    log!("at_mention": "mention_type" s, "success" s;),
    log!("compaction": "duration_ms" i, "post_tokens" i, "pre_tokens" i, "success" s,
        "trigger" s; "error" s, "precompute_reuse" s),
    log!("subagent_completed": "agent.source" s, "agent_type" s, "duration_ms" i,
        "final_model" s, "is_async" b, "is_built_in" b, "model" s, "model_swapped" b,
        "total_tokens" i, "total_tool_uses" i; "plugin.name" s),
    log!("internal_error": "error_name" s; "error_code" s),
    log!("feedback_survey": "appearance_id" s, "event_type" s, "survey_type" s;
        "enabled_via_override" b, "response" s),
    log!("retention_sweep": "period_days" s, "result" s, "used_default" s;
        "artifacts_deleted" s, "error_count" s, "files_past_cutoff" s,
        "files_retained_fresh" s, "history_entries_pruned" s, "session_files_deleted" s,
        "skip_reason" s, "transcripts_deleted" s, "transcripts_exempted_desktop" s),
    log!("managed_settings_resolved": "managed_settings.helper.applied" s,
        "managed_settings.helper.state" s, "managed_settings.source_behavior" s,
        "managed_settings.sources" a, "managed_settings.trigger" s; "error.type" s),
    log!("safety_event": ; "category" s, "classifier_category" s, "decision" s,
        "decision_source" s, "permission_mode" s, "reason_type" s, "rule_source" s,
        "sandbox_enabled" sb, "sandbox_violation_count" si, "tool_class" s, "tool_name" s,
        "tool_use_id" s),
    log!("system_prompt": ;),
    log!("tool": ;),
    span!("interaction": "gen_ai.operation.name" s, "interaction.duration_ms" i,
        "interaction.sequence" i, "parent.source" s, "queued_sends" i, "user_prompt" s,
        "user_prompt_length" i;),
    span!("llm_request": "attempt" i, "cache_creation_tokens" i, "cache_read_tokens" i,
        "duration_ms" i, "first_content_ms" i, "gen_ai.request.model" s,
        "gen_ai.response.finish_reasons" a, "gen_ai.system" s, "input_tokens" i,
        "llm_request.context" s, "model" s, "output_tokens" i, "query_source_safe" s,
        "speed" s, "stop_reason" s, "success" b, "ttft_ms" i;
        "client_request_id" s, "effort" s, "error" s, "gen_ai.response.id" s,
        "query_source" s, "request_id" s, "status_code" i),
    span!("tool": "duration_ms" i, "gen_ai.operation.name" s, "gen_ai.tool.call.id" s,
        "gen_ai.tool.name" s, "tool_name" s, "tool_name_safe" s, "tool_use_id" s;
        "anthropic.mcp.server.name" s, "bash_argv0" s, "bash_command_class" s, "file_path" s,
        "full_command" s, "result_tokens" i, "skill_name" s, "subagent_type" s),
    span!("tool.blocked_on_user": "decision" s, "duration_ms" i, "source" s;),
    span!("tool.execution": "duration_ms" i, "gen_ai.tool.call.id" s, "success" b,
        "tool_use_id" s; "error" s, "error.type" s, "error_class" s),
    span!("hook": "hook_event" s, "hook_name" s;
        "duration_ms" i, "hook_definitions" s, "num_blocking" si, "num_cancelled" si,
        "num_hooks" si, "num_non_blocking_error" si, "num_success" si),
    span_event("gen_ai.request.attempt", &[("attempt", "i")], &[]),
    span_event("tool.output", &[], &[("content", "s"), ("file_path", "s"), ("output", "s")]),
];
