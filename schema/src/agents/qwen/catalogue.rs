//! What Qwen Code 0.24 is known to send.
//!
//! Source: `packages/core/src/telemetry` (`constants.ts`, `types.ts`, `loggers.ts`,
//! `session-tracing.ts`) of 168b4d18, and the wire of 0.24.4.

use crate::agents::catalogue::Known;
use crate::vocabulary::RecordSignal;

/// A log record, with the attributes that all share.
macro_rules! log {
    ($name:literal [$($key:literal $types:literal),*] [$($more:literal $other:literal),*]) => {
        Known {
            signal: RecordSignal::Logs,
            name: $name,
            always: &[
                ("event.name", "s"),
                ("event.timestamp", "s"),
                ("session.id", "s"),
                $(($key, $types)),*
            ],
            sometimes: &[$(($more, $other)),*],
        }
    };
}

/// The one log record that names no session.
macro_rules! guard {
    ($name:literal [$($key:literal $types:literal),*] [$($more:literal $other:literal),*]) => {
        Known {
            signal: RecordSignal::Logs,
            name: $name,
            always: &[$(($key, $types)),*],
            sometimes: &[$(($more, $other)),*],
        }
    };
}

/// A span, with the attribute that all share.
macro_rules! span {
    ($name:literal [$($key:literal $types:literal),*] [$($more:literal $other:literal),*]) => {
        Known {
            signal: RecordSignal::Traces,
            name: $name,
            always: &[("session.id", "s"), $(($key, $types)),*],
            sometimes: &[$(($more, $other)),*],
        }
    };
}

/// An event of a span.
macro_rules! event {
    ($name:literal [$($key:literal $types:literal),*] [$($more:literal $other:literal),*]) => {
        Known {
            signal: RecordSignal::SpanEvent,
            name: $name,
            always: &[$(($key, $types)),*],
            sometimes: &[$(($more, $other)),*],
        }
    };
}

/// A name that is noise: its attributes do not matter.
macro_rules! name {
    ($signal:ident $name:literal) => {
        Known { signal: RecordSignal::$signal, name: $name, always: &[], sometimes: &[] }
    };
}

/// Every name and its attributes.
pub(crate) const KNOWN: &[Known] = &[
    log!("loop_detected" ["loop_type" "s", "prompt_id" "s"] []),
    log!(
        "qwen-code.api_cancel"
        ["model" "s", "model_name" "s", "prompt_id" "s"]
        ["auth_type" "sn", "loop_wakeups_cancelled" "in"]
    ),
    log!("qwen-code.api_error" [
        "duration" "i", "duration_ms" "i", "error.message" "s", "error_message" "s", "model" "s",
        "model_name" "s", "prompt_id" "s"
    ] [
        "auth_type" "sn", "error.type" "s", "error_type" "sn", "http.status_code" "i",
        "response_id" "sn", "status_code" "sin", "subagent_name" "sn"
    ]),
    log!(
        "qwen-code.api_request"
        ["model" "s", "prompt_id" "s"]
        ["request_text" "sn", "subagent_name" "sn"]
    ),
    log!("qwen-code.api_response" [
        "cached_content_token_count" "i", "duration_ms" "i", "input_token_count" "i",
        "model" "s", "output_token_count" "i", "prompt_id" "s", "response_id" "s",
        "thoughts_token_count" "i", "total_token_count" "i"
    ] [
        "auth_type" "sn", "http.status_code" "i", "response_text" "sn", "status_code" "si",
        "subagent_name" "sn", "ttft_ms" "i"
    ]),
    log!("qwen-code.api_retry" [
        "attempt_number" "i", "duration_ms" "i", "error_message" "s", "model" "s",
        "retry_delay_ms" "i"
    ] ["error_type" "sn", "prompt_id" "sn", "status_code" "sin", "subagent_name" "sn"]),
    log!("qwen-code.arena_agent_completed" [
        "agent_model_id" "s", "agent_session_id" "s", "arena_session_id" "s", "duration_ms" "i",
        "failed_tool_calls" "i", "input_tokens" "i", "output_tokens" "i", "rounds" "i",
        "status" "s", "successful_tool_calls" "i", "tool_calls" "i", "total_tokens" "i"
    ] []),
    log!("qwen-code.arena_session_ended" [
        "agent_count" "i", "arena_session_id" "s", "cancelled_agents" "i",
        "completed_agents" "i", "duration_ms" "i", "failed_agents" "i", "status" "s"
    ] ["display_backend" "sn", "winner_model_id" "sn"]),
    log!(
        "qwen-code.arena_session_started"
        ["arena_session_id" "s", "model_ids" "sa", "task_length" "i"]
        []
    ),
    log!(
        "qwen-code.auth"
        ["action_type" "s", "auth_type" "s", "status" "s"]
        ["error.message" "s", "error_message" "sn"]
    ),
    log!(
        "qwen-code.chat.content_retry"
        ["attempt_number" "i", "error_type" "s", "model" "s", "retry_delay_ms" "i"]
        []
    ),
    log!(
        "qwen-code.chat.content_retry_failure"
        ["final_error_type" "s", "model" "s", "total_attempts" "i"]
        ["total_duration_ms" "in"]
    ),
    log!("qwen-code.chat.invalid_chunk" [] ["error.message" "s"]),
    log!(
        "qwen-code.chat.protocol_tag_sanitized"
        ["model" "s", "tag_name" "s", "tool_call_count" "i"]
        ["prompt_id" "sn", "response_id" "sn"]
    ),
    log!(
        "qwen-code.chat_compression"
        ["tokens_after" "i", "tokens_before" "i"]
        ["compression_input_token_count" "i", "compression_output_token_count" "i"]
    ),
    log!("qwen-code.config" [
        "approval_mode" "s", "core_tools_enabled" "s", "debug_mode" "b",
        "file_filtering_respect_git_ignore" "b", "ide_enabled" "b",
        "interactive_shell_enabled" "b", "mcp_servers" "s", "mcp_servers_count" "i", "model" "s",
        "output_format" "s", "sandbox_enabled" "b", "truncate_tool_output_lines" "i",
        "truncate_tool_output_threshold" "i"
    ] [
        "hooks" "sn", "mcp_tools" "sn", "mcp_tools_count" "in", "skills" "sn", "subagents" "sn"
    ]),
    log!(
        "qwen-code.conversation_finished"
        ["approvalMode" "s", "turnCount" "i"]
        ["event_name" "s"]
    ),
    log!("qwen-code.extension_disable" ["extension_name" "s", "setting_scope" "s"] []),
    log!("qwen-code.extension_enable" ["extension_name" "s", "setting_scope" "s"] []),
    log!("qwen-code.extension_install" [
        "extension_name" "s", "extension_source" "s", "extension_version" "s", "status" "s"
    ] []),
    log!("qwen-code.extension_uninstall" ["extension_name" "s", "status" "s"] []),
    log!("qwen-code.extension_update" [
        "extension_id" "s", "extension_name" "s", "extension_previous_version" "s",
        "extension_source" "s", "extension_version" "s", "status" "s"
    ] []),
    log!(
        "qwen-code.file_operation"
        ["operation" "s", "tool_name" "s"]
        ["extension" "s", "lines" "i", "mimetype" "s", "programming_language" "s"]
    ),
    log!("qwen-code.flash_fallback" ["auth_type" "s"] []),
    log!("qwen-code.ide_connection" ["connection_type" "s"] []),
    log!("qwen-code.malformed_json_response" ["model" "s"] []),
    log!("qwen-code.memory.dream" [
        "deduped_entries" "i", "duration_ms" "i", "status" "s", "touched_topics" "s",
        "touched_topics_count" "i", "trigger" "s"
    ] []),
    log!("qwen-code.memory.extract" [
        "duration_ms" "i", "patches_count" "i", "status" "s", "touched_topics" "s",
        "trigger" "s"
    ] ["skipped_reason" "sn"]),
    log!("qwen-code.memory.migration" [] []),
    log!("qwen-code.memory.recall" [
        "docs_scanned" "i", "docs_selected" "i", "duration_ms" "i", "query_length" "i",
        "strategy" "s"
    ] []),
    log!("qwen-code.memory.recall.delivery" [
        "delivery_point" "s", "docs_selected" "i", "latency_ms" "i", "phase" "s", "strategy" "s"
    ] ["discard_reason" "sn"]),
    log!("qwen-code.memory.recall_mode_transition" [] []),
    log!("qwen-code.memory.search" [] []),
    log!("qwen-code.memory.usage" [] []),
    log!("qwen-code.next_speaker_check" ["finish_reason" "s", "prompt_id" "s", "result" "s"] []),
    log!("qwen-code.performance.baseline" [] []),
    log!("qwen-code.performance.regression" [] []),
    log!("qwen-code.prompt_suggestion" ["outcome" "s"] [
        "accept_method" "sn", "accept_source" "sn", "prompt_id" "s", "reason" "sn",
        "similarity" "idn", "suggestion_length" "in", "time_to_accept_ms" "in",
        "time_to_first_keystroke_ms" "in", "time_to_ignore_ms" "in",
        "was_focused_when_shown" "bn"
    ]),
    guard!("qwen-code.repeated_tool_failure_guard" ["decision" "s", "event.name" "s"] [
        "batch_count_bucket" "s", "event.timestamp" "s", "execution_status" "s",
        "failure_count_bucket" "s", "mode" "s", "phase_after" "s", "phase_before" "s",
        "reset_reason" "s", "route" "s", "session.id" "s", "terminal_status" "s",
        "tool_type" "s"
    ]),
    log!(
        "qwen-code.ripgrep_fallback"
        ["use_builtin_ripgrep" "b", "use_ripgrep" "b"]
        ["error" "sn"]
    ),
    log!("qwen-code.ripgrep_runtime_recovery" [] ["failure_kind" "s"]),
    log!("qwen-code.skill_launch" ["prompt_id" "s", "skill_name" "s", "success" "b"] []),
    log!("qwen-code.slash_command" ["command" "s"] ["status" "sn", "subcommand" "sn"]),
    log!("qwen-code.slash_command.model" ["model_name" "s"] []),
    log!("qwen-code.speculation" [
        "duration_ms" "i", "files_written" "i", "had_pipelined_suggestion" "b", "outcome" "s",
        "tool_use_count" "i", "turns_used" "i"
    ] ["boundary_type" "sn"]),
    log!("qwen-code.startup.performance" [] []),
    log!("qwen-code.subagent_execution" ["status" "s", "subagent_name" "s"] [
        "execution_summary" "sn", "loop_type" "sn", "result" "sn", "terminate_reason" "sn"
    ]),
    log!("qwen-code.tool_call" [
        "call_id" "s", "decision" "sn", "duration_ms" "i", "execution_status" "s",
        "function_args" "s", "function_name" "s", "prompt_id" "s", "status" "s", "success" "b",
        "tool_type" "s"
    ] [
        "content_length" "in", "error" "s", "error.message" "s", "error.type" "s",
        "error_type" "s", "mcp_server_name" "sn", "metadata" "san", "parent_call_id" "sn",
        "response_id" "sn", "source" "sn"
    ]),
    log!("qwen-code.tool_output_truncated" [
        "eventName" "s", "lines" "i", "original_content_length" "i", "prompt_id" "s",
        "threshold" "i", "tool_name" "s", "truncated_content_length" "i"
    ] []),
    log!(
        "qwen-code.user_feedback"
        ["approval_mode" "s", "model" "s", "rating" "i", "session_id" "s"]
        ["prompt_id" "sn"]
    ),
    log!(
        "qwen-code.user_prompt"
        ["prompt_id" "s", "prompt_length" "i"]
        ["auth_type" "s", "model" "s", "prompt" "s"]
    ),
    log!("qwen-code.user_retry" ["prompt_id" "s"] []),
    log!("qwen-code.workflow_keyword" [] []),
    log!("qwen-code.workflow_run" [
        "agents_completed" "i", "agents_dispatched" "i", "duration_ms" "i", "phase_count" "i",
        "status" "s", "tokens_spent" "i"
    ] []),
    log!("qwen-code.workflow_size_warning" [] []),
    log!("session.end" [] []),
    log!("session.start" [] ["session.previous_id" "s"]),
    name!(Traces "POST"),
    span!("qwen-code.hook" ["duration_ms" "i", "hook_event" "s", "tool.name" "s"] [
        "block_type" "s", "error" "s", "error.type" "s", "has_additional_context" "b",
        "is_interrupt" "b", "should_proceed" "b", "should_stop" "b", "success" "b",
        "tool.use_id" "s"
    ]),
    span!("qwen-code.interaction" [
        "interaction.duration_ms" "i", "interaction.sequence" "i", "qwen-code.approval_mode" "s",
        "qwen-code.message_type" "s", "qwen-code.model" "s", "qwen-code.prompt_id" "s",
        "qwen-code.turn_status" "s"
    ] [
        "gen_ai.agent.name" "s", "gen_ai.conversation.id" "s", "gen_ai.input.messages" "s",
        "gen_ai.operation.name" "s", "gen_ai.output.messages" "s", "new_context" "s"
    ]),
    span!("qwen-code.llm_request" [
        "attempt" "i", "duration_ms" "i", "gen_ai.conversation.id" "s",
        "gen_ai.operation.name" "s", "gen_ai.provider.name" "s", "gen_ai.request.max_tokens" "i",
        "gen_ai.request.model" "s", "gen_ai.request.stream" "b", "gen_ai.response.model" "s",
        "llm_request.context" "s", "qwen-code.context.usage" "s", "qwen-code.prompt_id" "s",
        "request_setup_ms" "i", "retry_total_delay_ms" "i"
    ] [
        "cached_input_tokens" "i", "error" "s", "error.type" "s", "finish_reason" "s",
        "gen_ai.input.messages" "s", "gen_ai.output.messages" "s",
        "gen_ai.response.finish_reasons" "a", "gen_ai.response.id" "s",
        "gen_ai.response.time_to_first_chunk" "d", "gen_ai.tool.definitions" "s",
        "gen_ai.usage.cache_read.input_tokens" "i", "gen_ai.usage.input_tokens" "i",
        "gen_ai.usage.output_tokens" "i", "output_tokens_per_second" "id", "sampling_ms" "i",
        "subagent_name" "s", "success" "b", "thoughts_token_count" "i", "ttft_ms" "i"
    ]),
    span!("qwen-code.subagent" [
        "gen_ai.agent.name" "s", "gen_ai.conversation.id" "s", "gen_ai.operation.name" "s",
        "qwen-code.subagent.depth" "i", "qwen-code.subagent.id" "s",
        "qwen-code.subagent.invocation_kind" "s", "qwen-code.subagent.is_built_in" "b",
        "qwen-code.subagent.name" "s"
    ] [
        "duration_ms" "i", "error.type" "s", "exception.message" "s",
        "gen_ai.agent.description" "s", "gen_ai.agent.id" "s", "gen_ai.provider.name" "s",
        "gen_ai.request.model" "s", "qwen-code.subagent.duration_ms" "i",
        "qwen-code.subagent.invoking_request_id" "s", "qwen-code.subagent.parent_agent_id" "s",
        "qwen-code.subagent.result_summary_present" "b", "qwen-code.subagent.status" "s",
        "qwen-code.subagent.terminate_reason" "s"
    ]),
    span!("qwen-code.tool" [
        "call_id" "s", "duration_ms" "i", "gen_ai.agent.name" "s", "gen_ai.operation.name" "s",
        "gen_ai.tool.call.id" "s", "gen_ai.tool.description" "s", "gen_ai.tool.name" "s",
        "gen_ai.tool.type" "s", "tool.call_id" "s", "tool_name" "s"
    ] [
        "error" "s", "error.type" "s", "gen_ai.tool.call.arguments" "s",
        "gen_ai.tool.call.result" "s", "success" "b", "tool.failure_kind" "s"
    ]),
    span!("qwen-code.tool.blocked_on_user" ["duration_ms" "i"] [
        "decision" "s", "qwen-code.span.duration_ms" "i", "qwen-code.span.ttl_expired" "b",
        "source" "s", "tool.call_id" "s", "tool.name" "s"
    ]),
    span!(
        "qwen-code.tool.execution"
        ["duration_ms" "i", "gen_ai.tool.name" "s", "success" "b", "tool.call_id" "s"]
        ["error" "s", "error.type" "s", "error_type" "s", "execution_status" "s"]
    ),
    event!(
        "exception"
        ["exception.message" "s", "exception.type" "s"]
        ["exception.stacktrace" "s"]
    ),
];
