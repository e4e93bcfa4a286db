//! What both OTLP doors do alike: who is it, may it enter, how did it end.

use std::sync::Arc;

use http::HeaderMap;
use seam_schema::frame::Transport;
use seam_schema::otlp::Signal;

use crate::answer::{Answer, Reason, Refusal};
use crate::credentials::{Authenticator, Identity};
use crate::ingest::Ingest;
use crate::listener::Peer;

/// An OTLP door, whatever it speaks.
pub(crate) struct OtlpDoor {
    pub(crate) ingest: Arc<Ingest>,
    authenticator: Authenticator,
    transport: Transport,
}

impl OtlpDoor {
    /// A door in front of `ingest`.
    pub(crate) fn new(
        ingest: Arc<Ingest>,
        authenticator: Authenticator,
        transport: Transport,
    ) -> Self {
        Self { ingest, authenticator, transport }
    }

    /// Who a request is from, if it may be read at all.
    pub(crate) fn enter(&self, headers: &HeaderMap, peer: &Peer) -> Result<Identity, Refusal> {
        let identity = self.authenticator.identify(headers, peer)?;
        self.ingest.check_open(&identity)?;
        Ok(identity)
    }

    /// Counts the end of a request. Clients drop what is refused for good, so the operator
    /// hears of it: of the first, the second, the fourth and so on, which no flood can abuse.
    pub(crate) fn count(&self, signal: Option<Signal>, answer: &Answer, peer: &Peer) {
        let reason = answer.as_ref().map_or_else(Refusal::reason, |_| Reason::Durable);
        let metrics = self.ingest.metrics();
        metrics.count_request(self.transport, signal, reason);
        let Err(refusal) = answer else { return };
        let count = metrics.requests(self.transport, signal, reason);
        if refusal.retry_after().is_none() && count.is_power_of_two() {
            tracing::warn!(peer = %peer.address.ip(), reason = reason.as_str(), count, "requests are refused for good");
        }
    }
}
