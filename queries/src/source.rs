//! Where a statement's tables come from.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use seam_store::Snapshot;

/// How far a snapshot is behind the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lag {
    /// Frames of the log whose rows are not in the snapshot.
    pub frames: u64,
}

/// Gives the tables as they are when a statement comes.
#[async_trait]
pub trait SnapshotSource: Debug + Send + Sync {
    /// The tables once everything is in them that the log held when this was called.
    ///
    /// After `wait` it gives what there is, and says how much is missing.
    async fn snapshot_at_log_end(&self, wait: Duration) -> (Arc<Snapshot>, Lag);
}

/// One snapshot that never changes: a store opened read-only.
#[derive(Debug)]
pub struct StaticSource(Arc<Snapshot>);

impl StaticSource {
    /// Answers every statement from this snapshot.
    pub fn new(snapshot: Snapshot) -> Self {
        Self(Arc::new(snapshot))
    }
}

#[async_trait]
impl SnapshotSource for StaticSource {
    async fn snapshot_at_log_end(&self, _: Duration) -> (Arc<Snapshot>, Lag) {
        (Arc::clone(&self.0), Lag::default())
    }
}
