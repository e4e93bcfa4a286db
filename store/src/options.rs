//! The limits of the store, and of what keeps its tables in order.

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
    /// How often the commits of other writers are looked for, where there may be any; without it
    /// they are seen with the next commit of our own.
    pub refresh_every: Option<Duration>,
    /// A table gets a Delta checkpoint after this many commits.
    pub checkpoint_commits: u64,
    /// What is done to the tables in the background.
    pub upkeep: UpkeepOptions,
}

/// What is done to the tables in the background, and how hard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpkeepOptions {
    /// The pause between two rounds.
    pub every: Duration,
    /// Whole days of rows are dropped when they are older than so many days; 0 keeps all.
    pub retention_days: u32,
    /// A file is merged with its neighbours when it is so old and every follower has passed it.
    pub merge_after: Duration,
    /// A file is merged when it is so old, whether or not a follower has passed it.
    pub merge_anyway_after: Duration,
    /// So many small files are merged at once, or more; fewer when a day is complete.
    pub merge_files_min: usize,
    /// The most files of one merge: each costs memory and time to open.
    pub merge_files_max: usize,
    /// A file of so many bytes is left as it is: merging costs more than writing, and a reader
    /// gains little. Those of derived tables are merged all the same, for their old revisions.
    pub merge_below_bytes: u64,
    /// A merged file has at most so many rows.
    pub merged_rows_max: u64,
    /// The files that are merged into one have at most so many bytes.
    pub merged_bytes_max: u64,
    /// How much Arrow memory a merge may take for the rows it holds at a time; the file that is
    /// written takes a row group more, the keys of the rows about a hundred bytes each.
    pub merge_memory_bytes: usize,
    /// How fast a merge may read.
    pub read_bytes_per_s: u64,
    /// How fast it may write.
    pub write_bytes_per_s: u64,
    /// How many files are removed in a second, at most.
    pub removes_per_s: u64,
    /// The pause between two clean-ups of one table, at least.
    pub clean_up_every: Duration,
    /// What a commit took out stays so long, the file and the commits from before: a reader from
    /// outside that began before goes on reading.
    pub history_kept: Duration,
}

impl Default for UpkeepOptions {
    fn default() -> Self {
        Self {
            every: Duration::from_mins(1),
            retention_days: 183,
            merge_after: Duration::from_hours(1),
            merge_anyway_after: Duration::from_hours(24),
            merge_files_min: 8,
            merge_files_max: 256,
            merge_below_bytes: 16 << 20,
            merged_rows_max: 512 << 10,
            merged_bytes_max: 128 << 20,
            merge_memory_bytes: 64 << 20,
            read_bytes_per_s: 64 << 20,
            write_bytes_per_s: 32 << 20,
            removes_per_s: 100,
            clean_up_every: Duration::from_hours(1),
            history_kept: Duration::from_hours(24),
        }
    }
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
            refresh_every: None,
            checkpoint_commits: 100,
            upkeep: UpkeepOptions::default(),
        }
    }
}
