//! Kiro: `kiro.chat.message`, one per model request, and `kiro.tool.call`, one per finished tool
//! call. No content.
//!
//! Its tables of attributes were not seen, only that conversation, turn, request and tool call
//! have ids that join: each column tries the likely spellings, and every attribute is kept.

use crate::agents::genai::keys::{self, text};
use crate::agents::genai::tool_kind;
use crate::event::EventColumns;
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{Kind, Outcome};

const SESSION: &[&str] = &["kiro.conversation.id", "kiro.conversation_id", "conversation.id"];
const TURN: &[&str] = &["kiro.turn.id", "kiro.turn_id", "turn.id"];
const REQUEST: &[&str] = &["kiro.request.id", "kiro.request_id", "request.id"];
const CALL: &[&str] =
    &["kiro.tool_call.id", "kiro.tool.call.id", "kiro.tool.call_id", "tool.call.id"];
const TOOL: &[&str] = &["kiro.tool.name", "kiro.tool_name", "tool.name"];
const MODEL: &[&str] = &["kiro.model.id", "kiro.model.name", "kiro.model"];
const STATUS: &[&str] =
    &["kiro.tool.status", "kiro.tool.outcome", "kiro.tool.call.status", "tool.status", "status"];

/// Maps a log record; its name stands in its column.
pub(super) fn map<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    for (column, keys) in [
        (&mut columns.session_id, SESSION),
        (&mut columns.turn_id, TURN),
        (&mut columns.request_id, REQUEST),
        (&mut columns.model, MODEL),
        (&mut columns.user_id, &["kiro.user.id"]),
        (&mut columns.user_email, &["kiro.user.email"]),
    ] {
        if column.is_none() {
            *column = text(sent, keys);
        }
    }
    columns.kind = Some(match columns.name.as_deref().unwrap_or_default() {
        "kiro.chat.message" => {
            keys::usage(sent, columns);
            Kind::ModelRequest
        }
        "kiro.tool.call" => {
            map_call(sent, columns);
            Kind::ToolResult
        }
        _ => Kind::Other,
    });
}

fn map_call<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.call_id = text(sent, CALL).or_else(|| text(sent, keys::CALL));
    columns.tool = text(sent, TOOL).or_else(|| text(sent, keys::TOOL));
    columns.tool_kind = columns.tool.as_deref().map(tool_kind::of);
    let status = text(sent, STATUS).unwrap_or_default().to_ascii_lowercase();
    columns.outcome = match status.as_str() {
        "success" | "succeeded" | "completed" => Some(Outcome::Succeeded),
        "error" | "failed" | "failure" => Some(Outcome::Failed),
        "denied" | "rejected" => Some(Outcome::Denied),
        "cancelled" | "canceled" | "aborted" => Some(Outcome::Cancelled),
        _ => None,
    };
}
