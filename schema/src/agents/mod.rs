//! One mapper per agent: from a record's attributes to the columns of a row.
//!
//! A mapper knows what an agent's attributes mean; it never sees the wire. Position, identity,
//! time and the record's own fields are filled before it is called ([`crate::normalise`]).
//! [`exact`] decides which attributes a column holds exactly; those are the only ones that do
//! not stand in `attributes` as well.
//!
//! Agents without a mapper are recognised all the same: their records are stored with all they
//! carried, as kind `other` or `span`.

mod codex;
mod detect;
pub(crate) mod exact;

use crate::event::{Event, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{Agent, Kind, RecordSignal};

pub(crate) use detect::{ScopeAgent, of_point, of_scope};
use exact::Table;

/// The attribute that names a log record.
pub(crate) const EVENT_NAME: &str = "event.name";
/// The attribute that says when a log record happened.
pub(crate) const EVENT_TIMESTAMP: &str = "event.timestamp";

/// What a mapper sees of a record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record<'r, 'a> {
    /// Its attributes.
    pub sent: &'r SentAttributes<'a>,
    /// `service.name` of its resource.
    pub service_name: Option<&'r Text<'a>>,
    /// `service.version` of its resource.
    pub service_version: Option<&'r Text<'a>>,
}

/// Maps a log record.
pub(crate) fn map_log<'a>(agent: Agent, record: &Record<'_, 'a>, event: &mut Event<'a>) {
    event.columns.agent = Some(agent);
    if agent == Agent::Codex {
        return codex::map_log(record, event);
    }
    event.columns.kind = Some(Kind::Other);
    let named = record.sent.text(EVENT_NAME).map(Text::Borrowed);
    event.columns.name = named.or_else(|| event.columns.event_name.clone());
    map_unknown(record, event);
}

/// Maps a span. Its name is filled already.
pub(crate) fn map_span<'a>(agent: Agent, record: &Record<'_, 'a>, event: &mut Event<'a>) {
    event.columns.agent = Some(agent);
    event.columns.kind = Some(Kind::Span);
    if agent == Agent::Codex {
        return codex::map_span(record, event);
    }
    map_unknown(record, event);
}

/// Maps a span event. The name that stands in its own field is filled already.
pub(crate) fn map_span_event<'a>(agent: Agent, record: &Record<'_, 'a>, event: &mut Event<'a>) {
    event.columns.agent = Some(agent);
    event.columns.kind = Some(Kind::Span);
    if agent == Agent::Codex {
        return codex::map_span_event(record, event);
    }
    map_unknown(record, event);
}

/// Keeps everything; reads only what the conventions leave no doubt about.
fn map_unknown<'a>(record: &Record<'_, 'a>, event: &mut Event<'a>) {
    event.columns.session_id = record.sent.text("session.id").map(Text::Borrowed);
    exact::fill(None, record.sent, event);
}

/// Which attributes the columns of a row hold, by what the row says of itself.
///
/// The way back asks this with what the mapper wrote, so it must not depend on anything else.
pub(crate) fn table_of(
    agent: Option<Agent>,
    signal: Option<RecordSignal>,
    name: Option<&str>,
) -> Option<&'static Table> {
    match (agent, signal) {
        (Some(Agent::Codex), Some(signal)) => codex::table_of(signal, name),
        _ => None,
    }
}
