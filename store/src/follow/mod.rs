//! One ordered stream of a table's rows that starts in its files and ends in its tail.
//!
//! The stream works through one snapshot at a time and then waits for the next. A snapshot holds
//! every row once, and only rows after the cursor are given out, so there is no hole and no
//! repeat where files and tail meet, whatever is committed meanwhile.
//!
//! It holds one batch of rows per file that is open. Files of one log are read in order; several
//! are open at once only where their frames interleave, which is where a commit wrote one file
//! per tenant.

mod cursor;
mod merge;

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use futures::Stream;
use seam_schema::ids::LogId;
use seam_schema::table::Table;
use tokio::sync::watch;

pub use self::cursor::Cursor;
use self::cursor::{Position, rows_after};
use self::merge::Merge;
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

/// Follows one table; made by [`crate::Store::follow`].
pub struct Follower {
    table: Table,
    cursor: Cursor,
    log_id: LogId,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    failures: watch::Receiver<Option<String>>,
    /// What is left of the snapshot that is being worked through.
    work: Option<Work>,
    /// The version whose files were all given out.
    finished_version: Option<u64>,
}

/// What is left of one snapshot: the files, log after log, then the tail.
struct Work {
    version: u64,
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
    ) -> Result<Self, ReadError> {
        if !has_offsets(table) {
            return Err(ReadError::NotFollowable { table: table.name() });
        }
        snapshots.mark_changed();
        Ok(Self { table, cursor, log_id, snapshots, failures, work: None, finished_version: None })
    }

    /// The next rows; waits for them if there are none yet. Dropping the future loses nothing
    /// but may read a file again.
    pub async fn next(&mut self) -> Result<Followed, ReadError> {
        loop {
            let Some(work) = &mut self.work else {
                self.next_snapshot().await?;
                continue;
            };
            let found = match work.files.next(&self.cursor).await {
                Ok(Some((log_id, batch))) => Some((log_id, batch)),
                Ok(None) => self.next_of_tail()?,
                Err(error) => {
                    // What was half read is read again from the cursor on.
                    self.work = None;
                    self.snapshots.mark_changed();
                    return Err(error);
                }
            };
            let Some((log_id, batch)) = found else { continue };
            let last = Position::of_row(&batch, batch.num_rows().saturating_sub(1));
            let last = last.ok_or_else(|| without_offsets(self.table))?;
            self.cursor.set(log_id, last);
            return Ok(Followed { batch, cursor: self.cursor.clone() });
        }
    }

    /// The same as a stream; it ends after the first error.
    pub fn into_stream(self) -> impl Stream<Item = Result<Followed, ReadError>> {
        futures::stream::unfold(Some(self), |follower| async {
            let mut follower = follower?;
            match follower.next().await {
                Ok(followed) => Some((Ok(followed), Some(follower))),
                Err(error) => Some((Err(error), None)),
            }
        })
    }

    /// Waits for a snapshot that was not worked through yet.
    async fn next_snapshot(&mut self) -> Result<(), ReadError> {
        tokio::select! {
            biased;
            changed = self.snapshots.changed() => {
                changed.map_err(|_| ReadError::Store(StoreError::Closing))?;
            }
            reason = wait_failure(&mut self.failures) => {
                return Err(ReadError::Store(StoreError::Failed { reason }));
            }
        }
        let snapshot = Arc::clone(&self.snapshots.borrow_and_update());
        let Some(table) = snapshot.table(self.table) else { return Ok(()) };
        let files = match self.finished_version == Some(table.version) {
            true => Merge::default(),
            false => Merge::new(self.table, &table.files, &self.cursor, snapshot.reader())?,
        };
        let tail = table.tail.clone().into_iter();
        self.work = Some(Work { version: table.version, files, tail });
        Ok(())
    }

    /// Rows of the tail after the cursor; ends the work when there are no more.
    fn next_of_tail(&mut self) -> Result<Option<(LogId, RecordBatch)>, ReadError> {
        let Some(work) = &mut self.work else { return Ok(None) };
        while let Some(batch) = work.tail.next() {
            let fresh = rows_after(&batch, self.cursor.get(self.log_id));
            let fresh = fresh.ok_or_else(|| without_offsets(self.table))?;
            if fresh.num_rows() > 0 {
                return Ok(Some((self.log_id, fresh)));
            }
        }
        self.finished_version = Some(work.version);
        self.work = None;
        Ok(None)
    }
}

fn without_offsets(table: Table) -> ReadError {
    let what = "a batch has no offsets".to_owned();
    ReadError::Content { path: table.name().to_owned(), what }
}
