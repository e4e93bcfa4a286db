//! The verdict of Conseca, the automatic reviewer: `gemini_cli.conseca.verdict`.
//!
//! It has no call id; the call stands in `tool_call` as JSON, if prompts are logged.
//!
//! Source: `packages/core/src/safety/protocol.ts`, `SafetyCheckDecision`.

use serde_json::Value;

use crate::agents::gemini::{json, tool};
use crate::event::{EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{DecidedBy, Decision, DenialReason};

/// Reads a verdict about a call; the word as sent stays among the attributes.
pub(super) fn map_verdict<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.decided_by = Some(DecidedBy::AiReviewer);
    columns.decision = match sent.text("verdict").unwrap_or_default().to_ascii_lowercase().as_str()
    {
        "allow" => Some(Decision::Allow),
        "deny" => Some(Decision::Deny),
        "ask_user" => Some(Decision::Ask),
        _ => None,
    };
    columns.denial_reason = match columns.decision {
        Some(Decision::Deny) if columns.error.is_some() => Some(DenialReason::ReviewerUnavailable),
        Some(Decision::Deny) => Some(DenialReason::ReviewerDenied),
        _ => None,
    };
    let call: Option<Value> = sent.text("tool_call").and_then(json::read);
    let Some(call) = call else { return };
    let Some(name) = call.get("name").and_then(Value::as_str) else { return };
    columns.tool = Some(Text::Owned(name.to_owned()));
    tool::map_tool(columns);
    if let Some(arguments) = call.get("args").filter(|arguments| arguments.is_object()) {
        let arguments = arguments.to_string();
        tool::map_arguments(&arguments, columns);
        columns.arguments = Some(Text::Owned(arguments));
    }
}
