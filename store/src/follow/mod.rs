//! One ordered stream of a table's rows that starts in its files and ends in its tail.
//!
//! The stream works through one snapshot at a time and then waits for the next. A snapshot holds
//! every row once, and only rows after the cursor are given out, so there is no hole and no
//! repeat where files and tail meet, whatever is committed meanwhile.
//!
//! It holds one batch of rows per file that is open, and of a merged file, whose rows are sorted
//! otherwise, a window of bounded size. Files of one log are read in order; several are open at
//! once only where their frames interleave, which is where a commit wrote one file per tenant.

mod cursor;
mod merge;
mod places;

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use futures::Stream;
use seam_schema::ids::{LogId, ReceivedAt, Sequence};
use seam_schema::table::Table;
use tokio::sync::watch;

pub use self::cursor::Cursor;
use self::cursor::rows_after;
pub(crate) use self::cursor::{Position, count_seen};
use self::merge::Merge;
use self::places::Place;
pub(crate) use self::places::Places;
use crate::columns::has_offsets;
use crate::error::{ReadError, StoreError};
use crate::snapshot::Snapshot;
use crate::store::wait_failure;

/// Some rows, and the cursor that stands after them.
#[derive(Debug, Clone)]
pub struct Followed {
    /// Rows of one log, with the table's schema, in offset order.
    pub batch: RecordBatch,
    /// Where to go on after them.
    pub cursor: Cursor,
}

/// What a follower gives.
#[derive(Debug, Clone)]
pub enum Step {
    /// Some rows.
    Rows(Followed),
    /// Everything that a snapshot holds was given.
    CaughtUp {
        /// The frame that was applied.
        applied: Sequence,
        /// When it was received; 0 until one is applied after the start.
        applied_at: ReceivedAt,
    },
}

/// Follows one table; made by [`crate::Store::follow`].
pub struct Follower {
    table: Table,
    cursor: Cursor,
    log_id: LogId,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    failures: watch::Receiver<Option<String>>,
    place: Arc<Place>,
    /// What is left of the snapshot that is being worked through.
    work: Option<Work>,
    /// Whether work was begun and neither kept nor finished: it is begun again from the cursor.
    interrupted: bool,
    /// The version whose files were all given out.
    finished_version: Option<u64>,
}

/// What is left of one snapshot: the files, log after log, then the tail.
struct Work {
    version: u64,
    applied: Sequence,
    applied_at: ReceivedAt,
    files: Merge,
    tail: std::vec::IntoIter<Arc<RecordBatch>>,
}

impl Follower {
    pub(crate) fn new(
        table: Table,
        cursor: Cursor,
        log_id: LogId,
        mut snapshots: watch::Receiver<Arc<Snapshot>>,
        failures: watch::Receiver<Option<String>>,
        places: &Places,
    ) -> Result<Self, ReadError> {
        if !has_offsets(table) {
            return Err(ReadError::NotFollowable { table: table.name() });
        }
        snapshots.mark_changed();
        Ok(Self {
            table,
            place: places.enter(table, &cursor),
            cursor,
            log_id,
            snapshots,
            failures,
            work: None,
            interrupted: false,
            finished_version: None,
        })
    }

    /// The next rows; waits for them if there are none yet. Dropping the future, and an error,
    /// lose nothing: the next call goes on from the cursor.
    pub async fn next(&mut self) -> Result<Followed, ReadError> {
        loop {
            if let Step::Rows(rows) = self.step().await? {
                return Ok(rows);
            }
        }
    }

    /// As [`Self::next`], and also tells each time that it has given everything there was; waits
    /// for the next snapshot then.
    pub async fn step(&mut self) -> Result<Step, ReadError> {
        loop {
            let Some(mut work) = self.work.take() else {
                self.work = Some(self.next_work().await?);
                continue;
            };
            self.interrupted = true;
            let found = match work.files.next(&self.cursor).await? {
                Some(found) => Some(found),
                None => self.next_of_tail(&mut work)?,
            };
            self.interrupted = false;
            let Some((log_id, batch)) = found else {
                self.finished_version = Some(work.version);
                let Work { applied, applied_at, .. } = work;
                return Ok(Step::CaughtUp { applied, applied_at });
            };
            self.work = Some(work);
            let last = Position::of_row(&batch, batch.num_rows().saturating_sub(1));
            self.cursor.set(log_id, last.ok_or_else(|| without_offsets(self.table))?);
            self.place.set(&self.cursor);
            return Ok(Step::Rows(Followed { batch, cursor: self.cursor.clone() }));
        }
    }

    /// Whether a snapshot waits that was not worked through yet.
    pub fn has_more(&self) -> bool {
        self.work.is_some() || self.interrupted || self.snapshots.has_changed().unwrap_or(false)
    }

    /// The same as a stream; it ends after the first error.
    pub fn into_stream(self) -> impl Stream<Item = Result<Followed, ReadError>> {
        futures::stream::unfold(Some(self), |follower| async {
            let mut follower = follower?;
            match follower.next().await {
                Ok(rows) => Some((Ok(rows), Some(follower))),
                Err(error) => Some((Err(error), None)),
            }
        })
    }

    /// What is to be done for the next snapshot; waits for one that was not worked through yet.
    async fn next_work(&mut self) -> Result<Work, ReadError> {
        if !self.interrupted {
            self.next_snapshot().await?;
        }
        self.interrupted = true;
        let snapshot = Arc::clone(&self.snapshots.borrow_and_update());
        let Some(table) = snapshot.table(self.table) else {
            return Err(ReadError::NotFollowable { table: self.table.name() });
        };
        let files = if self.finished_version == Some(table.version) {
            Merge::default()
        } else {
            Merge::new(self.table, &table.files, &self.cursor, snapshot.reader())?
        };
        self.interrupted = false;
        let Snapshot { applied, applied_at, .. } = *snapshot;
        let seen = self.cursor.get(self.log_id);
        let given = table.tail.partition_point(|batch| ends_by(batch, seen));
        let tail = table.tail.get(given..).unwrap_or_default().to_vec().into_iter();
        let version = table.version;
        Ok(Work { version, applied, applied_at, files, tail })
    }

    async fn next_snapshot(&mut self) -> Result<(), ReadError> {
        tokio::select! {
            biased;
            changed = self.snapshots.changed() => {
                changed.map_err(|_| ReadError::Store(StoreError::Closing))
            }
            reason = wait_failure(&mut self.failures) => {
                Err(ReadError::Store(StoreError::Failed { reason }))
            }
        }
    }

    /// Rows of the tail after the cursor, if there are any left.
    fn next_of_tail(&self, work: &mut Work) -> Result<Option<(LogId, RecordBatch)>, ReadError> {
        for batch in work.tail.by_ref() {
            // Most of a tail was given out before: slicing a hundred columns is not for nothing.
            if ends_by(&batch, self.cursor.get(self.log_id)) {
                continue;
            }
            let fresh = rows_after(&batch, self.cursor.get(self.log_id));
            let fresh = fresh.ok_or_else(|| without_offsets(self.table))?;
            if fresh.num_rows() > 0 {
                return Ok(Some((self.log_id, fresh)));
            }
        }
        Ok(None)
    }
}

/// Whether a batch has no row after a position.
fn ends_by(batch: &RecordBatch, seen: Option<Position>) -> bool {
    let last = batch.num_rows().checked_sub(1).and_then(|last| Position::of_row(batch, last));
    last.is_some_and(|last| Some(last) <= seen)
}

fn without_offsets(table: Table) -> ReadError {
    let what = "a batch has no offsets".to_owned();
    ReadError::Content { path: table.name().to_owned(), what }
}
