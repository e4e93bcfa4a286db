//! Spans and span events.
//!
//! They say what log records leave out: the turn of a call, and calls that end without any log
//! record, because somebody stopped them or a hook blocked them. A span says only what it shows:
//!
//! - the span of a call says `cancelled` if it was aborted, by a person or by the end of the
//!   process, and else nothing: `aborted=false` is a refused call as well as one that ran;
//! - `unified_exec.exec_command` says `exited` whatever the exit code and `failed` for what a
//!   reviewer refused, so its word stays among the attributes;
//! - `codex.hooks.command` says `completed` whether the hook allowed or blocked the call; neither
//!   a decision nor an outcome can be read from it;
//! - a call of an MCP tool has server and tool in one word that cannot be divided; its span
//!   events and `mcp.tools.call` name the two.
//!
//! Span events that repeat a log record (`codex.user_prompt`, `codex.conversation_starts`, …) are
//! of kind `span`, so that the views count each thing once; those of a call are of kind
//! `tool_call`. `thread_id` is what other records call `conversation.id`.

use crate::agents::codex::{noise, span_tables, tool};
use crate::agents::{EVENT_NAME, Record, exact, finish};
use crate::event::{Event, EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::otlp::AnyValue;
use crate::vocabulary::{FailureReason, IgnoreRule, Kind, Outcome, ToolKind};

/// In front of the name of a call of an MCP tool.
const MCP_CALL: &str = "mcp__";
/// In front of the name of a call that deals with other agents.
const AGENT_CALL: &str = "multi_agent_";

/// Maps a span.
pub(in crate::agents) fn map_span<'a>(
    record: &Record<'_, 'a>,
    event: &mut Event<'a>,
) -> Option<IgnoreRule> {
    let name = event.columns.name.clone();
    let table = span_tables::span(name.as_deref());
    let held = exact::fill(Some(table), record.sent, event);
    let columns = &mut event.columns;
    columns.agent_version = record.service_version.cloned();
    columns.client = record.service_name.cloned();
    map_ids(record.sent, columns);
    let name = name.as_deref().unwrap_or_default();
    if let Some(kind) = kind(name, record.sent, columns) {
        columns.kind = Some(kind);
        let took = columns.end_time.and_then(|end| end.0.checked_sub(columns.time.0));
        columns.duration_ms = took.filter(|took| *took >= 0).map(|took| took / 1000);
    }
    finish(table, held, record, event);
    noise::span(name, &event.columns)
}

/// The ids under the other names they go by.
fn map_ids<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    let text = |key: &str| sent.text(key).map(Text::Borrowed);
    if columns.session_id.is_none() {
        columns.session_id = text("conversation.id").or_else(|| text("thread_id"));
    }
    if columns.turn_id.is_none() {
        columns.turn_id = text("turn.id").or_else(|| text("turn_id"));
    }
    if columns.call_id.is_none() {
        columns.call_id =
            text("call_id").or_else(|| text("tool.call_id")).or_else(|| text("tool_call_id"));
    }
}

/// What a span is about, and what it says of it; `None` if it has no meaning of its own.
fn kind<'a>(name: &str, sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) -> Option<Kind> {
    Some(match name {
        "turn/start" | "codex.turn_input" | "run_turn" | "session_task.turn" | "session_loop" => {
            Kind::Session
        }
        "turn/interrupt" => {
            columns.outcome = Some(Outcome::Cancelled);
            Kind::Session
        }
        "model_client.stream_responses_api" => Kind::ModelRequest,
        "handle_responses" if columns.input_tokens.or(columns.output_tokens).is_some() => {
            Kind::ModelRequest
        }
        "guardian_review" => Kind::Reviewer,
        "codex.hooks.command" => Kind::Hook,
        "start_server_task" => Kind::McpServer,
        "dispatch_tool_call_with_state" => Kind::ToolCall,
        "unified_exec.exec_command" => {
            columns.tool_kind = Some(ToolKind::Shell);
            Kind::ToolCall
        }
        "mcp.tools.call" => {
            map_mcp_call(columns);
            Kind::ToolCall
        }
        "guardian_scoring_observation" => return None,
        // The span of a call has the name of its tool.
        _ if columns.call_id.is_some() => {
            let aborted = find_aborted(sent);
            if columns.tool.is_none() && aborted.is_none() {
                return None;
            }
            columns.outcome = (aborted == Some(true)).then_some(Outcome::Cancelled);
            columns.tool_kind = columns.tool.as_deref().map(tool_kind);
            Kind::ToolCall
        }
        _ => return None,
    })
}

/// Whether a call was aborted. The span begins with `false` and gets a second value when it is.
fn find_aborted(sent: &SentAttributes<'_>) -> Option<bool> {
    let flags = sent.iter().filter(|one| one.key == "aborted").filter_map(|one| match one.value {
        AnyValue::Bool(flag) => Some(flag),
        _ => one.text?.parse().ok(),
    });
    flags.max()
}

/// The kind of a tool by the name of its span: namespace and tool in one word.
fn tool_kind(name: &str) -> ToolKind {
    if name.starts_with(MCP_CALL) {
        ToolKind::Mcp
    } else if name.starts_with(AGENT_CALL) {
        ToolKind::Subagent
    } else {
        tool::tool_kind("", name)
    }
}

/// A request to an MCP server. Without an error it may still have been called off.
fn map_mcp_call(columns: &mut EventColumns<'_>) {
    columns.tool_kind = Some(ToolKind::Mcp);
    columns.mcp_tool = columns.tool.clone();
    if columns.error.is_some() {
        columns.outcome = Some(Outcome::Failed);
        columns.failure_reason = Some(FailureReason::ToolError);
    }
}

/// Maps a span event. Like log records, these carry their name in `event.name`, and often a
/// place in the source in the field that should hold it: that one moves to `event_name`.
pub(in crate::agents) fn map_span_event<'a>(
    record: &Record<'_, 'a>,
    event: &mut Event<'a>,
) -> Option<IgnoreRule> {
    let named = record.sent.text(EVENT_NAME);
    if named.is_some() {
        event.columns.event_name = event.columns.name.take();
    }
    let name = named.map(Text::Borrowed).or_else(|| event.columns.name.clone());
    let table = span_tables::span_event(name.as_deref());
    let held = exact::fill(Some(table), record.sent, event);
    let columns = &mut event.columns;
    if columns.agent_version.is_none() {
        columns.agent_version = record.service_version.cloned();
    }
    map_ids(record.sent, columns);
    match name.as_deref().unwrap_or_default() {
        "codex.tool_call_received" | "codex.tool_result_ready" => {
            columns.kind = Some(Kind::ToolCall);
            tool::map_tool(record.sent, columns);
        }
        "codex.tool_result" => {
            columns.kind = Some(Kind::ToolCall);
            tool::map_tool(record.sent, columns);
            map_success(record.sent, columns);
        }
        "mcp.binding_catalog" => columns.kind = Some(Kind::McpServer),
        _ => {}
    }
    finish(table, held, record, event);
    None
}

/// Reads how a call ended, without its output: a command that succeeded for Codex may have failed,
/// and a call that did not may have been refused.
fn map_success<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    if sent.bool("success") == Some(true) {
        let shell = columns.tool_kind == Some(ToolKind::Shell);
        columns.outcome = Some(if shell { Outcome::Unknown } else { Outcome::Succeeded });
    }
}
