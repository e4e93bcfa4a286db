//! The spans of a call: `qwen-code.tool`, and below it the question to a person
//! (`qwen-code.tool.blocked_on_user`) and the execution (`qwen-code.tool.execution`).
//!
//! `tool.failure_kind` says why a call did not succeed; where it is missing `error.type` has the
//! same word. A command's exit code stands in its log record only, so a failed command's span
//! gives no reason.
//!
//! Source: `telemetry/session-tracing.ts`, `telemetry/constants.ts`.

use crate::agents::gemini::tool;
use crate::agents::qwen::refusal;
use crate::event::{EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{
    DecidedBy, Decision, DenialReason, FailureReason, GrantScope, Kind, Outcome, ToolKind,
};

/// Reads a call: what it was called with, who refused it, how it ended.
pub(super) fn map_tool<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(Kind::ToolCall);
    let text = |key: &str| sent.text(key).map(Text::Borrowed);
    columns.call_id =
        columns.call_id.take().or_else(|| text("tool.call_id")).or_else(|| text("call_id"));
    columns.tool = columns.tool.take().or_else(|| text("tool_name")).or_else(|| text("tool.name"));
    tool::map_tool(columns);
    let arguments = columns.arguments.clone();
    let in_background = arguments.as_deref().is_some_and(|text| tool::map_arguments(text, columns));
    let kind = sent.text("tool.failure_kind").or_else(|| sent.text("error.type"));
    let message = columns.status_message.clone().unwrap_or_default();
    if let Some((by, reason)) = kind.and_then(|kind| refusal::of_failure_kind(kind, &message)) {
        columns.decision = Some(Decision::Deny);
        columns.decided_by = Some(by);
        columns.denial_reason = Some(reason);
        columns.rationale = refusal::rationale(&message).map(|text| Text::Owned(text.into()));
        columns.outcome = Some(Outcome::Denied);
        return;
    }
    let is_command = columns.tool_kind == Some(ToolKind::Shell);
    let (outcome, failure) = match sent.bool("success") {
        Some(true) if is_command && in_background => (Some(Outcome::Unknown), None),
        Some(true) => (Some(Outcome::Succeeded), None),
        _ => ending(kind, is_command),
    };
    columns.outcome = outcome;
    columns.failure_reason = failure;
}

/// How a call ended that was neither refused nor successful.
fn ending(kind: Option<&str>, is_command: bool) -> (Option<Outcome>, Option<FailureReason>) {
    let Some(kind) = kind else { return (None, None) };
    match kind {
        "cancelled" => (Some(Outcome::Cancelled), None),
        "timeout" => (Some(Outcome::TimedOut), None),
        // It ran; the execution's span says how that ended.
        "post_hook_stopped" => (Some(Outcome::Unknown), Some(FailureReason::HookStopped)),
        "tool_error" if is_command => (Some(Outcome::Failed), None),
        "tool_error" | "tool_exception" => (Some(Outcome::Failed), Some(FailureReason::ToolError)),
        _ => (Some(Outcome::Failed), None),
    }
}

/// Reads the execution of a call that was allowed.
pub(super) fn map_execution<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(Kind::ToolCall);
    tool::map_tool(columns);
    let is_command = columns.tool_kind == Some(ToolKind::Shell);
    let status = sent
        .text("execution_status")
        .or_else(|| sent.bool("success").map(|success| if success { "success" } else { "error" }));
    let error_type = sent.text("error_type").or_else(|| sent.text("error.type"));
    let (outcome, failure) = match status.unwrap_or_default() {
        // Whether a command goes on in the background stands in its arguments.
        "success" => (Some(Outcome::Succeeded), None),
        "cancelled" => (Some(Outcome::Cancelled), None),
        "error" if error_type == Some("execution_timeout") => (Some(Outcome::TimedOut), None),
        "error" if is_command => (Some(Outcome::Failed), None),
        "error" => (Some(Outcome::Failed), Some(FailureReason::ToolError)),
        _ => (None, None),
    };
    columns.outcome = outcome;
    columns.failure_reason = failure;
}

/// Reads a question and its answer. Its time is the time it took to answer.
pub(super) fn map_question<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(Kind::Approval);
    tool::map_tool(columns);
    let by = match columns.decision_source.as_deref().unwrap_or_default() {
        "cli" | "ide" => DecidedBy::User,
        "hook" => DecidedBy::Hook,
        "auto" => DecidedBy::Policy,
        _ => DecidedBy::Unknown,
    };
    columns.decision = Some(match sent.text("decision").unwrap_or_default() {
        "proceed_once" | "proceed_always" | "auto_approved" => Decision::Allow,
        "cancel" => Decision::Deny,
        // Stopped before anybody answered.
        "aborted" => Decision::Cancel,
        _ => return,
    });
    columns.decided_by = Some(by);
    columns.grant_scope =
        (sent.text("decision") == Some("proceed_once")).then_some(GrantScope::Once);
    columns.denial_reason = match (columns.decision, by) {
        (Some(Decision::Deny), DecidedBy::User) => Some(DenialReason::UserDenied),
        (Some(Decision::Deny), DecidedBy::Hook) => Some(DenialReason::HookDenied),
        (Some(Decision::Deny), DecidedBy::Policy) => Some(DenialReason::PolicyDenied),
        _ => None,
    };
}
