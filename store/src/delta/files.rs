//! The files of a table, between the Delta log and a snapshot.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate};
use deltalake::kernel::{Add, LogicalFileView};
use object_store::path::Path;
use seam_schema::ids::{LogId, Sequence};
use seam_schema::table::Table;

use super::table_root;
use crate::snapshot::DataFile;
use crate::stats;

/// Where a new file goes, relative to the table: its partition, then a name that says which
/// frames of which log it holds. `attempt` tells tries to write the same rows apart.
pub(crate) fn file_path(tenant: &str, day: i32, covers: &Covers, attempt: u32) -> String {
    let Covers { log_id, first: Sequence(first), through: Sequence(through) } = covers;
    format!(
        "tenant={tenant}/day={}/{log_id}-{first:019}-{through:019}-{attempt}.parquet",
        date(day)
    )
}

/// The frames that a file covers, by its name; it may hold rows of some of them only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Covers {
    pub(crate) log_id: LogId,
    pub(crate) first: Sequence,
    pub(crate) through: Sequence,
}

impl Covers {
    /// `None` for a file that Seam did not write.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let (_, name) = path.rsplit_once('/')?;
        let mut parts = name.split('-');
        let log_id = LogId::parse(parts.next()?)?;
        let first = Sequence(parts.next()?.parse().ok()?);
        let through = Sequence(parts.next()?.parse().ok()?);
        Some(Self { log_id, first, through })
    }
}

/// A day as Delta writes it.
pub(crate) fn date(day: i32) -> String {
    let midnight = DateTime::from_timestamp_secs(i64::from(day) * 86_400).unwrap_or_default();
    midnight.format("%Y-%m-%d").to_string()
}

fn day_of(date: &str) -> Option<i32> {
    let days = NaiveDate::parse_from_str(date, "%Y-%m-%d")
        .ok()?
        .signed_duration_since(NaiveDate::default());
    i32::try_from(days.num_days()).ok()
}

/// A file as the Delta log describes it.
pub(super) fn data_file(table: Table, view: &LogicalFileView) -> DataFile {
    let path = view.path();
    let mut partitions = view.partition_values_map();
    let mut partition = |name| partitions.remove(name).flatten().unwrap_or_default();
    let (rows, columns) = match view.stats() {
        Some(text) => stats::from_json(table, &text),
        None => (None, Vec::new()),
    };
    DataFile {
        path: table_root(table).parts().chain(view.object_store_path().parts()).collect(),
        size_bytes: u64::try_from(view.size()).unwrap_or_default(),
        rows,
        tenant: partition("tenant"),
        day: day_of(&partition("day")).unwrap_or_default(),
        log_id: Covers::of(&path).map(|covers| covers.log_id),
        written_at_ms: view.modification_time(),
        columns,
    }
}

/// The action that adds a file, which lies at `path` below the table; whether its rows are new.
pub(crate) fn add_action(file: &DataFile, path: &Path, data_change: bool) -> Add {
    let partition_values = HashMap::from([
        ("tenant".to_owned(), Some(file.tenant.clone())),
        ("day".to_owned(), Some(date(file.day))),
    ]);
    Add {
        path: path.to_string(),
        partition_values,
        size: i64::try_from(file.size_bytes).unwrap_or(i64::MAX),
        modification_time: file.written_at_ms,
        data_change,
        stats: Some(stats::to_json(file.rows.unwrap_or_default(), &file.columns)),
        tags: None,
        deletion_vector: None,
        base_row_id: None,
        default_row_commit_version: None,
        clustering_provider: None,
    }
}
