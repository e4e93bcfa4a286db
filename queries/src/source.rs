//! Where a statement's tables come from.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use seam_store::Snapshot;

use crate::needs::Needs;

/// How far a snapshot is behind the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lag {
    /// Frames of the log whose rows are not in the snapshot.
    pub frames: u64,
    /// Frames of the log from which the derived tables of the snapshot were not derived; 0
    /// where a statement needs none of these tables.
    pub derived_frames: u64,
}

/// Gives the tables as they are when a statement comes.
#[async_trait]
pub trait SnapshotSource: Debug + Send + Sync {
    /// The tables once everything is in those that are needed that the log held when this was
    /// called.
    ///
    /// After `wait` it gives what there is, and says how much is missing.
    async fn snapshot_at_log_end(&self, needs: Needs, wait: Duration) -> (Arc<Snapshot>, Lag);
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
    async fn snapshot_at_log_end(&self, _: Needs, _: Duration) -> (Arc<Snapshot>, Lag) {
        (Arc::clone(&self.0), Lag::default())
    }
}
