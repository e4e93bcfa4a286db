//! The log records of Qwen Code: what each is about, and what its columns are read from.

use crate::agents::gemini::{log as shared, prompt_id, tool};
use crate::agents::qwen::call;
use crate::event::{EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{Kind, Outcome, PromptOrigin};

/// Fills what the table did not.
pub(super) fn map<'a>(name: &str, sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(kind(name));
    if let Some(turn) = columns.turn_id.as_deref() {
        let agent = prompt_id::subagent(turn, columns.session_id.as_deref());
        columns.agent_path = agent.map(|agent| Text::Owned(agent.to_owned()));
    }
    match name {
        "qwen-code.config" => {
            columns.approval_policy.clone_from(&columns.mode);
            columns.sandbox_policy = sent.bool("sandbox_enabled").map(shared::sandbox_policy);
        }
        "qwen-code.user_prompt" => columns.prompt_origin = Some(prompt_origin(columns)),
        "qwen-code.slash_command" => columns.prompt_origin = Some(PromptOrigin::System),
        "qwen-code.tool_call" => call::map(sent, columns),
        "qwen-code.api_response" => columns.outcome = Some(Outcome::Succeeded),
        "qwen-code.api_error" => {
            columns.outcome = Some(Outcome::Failed);
            map_error(sent, columns);
        }
        "qwen-code.api_retry" => map_error(sent, columns),
        "qwen-code.api_cancel" => columns.outcome = Some(Outcome::Cancelled),
        "qwen-code.subagent_execution" => columns.outcome = status(sent, columns),
        "qwen-code.auth" | "qwen-code.workflow_run" | "qwen-code.arena_agent_completed" => {
            columns.outcome = status(sent, columns);
            map_error(sent, columns);
        }
        "qwen-code.skill_launch" => {
            columns.outcome = sent.bool("success").map(shared::succeeded_or_failed);
        }
        "qwen-code.file_operation" => tool::map_tool(columns),
        "qwen-code.tool_output_truncated" => {
            tool::map_tool(columns);
            columns.content_truncated = Some(true);
        }
        _ => {}
    }
}

/// What a log record is about. The names without a prefix are Qwen's own.
fn kind(name: &str) -> Kind {
    match name {
        "qwen-code.user_prompt" | "qwen-code.slash_command" => Kind::Prompt,
        "qwen-code.tool_call" => Kind::ToolResult,
        "qwen-code.config" => Kind::Config,
        "qwen-code.api_request" | "qwen-code.api_response" | "qwen-code.api_cancel" => {
            Kind::ModelRequest
        }
        // What is noted of a call while it is under way; its result is another record.
        "qwen-code.file_operation" | "qwen-code.tool_output_truncated" => Kind::ToolCall,
        "qwen-code.api_error"
        | "qwen-code.api_retry"
        | "qwen-code.chat.invalid_chunk"
        | "qwen-code.chat.content_retry"
        | "qwen-code.chat.content_retry_failure"
        | "qwen-code.malformed_json_response" => Kind::Error,
        "session.start" | "session.end" | "loop_detected" | "loop_detection_disabled" => {
            Kind::Session
        }
        _ if name.strip_prefix("qwen-code.").is_some_and(is_about_session) => Kind::Session,
        _ => Kind::Other,
    }
}

/// What is told of a session, by its name after the prefix.
fn is_about_session(name: &str) -> bool {
    matches!(
        name,
        "user_retry"
            | "repeated_tool_failure_guard"
            | "subagent_execution"
            | "skill_launch"
            | "auth"
            | "user_feedback"
            | "slash_command.model"
            | "extension_disable"
            | "extension_enable"
            | "extension_install"
            | "extension_uninstall"
            | "extension_update"
            | "flash_fallback"
            | "ripgrep_fallback"
            | "ripgrep_runtime_recovery"
            | "next_speaker_check"
            | "ide_connection"
            | "chat_compression"
            | "chat.protocol_tag_sanitized"
            | "conversation_finished"
            | "prompt_suggestion"
            | "speculation"
            | "goal.state"
            | "startup.performance"
            | "performance.baseline"
            | "performance.regression"
    ) || FAMILIES.iter().any(|family| name.starts_with(family))
}

/// Families of records about a session: workflows, contests of models, and the memory.
const FAMILIES: &[&str] = &["workflow_", "arena_", "memory."];

fn prompt_origin(columns: &EventColumns<'_>) -> PromptOrigin {
    if columns.turn_id.as_deref().is_some_and(prompt_id::is_automatic) {
        PromptOrigin::System
    } else if columns.agent_path.is_some() {
        PromptOrigin::SubagentTask
    } else {
        PromptOrigin::Human
    }
}

fn map_error<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    if columns.error.is_none() {
        columns.error = sent.text("error_message").map(Text::Borrowed);
    }
}

/// Reads the attribute `status` of what began, ended or was tried.
fn status(sent: &SentAttributes<'_>, columns: &EventColumns<'_>) -> Option<Outcome> {
    match sent.text("status")? {
        "success" | "completed" => Some(Outcome::Succeeded),
        "error" | "failed" => Some(Outcome::Failed),
        "cancelled" | "aborted" => Some(Outcome::Cancelled),
        _ => columns.outcome,
    }
}
