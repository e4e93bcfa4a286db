//! One mapper per agent: from a record's attributes to the columns of a row.
//!
//! A mapper knows what an agent's attributes mean; it never sees the wire. Position, host, time
//! and the record's own fields are filled before it is called ([`crate::normalise`]).
//! [`exact`] decides which attributes a column holds exactly; those are the only ones that do
//! not stand in `attributes` as well.
//!
//! Each mapper is four pure functions: `map_log`, `map_span`, `map_span_event` fill the row and
//! may name the rule by which the record is noise ([`ignored`]); `table_of` says, from the row
//! alone, which attributes its columns hold. Records of agents without a mapper are stored with
//! all they carried, as kind `other` or `span`.

mod arguments;
#[cfg(test)]
mod captured;
pub(crate) mod catalogue;
mod claude_code;
mod codex;
mod copilot;
mod detect;
pub(crate) mod exact;
mod gemini;
mod genai;
mod identity;
pub mod ignored;
mod measures;
mod opencode;
mod qwen;
#[cfg(test)]
mod testing;

use crate::event::{Event, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{Agent, IgnoreRule, Kind, RecordSignal};

pub(crate) use detect::{ScopeAgent, of_point, of_scope};
use exact::Table;

/// The attribute that names a log record.
pub(crate) const EVENT_NAME: &str = "event.name";
/// The attribute that says when a log record happened.
pub(crate) const EVENT_TIMESTAMP: &str = "event.timestamp";

/// What a mapper sees of a record, beside the row that is filled from its envelope.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record<'r, 'a> {
    /// Its attributes.
    pub sent: &'r SentAttributes<'a>,
    /// The attributes of its resource.
    pub resource: &'r SentAttributes<'a>,
    /// `service.name` of its resource.
    pub service_name: Option<&'r Text<'a>>,
    /// `service.version` of its resource.
    pub service_version: Option<&'r Text<'a>>,
    /// The name of the span, where the record is a span event.
    pub span_name: Option<&'a str>,
}

/// Maps a log record; gives the rule by which it is noise.
pub(crate) fn map_log<'a>(
    agent: Agent,
    record: &Record<'_, 'a>,
    event: &mut Event<'a>,
) -> Option<IgnoreRule> {
    event.columns.agent = Some(agent);
    event.columns.kind = Some(Kind::Other);
    match agent {
        Agent::Codex => codex::map_log(record, event),
        Agent::ClaudeCode => claude_code::map_log(record, event),
        Agent::Gemini => gemini::map_log(record, event),
        Agent::Qwen => qwen::map_log(record, event),
        Agent::Copilot => copilot::map_log(record, event),
        Agent::Opencode => opencode::map_log(record, event),
        Agent::Unknown => {
            let named = record.sent.text(EVENT_NAME).map(Text::Borrowed);
            event.columns.name = named.or_else(|| event.columns.event_name.clone());
            map_unknown(record, event)
        }
        _ => genai::map_log(agent, record, event),
    }
}

/// Maps a span. Its name is filled already. Gives the rule by which it is noise.
pub(crate) fn map_span<'a>(
    agent: Agent,
    record: &Record<'_, 'a>,
    event: &mut Event<'a>,
) -> Option<IgnoreRule> {
    event.columns.agent = Some(agent);
    event.columns.kind = Some(Kind::Span);
    match agent {
        Agent::Codex => codex::map_span(record, event),
        Agent::ClaudeCode => claude_code::map_span(record, event),
        Agent::Gemini => gemini::map_span(record, event),
        Agent::Qwen => qwen::map_span(record, event),
        Agent::Copilot => copilot::map_span(record, event),
        Agent::Opencode => opencode::map_span(record, event),
        Agent::Unknown => map_unknown(record, event),
        _ => genai::map_span(agent, record, event),
    }
}

/// Maps a span event. The name that stands in its own field is filled already. Gives the rule by
/// which it is noise.
pub(crate) fn map_span_event<'a>(
    agent: Agent,
    record: &Record<'_, 'a>,
    event: &mut Event<'a>,
) -> Option<IgnoreRule> {
    event.columns.agent = Some(agent);
    event.columns.kind = Some(Kind::Span);
    match agent {
        Agent::Codex => codex::map_span_event(record, event),
        Agent::ClaudeCode => claude_code::map_span_event(record, event),
        Agent::Gemini => gemini::map_span_event(record, event),
        Agent::Qwen => qwen::map_span_event(record, event),
        Agent::Copilot => copilot::map_span_event(record, event),
        Agent::Opencode => opencode::map_span_event(record, event),
        Agent::Unknown => map_unknown(record, event),
        _ => genai::map_span_event(agent, record, event),
    }
}

/// Keeps everything; reads only what the conventions leave no doubt about.
fn map_unknown<'a>(record: &Record<'_, 'a>, event: &mut Event<'a>) -> Option<IgnoreRule> {
    event.columns.session_id = record.sent.text("session.id").map(Text::Borrowed);
    exact::fill(None, record.sent, event);
    identity::fill(record, &mut event.columns);
    None
}

/// Ends a mapping: fills who and where from what the launcher claims, and names the columns that
/// no attribute of theirs filled. `held` is what [`exact::fill`] gave.
fn finish<'a>(table: &Table, held: u64, record: &Record<'_, 'a>, event: &mut Event<'a>) {
    identity::fill(record, &mut event.columns);
    exact::mark_derived(table, held, event);
}

/// Which attributes the columns of a row hold, by what the row says of itself.
///
/// The way back asks this with what the mapper wrote, so it must not depend on anything else.
pub(crate) fn table_of(
    agent: Option<Agent>,
    signal: Option<RecordSignal>,
    name: Option<&str>,
) -> Option<&'static Table> {
    let signal = signal?;
    match agent? {
        Agent::Codex => codex::table_of(signal, name),
        Agent::ClaudeCode => claude_code::table_of(signal, name),
        Agent::Gemini => gemini::table_of(signal, name),
        Agent::Qwen => qwen::table_of(signal, name),
        Agent::Copilot => copilot::table_of(signal, name),
        Agent::Opencode => opencode::table_of(signal, name),
        Agent::Unknown => None,
        agent => genai::table_of(agent, signal, name),
    }
}
