//! Acts on Seam itself go the way of everything: through the log into a table.

use std::error::Error;
use std::fmt;

use async_trait::async_trait;
use seam_queries::http::{Audit, Caller};
use seam_schema::frame::{ContentType, FrameKind, FrameMeta, Transport};
use seam_schema::ids::RequestDigest;
use seam_schema::table::audit::Act;
use seam_wal::{Frame, Log as _, SegmentLog};

/// Appends acts to the log and waits until they are on stable storage.
pub(crate) struct LogAudit {
    log: SegmentLog,
}

impl LogAudit {
    pub(crate) fn new(log: SegmentLog) -> Self {
        Self { log }
    }
}

impl fmt::Debug for LogAudit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogAudit").finish_non_exhaustive()
    }
}

#[async_trait]
impl Audit for LogAudit {
    async fn record(&self, caller: &Caller, act: Act) -> Result<(), Box<dyn Error + Send + Sync>> {
        // The same act twice is two acts: the id is drawn, and the frame remembers it.
        let mut digest = [0_u8; 12];
        getrandom::fill(&mut digest)?;
        let meta = FrameMeta {
            kind: FrameKind::Internal,
            content_type: ContentType::Protobuf,
            transport: Transport::Http,
            repeat: false,
            relay: false,
            digest: RequestDigest::from_bytes(digest),
            tenant: caller.tenant.clone().unwrap_or_default(),
            principal: caller.principal.clone(),
            peer_address: String::new(),
            certificate_host: String::new(),
        };
        let frame = Frame { meta: meta.encode().into(), payload: serde_json::to_vec(&act)?.into() };
        self.log.append(frame).await?;
        Ok(())
    }
}
