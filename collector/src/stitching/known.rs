//! Conversations that the tables know of, and traces that may come to be in one: told to a new
//! stitcher, and given back to it.

use std::collections::BTreeSet;

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};
use seam_schema::derived::sessions::SessionRow;
use seam_schema::ids::{LogId, TraceId};
use seam_schema::stitch::HistoryKey;
use seam_schema::table::Table;
use seam_store::{Cursor, ReadError, Snapshot, Store};
use tokio::runtime::Handle;

use super::fault::Fault;
use super::stitch::{Stitch, history_key};
use crate::metrics::StitchMetrics;

/// How often a stitcher may ask for more before events apply.
const ROUNDS_MAX: usize = 1000;
/// So many unsettled conversations are given back in one pass over the tables: a pass costs about
/// the same for one as for all of them.
const AT_ONCE: usize = 8_192;

/// Spans that are in no conversation yet are looked for so far back from the newest revision.
const LOOK_BACK_US: i64 = 600_000_000;

/// What is read of a row of `sessions`.
const COLUMNS: [&str; 10] = [
    "tenant",
    "agent",
    "principal",
    "session_id",
    "root_session_id",
    "retracted",
    "settled",
    "joined_by",
    "revision",
    "caused_by_log",
];

/// What was known at a cursor.
pub(super) struct Known {
    /// The newest revision of every row of `sessions`.
    sessions: Option<RecordBatch>,
    /// Events that name a trace and no conversation.
    nameless: Vec<RecordBatch>,
}

impl Known {
    pub(super) async fn read(snapshot: &Snapshot, cursor: &Cursor) -> Result<Self, ReadError> {
        let sessions = snapshot.newest_revisions(Table::Sessions, &COLUMNS).await?;
        let known = Self { sessions, nameless: Vec::new() };
        // The tables' own time: the clock of this machine may stand anywhere.
        let newest = known.rows().map(|row| row.revision).max();
        let since_us = newest.map_or(i64::MIN, |newest| newest.saturating_sub(LOOK_BACK_US));
        Ok(Self { nameless: snapshot.nameless_events(cursor, since_us).await?, ..known })
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = SessionRow<'_>> {
        let rows = self
            .sessions
            .iter()
            .flat_map(|batch| (0..batch.num_rows()).map(move |row| SessionRow::read(batch, row)));
        rows.filter(|row| !row.retracted)
    }

    /// Tells a stitcher of all of them.
    pub(super) fn note_to(&self, stitcher: &mut impl Stitch) {
        let mut told: BTreeSet<(&str, &str, TraceId)> = BTreeSet::new();
        for batch in &self.nameless {
            let text = |name: &str, row| {
                let texts = batch.column_by_name(name)?.as_string_opt::<i32>()?;
                texts.is_valid(row).then(|| texts.value(row))
            };
            told.extend((0..batch.num_rows()).filter_map(|row| {
                let trace = TraceId::parse(text("trace_id", row)?)?;
                Some((text("tenant", row)?, text("principal", row)?, trace))
            }));
        }
        for (tenant, principal, trace) in told {
            stitcher.note_trace(tenant, principal, trace);
        }
        for row in self.rows() {
            stitcher.note_known(&row);
        }
    }
}

/// The conversations that only time would settle, some left out; with a log only those whose
/// newest rows follow from that log.
pub(super) fn unsettled(
    known: &Known,
    without: &BTreeSet<HistoryKey>,
    of_log: Option<LogId>,
) -> Vec<HistoryKey> {
    let rows = known.rows().filter(|row| !row.settled);
    let rows = rows.filter(|row| of_log.is_none_or(|log| row.caused_by_log == log));
    rows.map(|row| history_key(&row)).filter(|key| !without.contains(key)).collect()
}

/// Reads earlier events: those at or before a cursor.
pub(super) struct History<'d> {
    pub(super) store: &'d Store,
    pub(super) runtime: &'d Handle,
    pub(super) cursor: &'d Cursor,
    pub(super) metrics: &'d StitchMetrics,
}

impl History<'_> {
    /// The earlier events of some conversations.
    pub(super) fn of<S: Stitch>(&self, keys: &[HistoryKey]) -> Result<Vec<Vec<S::Fact>>, Fault> {
        let snapshot = self.store.snapshot();
        let events = snapshot.events_of(keys, self.cursor, S::COLUMNS, S::facts);
        Ok(self.runtime.block_on(events)?)
    }

    /// Gives a stitcher everything it wants before some events apply, if it wants anything;
    /// tells `given` what that was.
    pub(super) fn give_back<S: Stitch>(
        &self,
        stitcher: &mut S,
        facts: &[S::Fact],
        mut given: impl FnMut(&[HistoryKey]),
    ) -> Result<bool, Fault> {
        let mut keys = stitcher.missing(facts);
        for round in 0..ROUNDS_MAX {
            if keys.is_empty() {
                return Ok(round > 0);
            }
            let earlier = self.of::<S>(&keys)?;
            stitcher.restore(&keys, earlier);
            self.metrics.restored.add(keys.len() as u64);
            given(&keys);
            keys = stitcher.missing(facts);
        }
        Err(Fault::Endless)
    }

    /// Gives back some conversations, and what belongs to them.
    pub(super) fn give_back_all<S: Stitch>(
        &self,
        keys: &[HistoryKey],
        stitcher: &mut S,
    ) -> Result<(), Fault> {
        for keys in keys.chunks(AT_ONCE) {
            stitcher.want(keys);
            self.give_back(stitcher, &[], |_| {})?;
        }
        Ok(())
    }
}
