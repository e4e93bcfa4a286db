//! Time passes in the log: a frame without content, so that what settles by quiet settles at the
//! same place whenever the log is read again.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use seam_schema::frame::FrameMeta;
use seam_wal::{Frame, Log as _, SegmentLog};

use super::Shared;

/// Appends a tick every so often while something is unsettled; ends when the log takes no more.
pub(super) async fn append(log: SegmentLog, shared: Arc<Shared>, every: Duration) {
    let meta = Bytes::from(FrameMeta::tick().encode());
    loop {
        tokio::time::sleep(every).await;
        if !shared.unsettled.load(Ordering::Relaxed) {
            continue;
        }
        let tick = Frame { meta: meta.clone(), payload: Bytes::new() };
        if let Err(error) = log.append(tick).await {
            // A full log is not the end of it; of a failed one others tell.
            tracing::debug!(%error, "a tick was not taken by the log");
        }
    }
}
