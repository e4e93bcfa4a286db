//! Cursor: log records that its servers push. Families of events are known, their names and
//! attributes were not seen, and both are said to grow: a family is told by a word of the name,
//! anything else is `other`, and every attribute is kept.
//!
//! Source: Cursor's documents (resource `cursor.team.id`, `cursor.user.id`, `cursor.surface`).

use crate::agents::Record;
use crate::agents::genai::keys::{self, text};
use crate::agents::genai::tool_kind;
use crate::event::{EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::Kind;

const SESSION: &[&str] = &["cursor.conversation.id", "cursor.conversation_id", "conversation_id"];
const TURN: &[&str] = &["cursor.generation.id", "cursor.generation_id", "generation_id"];
const CALL: &[&str] = &["cursor.tool_call.id", "cursor.tool_call_id", "tool_call_id"];
const TOOL: &[&str] = &["cursor.tool.name", "cursor.tool_name", "tool_name"];
const MODEL: &[&str] = &["cursor.model.name", "cursor.model"];

/// Maps a log record; its name stands in its column.
pub(super) fn map<'a>(record: &Record<'_, 'a>, columns: &mut EventColumns<'a>) {
    let sent = record.sent;
    columns.kind = Some(kind(columns.name.as_deref().unwrap_or_default()));
    for (column, keys) in [
        (&mut columns.session_id, SESSION),
        (&mut columns.turn_id, TURN),
        (&mut columns.call_id, CALL),
        (&mut columns.tool, TOOL),
        (&mut columns.model, MODEL),
    ] {
        if column.is_none() {
            *column = text(sent, keys);
        }
    }
    columns.tool_kind = columns.tool.as_deref().map(tool_kind::of);
    if columns.kind == Some(Kind::ModelRequest) {
        keys::usage(sent, columns);
    }
    columns.user_id = id(sent, record.resource, "cursor.user.id");
    columns.org_id = id(sent, record.resource, "cursor.team.id");
    if let Some(surface) = record.resource.text("cursor.surface") {
        columns.client = Some(Text::Borrowed(surface));
    }
}

/// A numeric id as text, from the record or its resource.
fn id<'a>(sent: &SentAttributes<'a>, resource: &SentAttributes<'a>, key: &str) -> Option<Text<'a>> {
    let number = sent.int(key).or_else(|| resource.int(key)).map(|id| Text::Owned(id.to_string()));
    number.or_else(|| sent.text(key).or_else(|| resource.text(key)).map(Text::Borrowed))
}

fn kind(name: &str) -> Kind {
    let mut words = name.split(['.', '_', '-']);
    let has = |word: &str| name.contains(word);
    if has("model_usage") || has("model.usage") {
        Kind::ModelRequest
    } else if words.any(|word| word.starts_with("error")) {
        Kind::Error
    } else if has("tool_call") || has("tool.call") || has("mcp_call") {
        Kind::ToolResult
    } else if has("hook") {
        Kind::Hook
    } else if has("cloud_agent") || has("session") || has("conversation") {
        Kind::Session
    } else {
        Kind::Other
    }
}
