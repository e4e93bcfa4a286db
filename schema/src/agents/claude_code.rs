//! Claude Code: its log records, spans and span events.
//!
//! The body of a log record is its full name, `claude_code.<event>`; the attribute `event.name`
//! is only `<event>`. The full name is the column `name`. Many numbers and truth values of tool,
//! hook and server events are strings, those of model requests are not: they are read by name.
//!
//! Choices:
//! - `turn_id` is `prompt.id`, also on the events of a subagent, which keep the prompt that led
//!   to them; `agent_path` is `agent_id`, else the `query_source` `agent:…`. A span names its
//!   agent by `gen_ai.conversation.id`, where that is not the session. Spans have no `prompt.id`:
//!   their trace leads to the turn.
//! - The tool of an MCP call is always `mcp_tool` in the logs: `tool` is then `mcp__server__tool`
//!   as spans, hooks and the model call it, if the parameters tell both names.
//! - `mcp_server` is set on calls only, not on the state of a server (`server_name` stays an
//!   attribute) and not on the model request that follows a call (`mcp_server.name`).
//! - `input_tokens` counts what the cache gave and what was put there too: the attribute of that
//!   name leaves both out.
//! - Who sent it: [`who`]. Who decided: [`decision`]. Who wrote a prompt: [`prompt`].
//! - An `at_mention` is a detail of a prompt, not a prompt: kind `session`. What is installed,
//!   hooked or managed is kind `config`.
//!
//! Left to the stitcher, because one record cannot tell: that a failed command was stopped by a
//! person (no model request follows in its turn); that nobody could be asked (a refusal in print
//! mode says `config` like a rule, or shows only as a span with source `unknown`); which call a
//! hook ran for; that a redacted prompt is a task notification.
//!
//! Source: the public documentation (`monitoring-usage`, `hooks`) and the wire of 2.1.197 and
//! 2.1.329.

pub(super) mod catalogue;
mod decision;
mod hook;
mod model;
mod noise;
mod parameters;
mod prompt;
mod span;
mod state;
mod tables;
mod tool;
mod who;

use crate::agents::exact;
use crate::agents::exact::Table;
use crate::agents::{EVENT_NAME, Record, finish};
use crate::event::{Event, EventColumns, Text};
use crate::vocabulary::{IgnoreRule, Kind, Outcome, RecordSignal};

pub(super) use span::{map_span, map_span_event};

/// Before the name of every event.
const PREFIX: &str = "claude_code.";

/// The attributes that the columns of a record of Claude Code hold.
pub(super) fn table_of(signal: RecordSignal, name: Option<&str>) -> Option<&'static Table> {
    match signal {
        RecordSignal::Logs => Some(tables::log(name)),
        RecordSignal::Traces => Some(tables::span(name)),
        RecordSignal::SpanEvent => Some(tables::span_event(name)),
        RecordSignal::Metrics => None,
    }
}

/// Maps a log record.
pub(super) fn map_log<'a>(record: &Record<'_, 'a>, event: &mut Event<'a>) -> Option<IgnoreRule> {
    let name = full_name(record, event);
    event.columns.name.clone_from(&name);
    let table = tables::log(name.as_deref());
    let held = exact::fill(Some(table), record.sent, event);
    let columns = &mut event.columns;
    let name = name.as_deref().and_then(|name| name.strip_prefix(PREFIX)).unwrap_or_default();
    columns.kind = Some(kind(name));
    who::fill(record, columns);
    model::map_provider(record.sent, columns);
    map_event(name, record, columns);
    finish(table, held, record, event);
    None
}

/// The name of the event with its prefix: the body, else the attribute, else the field.
fn full_name<'a>(record: &Record<'_, 'a>, event: &Event<'a>) -> Option<Text<'a>> {
    let is_name = |text: &Text<'a>| {
        text.starts_with(PREFIX) && !text.contains(|part: char| part.is_whitespace())
    };
    let body = event.columns.body.as_ref().filter(|body| is_name(body)).cloned();
    let attribute = || {
        let name = record.sent.text(EVENT_NAME)?;
        let full = name.starts_with(PREFIX);
        Some(if full { Text::Borrowed(name) } else { Text::Owned(format!("{PREFIX}{name}")) })
    };
    body.or_else(attribute).or_else(|| event.columns.event_name.clone())
}

/// What a log record is about.
fn kind(name: &str) -> Kind {
    match name {
        "user_prompt" => Kind::Prompt,
        "assistant_response" => Kind::Response,
        "api_request" | "api_request_body" | "api_response_body" => Kind::ModelRequest,
        "api_error" | "api_retries_exhausted" | "api_refusal" | "internal_error" => Kind::Error,
        "tool_decision" | "safety_event" => Kind::Approval,
        "tool_result" => Kind::ToolResult,
        "mcp_server_connection" => Kind::McpServer,
        "hook_execution_start" | "hook_execution_complete" => Kind::Hook,
        "managed_settings_resolved"
        | "hook_registered"
        | "plugin_installed"
        | "plugin_loaded"
        | "system_prompt"
        | "tool" => Kind::Config,
        "permission_mode_changed"
        | "auth"
        | "hook_plugin_metrics"
        | "skill_activated"
        | "at_mention"
        | "compaction"
        | "subagent_completed"
        | "feedback_survey"
        | "retention_sweep" => Kind::Session,
        _ => Kind::Other,
    }
}

/// Fills what no attribute says in the words of the tables.
fn map_event<'a>(name: &str, record: &Record<'_, 'a>, columns: &mut EventColumns<'a>) {
    let sent = record.sent;
    match name {
        "user_prompt" => prompt::map_prompt(sent, columns),
        "assistant_response" => prompt::map_response(sent, columns),
        "api_request" => {
            model::map_usage(sent, columns);
            columns.outcome = Some(Outcome::Succeeded);
        }
        "api_error" | "api_retries_exhausted" | "api_refusal" => {
            columns.outcome = Some(Outcome::Failed);
        }
        "tool_decision" => {
            tool::map_tool(sent, columns);
            decision::map_decision(sent, columns);
        }
        "safety_event" => {
            tool::map_tool(sent, columns);
            decision::map_safety(sent, columns);
        }
        "tool_result" => tool::map_result(sent, columns),
        "hook_execution_start" => hook::map_hook(sent, columns),
        "hook_execution_complete" => {
            hook::map_hook(sent, columns);
            hook::map_end(sent, columns);
        }
        "mcp_server_connection" => state::map_server(sent, columns),
        "auth" | "compaction" => state::map_success(sent, columns),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
