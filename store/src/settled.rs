//! The settled rows of a derived table, as they become final, in the order of what caused them.
//!
//! A row counts once it is committed and the position of `sessions` has reached its cause: what
//! stands beyond that may be taken back by a start after a crash (see `derived_start.rs`). The
//! last frame is never done for good, because `seam restitch` writes rows that name it as their
//! cause; so a cursor stands before it, and what was given of it is remembered until the next one.
//!
//! A row that was replaced and merged away before it was read is not given: its newest revision
//! is. This follower does not make merges wait.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use arrow::record_batch::RecordBatch;
use seam_schema::ids::{LogId, Offset, Sequence};
use seam_schema::table::Table;
use tokio::sync::watch;

use crate::error::{ReadError, StoreError};
use crate::follow::{Cursor, Position};
use crate::snapshot::{DataFile, Snapshot, StatValue};
use crate::sorted::{RowAt, Sorted, Source, sort};
use crate::store::wait_failure;

/// What a window of rows may take, about.
const WINDOW_BYTES: usize = 32 << 20;
/// A backlog is worked through in parts of about so many rows: of each row of a part what decides
/// its place is in memory.
const PART_ROWS: u64 = 128 << 10;

/// What a follower of settled rows gives.
#[derive(Debug, Clone)]
pub enum Settled {
    /// Rows with all columns of the table, in order. Rows of one frame may follow in the next batch.
    Rows(RecordBatch),
    /// Everything there was is given: every frame up to and with these is done.
    CaughtUp(Vec<Offset>),
}

/// Follows the settled rows of one derived table; made by [`crate::Store::follow_settled`].
pub struct SettledFollower {
    table: Table,
    id_column: &'static str,
    own_log: LogId,
    /// Only rows of the own log are given.
    own_only: bool,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    failures: watch::Receiver<Option<String>>,
    /// The last frame of each log that is done.
    cursor: Cursor,
    /// Rows of the first frame that is not done that were given: id and revision.
    given: HashSet<(String, i64)>,
    part_rows: u64,
    work: Option<Work>,
    /// The state that was worked through last: the table's version and the position of `sessions`.
    looked: Option<(u64, Sequence)>,
}

struct Work {
    rows: Sorted,
    /// The last frame of each log that has rows here.
    last: BTreeMap<LogId, i64>,
    given: HashSet<(String, i64)>,
    looked: (u64, Sequence),
    /// The last frame of the own log in this part, where more parts follow.
    end: Option<i64>,
}

/// The columns that tell which rows are wanted, and their order.
const KEYS: [&str; 5] =
    ["caused_by_log", "caused_by_sequence", "caused_by_index", "revision", "settled"];

impl SettledFollower {
    pub(crate) fn new(
        table: Table,
        cursor: Cursor,
        own_log: LogId,
        own_only: bool,
        mut snapshots: watch::Receiver<Arc<Snapshot>>,
        failures: watch::Receiver<Option<String>>,
    ) -> Result<Self, ReadError> {
        let id_column = table.id_column();
        let id_column = id_column.ok_or(ReadError::NotFollowable { table: table.name() })?;
        snapshots.mark_changed();
        Ok(Self {
            table,
            id_column,
            own_log,
            own_only,
            snapshots,
            failures,
            cursor,
            given: HashSet::new(),
            part_rows: PART_ROWS,
            work: None,
            looked: None,
        })
    }

    /// The same with parts of another size.
    #[cfg(test)]
    pub(crate) fn in_parts(self, part_rows: u64) -> Self {
        Self { part_rows, ..self }
    }

    /// The next rows, or the news that all were given; waits for either. After an error, and when
    /// the future was dropped, rows since the last `CaughtUp` may come again.
    pub async fn step(&mut self) -> Result<Settled, ReadError> {
        loop {
            let Some(mut work) = self.work.take() else {
                self.work = Some(self.next_work().await?);
                continue;
            };
            if let Some(batch) = work.rows.next().await? {
                self.work = Some(work);
                return Ok(Settled::Rows(batch));
            }
            let (_, through) = work.looked;
            let mut ends: BTreeMap<LogId, i64> = work.last;
            // More rows may name the last frame as their cause; none will name an earlier one.
            for last in ends.values_mut() {
                *last -= 1;
            }
            ends.insert(self.own_log, work.end.unwrap_or(through.0 - 1));
            for (log_id, done) in ends {
                let end = Position { sequence: Sequence(done.max(0)), index: i64::MAX };
                if self.cursor.get(log_id).is_none_or(|seen| seen < end) {
                    self.cursor.set(log_id, end);
                }
            }
            self.given = work.given;
            if work.end.is_some() {
                continue;
            }
            self.looked = Some(work.looked);
            return Ok(Settled::CaughtUp(self.cursor.offsets().collect()));
        }
    }

    async fn next_work(&mut self) -> Result<Work, ReadError> {
        loop {
            let snapshot = Arc::clone(&self.snapshots.borrow_and_update());
            let state = snapshot.table(self.table);
            let state = state.ok_or(ReadError::NotFollowable { table: self.table.name() })?;
            let sessions = snapshot.table(Table::Sessions).map(|sessions| sessions.committed);
            let looked = (state.version, sessions.unwrap_or_default());
            if self.looked != Some(looked) {
                let files = state.files.iter().filter(|file| self.may_have_new(file));
                let (files, end) = self.part(files.cloned().collect(), looked.1);
                let source = Source {
                    reader: Arc::clone(snapshot.reader()),
                    files,
                    schema: self.table.schema(),
                    window_bytes: WINDOW_BYTES,
                    pace: None,
                };
                return self.pick(source, looked, end).await;
            }
            tokio::select! {
                biased;
                changed = self.snapshots.changed() => {
                    changed.map_err(|_| ReadError::Store(StoreError::Closing))?;
                }
                reason = wait_failure(&mut self.failures) => {
                    return Err(ReadError::Store(StoreError::Failed { reason }));
                }
            }
        }
    }

    /// The last frame of a log that is done; 0 if none is.
    fn done(&self, log_id: LogId) -> i64 {
        self.cursor.get(log_id).map_or(0, |seen| seen.sequence.0)
    }

    /// The files of the next part, and the last frame of it where another one follows. A frame is
    /// in one part; files of which nothing is known are in the first.
    fn part(
        &self,
        files: Vec<Arc<DataFile>>,
        through: Sequence,
    ) -> (Vec<Arc<DataFile>>, Option<i64>) {
        let is_own = |file: &Arc<DataFile>| file.log_id.is_none_or(|of| of == self.own_log);
        let (mut own, mut part): (Vec<_>, Vec<_>) = files.into_iter().partition(is_own);
        own.sort_by_key(|file| frames(file).0);
        let rows = |file: &Arc<DataFile>| file.rows.unwrap_or(0);
        let mut taken: u64 = part.iter().map(rows).sum();
        let mut end = i64::MIN;
        for file in own {
            let (first, last) = frames(&file);
            if taken >= self.part_rows && first > end && end < through.0 {
                return (part, Some(end));
            }
            (taken, end) = (taken + rows(&file), end.max(last));
            part.push(file);
        }
        (part, None)
    }

    fn may_have_new(&self, file: &DataFile) -> bool {
        let log_id = file.log_id.unwrap_or(self.own_log);
        if self.own_only && log_id != self.own_log {
            return false;
        }
        frames(file).1 > self.done(log_id)
    }

    /// Which rows of the files are wanted, in order.
    async fn pick(
        &self,
        source: Source,
        looked: (u64, Sequence),
        end: Option<i64>,
    ) -> Result<Work, ReadError> {
        let mut columns = KEYS.to_vec();
        columns.push(self.id_column);
        let (keys, at) = source.keys(&columns).await?;
        let order = sort(&keys).map_err(|error| source.content(&error))?;
        let texts = |name: &str| keys.column_by_name(name)?.as_string_opt::<i32>();
        let numbers = |name: &str| keys.column_by_name(name)?.as_primitive_opt::<Int64Type>();
        let settled = keys.column_by_name("settled").and_then(|column| column.as_boolean_opt());
        let found = (
            texts("caused_by_log"),
            numbers("caused_by_sequence"),
            numbers("revision"),
            settled,
            texts(self.id_column),
        );
        let (Some(logs), Some(frames), Some(revisions), Some(settled), Some(ids)) = found else {
            let what = "a file lacks a column of every derived table".to_owned();
            return Err(ReadError::Content { path: self.table.name().to_owned(), what });
        };
        let mut wanted: Vec<RowAt> = Vec::new();
        let mut last: BTreeMap<LogId, i64> = BTreeMap::new();
        // Rows of the last frame of each log, log after log; those of the newest log from `since` on.
        let mut of_last: Vec<(LogId, i64, String, i64)> = Vec::new();
        let mut since = 0;
        for row in order {
            let log_id = LogId::parse(logs.value(row)).unwrap_or_default();
            let (frame, revision) = (frames.value(row), revisions.value(row));
            let is_own = log_id == self.own_log;
            let final_now = if is_own { frame <= looked.1.0 } else { !self.own_only };
            if !settled.value(row) || !final_now || frame <= self.done(log_id) {
                continue;
            }
            last.insert(log_id, frame);
            match of_last.last() {
                Some((of, ..)) if *of != log_id => since = of_last.len(),
                Some((_, at, ..)) if *at != frame => of_last.truncate(since),
                _ => {}
            }
            let key = (ids.value(row).to_owned(), revision);
            of_last.push((log_id, frame, key.0.clone(), revision));
            if !self.given.contains(&key) {
                wanted.extend(at.get(row).copied());
            }
        }
        // What was given of a frame that stays the last one is remembered on.
        let through = looked.1.0;
        let is_last = |log_id: LogId, frame: i64| log_id != self.own_log || frame == through;
        let given = of_last.into_iter().filter(|(log_id, frame, ..)| is_last(*log_id, *frame));
        let given = given.map(|(_, _, id, revision)| (id, revision)).collect();
        Ok(Work { rows: Sorted::new(source, wanted), last, given, looked, end })
    }
}

/// The first and the last frame that caused a row of a file; all that can be where it is not known.
fn frames(file: &DataFile) -> (i64, i64) {
    let bound = |value: Option<&StatValue>, unknown| match value {
        Some(StatValue::Int(frame)) => *frame,
        _ => unknown,
    };
    let stats = file.stats("caused_by_sequence");
    let (min, max) = stats.map_or((None, None), |stats| (stats.min.as_ref(), stats.max.as_ref()));
    (bound(min, i64::MIN), bound(max, i64::MAX))
}
