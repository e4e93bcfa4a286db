//! The log records of Gemini CLI: what each is about, and what its columns are read from.

use crate::agents::gemini::{call, conseca, hook, messages, prompt_id, tool};
use crate::event::{EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::otlp::AnyValue;
use crate::vocabulary::{Decision, Kind, Outcome, PromptOrigin};

/// Fills what the table did not.
pub(super) fn map<'a>(name: &str, sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(kind(name));
    map_subagent(columns);
    match name {
        "gemini_cli.config" => map_config(sent, columns),
        "gemini_cli.user_prompt" => columns.prompt_origin = Some(prompt_origin(columns)),
        "gemini_cli.slash_command" => columns.prompt_origin = Some(PromptOrigin::System),
        "gemini_cli.tool_call" => call::map_log(sent, columns),
        "gemini_cli.api_response" => map_response(sent, columns),
        "gemini_cli.api_error" => map_api_error(sent, columns),
        "gemini_cli.hook_call" => hook::map(sent, columns),
        "gemini_cli.conseca.verdict" => conseca::map_verdict(sent, columns),
        "gemini_cli.plan.approval_mode_switch" | "gemini_cli.plan.execution" => {
            columns.approval_policy.clone_from(&columns.mode);
        }
        "gemini_cli.plan.approval_mode_duration" => {
            columns.duration_ms = millis(sent, "duration_ms");
        }
        "gemini_cli.agent.finish" => columns.outcome = agent_outcome(sent.text("terminate_reason")),
        "gemini_cli.agent.recovery_attempt" => {
            columns.outcome = sent.bool("success").map(succeeded_or_failed);
        }
        "gemini_cli.file_operation" => tool::map_tool(columns),
        "gemini_cli.tool_output_truncated" => {
            tool::map_tool(columns);
            columns.content_truncated = Some(true);
        }
        "gemini_cli.model_routing" => {
            columns.outcome = sent.bool("failed").map(|failed| succeeded_or_failed(!failed));
        }
        "gemini_cli.web_fetch_fallback_attempt" => map_web_fetch_fallback(columns),
        _ => {}
    }
}

/// What a log record is about. The names without a prefix are Gemini's own.
fn kind(name: &str) -> Kind {
    match name {
        "gemini_cli.user_prompt" | "gemini_cli.slash_command" => Kind::Prompt,
        "gemini_cli.tool_call" => Kind::ToolResult,
        "gemini_cli.conseca.verdict" => Kind::Approval,
        "gemini_cli.conseca.policy_generation" => Kind::Reviewer,
        "gemini_cli.hook_call" => Kind::Hook,
        "gemini_cli.config" | "gemini_cli.plan.approval_mode_switch" => Kind::Config,
        "gemini_cli.api_request"
        | "gemini_cli.api_response"
        | "gemini_cli.model_routing"
        | "gen_ai.client.inference.operation.details" => Kind::ModelRequest,
        // What is noted of a call while it is under way; its result is another record.
        "gemini_cli.file_operation" | "gemini_cli.tool_output_truncated" => Kind::ToolCall,
        "gemini_cli.api_error"
        | "gemini_cli.chat.invalid_chunk"
        | "gemini_cli.chat.content_retry"
        | "gemini_cli.chat.content_retry_failure"
        | "gemini_cli.network_retry_attempt"
        | "gemini_cli.malformed_json_response" => Kind::Error,
        "gemini_cli.web_fetch_fallback_attempt" => Kind::Network,
        _ if is_about_session(name) => Kind::Session,
        _ => Kind::Other,
    }
}

fn is_about_session(name: &str) -> bool {
    matches!(
        name,
        "loop_detected"
            | "loop_detection_disabled"
            | "end_session"
            | "gemini_cli.agent.start"
            | "gemini_cli.agent.finish"
            | "gemini_cli.agent.recovery_attempt"
            | "gemini_cli.plan.approval_mode_duration"
            | "gemini_cli.plan.execution"
            | "gemini_cli.slash_command.model"
            | "gemini_cli.tool_output_masking"
            | "gemini_cli.edit_strategy"
            | "gemini_cli.edit_correction"
            | "gemini_cli.chat_compression"
            | "gemini_cli.next_speaker_check"
            | "gemini_cli.llm_loop_check"
            | "gemini_cli.extension_install"
            | "gemini_cli.extension_uninstall"
            | "gemini_cli.extension_update"
            | "gemini_cli.extension_enable"
            | "gemini_cli.extension_disable"
            | "gemini_cli.ide_connection"
            | "gemini_cli.rewind"
            | "gemini_cli.conversation_finished"
            | "gemini_cli.flash_fallback"
            | "gemini_cli.ripgrep_fallback"
            | "gemini_cli.startup_stats"
            | "gemini_cli.keychain.availability"
            | "gemini_cli.token_storage.initialization"
            | "gemini_cli.onboarding.start"
            | "gemini_cli.onboarding.success"
            | "gemini_cli.overage_menu_shown"
            | "gemini_cli.overage_option_selected"
            | "gemini_cli.empty_wallet_menu_shown"
            | "gemini_cli.credit_purchase_click"
            | "gemini_cli.credits_used"
            | "gemini_cli.api_key_updated"
    )
}

/// A subagent is told by the id of its prompts.
fn map_subagent(columns: &mut EventColumns<'_>) {
    let Some(prompt_id) = columns.turn_id.as_deref() else { return };
    if columns.agent_path.is_none() {
        let agent = prompt_id::subagent(prompt_id, columns.session_id.as_deref());
        columns.agent_path = agent.map(|agent| Text::Owned(agent.to_owned()));
    }
}

/// A prompt with the id of a subagent is its task.
fn prompt_origin(columns: &EventColumns<'_>) -> PromptOrigin {
    if columns.agent_path.is_some() { PromptOrigin::SubagentTask } else { PromptOrigin::Human }
}

/// The posture a session starts with; the mode is all that Gemini has of an approval policy.
fn map_config<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.approval_policy.clone_from(&columns.mode);
    columns.sandbox_policy = sent.bool("sandbox_enabled").map(sandbox_policy);
}

/// How a sandbox that is only on or off stands in its column.
pub(in crate::agents) fn sandbox_policy<'a>(enabled: bool) -> Text<'a> {
    Text::Borrowed(if enabled { "enabled" } else { "disabled" })
}

fn map_response<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.outcome = Some(Outcome::Succeeded);
    columns.response = sent.text("response_text").and_then(messages::streamed).map(Text::Owned);
}

fn map_api_error<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.outcome = Some(Outcome::Failed);
    if columns.error.is_none() {
        columns.error = sent.text("error").map(Text::Borrowed);
    }
    if columns.duration_ms.is_none() {
        columns.duration_ms = millis(sent, "duration");
    }
}

/// An address of a private network is not fetched; the record names no host.
fn map_web_fetch_fallback(columns: &mut EventColumns<'_>) {
    let is_refused =
        matches!(columns.net_reason.as_deref(), Some("private_ip" | "private_ip_skipped"));
    columns.net_verdict = is_refused.then_some(Decision::Deny);
}

/// Source: `AgentTerminateMode` in `agents/types.ts`.
pub(super) fn agent_outcome(reason: Option<&str>) -> Option<Outcome> {
    Some(match reason? {
        "GOAL" => Outcome::Succeeded,
        "TIMEOUT" => Outcome::TimedOut,
        "ABORTED" => Outcome::Cancelled,
        "ERROR" | "MAX_TURNS" | "ERROR_NO_COMPLETE_TASK_CALL" => Outcome::Failed,
        _ => return None,
    })
}

/// An outcome that is only a flag.
pub(in crate::agents) fn succeeded_or_failed(success: bool) -> Outcome {
    if success { Outcome::Succeeded } else { Outcome::Failed }
}

/// Milliseconds, sent whole or with fractions of one.
pub(in crate::agents) fn millis(sent: &SentAttributes<'_>, key: &str) -> Option<i64> {
    match sent.find(key)?.value {
        #[expect(clippy::cast_possible_truncation, reason = "a duration far below 2^63 is meant")]
        AnyValue::Double(ms) if ms.is_finite() => Some(ms.round() as i64),
        _ => sent.int(key),
    }
}
