//! Conversations that the tables know of: told to a new stitcher, and given back to it.

use std::collections::BTreeSet;

use arrow_array::RecordBatch;
use seam_schema::derived::sessions::SessionRow;
use seam_schema::stitch::HistoryKey;
use seam_schema::table::Table;
use seam_store::{Cursor, ReadError, Snapshot, Store};
use tokio::runtime::Handle;

use super::fault::Fault;
use super::stitch::{Stitch, history_key};
use crate::metrics::StitchMetrics;

/// How often a stitcher may ask for more before events apply.
const ROUNDS_MAX: usize = 1000;
/// So many unsettled conversations are given back in one pass over the tables.
const AT_ONCE: usize = 512;

/// What is read of a row of `sessions`.
const COLUMNS: [&str; 9] = [
    "tenant",
    "agent",
    "principal",
    "session_id",
    "root_session_id",
    "retracted",
    "settled",
    "joined_by",
    "revision",
];

/// The newest revision of every row of `sessions` that was not retracted.
pub(super) struct Known(Option<RecordBatch>);

impl Known {
    pub(super) async fn read(snapshot: &Snapshot) -> Result<Self, ReadError> {
        Ok(Self(snapshot.newest_revisions(Table::Sessions, &COLUMNS).await?))
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = SessionRow<'_>> {
        let rows = self
            .0
            .iter()
            .flat_map(|batch| (0..batch.num_rows()).map(move |row| SessionRow::read(batch, row)));
        rows.filter(|row| !row.retracted)
    }

    /// Tells a stitcher of all of them. What was applied before the cursor may have come to no
    /// row yet.
    pub(super) fn note_to(&self, stitcher: &mut impl Stitch, cursor: &Cursor) {
        if *cursor != Cursor::start() {
            stitcher.note_past();
        }
        self.rows().for_each(|row| stitcher.note_known(&row));
    }
}

/// The conversations that only time would settle, some left out.
pub(super) fn unsettled(known: &Known, without: &BTreeSet<HistoryKey>) -> Vec<HistoryKey> {
    let rows = known.rows().filter(|row| !row.settled);
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
    pub(super) fn of<S: Stitch>(&self, keys: &[HistoryKey]) -> Result<Vec<S::Fact>, Fault> {
        let snapshot = self.store.snapshot();
        let batches = self.runtime.block_on(snapshot.events_of(keys, self.cursor, S::COLUMNS))?;
        Ok(batches.iter().flat_map(S::facts).collect())
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
