//! How much of a table lies behind a cursor, without reading any of it.

use arrow::array::{Array, AsArray as _};
use arrow::datatypes::TimestampMicrosecondType;
use arrow::record_batch::RecordBatch;
use seam_schema::ids::LogId;

use crate::follow::{Cursor, Position, count_seen};
use crate::snapshot::{DataFile, StatValue, TableSnapshot};

/// What lies behind a cursor. Of a file that the cursor stands in the part is estimated by its
/// frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Rows.
    pub rows: u64,
    /// Bytes that they take in files; of rows in memory what they take there.
    pub bytes: u64,
    /// When the first of them was received, or earlier: microseconds since 1970.
    pub oldest_us: Option<i64>,
}

impl Backlog {
    fn add(&mut self, rows: u64, bytes: u64, oldest_us: Option<i64>) {
        if rows == 0 {
            return;
        }
        self.rows += rows;
        self.bytes += bytes;
        self.oldest_us = match (self.oldest_us, oldest_us) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
}

impl TableSnapshot {
    /// What lies behind a cursor, of a table whose rows have offsets; of one log only, if it is
    /// named.
    pub fn backlog(&self, cursor: &Cursor, only: Option<LogId>) -> Backlog {
        let mut backlog = Backlog::default();
        for file in self.files.iter() {
            let (Some(log_id), Some((first, last))) = (file.log_id, file.sequences()) else {
                continue;
            };
            if only.is_some_and(|only| only != log_id) {
                continue;
            }
            let seen = cursor.get(log_id).map_or(0, |seen| seen.sequence.0);
            if seen >= last.0 {
                continue;
            }
            let all = file.rows.unwrap_or(0);
            let frames = u64::try_from(last.0 - first.0 + 1).unwrap_or(1).max(1);
            let left = u64::try_from(last.0 - seen.max(first.0 - 1)).unwrap_or(0).min(frames);
            let part = |of: u64| {
                let part = u128::from(of) * u128::from(left) / u128::from(frames);
                u64::try_from(part).unwrap_or(of)
            };
            backlog.add(part(all).max(1), part(file.size_bytes), received_us(file));
        }
        for batch in &self.tail {
            let rows = batch.num_rows();
            let Some(log) = batch.column_by_name("log_id").filter(|_| rows > 0) else { continue };
            let log_id = log_of(log.as_ref());
            let log_id = log_id.filter(|log_id| only.is_none_or(|only| only == *log_id));
            let Some(log_id) = log_id else { continue };
            let Some(seen) = count_seen(batch, cursor.get(log_id)) else { continue };
            let left = (rows - seen) as u64;
            let bytes = batch.get_array_memory_size() as u64 * left / rows as u64;
            let first = Position::of_row(batch, seen).and(received_at(batch, seen));
            backlog.add(left, bytes, first);
        }
        backlog
    }
}

fn log_of(column: &dyn Array) -> Option<LogId> {
    LogId::parse(column.as_string_opt::<i32>()?.value(0))
}

fn received_at(batch: &RecordBatch, row: usize) -> Option<i64> {
    let column = batch.column_by_name("received_at")?;
    column.as_primitive_opt::<TimestampMicrosecondType>()?.values().get(row).copied()
}

fn received_us(file: &DataFile) -> Option<i64> {
    match file.stats("received_at")?.min.as_ref()? {
        StatValue::TimeUs(time) => Some(*time),
        _ => None,
    }
}
