//! Agents that follow the OpenTelemetry GenAI and MCP conventions, or OpenInference: programs on
//! the OpenAI Agents SDK, Pydantic AI and LangGraph, Cursor, Kiro, Cline, goose, and whoever else
//! speaks them.
//!
//! What a span is about is told by `gen_ai.operation.name`, `mcp.method.name` or
//! `openinference.span.kind` ([`operation`]), never by its name, which a program may choose.
//! Both conventions are still changing: every column has its newest key and the older spellings
//! after it ([`keys`]). Nothing is ignored here: no name is known to be noise in every program.
//!
//! Choices:
//! - The span that starts a run carries the prompt: the last message of a user in its input.
//!   Without one (a run that goes on after an approval) its kind is `session`.
//! - `prompt_origin` is `human` where that span is the root of its trace: nobody but the program
//!   called it. Below another span it is null: whether a tool call stands above is for the
//!   stitcher. Only goose says so for itself (`reply`).
//! - Tokens stand in the row of a model request only; what a run sums up stays an attribute, so
//!   that a sum over rows counts each token once.
//! - A tool span without a result may wait for an approval, so its outcome is `unknown`, unless
//!   the program keeps all content to itself.
//! - A session is the conversation that is sent. The OpenAI Agents SDK sends none, and no call
//!   ids: calls stand with theirs only inside the messages of `chat`, joined by the stitcher.
//! - An MCP call over standard input and output names no server: then `mcp_server` is null, and
//!   `tool_kind` alone says what it is.
//!
//! Source: semantic-conventions-genai 1.42, OpenInference's semantic conventions, the wire of
//! OpenAI Agents SDK 0.24, Pydantic AI 2.68 and LangGraph 1.2; for the others their documents.

pub(in crate::agents) mod catalogue;
mod cline;
mod cursor;
mod event;
mod goose;
mod keys;
mod kiro;
mod mcp;
mod messages;
mod model;
mod openinference;
mod operation;
mod reviewer;
mod run;
mod tables;
mod tool;
mod tool_kind;

use crate::agents::exact::{self, Table};
use crate::agents::{Record, finish};
use crate::event::{Event, EventColumns};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{Agent, IgnoreRule, Kind, Outcome, RecordSignal, StatusCode};

use keys::text;
use operation::Operation;

/// The attributes that the columns of a record hold.
pub(super) fn table_of(
    agent: Agent,
    signal: RecordSignal,
    name: Option<&str>,
) -> Option<&'static Table> {
    match signal {
        RecordSignal::Logs => Some(tables::log(agent, name)),
        RecordSignal::Traces => Some(tables::span(agent, name)),
        RecordSignal::SpanEvent => Some(tables::span_event(name)),
        RecordSignal::Metrics => None,
    }
}

/// Maps a log record.
pub(super) fn map_log<'a>(
    agent: Agent,
    record: &Record<'_, 'a>,
    event: &mut Event<'a>,
) -> Option<IgnoreRule> {
    let name = event::name_of(agent, record.sent, &event.columns);
    let table = tables::log(agent, name.as_deref());
    let held = exact::fill(Some(table), record.sent, event);
    let columns = &mut event.columns;
    columns.name = columns.name.take().or(name);
    who(record, columns);
    match agent {
        Agent::Cline => cline::map(record.sent, columns),
        Agent::Kiro => kiro::map(record.sent, columns),
        Agent::Cursor => cursor::map(record, columns),
        _ => event::map(record.sent, columns),
    }
    finish(table, held, record, event);
    None
}

/// Maps a span.
pub(super) fn map_span<'a>(
    agent: Agent,
    record: &Record<'_, 'a>,
    event: &mut Event<'a>,
) -> Option<IgnoreRule> {
    let sent = record.sent;
    let operation = Operation::of(agent, sent, &event.columns);
    let table = tables::span(agent, event.columns.name.as_deref());
    let held = exact::fill(Some(tables::taken(table, operation)), sent, event);
    let columns = &mut event.columns;
    who(record, columns);
    match operation {
        Operation::Request => model::map(sent, columns),
        Operation::Run => run::map(agent, sent, columns),
        Operation::Tool => tool::map(agent, sent, columns),
        Operation::Mcp => mcp::map(record, columns),
        Operation::Reviewer => reviewer::map_span(sent, columns),
        Operation::Session => columns.kind = Some(Kind::Session),
        Operation::Goose => goose::map(sent, columns),
        Operation::Plain => map_plain(sent, columns),
    }
    finish(table, held, record, event);
    None
}

/// Maps a span event.
pub(super) fn map_span_event<'a>(
    _agent: Agent,
    record: &Record<'_, 'a>,
    event: &mut Event<'a>,
) -> Option<IgnoreRule> {
    let table = tables::span_event(event.columns.name.as_deref());
    let taken = event::taken(table, record.sent);
    let held = exact::fill(Some(taken), record.sent, event);
    who(record, &mut event.columns);
    event::map(record.sent, &mut event.columns);
    finish(table, held, record, event);
    None
}

/// Fills what any record may say of the conversation and of the program.
fn who<'a>(record: &Record<'_, 'a>, columns: &mut EventColumns<'a>) {
    let sent = record.sent;
    if columns.agent_version.is_none() {
        columns.agent_version = record.service_version.cloned();
    }
    if columns.client.is_none() {
        columns.client = record.service_name.cloned();
    }
    if columns.session_id.is_none() {
        columns.session_id = keys::session(sent);
    }
    if columns.agent_path.is_none() {
        columns.agent_path = keys::agent(sent);
    }
    if columns.provider.is_none() {
        columns.provider = text(sent, keys::PROVIDER);
    }
    if columns.model.is_none() {
        columns.model = text(sent, keys::MODEL);
    }
}

/// A span without a meaning of its own; one that failed is an error.
fn map_plain<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.outcome = trouble(sent, columns);
    if columns.outcome.is_some() {
        columns.kind = Some(Kind::Error);
    }
}

/// How a span ended that says it went wrong; fills `error`.
fn trouble<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) -> Option<Outcome> {
    let kind = sent.text("error.type");
    let failed = columns.status_code == Some(StatusCode::Error) || kind.is_some();
    if !failed {
        return None;
    }
    if columns.error.is_none() {
        let message = columns.status_message.clone();
        columns.error = text(sent, keys::ERROR).or(message).or_else(|| kind.map(Into::into));
    }
    let kind = kind.unwrap_or_default();
    Some(if kind.contains("Cancelled") || kind == "cancelled" {
        Outcome::Cancelled
    } else if kind.contains("Timeout") || kind == "timeout" {
        Outcome::TimedOut
    } else {
        Outcome::Failed
    })
}

/// How long a span took, in whole milliseconds.
fn took(columns: &EventColumns<'_>) -> Option<i64> {
    let micros = columns.end_time?.0.checked_sub(columns.time.0)?;
    (micros >= 0).then_some(micros / 1000)
}

#[cfg(test)]
mod tests;
