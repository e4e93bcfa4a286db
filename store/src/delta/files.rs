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
pub(crate) fn file_path(
    tenant: &str,
    day: i32,
    log_id: LogId,
    first: Sequence,
    through: Sequence,
    attempt: u32,
) -> String {
    let (first, through) = (first.0, through.0);
    format!(
        "tenant={tenant}/day={}/{log_id}-{first:019}-{through:019}-{attempt}.parquet",
        date(day)
    )
}

/// The log whose rows a file holds, by its name.
fn log_id_of(path: &str) -> Option<LogId> {
    let (_, name) = path.rsplit_once('/')?;
    LogId::parse(name.split_once('-')?.0)
}

/// The log whose rows a file holds, and the last frame of it that the file covers, by its name.
pub(super) fn written_through(path: &str) -> Option<(LogId, Sequence)> {
    let (_, name) = path.rsplit_once('/')?;
    let mut parts = name.split('-');
    let log_id = LogId::parse(parts.next()?)?;
    let through = parts.nth(1)?.parse().ok()?;
    Some((log_id, Sequence(through)))
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
        log_id: log_id_of(&path),
        columns,
    }
}

/// The action that adds a file, which lies at `path` below the table.
pub(crate) fn add_action(file: &DataFile, path: &Path, modified_ms: i64) -> Add {
    let partition_values = HashMap::from([
        ("tenant".to_owned(), Some(file.tenant.clone())),
        ("day".to_owned(), Some(date(file.day))),
    ]);
    Add {
        path: path.to_string(),
        partition_values,
        size: i64::try_from(file.size_bytes).unwrap_or(i64::MAX),
        modification_time: modified_ms,
        data_change: true,
        stats: Some(stats::to_json(file.rows.unwrap_or_default(), &file.columns)),
        tags: None,
        deletion_vector: None,
        base_row_id: None,
        default_row_commit_version: None,
        clustering_provider: None,
    }
}
