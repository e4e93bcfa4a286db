//! What can go wrong, and what to do about it.

use std::io;
use std::path::PathBuf;

use arrow::error::ArrowError;
use deltalake::DeltaTableError;
use parquet::errors::ParquetError;
use seam_schema::ids::{LogId, Sequence};
use seam_schema::table::Table;
use thiserror::Error;

/// Why a data folder or its tables could not be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The folder holds something, but no Seam data.
    #[error("cannot use {} as a data folder: it is not empty and has no file `format`; name an empty folder or one that seam made", root.display())]
    NotADataFolder {
        /// The folder.
        root: PathBuf,
    },
    /// There is no such folder.
    #[error("cannot read the data folder {}: there is none; check the path", root.display())]
    Missing {
        /// The folder.
        root: PathBuf,
    },
    /// The folder was written by a newer version of Seam.
    #[error("cannot open the data folder {}: its format is {found} and this version of seam knows formats up to {known}; use the version that wrote it, or a newer one", root.display())]
    NewerFormat {
        /// The folder.
        root: PathBuf,
        /// The format it has.
        found: u32,
        /// The newest format known here.
        known: u32,
    },
    /// The file `format` does not hold a number.
    #[error("cannot open the data folder {}: its file `format` is damaged; restore it from a backup or write the format's number (1) into it", root.display())]
    DamagedFormat {
        /// The folder.
        root: PathBuf,
    },
    /// Another process owns the folder.
    #[error("cannot open the data folder {}: another process is using it; stop the other seam, or give this one a folder of its own", root.display())]
    Locked {
        /// The folder.
        root: PathBuf,
    },
    /// The tables of the folder's log lie in an object store.
    #[error("cannot use the tables in {}: those of this folder lie at {at}; say --data {at}, and --state {} for a server; if they were moved there, correct the folder's file `tables-at`", root.display(), root.display())]
    TablesElsewhere {
        /// The folder.
        root: PathBuf,
        /// Where they lie.
        at: String,
    },
    /// The folder holds tables, and others are to be filled from its log.
    #[error("cannot fill tables elsewhere from the folder {}: it has tables of its own; name a fresh folder with --state", root.display())]
    TablesHere {
        /// The folder.
        root: PathBuf,
    },
    /// The tables' object store gave no good answer.
    #[error(
        "cannot open the tables at {at}: {what}; check the address, the credentials in the environment and the network, then start again"
    )]
    ObjectStore {
        /// Where the tables lie.
        at: String,
        /// What was said, or that nothing was.
        what: String,
    },
    /// The disk failed.
    #[error("cannot {doing} in the data folder {}: {source}", root.display())]
    Disk {
        /// What was attempted, and on which path.
        doing: String,
        /// The folder.
        root: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A table's Delta log could not be read or written.
    #[error("cannot {doing} the table `{table}`: {source}")]
    Delta {
        /// What was attempted.
        doing: &'static str,
        /// The table.
        table: &'static str,
        /// The answer.
        source: Box<DeltaTableError>,
    },
    /// A column of a table is not what this version writes.
    #[error(
        "cannot use the table `{table}`: its column `{column}` is {found}, and this version of seam needs {wanted}; nothing was changed; move the folder tables/{table} aside, or use the version that made it"
    )]
    Incompatible {
        /// The table.
        table: &'static str,
        /// The column.
        column: String,
        /// What it is.
        found: String,
        /// What it should be.
        wanted: String,
    },
    /// A table holds rows of frames that the log does not have.
    #[error(
        "cannot open the table `{table}`: it holds rows up to frame {committed} of log {log_id}, but that log ends at frame {log_end}; the log was replaced or restored from an older copy, and going on would give other records the same positions; put the newer copy of the log back, or move the folder wal aside so that a new log begins"
    )]
    AheadOfLog {
        /// The table.
        table: &'static str,
        /// The frame its last commit of this log reached.
        committed: Sequence,
        /// The log.
        log_id: LogId,
        /// The last frame of the log.
        log_end: Sequence,
    },
}

impl OpenError {
    pub(crate) fn delta(doing: &'static str, table: Table, source: DeltaTableError) -> Self {
        Self::Delta { doing, table: table.name(), source: Box::new(source) }
    }
}

/// Why the store could not take or give rows.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A commit failed for good; the process has to end, the log keeps what is uncommitted.
    #[error(
        "the store has stopped: {reason}; the log keeps everything that was not committed, and a restart goes on from there"
    )]
    Failed {
        /// What failed.
        reason: String,
    },
    /// The store was closed.
    #[error("cannot append to the store: it is closing")]
    Closing,
    /// The rows are not of the table's schema.
    #[error("cannot append to the table `{table}`: the rows do not have its columns")]
    Schema {
        /// The table.
        table: &'static str,
    },
    /// The group does not follow on what was appended before.
    #[error(
        "cannot append frames {first} to {through} to the table `{table}`: it already holds rows up to frame {reached}"
    )]
    OutOfOrder {
        /// The table.
        table: &'static str,
        /// The group's first frame.
        first: Sequence,
        /// The group's last frame.
        through: Sequence,
        /// The frame up to which the table holds rows.
        reached: Sequence,
    },
    /// Rows could not be merged.
    #[error("cannot merge rows of the table `{table}`: {source}")]
    Arrow {
        /// The table.
        table: &'static str,
        /// The answer.
        source: ArrowError,
    },
}

/// Why rows of a table could not be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The table's rows have no offset, so they cannot be followed.
    #[error("cannot follow the table `{table}`: its rows have no offset")]
    NotFollowable {
        /// The table.
        table: &'static str,
    },
    /// A data file could not be read.
    #[error("cannot read {path}: {source}")]
    Parquet {
        /// The file, below the data folder.
        path: String,
        /// The answer.
        source: ParquetError,
    },
    /// A data file or a batch does not hold what the table's schema says.
    #[error("cannot read {path}: {what}")]
    Content {
        /// The file, below the data folder, or the table's name.
        path: String,
        /// What is wrong with it.
        what: String,
    },
    /// The store failed while rows were awaited.
    #[error(transparent)]
    Store(#[from] StoreError),
}
