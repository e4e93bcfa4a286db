//! Gemini CLI: its log records, spans and span events.
//!
//! One log record, `gemini_cli.tool_call`, is result and approval of a call at once: its row is a
//! `tool_result` with the columns of a decision. It has no call id; the record stands in the span
//! `schedule_tool_calls`, under which `tool_call` has it. A refused call has no span of its own,
//! so the row of the batch tells of it ([`span`]). Records are buffered until the SDK starts, so
//! `event.timestamp` counts. `service.version` is the version of Node where it begins with a `v`:
//! the agent's own is then not told.
//!
//! Who decided, as far as one record tells it: a person only where `interactive` is true and the
//! tool is none of those that the shipped policy always allows; otherwise a rule or the mode. That
//! an interactive session ran in `yolo` mode, or that a rule of the user's own allowed the call,
//! stands in other records (`gemini_cli.config`, `gemini_cli.plan.approval_mode_switch`).
//!
//! `prompt_origin`: `gemini_cli.user_prompt` is a person's (`human`), unless its id is one of a
//! subagent; `agent_call` carries the task of a subagent (`subagent_task`); a slash command is
//! the terminal's own machinery (`system`).
//!
//! Left to the stitcher: the call of a log record, the session's mode, a hook's call, and the
//! calls of a batch in which several were refused.
//!
//! Source: `packages/core/src/telemetry` and `scheduler` of 5411f113, and the wire of 0.61.

mod answer;
mod call;
pub(in crate::agents) mod catalogue;
mod conseca;
mod hook;
mod json;
pub(in crate::agents) mod log;
pub(in crate::agents) mod messages;
pub(in crate::agents) mod noise;
pub(in crate::agents) mod prompt_id;
pub(in crate::agents) mod span;
mod tables;
pub(in crate::agents) mod tool;

use crate::agents::exact::{self, Table};
use crate::agents::{EVENT_NAME, Record, finish};
use crate::event::{Event, EventColumns, Text};
use crate::vocabulary::{IgnoreRule, Kind, RecordSignal};

/// The attributes that the columns of a record of Gemini hold.
pub(super) fn table_of(signal: RecordSignal, name: Option<&str>) -> Option<&'static Table> {
    match signal {
        RecordSignal::Logs => Some(tables::log(name)),
        RecordSignal::Traces => Some(&tables::SPAN),
        RecordSignal::SpanEvent => Some(&tables::SPAN_EVENT),
        RecordSignal::Metrics => None,
    }
}

/// Maps a log record.
pub(super) fn map_log<'a>(record: &Record<'_, 'a>, event: &mut Event<'a>) -> Option<IgnoreRule> {
    let name = record.sent.text(EVENT_NAME);
    let table = tables::log(name);
    let held = exact::fill(Some(table), record.sent, event);
    let columns = &mut event.columns;
    take_envelope(record, columns);
    log::map(name.unwrap_or_default(), record.sent, columns);
    finish(table, held, record, event);
    noise::log(name.unwrap_or_default())
}

/// Maps a span.
pub(super) fn map_span<'a>(record: &Record<'_, 'a>, event: &mut Event<'a>) -> Option<IgnoreRule> {
    let held = exact::fill(Some(&tables::SPAN), record.sent, event);
    take_envelope(record, &mut event.columns);
    span::map(record.sent, &mut event.columns);
    finish(&tables::SPAN, held, record, event);
    noise::span(&event.columns)
}

/// Maps a span event: an exception, by the conventions.
pub(super) fn map_span_event<'a>(
    record: &Record<'_, 'a>,
    event: &mut Event<'a>,
) -> Option<IgnoreRule> {
    let held = exact::fill(Some(&tables::SPAN_EVENT), record.sent, event);
    take_envelope(record, &mut event.columns);
    if event.columns.name.as_deref() == Some("exception") {
        event.columns.kind = Some(Kind::Error);
    }
    finish(&tables::SPAN_EVENT, held, record, event);
    None
}

/// The session that the resource names too, and the version, unless it is that of Node.
fn take_envelope<'a>(record: &Record<'_, 'a>, columns: &mut EventColumns<'a>) {
    if columns.session_id.is_none() {
        columns.session_id = record.resource.text("session.id").map(Text::Borrowed);
    }
    columns.agent_version =
        record.service_version.filter(|version| !version.starts_with('v')).cloned();
}

#[cfg(test)]
pub(in crate::agents) mod tests;
