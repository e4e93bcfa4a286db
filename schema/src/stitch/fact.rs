//! What of an event the stitcher needs.
//!
//! A [`Fact`] owns what it holds, and holds as little as it can: of arguments and outputs only
//! which hosts and which conversations they name, of a span without a meaning of its own only
//! where it hangs.

use super::detail::{Detail, Name};
use super::near::Mark;
use crate::ids::{EventId, LogId, ReceivedAt, Sequence, SpanId, TraceId};
use crate::vocabulary::{Agent, Kind, RecordSignal};

/// One event, cut down to what stitching needs.
#[derive(Debug, Clone)]
pub struct Fact {
    /// The event.
    pub event_id: EventId,
    /// The log of its frame.
    pub log_id: LogId,
    /// Its frame.
    pub sequence: Sequence,
    /// The record in its frame.
    pub index: i64,
    /// When its frame was received.
    pub received_at: ReceivedAt,
    /// The same, in one process, for two copies of one record that came in different requests.
    pub same: u64,
    /// Whose it is.
    pub tenant: Name,
    /// Who sent it.
    pub principal: Name,
    /// The agent.
    pub agent: Agent,
    /// What it was.
    pub signal: RecordSignal,
    /// What it is about.
    pub kind: Kind,
    /// The event's name, or the span's.
    pub name: Name,
    /// When it happened, in microseconds since 1970.
    pub time_us: i64,
    /// When a span ended.
    pub end_us: Option<i64>,
    /// The conversation, as the agent names it.
    pub session_id: Option<Name>,
    /// The turn, as the agent names it.
    pub turn_id: Option<Name>,
    /// The call, as the agent names it.
    pub call_id: Option<Name>,
    /// Which agent of the conversation.
    pub agent_path: Option<Name>,
    /// The trace.
    pub trace: Option<TraceId>,
    /// A span's own id, or the span that a record stands in.
    pub span: Option<SpanId>,
    /// The parent of a span.
    pub parent: Option<SpanId>,
    /// The rest; a span without a meaning of its own has none.
    pub detail: Option<Box<Detail>>,
    /// What finds it a conversation that has nothing in common with its own.
    pub(super) mark: Option<Mark>,
}

impl Fact {
    /// Where it stands in its log: what the passing of frames is measured by.
    pub(super) fn position(&self) -> (i64, LogId, i64, i64) {
        (self.received_at.0, self.log_id, self.sequence.0, self.index)
    }

    /// Whether it is a span itself, not a record inside one.
    pub(super) fn is_span(&self) -> bool {
        self.signal == RecordSignal::Traces
    }

    /// When what it tells of had ended.
    pub(super) fn ended_us(&self) -> i64 {
        self.end_us.unwrap_or(self.time_us)
    }

    /// When what it tells of began: a result's own time is its end.
    pub(super) fn began_us(&self) -> i64 {
        let took = self.detail.as_ref().and_then(|detail| detail.duration_ms);
        match (self.kind, took) {
            (Kind::ToolResult | Kind::Approval, Some(took)) if !self.is_span() => {
                self.time_us.saturating_sub(took.saturating_mul(1000))
            }
            _ => self.time_us,
        }
    }

    /// About how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        // The call's id, which no other fact may have.
        const SHARED: usize = 48;
        size_of::<Self>() + SHARED + self.detail.as_deref().map_or(0, Detail::bytes)
    }
}
