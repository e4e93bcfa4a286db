//! What was sent in the last ten minutes, found again at start.
//!
//! Committed requests are known from the ids of their rows, the others from the log.

use std::sync::Arc;

use anyhow::Context as _;
use seam_collector::repeat::{DEFAULT_CAPACITY, RepeatWindow, WINDOW_US};
use seam_schema::frame::{FrameKind, FrameMeta};
use seam_schema::ids::ReceivedAt;
use seam_schema::table::Table;
use seam_store::Store;
use seam_wal::{Sequence, SegmentLog};

/// The window as it would be if the process had never stopped.
pub(crate) async fn rebuild(log: &SegmentLog, store: &Store, now_us: i64) -> anyhow::Result<Arc<RepeatWindow>> {
    let window = Arc::new(RepeatWindow::new(DEFAULT_CAPACITY));
    let since_us = now_us.saturating_sub(WINDOW_US);
    let committed = store.recent_requests(since_us).await.context("cannot read the newest rows of the tables")?;
    for request in committed {
        window.remember(request.digest, &request.principal, request.received_at);
    }
    let uncommitted = [Table::Events, Table::Metrics].map(|table| store.committed(table).0).into_iter().min();
    let from = u64::try_from(uncommitted.unwrap_or_default()).unwrap_or_default();
    // A table that never had a row is committed through nothing; what the log has recycled is in the others.
    let from = Sequence::new(from).next().max(log.start());
    let (log, filling) = (log.clone(), Arc::clone(&window));
    tokio::task::spawn_blocking(move || read_log(&log, from, since_us, &filling))
        .await
        .context("cannot read the log")??;
    Ok(window)
}

fn read_log(log: &SegmentLog, from: Sequence, since_us: i64, window: &RepeatWindow) -> anyhow::Result<()> {
    let mut reader = log.read(from);
    while let Some(frame) = reader.next()? {
        if frame.received_at.micros() < since_us {
            continue;
        }
        let meta = FrameMeta::decode(&frame.meta)?;
        if matches!(meta.kind, FrameKind::Otlp(_)) && !meta.repeat {
            window.remember(meta.digest, &meta.principal, ReceivedAt(frame.received_at.micros()));
        }
    }
    Ok(())
}
