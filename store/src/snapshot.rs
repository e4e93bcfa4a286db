//! What a query sees: one value, swapped as one.
//!
//! A snapshot names the files of every table and holds the rows that are not in a file yet.
//! It never changes; while somebody holds it, every row is in it exactly once.

use std::collections::BTreeMap;
use std::path::Path as FsPath;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use object_store::ObjectStore;
use seam_schema::ids::{LogId, ReceivedAt, Sequence};
use seam_schema::table::Table;

/// The tables at one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The frame up to which rows are in the tables or their tails.
    pub applied: Sequence,
    /// When that frame was received; 0 until one is applied after the start.
    pub applied_at: ReceivedAt,
    /// The frame up to which the derived tables hold what follows from `events`; they may lag
    /// behind `applied`, all of them alike.
    pub derived_applied: Sequence,
    tables: BTreeMap<Table, Arc<TableSnapshot>>,
    reader: Arc<dyn ObjectStore>,
}

/// How far each stage of the pipeline has come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Progress {
    pub(crate) applied: Sequence,
    pub(crate) applied_at: ReceivedAt,
    pub(crate) derived_applied: Sequence,
}

impl Progress {
    /// Before every frame.
    pub(crate) const NOTHING: Self =
        Self { applied: Sequence(0), applied_at: ReceivedAt(0), derived_applied: Sequence(0) };
}

/// One table at one moment: its files, and its tail.
#[derive(Debug, Clone)]
pub struct TableSnapshot {
    /// The version of the Delta table.
    pub version: u64,
    /// The frame up to which the files hold everything of the store's log; 0 where there is
    /// no store.
    pub committed: Sequence,
    /// The files of that version, in no particular order.
    pub files: Arc<Vec<Arc<DataFile>>>,
    /// The rows that are in no file yet, in offset order; every batch has
    /// [`Table::schema`]. Of a derived table an id may stand in several batches.
    pub tail: Vec<Arc<RecordBatch>>,
}

/// One Parquet file of a table. It holds every column but `tenant` and `day`.
#[derive(Debug, Clone, PartialEq)]
pub struct DataFile {
    /// Where it is, for [`Snapshot::reader`]: relative to the data folder.
    pub path: object_store::path::Path,
    /// Its length.
    pub size_bytes: u64,
    /// How many rows it holds; `None` where the Delta log does not say.
    pub rows: Option<u64>,
    /// The partition `tenant`.
    pub tenant: String,
    /// The partition `day`: days since 1970.
    pub day: i32,
    /// The log whose rows it holds; `None` for a file that Seam did not write.
    pub log_id: Option<LogId>,
    /// When it was written: milliseconds since 1970, by the writer's clock.
    pub written_at_ms: i64,
    /// What is known of its columns.
    pub columns: Vec<ColumnStats>,
}

/// The bounds of one column in one file.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnStats {
    /// The column.
    pub column: &'static str,
    /// No value is smaller; `None` where that is not known or all are null.
    pub min: Option<StatValue>,
    /// No value is larger; `None` where that is not known or all are null.
    pub max: Option<StatValue>,
    /// How many nulls there are; `None` where that is not known.
    pub nulls: Option<u64>,
}

/// A bound.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatValue {
    /// Of an Int64 column.
    Int(i64),
    /// Of a time column: microseconds since 1970.
    TimeUs(i64),
    /// Of a string column; may be shorter than the value, never beyond it.
    Text(String),
}

impl Snapshot {
    pub(crate) fn new(
        at: Progress,
        tables: BTreeMap<Table, Arc<TableSnapshot>>,
        reader: Arc<dyn ObjectStore>,
    ) -> Self {
        let Progress { applied, applied_at, derived_applied } = at;
        Self { applied, applied_at, derived_applied, tables, reader }
    }

    /// One table; `None` for a table that does not exist in the folder.
    pub fn table(&self, table: Table) -> Option<&Arc<TableSnapshot>> {
        self.tables.get(&table)
    }

    /// What reads the [`DataFile::path`]s.
    pub fn reader(&self) -> &Arc<dyn ObjectStore> {
        &self.reader
    }

    /// The tables under a data folder, whether a server owns it or not; their tails are empty.
    ///
    /// Needs a multi-threaded Tokio runtime.
    pub async fn open_read_only(root: &FsPath) -> Result<Self, crate::OpenError> {
        crate::read_only::open(root).await
    }

    /// As [`Self::open_read_only`], of tables in an object store.
    pub async fn open_remote_read_only(
        options: &crate::ObjectStoreOptions,
    ) -> Result<Self, crate::OpenError> {
        crate::read_only::open_remote(options).await
    }
}

impl TableSnapshot {
    /// How many rows there are, in files and tail; files of unknown length count as empty.
    pub fn rows(&self) -> u64 {
        let files: u64 = self.files.iter().filter_map(|file| file.rows).sum();
        let tail: usize = self.tail.iter().map(|batch| batch.num_rows()).sum();
        files + tail as u64
    }
}

impl DataFile {
    /// What is known of a column.
    pub fn stats(&self, column: &str) -> Option<&ColumnStats> {
        self.columns.iter().find(|stats| stats.column == column)
    }

    /// The first and the last frame it holds rows of.
    pub fn sequences(&self) -> Option<(Sequence, Sequence)> {
        let stats = self.stats("offset_sequence")?;
        match (&stats.min, &stats.max) {
            (Some(StatValue::Int(min)), Some(StatValue::Int(max))) => {
                Some((Sequence(*min), Sequence(*max)))
            }
            _ => None,
        }
    }
}
