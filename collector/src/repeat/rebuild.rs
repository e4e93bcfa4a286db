//! The window as it was when the process stopped: from the frames that the log retains and
//! from the rows that the tables hold.

use std::sync::Arc;

use seam_schema::frame::{FrameKind, FrameMeta};
use seam_schema::ids::ReceivedAt;
use seam_store::Store;
use seam_wal::{SegmentLog, StoredFrame};
use thiserror::Error;

use super::{RepeatWindow, WINDOW_US};

/// The window could not be rebuilt.
#[derive(Debug, Error)]
pub enum RebuildError {
    /// The log cannot be read.
    #[error("cannot rebuild the repeat window from the log: {0}")]
    Log(#[from] seam_wal::ReadError),
    /// The tables cannot be read.
    #[error("cannot rebuild the repeat window from the tables: {0}")]
    Tables(#[from] seam_store::ReadError),
    /// A defect of ours.
    #[error("cannot rebuild the repeat window: reading the log panicked; restart to try again")]
    Panicked,
}

impl RepeatWindow {
    /// The requests admitted in the ten minutes before `now`. Call it before the doors open.
    pub async fn rebuild(
        capacity: usize,
        log: &SegmentLog,
        store: &Store,
        now: ReceivedAt,
    ) -> Result<Arc<Self>, RebuildError> {
        let window = Arc::new(Self::new(capacity));
        for request in store.recent_requests(now.0.saturating_sub(WINDOW_US)).await? {
            window.remember(request.digest, &request.principal, request.received_at);
        }
        let (filled, log) = (Arc::clone(&window), log.clone());
        let read = tokio::task::spawn_blocking(move || filled.read_log(&log));
        read.await.map_err(|_| RebuildError::Panicked)??;
        Ok(window)
    }

    fn read_log(&self, log: &SegmentLog) -> Result<(), seam_wal::ReadError> {
        let mut reader = log.read(log.start());
        while let Some(frame) = reader.next()? {
            self.remember_frame(&frame);
        }
        Ok(())
    }

    /// A repeat is no admission: the window runs from the request that was stored. A meta that
    /// cannot be read is the pipeline's business.
    fn remember_frame(&self, frame: &StoredFrame) {
        let Ok(meta) = FrameMeta::decode(&frame.meta) else { return };
        if matches!(meta.kind, FrameKind::Otlp(_)) && !meta.repeat {
            self.remember(meta.digest, &meta.principal, ReceivedAt(frame.received_at.micros()));
        }
    }
}
