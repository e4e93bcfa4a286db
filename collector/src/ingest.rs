//! From a body in memory to a receipt.
//!
//! decompress → transcode JSON → structural check → digest → repeat window → log. Small
//! requests are worked on where they arrive; what could take a millisecond goes to threads
//! of its own, as many as there are cores, so that a bomb never holds up its neighbours.
//! The budget's bytes are held until the log has the frame on stable storage.

mod decode;
mod to_the_end;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use seam_schema::frame::{ContentType, FrameKind, FrameMeta, Transport};
use seam_schema::ids::{ReceivedAt, RequestDigest};
use seam_schema::otlp::Signal;
use seam_store::quarantine::{Kept, Quarantine};
use seam_wal::{AppendError, Frame, Log, Receipt};
use tokio::sync::Semaphore;

use crate::answer::{Answer, Refusal, Resource, Size};
use crate::body::Received;
use crate::budget::Budget;
use crate::credentials::Identity;
use crate::decompress::Encoding;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::rate::RateLimit;
use crate::repeat::{Claim, First, RepeatWindow};
use decode::{Decoded, decode, is_heavy};
use to_the_end::ToTheEnd;

/// A request whose body has arrived.
#[derive(Debug)]
pub struct Admission {
    /// What it carries.
    pub signal: Signal,
    /// Which door it came through.
    pub transport: Transport,
    /// How the message is written.
    pub content_type: ContentType,
    /// How the body is packed.
    pub encoding: Encoding,
    /// Who sent it.
    pub identity: Identity,
    /// From where.
    pub peer: IpAddr,
    /// The body.
    pub body: Received,
}

/// Everything between the doors and the log.
pub struct Ingest {
    log: Arc<dyn Log>,
    window: Arc<RepeatWindow>,
    quarantine: Arc<Quarantine>,
    metrics: Arc<Metrics>,
    limits: Limits,
    budget: Budget,
    rate: RateLimit,
    workers: Arc<Semaphore>,
    closed: AtomicBool,
}

impl Ingest {
    /// An ingest that writes into `log`.
    pub fn new(
        log: Arc<dyn Log>,
        window: Arc<RepeatWindow>,
        quarantine: Arc<Quarantine>,
        metrics: Arc<Metrics>,
        limits: Limits,
    ) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            log,
            window,
            quarantine,
            metrics,
            budget: Budget::new(limits.memory_budget_bytes),
            rate: RateLimit::new(limits.principal_bytes_per_second),
            workers: Arc::new(Semaphore::new(cores)),
            closed: AtomicBool::new(false),
            limits,
        }
    }

    /// The limits it was made with.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The memory that requests hold.
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// The counters.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// How many requests the repeat window remembers.
    pub fn remembered(&self) -> usize {
        self.window.len()
    }

    /// Refuses what comes from now on; what is on its way goes on. The order of a stop: this,
    /// the listeners, the pipeline, the log.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    /// Whether a request of this identity may be read at all: asked before its body is.
    pub fn check_open(&self, identity: &Identity) -> Result<(), Refusal> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(Refusal::ShuttingDown);
        }
        self.rate.check(&identity.tenant, &identity.principal, Instant::now())
    }

    /// Takes a request in, or says why not.
    ///
    /// If the caller goes away meanwhile, a frame that the log has got is still waited for:
    /// the repeat window must know how it ended.
    pub async fn admit(self: &Arc<Self>, admission: Admission) -> Answer {
        self.metrics.wire_bytes.add(admission.body.bytes.len() as u64);
        let (admission, decoded) = self.decode(admission).await?;
        let identity = &admission.identity;
        self.rate.charge(
            &identity.tenant,
            &identity.principal,
            decoded.message.len(),
            Instant::now(),
        );
        let first = match self.window.claim(decoded.digest, &identity.principal, now()).await {
            Claim::First(first) => Some(first),
            Claim::Repeat => None,
        };
        let frame = Frame {
            meta: meta(&admission, &decoded, first.is_none()).encode().into(),
            payload: decoded.message.clone(),
        };
        let append = self.log.append(frame);
        let settled = Arc::clone(self).settle(append, first, admission, decoded);
        ToTheEnd::new(settled).await
    }

    /// Waits for the log, then tells the window and the counters.
    async fn settle(
        self: Arc<Self>,
        append: seam_wal::Append,
        first: Option<First>,
        admission: Admission,
        decoded: Decoded,
    ) -> Answer {
        let receipt = append.await.map_err(|error| refusal(&error))?;
        match first {
            Some(first) => first.admitted(received_at(&receipt)),
            None => self.metrics.repeats.add(1),
        }
        self.metrics.message_bytes.add(decoded.message.len() as u64);
        self.metrics.count_records(admission.signal, decoded.records);
        drop(admission.body.permit);
        Ok(receipt)
    }

    async fn decode(
        self: &Arc<Self>,
        mut admission: Admission,
    ) -> Result<(Admission, Decoded), Refusal> {
        let decoded = if is_heavy(&admission) {
            let ingest = Arc::clone(self);
            let worked = self.on_worker(move || {
                let decoded = decode(&mut admission, &ingest.limits);
                (admission, decoded)
            });
            let decoded;
            (admission, decoded) = worked.await?;
            decoded
        } else {
            decode(&mut admission, &self.limits)
        };
        match decoded {
            Ok(decoded) => Ok((admission, decoded)),
            Err(refusal) => {
                if let Refusal::Undecodable { reason } = &refusal {
                    self.keep(admission, reason.clone()).await;
                }
                Err(refusal)
            }
        }
    }

    /// Keeps a body that its client will drop.
    async fn keep(self: &Arc<Self>, admission: Admission, reason: String) {
        self.metrics.undecodable.add(1);
        let ingest = Arc::clone(self);
        let kept = self.on_worker(move || {
            let body = &admission.body.bytes;
            let digest = RequestDigest::of(&admission.identity.tenant, admission.signal, body);
            ingest.quarantine.put(now(), &digest, &reason, body)
        });
        match kept.await {
            Ok(Ok(Kept::Stored(_))) | Err(_) => {}
            Ok(Ok(Kept::Dropped { .. })) => self.metrics.quarantine_full.add(1),
            Ok(Err(error)) => {
                tracing::error!(%error, "a body that cannot be decoded could not be kept");
            }
        }
    }

    async fn on_worker<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let _turn = self.workers.acquire().await.map_err(|_| Refusal::ShuttingDown)?;
        tokio::task::spawn_blocking(work).await.map_err(|error| {
            tracing::error!(%error, "a request could not be worked on");
            Refusal::Internal
        })
    }
}

fn meta(admission: &Admission, decoded: &Decoded, repeat: bool) -> FrameMeta {
    FrameMeta {
        kind: FrameKind::Otlp(admission.signal),
        content_type: admission.content_type,
        transport: admission.transport,
        repeat,
        relay: admission.identity.relay,
        digest: decoded.digest,
        tenant: admission.identity.tenant.clone(),
        principal: admission.identity.principal.clone(),
        peer_address: admission.peer.to_canonical().to_string(),
        certificate_host: admission.identity.certificate_host.clone(),
    }
}

fn refusal(error: &AppendError) -> Refusal {
    match error {
        AppendError::OverBudget { .. } | AppendError::DiskFull => {
            Refusal::OverBudget(Resource::Log)
        }
        AppendError::TooLarge { limit_bytes, .. } => {
            Refusal::TooLarge { size: Size::Decompressed, limit_bytes: *limit_bytes }
        }
        AppendError::Closed => Refusal::ShuttingDown,
        AppendError::Failed { .. } => Refusal::LogFailed,
    }
}

fn received_at(receipt: &Receipt) -> ReceivedAt {
    ReceivedAt(receipt.received_at().micros())
}

/// The wall clock, for the repeat window alone: the log sets the time of frames.
fn now() -> ReceivedAt {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    ReceivedAt(i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
