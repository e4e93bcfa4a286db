//! The limits of the store.

use std::time::Duration;

/// How much a tail may hold, and how hard a commit is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreOptions {
    /// A table's open tail is sealed when it holds this many bytes of Arrow memory.
    pub seal_bytes: usize,
    /// A table's open tail is sealed this long after its first row.
    pub seal_after: Duration,
    /// When a tail is full, those of the other tables that have been open for so long are sealed
    /// too: the log is read again from the oldest row that is in no file.
    pub seal_along_after: Duration,
    /// How many sealed tails of one table may wait before [`crate::Store::append`] blocks.
    pub sealed_tails_max: usize,
    /// A Parquet file is synced each time this many bytes were written, so that the log's
    /// own sync never waits behind a large one.
    pub sync_step_bytes: usize,
    /// The most rows of one row group of a Parquet file.
    pub row_group_rows: usize,
    /// How often one commit is tried before the store gives up and is failed.
    pub commit_attempts: u32,
    /// The pause before the second try; it doubles with each further one.
    pub commit_backoff: Duration,
    /// A table gets a Delta checkpoint after this many commits.
    pub checkpoint_commits: u64,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            seal_bytes: 128 << 20,
            seal_after: Duration::from_secs(30),
            seal_along_after: Duration::from_secs(5),
            sealed_tails_max: 2,
            sync_step_bytes: 4 << 20,
            row_group_rows: 128 << 10,
            commit_attempts: 5,
            commit_backoff: Duration::from_millis(200),
            checkpoint_commits: 100,
        }
    }
}
