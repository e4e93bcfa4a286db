//! Qwen Code, a fork of Gemini CLI that has gone its own way: its log records, spans and span
//! events. What is still the same is read by the modules of [`crate::agents::gemini`].
//!
//! `qwen-code.tool_call` is result and approval of a call at once, with its call id, and has the
//! arguments even where prompts are not logged. `error_type` is `execution_denied` for a rule, the
//! mode and a hook alike: who refused is read from the agent's own texts, and from the span
//! `qwen-code.tool`, whose `tool.failure_kind` has a word for each. A guard of the host is told
//! from a hook in that span only.
//!
//! Who decided: `accept` and `modify` come from a question, so a person (or, seen in the span
//! `qwen-code.tool.blocked_on_user` only, a hook) answered; `auto_accept` is a rule's, the mode's
//! or the automatic classifier's. It stands as well for a person's answer "always", which again
//! only that span shows.
//!
//! A `qwen-code.hook` that did not succeed because "hook runner returned no output" is normal: it
//! is sent for every tool even where no hook is configured, so it has no outcome.
//!
//! `prompt_origin`: `qwen-code.user_prompt` is a person's (`human`), unless its id says that the
//! machinery asked (`system`) or a subagent's (`subagent_task`); `qwen-code.interaction` goes by
//! `qwen-code.message_type`: `userQuery` is a person's; `notification`, `hook` and `cron` are the
//! machinery's; for other types it is left open.
//!
//! Left to the stitcher: the subagent of a tool's span (its parent tells) and the call of a hook.
//!
//! Source: `packages/core/src/telemetry`, `core/coreToolScheduler.ts` and `permissions` of
//! 168b4d18, and the wire of 0.24.4.

mod call;
pub(in crate::agents) mod catalogue;
mod hook;
mod log;
mod refusal;
mod span;
mod tables;
mod tool_span;

use crate::agents::exact::{self, Table};
use crate::agents::gemini::noise;
use crate::agents::{EVENT_NAME, Record, finish};
use crate::event::{Event, Text};
use crate::vocabulary::{IgnoreRule, Kind, RecordSignal};

/// The attributes that the columns of a record of Qwen hold.
pub(super) fn table_of(signal: RecordSignal, name: Option<&str>) -> Option<&'static Table> {
    match signal {
        RecordSignal::Logs => Some(tables::log(name)),
        RecordSignal::Traces => Some(tables::span(name)),
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
    if columns.session_id.is_none() {
        // The name of the attribute in the documentation.
        columns.session_id = record.sent.text("sessionId").map(Text::Borrowed);
    }
    columns.agent_version = record.service_version.cloned();
    log::map(name.unwrap_or_default(), record.sent, columns);
    finish(table, held, record, event);
    None
}

/// Maps a span.
pub(super) fn map_span<'a>(record: &Record<'_, 'a>, event: &mut Event<'a>) -> Option<IgnoreRule> {
    let table = tables::span(event.columns.name.as_deref());
    let held = exact::fill(Some(table), record.sent, event);
    let columns = &mut event.columns;
    if columns.session_id.is_none() {
        columns.session_id = record.sent.text("gen_ai.conversation.id").map(Text::Borrowed);
    }
    columns.agent_version = record.service_version.cloned();
    span::map(record.sent, columns);
    finish(table, held, record, event);
    noise::span(&event.columns)
}

/// Maps a span event: an exception, by the conventions.
pub(super) fn map_span_event<'a>(
    record: &Record<'_, 'a>,
    event: &mut Event<'a>,
) -> Option<IgnoreRule> {
    let held = exact::fill(Some(&tables::SPAN_EVENT), record.sent, event);
    event.columns.agent_version = record.service_version.cloned();
    if event.columns.name.as_deref() == Some("exception") {
        event.columns.kind = Some(Kind::Error);
    }
    finish(&tables::SPAN_EVENT, held, record, event);
    None
}

#[cfg(test)]
mod tests;
