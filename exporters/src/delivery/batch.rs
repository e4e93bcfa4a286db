//! Records that leave the window together.

use std::time::Duration;

use crate::record::Record;

/// Records that leave the window together, in the order in which they stand there.
#[derive(Debug)]
pub(super) struct Batch {
    /// Their numbers in the window.
    pub(super) numbers: Vec<u64>,
    /// The shards that wait until the batch has ended.
    pub(super) shards: Vec<usize>,
    pub(super) records: Vec<Record>,
    /// When it left.
    pub(super) left_at: Duration,
}

/// What the window says when it is asked for a batch.
#[derive(Debug)]
pub(super) enum Next {
    /// This one can go.
    Batch(Batch),
    /// None before this time.
    At(Duration),
    /// None before something else happens.
    Nothing,
}
