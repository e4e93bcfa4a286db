//! The traces of events that name no conversation.
//!
//! No derived row need tell of them yet: a span may come long before the record that says whose
//! it is. Who begins again reads here which traces have such spans.

use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray};
use arrow::datatypes::TimestampMicrosecondType;
use arrow::record_batch::RecordBatch;
use seam_schema::table::Table;

use crate::error::ReadError;
use crate::follow::{Cursor, Position};
use crate::history::{log_of, projection};
use crate::pick::Pick;
use crate::read::FileRows;
use crate::snapshot::{DataFile, Snapshot, StatValue};

/// The columns that decide.
const COLUMNS: [&str; 5] =
    ["session_id", "trace_id", "received_at", "offset_sequence", "offset_index"];
/// The columns that are given.
const GIVEN: [&str; 3] = ["tenant", "principal", "trace_id"];

impl Snapshot {
    /// The columns `tenant`, `principal` and `trace_id` of all events with a trace and without a
    /// session that stand at or before a cursor and were received since a time, in microseconds
    /// since 1970. A log that the cursor does not name has none.
    pub async fn nameless_events(
        &self,
        seen: &Cursor,
        since_us: i64,
    ) -> Result<Vec<RecordBatch>, ReadError> {
        let Some(events) = self.table(Table::Events) else { return Ok(Vec::new()) };
        let (indices, schema) = projection(&GIVEN);
        let mut found = Vec::new();
        for file in events.files.iter().filter(|file| is_since(file, since_us)) {
            let Some(last) = file.log_id.and_then(|log_id| seen.get(log_id)) else { continue };
            let (schema, pick) = (Arc::clone(&schema), pick(last, since_us));
            let rows = FileRows::open_picked(self.reader(), file, schema, &pick).await?;
            if let Some(rows) = rows {
                found.extend(rows.all().await?);
            }
        }
        for batch in &events.tail {
            let Some(last) = log_of(batch).and_then(|log_id| seen.get(log_id)) else { continue };
            let picked = pick(last, since_us).of_batch(batch, &indices);
            found.extend(picked.map_err(|error| ReadError::Content {
                path: Table::Events.name().to_owned(),
                what: error.to_string(),
            })?);
        }
        Ok(found)
    }
}

/// Whether the bounds of a file let it hold something received since a time.
fn is_since(file: &DataFile, since_us: i64) -> bool {
    let newest = file.stats("received_at").and_then(|stats| stats.max.as_ref());
    !matches!(newest, Some(StatValue::TimeUs(newest)) if *newest < since_us)
}

fn pick(last: Position, since_us: i64) -> Pick {
    Pick {
        columns: COLUMNS.to_vec(),
        any_of: Vec::new(),
        keep: Arc::new(move |batch| keep(batch, last, since_us)),
    }
}

fn keep(batch: &RecordBatch, last: Position, since_us: i64) -> BooleanArray {
    let column = |name| batch.column_by_name(name);
    let texts = |name| column(name).and_then(|column| column.as_string_opt::<i32>());
    let (sessions, traces) = (texts("session_id"), texts("trace_id"));
    let received =
        column("received_at").and_then(|at| at.as_primitive_opt::<TimestampMicrosecondType>());
    let wanted = |row: usize| {
        sessions.is_none_or(|sessions| sessions.is_null(row))
            && traces.is_some_and(|traces| traces.is_valid(row))
            && received.is_some_and(|received| received.value(row) >= since_us)
            && Position::of_row(batch, row).is_some_and(|position| position <= last)
    };
    (0..batch.num_rows()).map(|row| Some(wanted(row))).collect()
}
