//! Cline: log records whose name is their body. No content is ever sent, and no call id.
//!
//! A task (`ulid`) is the session. `task.tool_used` says of a call that was not approved by
//! itself and did not succeed neither whether somebody refused it nor whether it failed: its
//! decision stays null.
//!
//! Source: Cline's telemetry service and its catalogue of events.

use crate::agents::genai::keys::text;
use crate::agents::genai::tool_kind;
use crate::event::EventColumns;
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{
    DecidedBy, Decision, FailureReason, GrantScope, Kind, Outcome, PromptOrigin, ToolKind,
};

/// Maps a log record; its name stands in its column.
pub(super) fn map<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    if columns.session_id.is_none() {
        columns.session_id = text(sent, &["taskId", "task_id", "sessionId"]);
    }
    let name = columns.name.clone().unwrap_or_default();
    columns.kind = Some(kind(&name));
    match &*name {
        "task.tool_used" => map_tool(sent, columns),
        "task.mcp_tool_called" => map_mcp_call(sent, columns),
        "task.conversation_turn" => map_turn(sent, columns),
        "task.yolo_mode_toggled" if sent.bool("enabled") == Some(true) => {
            columns.approval_policy = Some("yolo".into());
        }
        _ => {}
    }
}

fn kind(name: &str) -> Kind {
    match name {
        "task.tokens" | "task.gemini_api_performance" => Kind::ModelRequest,
        "task.provider_api_error"
        | "task.diff_edit_failed"
        | "task.browser_error"
        | "workspace.init_error" => Kind::Error,
        "hooks.execution" => Kind::Hook,
        "task.yolo_mode_toggled" | "task.rule_toggled" | "task.mode" => Kind::Config,
        "session.started" | "session.ended" => Kind::Session,
        name if name.starts_with("task.") => Kind::Session,
        _ => Kind::Other,
    }
}

fn map_tool<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(Kind::ToolResult);
    columns.tool_kind = columns.tool.as_deref().map(kind_of);
    let success = sent.bool("success");
    columns.outcome =
        success.map(|success| if success { Outcome::Succeeded } else { Outcome::Failed });
    let decided = match (sent.bool("autoApproved"), success) {
        (Some(true), _) => Some((DecidedBy::Policy, None)),
        (Some(false), Some(true)) => Some((DecidedBy::User, Some(GrantScope::Once))),
        _ => None,
    };
    if let Some((by, scope)) = decided {
        columns.decision = Some(Decision::Allow);
        columns.decided_by = Some(by);
        columns.grant_scope = scope;
    }
}

/// Cline's own tools by name, others by their words.
fn kind_of(tool: &str) -> ToolKind {
    match tool {
        "replace_in_file" | "write_to_file" | "list_code_definition_names" => ToolKind::File,
        "use_mcp_tool" | "access_mcp_resource" => ToolKind::Mcp,
        "use_subagents" | "new_task" => ToolKind::Subagent,
        other => tool_kind::of(other),
    }
}

/// A call is told twice: when it starts, and how it ended.
fn map_mcp_call<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.tool.clone_from(&columns.mcp_tool);
    columns.tool_kind = Some(ToolKind::Mcp);
    columns.kind = Some(Kind::ToolResult);
    match sent.text("status").unwrap_or_default() {
        "started" => columns.kind = Some(Kind::ToolCall),
        "success" => columns.outcome = Some(Outcome::Succeeded),
        "error" => {
            columns.outcome = Some(Outcome::Failed);
            columns.failure_reason = Some(FailureReason::ToolError);
        }
        _ => {}
    }
}

/// A message of a conversation, without its text.
fn map_turn<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    match sent.text("source").unwrap_or_default() {
        "user" => {
            columns.kind = Some(Kind::Prompt);
            columns.prompt_origin = Some(PromptOrigin::Human);
        }
        "assistant" => columns.kind = Some(Kind::Response),
        _ => {}
    }
}
