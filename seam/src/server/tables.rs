//! The tables of a running server, as a statement finds them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use seam_queries::{Lag, Needs, SnapshotSource};
use seam_schema::ids::Sequence;
use seam_store::{Snapshot, Store};
use seam_wal::SegmentLog;

use super::assembly::log_end;

/// Waits for the pipeline to reach the log's end as it is when a statement comes.
pub(crate) struct LiveTables {
    log: SegmentLog,
    store: Store,
}

impl LiveTables {
    pub(crate) fn new(log: SegmentLog, store: Store) -> Self {
        Self { log, store }
    }
}

impl fmt::Debug for LiveTables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveTables").finish_non_exhaustive()
    }
}

#[async_trait]
impl SnapshotSource for LiveTables {
    async fn snapshot_at_log_end(&self, needs: Needs, wait: Duration) -> (Arc<Snapshot>, Lag) {
        let end = log_end(&self.log);
        let missing = |reached: Sequence| u64::try_from(end.0.saturating_sub(reached.0));
        match needs {
            Needs::Received => self.store.wait_applied(end, wait).await,
            // What is derived from a frame is there after what was received in it.
            Needs::Derived => self.store.wait_derived(end, wait).await,
        };
        let snapshot = self.store.snapshot();
        let derived_frames = match needs {
            Needs::Received => 0,
            Needs::Derived => missing(snapshot.derived_applied).unwrap_or(0),
        };
        let lag = Lag { frames: missing(snapshot.applied).unwrap_or(0), derived_frames };
        (snapshot, lag)
    }
}
