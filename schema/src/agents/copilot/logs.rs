//! The log records of the chat extension; the command line sends none.
//!
//! A tool call's record has no call id and only the extension's own flag, and an inference's
//! repeats what its span says: its tokens stay attributes, so that a sum counts them once.

use crate::agents::copilot::tool;
use crate::agents::measures::whole_ms;
use crate::event::{EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{FailureReason, Kind, Outcome, ToolKind};

/// Reads a log record.
pub(super) fn map<'a>(name: &str, sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(match name {
        "copilot_chat.tool.call" => {
            map_tool_call(sent, columns);
            Kind::ToolResult
        }
        "gen_ai.client.inference.operation.details" => {
            let asked = || sent.text("gen_ai.request.model").map(Text::Borrowed);
            columns.model = columns.model.take().or_else(asked);
            columns.error = sent.text("error.type").map(Text::Borrowed);
            if columns.error.is_some() { Kind::Error } else { Kind::ModelRequest }
        }
        "copilot_chat.session.start"
        | "copilot_chat.agent.turn"
        | "copilot_chat.inline.done"
        | "copilot_chat.user.feedback"
        | "copilot_chat.cloud.session.invoke" => Kind::Session,
        _ if name.starts_with("copilot_chat.edit.") => Kind::Session,
        _ => Kind::Other,
    });
}

/// A finished call; that a command's tool succeeded does not say that the command did.
fn map_tool_call<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    tool::fill_tool(sent, columns);
    if columns.duration_ms.is_none() {
        columns.duration_ms = whole_ms(sent, "duration_ms");
    }
    columns.error = sent.text("error.type").map(Text::Borrowed);
    columns.outcome = match sent.bool("success") {
        Some(true) if columns.tool_kind == Some(ToolKind::Shell) => Some(Outcome::Unknown),
        Some(true) => Some(Outcome::Succeeded),
        Some(false) => Some(Outcome::Failed),
        None => None,
    };
    if columns.outcome == Some(Outcome::Failed) {
        columns.failure_reason = Some(FailureReason::ToolError);
    }
}
