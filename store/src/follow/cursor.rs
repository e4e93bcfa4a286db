//! Where a follower stands.

use std::collections::BTreeMap;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use arrow::record_batch::RecordBatch;
use seam_schema::ids::{LogId, Offset, Sequence};

/// The last row seen of each log. Every log that is not named is still to be read from its
/// beginning, or, after [`Cursor::with_others_done`], done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cursor {
    last: BTreeMap<LogId, Position>,
    others: Option<Position>,
}

/// A row in its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) sequence: Sequence,
    pub(crate) index: i64,
}

impl Cursor {
    /// The cursor before everything.
    pub fn start() -> Self {
        Self::default()
    }

    /// The same cursor, with every log that it does not name, now or in time to come, behind it.
    pub(crate) fn with_others_done(self) -> Self {
        let end = Position { sequence: Sequence(i64::MAX), index: i64::MAX };
        Self { others: Some(end), ..self }
    }

    /// Puts the cursor of one log after a row.
    pub fn advance(&mut self, last: Offset) {
        self.set(last.log_id, Position { sequence: last.sequence, index: last.index });
    }

    /// The last row seen of each log.
    pub fn offsets(&self) -> impl Iterator<Item = Offset> {
        self.last.iter().map(|(log_id, last)| Offset {
            log_id: *log_id,
            sequence: last.sequence,
            index: last.index,
        })
    }

    pub(crate) fn get(&self, log_id: LogId) -> Option<Position> {
        self.last.get(&log_id).copied().or(self.others)
    }

    pub(crate) fn set(&mut self, log_id: LogId, last: Position) {
        self.last.insert(log_id, last);
    }
}

impl FromIterator<Offset> for Cursor {
    fn from_iter<T: IntoIterator<Item = Offset>>(offsets: T) -> Self {
        let mut cursor = Self::start();
        offsets.into_iter().for_each(|offset| cursor.advance(offset));
        cursor
    }
}

impl Position {
    /// The position of a row, if the batch has one.
    pub(crate) fn of_row(batch: &RecordBatch, row: usize) -> Option<Self> {
        let value = |name| {
            let column = batch.column_by_name(name)?.as_primitive_opt::<Int64Type>()?;
            column.values().get(row).copied()
        };
        Some(Self { sequence: Sequence(value("offset_sequence")?), index: value("offset_index")? })
    }
}

/// How many of a batch's first rows stand before `fits` turns false; its rows are in order.
pub(crate) fn count_while(batch: &RecordBatch, fits: impl Fn(Position) -> bool) -> Option<usize> {
    let (mut low, mut high) = (0, batch.num_rows());
    while low < high {
        let middle = usize::midpoint(low, high);
        if fits(Position::of_row(batch, middle)?) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Some(low)
}

/// How many of a batch's first rows a follower has seen; `None` if the batch has no offsets.
pub(crate) fn count_seen(batch: &RecordBatch, last: Option<Position>) -> Option<usize> {
    match last {
        Some(last) => count_while(batch, |position| position <= last),
        None => Some(0),
    }
}

/// The rows after a position; `None` if the batch has no offsets.
pub(crate) fn rows_after(batch: &RecordBatch, last: Option<Position>) -> Option<RecordBatch> {
    let seen = count_seen(batch, last)?;
    Some(batch.slice(seen, batch.num_rows() - seen))
}
