//! Stage 2 of the pipeline: from `events` to the derived tables, on a thread of its own.
//!
//! It follows the table `events`, not the log, so stage 1 never waits for it. It starts where
//! `sessions` was last committed. Before new events apply it gives the stitcher the earlier ones
//! of conversations that are not in memory; what changes is appended at most every 100 ms while
//! there is work, and at once when there is none left.
//!
//! An event that makes the stitcher panic does not stop the others: a new stitcher takes over
//! from what was handed over last, the conversation that fails alone is found and left out until
//! the next start, and all others are derived.
//!
//! The thread ends by itself only when the store has failed; then the process has to end.

mod driver;
mod facts;
mod fault;
mod known;
mod pace;
mod restitch;
mod stitch;
mod suspects;
#[cfg(test)]
mod tests;
mod thread;
mod ticks;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use seam_schema::ids::Sequence;
use seam_schema::stitch::{StitchOptions, Stitcher};
use seam_store::{Store, StoreError};
use seam_wal::SegmentLog;
use thiserror::Error;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::metrics::Metrics;
use crate::pipeline::{Progress, Readiness};
use driver::Driver;
use restitch::Order;
pub use restitch::{RestitchError, RestitchReport, RestitchRequest};
use stitch::Stitch;
use thread::Thread;

/// How the stitching works.
#[derive(Debug, Clone)]
pub struct StitchingOptions {
    /// The limits of the stitcher.
    pub stitch: StitchOptions,
    /// While there is work, rows are handed over this often at most.
    pub publish_every: Duration,
    /// While something waits only for time to pass, a tick is appended to the log this often.
    pub tick_every: Duration,
    /// How long work may wait without progress before readiness is taken back.
    pub stalled_after: Duration,
    /// The pause before rows that could not be read are read again.
    pub read_again_after: Duration,
}

impl Default for StitchingOptions {
    fn default() -> Self {
        Self {
            stitch: StitchOptions::default(),
            publish_every: Duration::from_millis(100),
            tick_every: Duration::from_secs(5),
            stalled_after: Duration::from_secs(30),
            read_again_after: Duration::from_secs(1),
        }
    }
}

/// Why the stitching has stopped.
#[derive(Debug, Error)]
pub enum StitchingError {
    /// The store takes no more.
    #[error("the stitching has stopped: {0}")]
    Store(#[from] StoreError),
    /// `events` cannot be followed at all.
    #[error("cannot start the stitching: {0}")]
    Follow(#[from] seam_store::ReadError),
    /// The thread could not be started.
    #[error("cannot start the thread of the stitching: {0}")]
    Spawn(std::io::Error),
    /// A defect of ours.
    #[error("the stitching has stopped: its thread panicked; nothing is lost, restart to go on")]
    Panicked,
}

/// The running stage 2.
pub struct Stitching {
    store: Store,
    progress: Arc<Progress>,
    shared: Arc<Shared>,
    orders: mpsc::Sender<Order>,
    ended: watch::Receiver<Option<Result<(), Arc<StitchingError>>>>,
    ticking: JoinHandle<()>,
}

/// What the thread and its handle tell each other.
#[derive(Debug, Default)]
struct Shared {
    /// What is there is still to be derived, then the thread ends.
    stop: AtomicBool,
    stop_at_once: AtomicBool,
    /// Something waits for time to pass.
    unsettled: AtomicBool,
    memory_bytes: AtomicU64,
}

impl Stitching {
    /// Starts stage 2 where the derived tables stand.
    ///
    /// Call it in a multi-threaded Tokio runtime.
    pub fn spawn(
        log: &SegmentLog,
        store: Store,
        metrics: Arc<Metrics>,
        options: StitchingOptions,
    ) -> Result<Self, StitchingError> {
        let limits = options.stitch.clone();
        Self::spawn_with(Some(log), store, metrics, options, move || Stitcher::new(limits.clone()))
    }

    /// The same with stitchers of any kind; without a log there are no ticks.
    fn spawn_with<S: Stitch>(
        log: Option<&SegmentLog>,
        store: Store,
        metrics: Arc<Metrics>,
        options: StitchingOptions,
        make: impl Fn() -> S + Send + 'static,
    ) -> Result<Self, StitchingError> {
        let progress = Arc::new(Progress::new(options.stalled_after));
        let shared = Arc::new(Shared::default());
        let (tell, ended) = watch::channel(None);
        let (orders, taken) = mpsc::channel(1);
        let tick_every = options.tick_every;
        let (runtime, told) = (Handle::current(), Arc::clone(&shared));
        let driver = Driver::new(store.clone(), runtime, metrics, options, told, make)?;
        Thread::new(driver, taken, Arc::clone(&progress), Arc::clone(&shared)).start(tell)?;
        let ticks = log.map(|log| ticks::append(log.clone(), Arc::clone(&shared), tick_every));
        let ticking = tokio::spawn(async {
            if let Some(ticks) = ticks {
                ticks.await;
            }
        });
        Ok(Self { store, progress, shared, orders, ended, ticking })
    }

    /// The frame up to which the derived tables show what follows from `events`.
    pub fn derived_applied(&self) -> Sequence {
        self.store.snapshot().derived_applied
    }

    /// Frames whose events are visible and not yet derived from.
    pub fn lag_frames(&self) -> u64 {
        let snapshot = self.store.snapshot();
        u64::try_from(snapshot.applied.0.saturating_sub(snapshot.derived_applied.0)).unwrap_or(0)
    }

    /// The memory that the conversations take, as the stitcher counts it.
    pub fn memory_bytes(&self) -> u64 {
        self.shared.memory_bytes.load(Ordering::Relaxed)
    }

    /// Whether a conversation waits for time to pass.
    pub fn is_unsettled(&self) -> bool {
        self.shared.unsettled.load(Ordering::Relaxed)
    }

    /// Whether it keeps up.
    pub fn readiness(&self) -> Readiness {
        if self.ended.borrow().is_some() {
            return Readiness::Ended;
        }
        self.progress.readiness(self.lag_frames(), Instant::now())
    }

    /// Derives conversations again and says in what the tables differ; see
    /// [`RestitchRequest`].
    pub async fn restitch(
        &self,
        request: RestitchRequest,
    ) -> Result<RestitchReport, RestitchError> {
        let (answer, answered) = oneshot::channel();
        let order = Order { request, answer };
        self.orders.send(order).await.map_err(|_| RestitchError::Ended)?;
        answered.await.map_err(|_| RestitchError::Ended)?
    }

    /// Waits until it ends; the process has to end if it was not told to stop.
    pub async fn wait_ended(&self) -> Result<(), Arc<StitchingError>> {
        let mut ended = self.ended.clone();
        let result = ended.wait_for(Option::is_some).await;
        result.map_or_else(
            |_| Err(Arc::new(StitchingError::Panicked)),
            |found| found.clone().unwrap_or(Ok(())),
        )
    }

    /// Appends no more ticks: before the log is sealed.
    pub fn stop_ticks(&self) {
        self.ticking.abort();
    }

    /// Derives from what stage 1 has applied, for at most `deadline`, and ends. Stage 1 must
    /// have ended; what is left is derived after the next start.
    pub async fn stop(self, deadline: Duration) -> Result<(), Arc<StitchingError>> {
        self.stop_ticks();
        self.shared.stop.store(true, Ordering::Release);
        let drained = tokio::time::timeout(deadline, self.wait_ended()).await;
        drained.unwrap_or_else(|_| {
            let frames = self.lag_frames();
            tracing::warn!(frames, "not all was derived in time; the next start goes on");
            Ok(())
        })
    }
}

/// A stitching that is dropped stops where it is.
impl Drop for Stitching {
    fn drop(&mut self) {
        self.shared.stop_at_once.store(true, Ordering::Release);
        self.ticking.abort();
    }
}
