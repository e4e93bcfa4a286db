//! What Gemini CLI 0.61 is known to send.
//!
//! Source: `packages/core/src/telemetry` (`types.ts`, `billingEvents.ts`, `trace.ts`) of 5411f113,
//! and the wire of 0.61.

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
                ("installation.id", "s"),
                ("interactive", "b"),
                ("session.id", "s"),
                $(($key, $types)),*
            ],
            sometimes: &[
                ("auth_type", "s"),
                ("experiments.ids", "a"),
                ("user.email", "s"),
                $(($more, $other)),*
            ],
        }
    };
}

/// A span, with the attributes that all share.
macro_rules! span {
    ($name:literal [$($key:literal $types:literal),*] [$($more:literal $other:literal),*]) => {
        Known {
            signal: RecordSignal::Traces,
            name: $name,
            always: &[
                ("gen_ai.agent.description", "s"),
                ("gen_ai.agent.name", "s"),
                ("gen_ai.conversation.id", "s"),
                ("gen_ai.operation.name", "s"),
                $(($key, $types)),*
            ],
            sometimes: &[
                ("gen_ai.input.messages", "s"),
                ("gen_ai.output.messages", "s"),
                $(($more, $other)),*
            ],
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
    log!("end_session" [] ["session_id" "sn"]),
    log!("gemini_cli.agent.finish" [
        "agent_id" "s", "agent_name" "s", "duration_ms" "i", "terminate_reason" "s",
        "turn_count" "i"
    ] []),
    log!("gemini_cli.agent.recovery_attempt" [
        "agent_id" "s", "agent_name" "s", "duration_ms" "i", "reason" "s", "success" "b",
        "turn_count" "i"
    ] []),
    log!("gemini_cli.agent.start" ["agent_id" "s", "agent_name" "s"] []),
    log!("gemini_cli.api_error" [
        "duration" "i", "duration_ms" "i", "error" "s", "error.message" "s", "model" "s",
        "model_name" "s", "prompt_id" "s", "status_code" "sin"
    ] ["error.type" "s", "http.status_code" "i", "role" "s"]),
    log!("gemini_cli.api_key_updated" ["new_auth_type" "s", "previous_auth_type" "s"] []),
    log!(
        "gemini_cli.api_request"
        ["model" "s", "prompt_id" "s"]
        ["request_text" "s", "role" "s"]
    ),
    log!("gemini_cli.api_response" [
        "cached_content_token_count" "i", "duration_ms" "i", "finish_reasons" "a",
        "http.status_code" "i", "input_token_count" "i", "model" "s", "output_token_count" "i",
        "prompt_id" "s", "status_code" "i", "thoughts_token_count" "i", "tool_token_count" "i",
        "total_token_count" "i"
    ] ["response_text" "s", "role" "s"]),
    log!(
        "gemini_cli.chat.content_retry"
        ["attempt_number" "i", "error_type" "s", "model" "s", "retry_delay_ms" "i"]
        []
    ),
    log!(
        "gemini_cli.chat.content_retry_failure"
        ["final_error_type" "s", "model" "s", "total_attempts" "i"]
        ["total_duration_ms" "in"]
    ),
    log!("gemini_cli.chat.invalid_chunk" [] ["error.message" "s"]),
    log!("gemini_cli.chat_compression" ["tokens_after" "i", "tokens_before" "i"] []),
    log!("gemini_cli.config" [
        "api_key_enabled" "b", "approval_mode" "s", "core_tools_enabled" "s", "debug_mode" "b",
        "embedding_model" "s", "extension_ids" "s", "extensions" "s", "extensions_count" "i",
        "file_filtering_respect_git_ignore" "b", "log_user_prompts_enabled" "b",
        "mcp_servers" "s", "mcp_servers_count" "i", "mcp_tools" "sn", "mcp_tools_count" "in",
        "model" "s", "output_format" "s", "sandbox_enabled" "b", "vertex_ai_enabled" "b",
        "worktree_active" "b"
    ] []),
    log!(
        "gemini_cli.conseca.policy_generation"
        []
        ["error" "s", "policy" "s", "trusted_content" "s", "user_prompt" "s"]
    ),
    log!("gemini_cli.conseca.verdict" ["verdict" "s"] [
        "error" "s", "policy" "s", "tool_call" "s", "user_prompt" "s", "verdict_rationale" "s"
    ]),
    log!("gemini_cli.conversation_finished" ["approvalMode" "s", "turnCount" "i"] []),
    log!("gemini_cli.credit_purchase_click" ["model" "s", "source" "s"] []),
    log!(
        "gemini_cli.credits_used"
        ["credits_consumed" "id", "credits_remaining" "id", "model" "s"]
        []
    ),
    log!("gemini_cli.edit_correction" ["correction" "s"] []),
    log!("gemini_cli.edit_strategy" ["strategy" "s"] []),
    log!("gemini_cli.empty_wallet_menu_shown" ["model" "s"] []),
    log!("gemini_cli.extension_disable" ["extension_name" "s", "setting_scope" "s"] []),
    log!("gemini_cli.extension_enable" ["extension_name" "s", "setting_scope" "s"] []),
    log!("gemini_cli.extension_install" [
        "extension_name" "s", "extension_source" "s", "extension_version" "s", "status" "s"
    ] []),
    log!("gemini_cli.extension_uninstall" ["extension_name" "s", "status" "s"] []),
    log!("gemini_cli.extension_update" [
        "extension_name" "s", "extension_previous_version" "s", "extension_source" "s",
        "extension_version" "s", "status" "s"
    ] []),
    log!(
        "gemini_cli.file_operation"
        ["operation" "s", "tool_name" "s"]
        ["extension" "s", "lines" "i", "mimetype" "s", "programming_language" "s"]
    ),
    log!("gemini_cli.flash_fallback" [] []),
    log!("gemini_cli.hook_call" [
        "duration_ms" "i", "hook_event_name" "s", "hook_name" "s", "hook_type" "s",
        "success" "b"
    ] [
        "error" "s", "exit_code" "in", "hook_input" "s", "hook_output" "sn", "stderr" "sn",
        "stdout" "sn"
    ]),
    log!("gemini_cli.ide_connection" ["connection_type" "s"] []),
    log!("gemini_cli.keychain.availability" ["available" "b"] []),
    log!("gemini_cli.llm_loop_check" [
        "flash_confidence" "id", "main_model" "s", "main_model_confidence" "id", "prompt_id" "s"
    ] []),
    log!("gemini_cli.malformed_json_response" ["model" "s"] []),
    log!("gemini_cli.model_routing" [
        "approval_mode" "s", "decision_model" "s", "decision_source" "s", "failed" "b",
        "routing_latency_ms" "i"
    ] [
        "classifier_threshold" "s", "enable_numerical_routing" "b", "error_message" "s",
        "reasoning" "s"
    ]),
    log!("gemini_cli.network_retry_attempt" [
        "attempt" "i", "delay_ms" "i", "error_type" "s", "max_attempts" "i", "model" "s"
    ] []),
    log!("gemini_cli.next_speaker_check" ["finish_reason" "s", "prompt_id" "s", "result" "s"] []),
    log!("gemini_cli.onboarding.start" [] []),
    log!("gemini_cli.onboarding.success" [] ["duration_ms" "i", "user_tier" "s"]),
    log!(
        "gemini_cli.overage_menu_shown"
        ["credit_balance" "id", "model" "s", "overage_strategy" "s"]
        []
    ),
    log!(
        "gemini_cli.overage_option_selected"
        ["credit_balance" "id", "model" "s", "selected_option" "s"]
        []
    ),
    log!("gemini_cli.plan.approval_mode_duration" ["duration_ms" "id", "mode" "s"] []),
    log!("gemini_cli.plan.approval_mode_switch" ["from_mode" "s", "to_mode" "s"] []),
    log!("gemini_cli.plan.execution" ["approval_mode" "s"] []),
    log!("gemini_cli.rewind" ["outcome" "s"] []),
    log!("gemini_cli.ripgrep_fallback" ["error" "sn"] []),
    log!(
        "gemini_cli.slash_command"
        ["command" "s"]
        ["extension_id" "sn", "status" "sn", "subcommand" "sn"]
    ),
    log!("gemini_cli.slash_command.model" ["model_name" "s"] []),
    log!(
        "gemini_cli.startup_stats"
        ["is_docker" "b", "os_platform" "s", "os_release" "s", "phases" "s"]
        []
    ),
    log!("gemini_cli.token_storage.initialization" ["forced" "b", "type" "s"] []),
    log!("gemini_cli.tool_call" [
        "content_length" "in", "decision" "sn", "duration_ms" "i", "end_time" "in",
        "extension_id" "sn", "extension_name" "sn", "function_name" "s", "mcp_server_name" "sn",
        "prompt_id" "s", "start_time" "in", "success" "b", "tool_type" "s"
    ] [
        "error" "s", "error.message" "s", "error.type" "s", "error_type" "s",
        "function_args" "s", "metadata" "s"
    ]),
    log!("gemini_cli.tool_output_masking" [
        "masked_count" "i", "tokens_after" "i", "tokens_before" "i", "total_prunable_tokens" "i"
    ] []),
    log!("gemini_cli.tool_output_truncated" [
        "eventName" "s", "original_content_length" "i", "prompt_id" "s", "threshold" "i",
        "tool_name" "s", "truncated_content_length" "i"
    ] []),
    log!("gemini_cli.user_prompt" ["prompt_id" "s", "prompt_length" "i"] ["prompt" "s"]),
    log!("gemini_cli.web_fetch_fallback_attempt" ["reason" "s"] []),
    name!(Logs "gen_ai.client.inference.operation.details"),
    log!(
        "loop_detected"
        ["loop_type" "s", "prompt_id" "s"]
        ["analysis" "s", "confidence" "id", "confirmed_by_model" "s", "count" "i"]
    ),
    log!("loop_detection_disabled" ["prompt_id" "s"] []),
    span!("agent_call" [] []),
    span!("llm_call" [
        "gen_ai.prompt.name" "s", "gen_ai.request.model" "s", "gen_ai.system_instructions" "s",
        "gen_ai.tool.definitions" "s"
    ] ["gen_ai.usage.input_tokens" "i", "gen_ai.usage.output_tokens" "i"]),
    span!("schedule_tool_calls" [] []),
    span!("tool_call" [
        "gen_ai.tool.call_id" "s", "gen_ai.tool.description" "s", "gen_ai.tool.name" "s"
    ] []),
    event!(
        "exception"
        ["exception.message" "s", "exception.type" "s"]
        ["exception.stacktrace" "s"]
    ),
];
