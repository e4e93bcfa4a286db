//! The traces of events that name no conversation.
//!
//! No derived row need tell of them yet: a span may come long before the record that says whose
//! it is. Who begins again reads here which traces have such spans.

use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray};
use arrow::datatypes::TimestampMicrosecondType;
use arrow::record_batch::RecordBatch;

use crate::error::ReadError;
use crate::follow::{Cursor, Position};
use crate::pick::Pick;
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
        let may_hold = |file: &DataFile, _| is_since(file, since_us);
        let pick = |last| pick(last, since_us);
        let whole = |batch: &RecordBatch| vec![batch.clone()];
        let found = self.picked_events(seen, &GIVEN, may_hold, pick, whole).await?;
        Ok(found.into_iter().flatten().collect())
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
