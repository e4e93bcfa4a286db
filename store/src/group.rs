//! What the pipeline hands over: the rows of some frames that follow on one another.

use arrow::record_batch::RecordBatch;
use seam_schema::ids::{ReceivedAt, Sequence};
use seam_schema::table::Table;

/// The rows of the frames `first` to `through`.
///
/// A table whose [`crate::Store::committed`] lies inside that range gets the rows of the
/// later frames only: what a table has committed is never given to it again.
#[derive(Debug, Clone)]
pub struct Group {
    /// The first frame.
    pub first: Sequence,
    /// The last frame: once the group is appended, this is the applied frame.
    pub through: Sequence,
    /// When the last frame was received.
    pub received_at: ReceivedAt,
    /// Rows in offset order, each batch with [`Table::schema`]; a table without rows is left out.
    pub rows: Vec<(Table, RecordBatch)>,
}
