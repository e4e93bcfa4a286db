//! opencode: log lines, its own spans and those of the AI SDK.
//!
//! A log line has no name but its message; a message that reads like a sentence with words of
//! its own leaves the name empty. A conversation is a session `ses_…`; a subagent has one of its
//! own, which the result of the `task` call names (`metadata.sessionId`) and whose requests name
//! their parent. A prompt and what follows from it share a trace and no id. Every record of one
//! process carries its front end (`opencode.client`).
//!
//! Who wrote a prompt: of a step whose messages end with the user's, opencode itself if one of
//! those begins with a text listed in `model` (titles, compaction, reminders); else a parent
//! agent if the request names a parent session; else a person.
//!
//! Left to a later stage: the call of a `Permission.ask` and of its lines, which its ancestor
//! `Tool.execute` names; whether a person or `opencode run` itself said no to a question: the
//! line `created` of a session that `run` began denies `question` (`approval_policy`).
//!
//! Source: `packages/opencode/src/{permission,session,tool,effect}`, the AI SDK's telemetry, and
//! the wire of 1.18.33.

pub(in crate::agents) mod catalogue;
mod line;
mod model;
mod noise;
mod permission;
mod tables;
mod tool;

use crate::agents::exact::{self, Table};
use crate::agents::measures::span_ms;
use crate::agents::opencode::line::Line;
use crate::agents::opencode::tool::Failure;
use crate::agents::{EVENT_NAME, Record, finish};
use crate::event::{Event, EventColumns, Text};
use crate::vocabulary::{IgnoreRule, Kind, RecordSignal};

/// The attributes that the columns of a record hold.
pub(super) fn table_of(signal: RecordSignal, name: Option<&str>) -> Option<&'static Table> {
    match signal {
        RecordSignal::Logs => Some(&tables::LOG),
        RecordSignal::Traces => Some(tables::span(name.unwrap_or_default())),
        RecordSignal::SpanEvent => Some(&tables::SPAN_EVENT),
        RecordSignal::Metrics => None,
    }
}

/// Maps a log record.
pub(super) fn map_log<'a>(record: &Record<'_, 'a>, event: &mut Event<'a>) -> Option<IgnoreRule> {
    let held = exact::fill(Some(&tables::LOG), record.sent, event);
    let line = Line::read(event);
    let columns = &mut event.columns;
    let name = record.sent.text(EVENT_NAME).or_else(|| line.name());
    columns.name = name.map(|name| Text::Owned(name.to_owned()));
    match line.message.as_str() {
        "evaluated" => permission::map_evaluated(&line, columns),
        "asking" => permission::map_asking(&line, columns),
        "created" => map_created(&line, columns),
        "stream" => {
            columns.kind = Some(Kind::Session);
            fill_text(&mut columns.provider, line.text("providerID"));
            fill_text(&mut columns.model, line.text("modelID"));
            fill_text(&mut columns.agent_path, line.text("agent"));
            fill_text(&mut columns.mode, line.text("mode"));
        }
        "loop" | "process" | "exiting loop" | "cancel" | "compacting" | "pruning" => {
            columns.kind = Some(Kind::Session);
        }
        "loading" | "llm runtime selected" | "shell tool using shell" => {
            columns.kind = Some(Kind::Config);
        }
        _ => {}
    }
    let session = line.text("session.id").or_else(|| line.text("sessionID"));
    fill_text(&mut columns.session_id, session);
    if columns.severity_text.as_deref().is_some_and(is_failure) {
        columns.kind = Some(Kind::Error);
        let said = line.text("error").or_else(|| line.text("cause")).unwrap_or(&line.message);
        fill_text(&mut columns.error, Some(said));
    }
    end(&tables::LOG, held, record, event);
    None
}

fn is_failure(severity: &str) -> bool {
    severity.eq_ignore_ascii_case("error") || severity.eq_ignore_ascii_case("fatal")
}

fn fill_text(cell: &mut Option<Text<'_>>, text: Option<&str>) {
    if cell.is_none() {
        *cell = text.map(|text| Text::Owned(text.to_owned()));
    }
}

/// A session was created. What it may do without asking stands as JSON.
fn map_created(line: &Line, columns: &mut EventColumns<'_>) {
    if !line.text("id").is_some_and(|id| id.starts_with("ses_")) {
        return;
    }
    columns.kind = Some(Kind::Session);
    fill_text(&mut columns.session_id, line.text("id"));
    fill_text(&mut columns.parent_session_id, line.text("parentID"));
    fill_text(&mut columns.cwd, line.text("directory"));
    fill_text(&mut columns.agent_path, line.text("agent"));
    let rules = line.field("permission").filter(|rules| rules.is_array());
    columns.approval_policy = rules.map(|rules| Text::Owned(rules.to_string()));
}

/// Maps a span.
pub(super) fn map_span<'a>(record: &Record<'_, 'a>, event: &mut Event<'a>) -> Option<IgnoreRule> {
    let name = event.columns.name.clone().unwrap_or_default();
    let table = tables::span(&name);
    let held = exact::fill(Some(table), record.sent, event);
    let columns = &mut event.columns;
    columns.duration_ms = span_ms(columns);
    match (tables::is_request(&name), &*name) {
        (Some(true), _) => model::map_request(record.sent, columns),
        (Some(false), _) => model::map_step(record.sent, columns),
        (None, tables::TOOL_CALL) => {
            columns.kind = Some(Kind::ToolCall);
            tool::map_call(columns);
        }
        (None, "Tool.execute") => {
            columns.kind = Some(Kind::ToolCall);
            tool::map_execution(columns);
        }
        (None, "Permission.ask") => permission::map_span(columns),
        _ => {}
    }
    let noise = noise::span(&name, columns.status_code);
    end(table, held, record, event);
    noise
}

/// Maps a span event: an exception.
pub(super) fn map_span_event<'a>(
    record: &Record<'_, 'a>,
    event: &mut Event<'a>,
) -> Option<IgnoreRule> {
    let name = event.columns.name.clone().unwrap_or_default();
    let held = exact::fill(Some(&tables::SPAN_EVENT), record.sent, event);
    let columns = &mut event.columns;
    if name == "exception" {
        columns.kind = Some(Kind::Error);
        let class = record.sent.text("exception.type").unwrap_or_default();
        let text = columns.error.clone().unwrap_or_default();
        let failure = Failure::of_type(class).unwrap_or_else(|| Failure::of(&text));
        failure.fill(columns);
        if failure == Failure::Tool && !is_of_call(record.span_name) {
            columns.failure_reason = None;
        }
    }
    end(&tables::SPAN_EVENT, held, record, event);
    noise::span_event(record.span_name.unwrap_or_default(), &name)
}

fn is_of_call(span: Option<&str>) -> bool {
    matches!(span, Some("Tool.execute" | tables::TOOL_CALL))
}

/// Ends a mapping: the version and the front end, then whose it is.
fn end<'a>(table: &Table, held: u64, record: &Record<'_, 'a>, event: &mut Event<'a>) {
    event.columns.agent_version = record.service_version.cloned();
    event.columns.client = record.resource.text("opencode.client").map(Text::Borrowed);
    finish(table, held, record, event);
}

#[cfg(test)]
mod tests;
