//! Rows of `events` as stage 2 handles them: where they stand, whose they are.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use seam_schema::ids::{LogId, Offset, ReceivedAt, Sequence};

/// So many conversations are left out at most.
const LEFT_OUT_MAX: usize = 10_000;

/// Whose an event is, as far as columns tell: tenant, agent, and conversation or trace.
pub(super) type Whose = (String, String, String);

/// The place of a batch's last row, and when its frame was received.
pub(super) fn last_of(batch: &RecordBatch) -> Option<(Offset, ReceivedAt)> {
    place_of(batch, batch.num_rows().checked_sub(1)?)
}

/// The place of a batch's first row.
pub(super) fn first_of(batch: &RecordBatch) -> Option<Offset> {
    (batch.num_rows() > 0).then(|| place_of(batch, 0))?.map(|(place, _)| place)
}

/// A batch of one log in two: before its last frame, and that frame. Parts without rows are left
/// out.
pub(super) fn before_last_frame(batch: &RecordBatch) -> Vec<RecordBatch> {
    let rows = batch.num_rows();
    let sequences = batch.column_by_name("offset_sequence");
    let sequences = sequences.and_then(|column| column.as_primitive_opt::<Int64Type>());
    let begins = sequences.zip(rows.checked_sub(1)).map_or(0, |(sequences, last)| {
        sequences.values().partition_point(|sequence| *sequence < sequences.value(last))
    });
    let parts = [batch.slice(0, begins), batch.slice(begins, rows - begins)];
    parts.into_iter().filter(|part| part.num_rows() > 0).collect()
}

fn place_of(batch: &RecordBatch, row: usize) -> Option<(Offset, ReceivedAt)> {
    let number = |name| {
        let column = batch.column_by_name(name)?.as_primitive_opt::<Int64Type>()?;
        Some(column.value(row))
    };
    let times = batch.column_by_name("received_at")?;
    let times = times.as_primitive_opt::<TimestampMicrosecondType>()?;
    let offset = Offset {
        log_id: LogId::parse(text(batch, "log_id", row)?)?,
        sequence: Sequence(number("offset_sequence")?),
        index: number("offset_index")?,
    };
    Some((offset, ReceivedAt(times.value(row))))
}

fn text<'b>(batch: &'b RecordBatch, name: &str, row: usize) -> Option<&'b str> {
    let column = batch.column_by_name(name)?.as_string_opt::<i32>()?;
    column.is_valid(row).then(|| column.value(row))
}

fn whose(batch: &RecordBatch, row: usize) -> Whose {
    let of = |name| text(batch, name, row).unwrap_or_default().to_owned();
    let id = text(batch, "session_id", row).or_else(|| text(batch, "trace_id", row));
    (of("tenant"), of("agent"), id.unwrap_or_default().to_owned())
}

/// The rows of some batches by whose they are: batch and row.
pub(super) fn by_whose(batches: &[RecordBatch]) -> BTreeMap<Whose, Vec<(usize, usize)>> {
    let mut found: BTreeMap<Whose, Vec<(usize, usize)>> = BTreeMap::new();
    for (at, batch) in batches.iter().enumerate() {
        for row in 0..batch.num_rows() {
            found.entry(whose(batch, row)).or_default().push((at, row));
        }
    }
    found
}

/// The conversations that are left out, because they alone make the stitcher fail.
#[derive(Debug, Default)]
pub(super) struct LeftOut(HashSet<Whose>);

impl LeftOut {
    /// Leaves one out from now on; false if there are too many already.
    pub(super) fn insert(&mut self, whose: Whose) -> bool {
        self.0.len() < LEFT_OUT_MAX && self.0.insert(whose)
    }

    /// The parts of a batch that are not left out, and how many rows are.
    pub(super) fn rest_of(&self, batch: &RecordBatch) -> (Vec<RecordBatch>, u64) {
        if self.0.is_empty() {
            return (vec![batch.clone()], 0);
        }
        let mut runs: Vec<Range<usize>> = Vec::new();
        let mut out = 0;
        for row in 0..batch.num_rows() {
            if self.0.contains(&whose(batch, row)) {
                out += 1;
                continue;
            }
            match runs.last_mut().filter(|run| run.end == row) {
                Some(run) => run.end += 1,
                None => runs.push(row..row + 1),
            }
        }
        (runs.into_iter().map(|run| batch.slice(run.start, run.len())).collect(), out)
    }
}
