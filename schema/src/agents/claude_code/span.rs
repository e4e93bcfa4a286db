//! Spans and span events (beta).
//!
//! A call is a span `claude_code.tool` with a child that waits for permission and a child that
//! executes; only the first two say which tool it is or how it was decided, only the last how it
//! ended. They are joined by their parents, so each says what it knows and no more. The span of
//! an interaction carries the prompt, and is one: its log record has the same trace and span id.

use crate::agents::claude_code::{decision, hook, model, noise, prompt, tables, tool, who};
use crate::agents::exact;
use crate::agents::{Record, finish};
use crate::event::{Event, EventColumns, Text};
use crate::vocabulary::{IgnoreRule, Kind, ToolKind};

/// Maps a span.
pub(in crate::agents) fn map_span<'a>(
    record: &Record<'_, 'a>,
    event: &mut Event<'a>,
) -> Option<IgnoreRule> {
    let name = event.columns.name.clone();
    let table = tables::span(name.as_deref());
    let held = exact::fill(Some(table), record.sent, event);
    let columns = &mut event.columns;
    who::fill(record, columns);
    map_conversation(record, columns);
    model::map_provider(record.sent, columns);
    let meant = map_kind(name.as_deref().unwrap_or_default(), record, columns);
    if meant && columns.duration_ms.is_none() {
        let took = columns.end_time.and_then(|end| end.0.checked_sub(columns.time.0));
        columns.duration_ms = took.filter(|took| *took >= 0).map(|took| took / 1000);
    }
    finish(table, held, record, event);
    None
}

/// Fills what a span means; false if it has no meaning of its own.
fn map_kind<'a>(name: &str, record: &Record<'_, 'a>, columns: &mut EventColumns<'a>) -> bool {
    let sent = record.sent;
    match name {
        "claude_code.interaction" => {
            let asked = sent.find("user_prompt").is_some();
            columns.kind = Some(if asked { Kind::Prompt } else { Kind::Session });
            if asked {
                prompt::map_origin(columns);
            }
        }
        "claude_code.llm_request" => {
            columns.kind = Some(Kind::ModelRequest);
            model::map_usage(sent, columns);
            model::map_end(sent, columns);
        }
        "claude_code.tool" => {
            columns.kind = Some(Kind::ToolCall);
            map_call_id(record, columns);
            tool::map_tool(sent, columns);
            if columns.tool_kind == Some(ToolKind::Mcp)
                && let Some(own) = sent.text("gen_ai.tool.name")
            {
                columns.mcp_tool = Some(Text::Borrowed(own));
            }
            tool::map_end(sent, columns);
        }
        "claude_code.tool.execution" => {
            columns.kind = Some(Kind::ToolCall);
            map_call_id(record, columns);
            tool::map_end(sent, columns);
        }
        "claude_code.tool.blocked_on_user" => {
            columns.kind = Some(Kind::Approval);
            decision::map_wait(sent, columns);
        }
        "claude_code.hook" => {
            columns.kind = Some(Kind::Hook);
            hook::map_hook(sent, columns);
            hook::map_end(sent, columns);
        }
        _ => return false,
    }
    true
}

/// The call, also by the name that the conventions give it.
fn map_call_id<'a>(record: &Record<'_, 'a>, columns: &mut EventColumns<'a>) {
    if columns.call_id.is_none() {
        columns.call_id = record.sent.text("gen_ai.tool.call.id").map(Text::Borrowed);
    }
}

/// Reads `gen_ai.conversation.id`: the session, but in a subagent the agent's own id. A session
/// is a UUID, an agent has no dash.
fn map_conversation<'a>(record: &Record<'_, 'a>, columns: &mut EventColumns<'a>) {
    let Some(id) = record.sent.text("gen_ai.conversation.id") else { return };
    match columns.session_id.as_deref() {
        Some(session) if session == id => {}
        None if id.contains('-') => columns.session_id = Some(Text::Borrowed(id)),
        _ if columns.agent_path.is_none() => columns.agent_path = Some(Text::Borrowed(id)),
        _ => {}
    }
}

/// Maps a span event. `tool.output` is what a tool gave back; the span it stands on has its id.
pub(in crate::agents) fn map_span_event<'a>(
    record: &Record<'_, 'a>,
    event: &mut Event<'a>,
) -> Option<IgnoreRule> {
    let name = event.columns.name.clone();
    let table = tables::span_event(name.as_deref());
    let held = exact::fill(Some(table), record.sent, event);
    let columns = &mut event.columns;
    who::fill(record, columns);
    if name.as_deref() == Some("tool.output") {
        columns.kind = Some(Kind::ToolResult);
        if columns.output.is_none() {
            columns.output = record.sent.text("content").map(Text::Borrowed);
        }
    }
    finish(table, held, record, event);
    noise::span_event(name.as_deref(), record.sent)
}
