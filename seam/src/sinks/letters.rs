//! Dead letters go the way of everything: through the log into a table.

use async_trait::async_trait;
use seam_exporters::delivery::DeadLetters;
use seam_schema::frame::{FrameKind, FrameMeta};
use seam_schema::ids::{RequestDigest, Tenant};
use seam_schema::table::dead_letters::Letter;
use seam_wal::{Frame, Log as _, SegmentLog};

/// Appends letters to the log and waits until they are on stable storage.
pub(super) struct LogLetters {
    log: SegmentLog,
}

impl LogLetters {
    pub(super) fn new(log: SegmentLog) -> Self {
        Self { log }
    }
}

#[async_trait]
impl DeadLetters for LogLetters {
    async fn bury(&self, tenant: &str, letters: Vec<Letter>) -> Result<(), String> {
        // The same letter twice is two rows: the id is drawn, and the frame remembers it.
        let mut digest = [0_u8; 12];
        getrandom::fill(&mut digest).map_err(|error| error.to_string())?;
        let meta = FrameMeta {
            kind: FrameKind::DeadLetters,
            digest: RequestDigest::from_bytes(digest),
            tenant: Tenant::new(tenant).map_err(|error| error.to_string())?,
            ..FrameMeta::tick()
        };
        let payload = serde_json::to_vec(&letters).map_err(|error| error.to_string())?;
        let frame = Frame { meta: meta.encode().into(), payload: payload.into() };
        let receipt = self.log.append(frame).await.map_err(|error| error.to_string())?;
        tracing::debug!(
            sequence = receipt.sequence().get(),
            letters = letters.len(),
            "dead letters"
        );
        Ok(())
    }
}
