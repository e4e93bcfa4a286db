//! From the log to the tables: one thread that reads frames in order and hands over their rows.
//!
//! Frames are taken in groups as they lie there, mapped, and appended to the store as one
//! snapshot. A frame that cannot be mapped never stops the others: it becomes one row of kind
//! `undecoded`, and its bytes go to the quarantine. When the store pushes back, the thread
//! waits and the log is the buffer.
//!
//! The thread ends by itself only when log or store have failed; then the process has to end.

mod feed;
mod mapping;
mod progress;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use seam_schema::ids::Sequence;
use seam_schema::normalise::{Mapping, Normalise};
use seam_store::quarantine::Quarantine;
use seam_store::{Store, StoreError};
use seam_wal::{ReadError, SegmentLog};
use thiserror::Error;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::metrics::Metrics;
use feed::Feed;
pub(crate) use progress::Progress;
pub use progress::Readiness;

/// How the pipeline works.
#[derive(Clone)]
pub struct PipelineOptions {
    /// A group ends when its payloads have so many bytes (but takes at least one frame).
    pub group_payload_bytes: usize,
    /// A group ends when it has so many frames.
    pub group_frames: usize,
    /// A group ends after the frame with which it has so many rows: a small payload may be many.
    pub group_rows: usize,
    /// How long work may wait without progress before readiness is taken back.
    pub stalled_after: Duration,
    /// The mapping: [`Mapping::normalise`], except in tests of what happens when it fails.
    pub normalise: Normalise,
}

impl Default for PipelineOptions {
    fn default() -> Self {
        Self {
            group_payload_bytes: 4 * 1024 * 1024,
            group_frames: 4096,
            group_rows: 64 * 1024,
            stalled_after: Duration::from_secs(30),
            normalise: Mapping::default().shared(),
        }
    }
}

/// Why the pipeline has stopped.
#[derive(Debug, Error)]
pub enum PipelineError {
    /// The log cannot be read.
    #[error("the pipeline has stopped: {0}")]
    Log(#[from] ReadError),
    /// The store takes no more.
    #[error("the pipeline has stopped: {0}")]
    Store(#[from] StoreError),
    /// The thread could not be started.
    #[error("cannot start the thread of the pipeline: {0}")]
    Spawn(std::io::Error),
    /// A defect of ours.
    #[error(
        "the pipeline has stopped: its thread panicked; the log keeps everything, restart to go on"
    )]
    Panicked,
}

/// The running pipeline.
pub struct Pipeline {
    log: SegmentLog,
    store: Store,
    progress: Arc<Progress>,
    stop: Arc<StopOrder>,
    ended: watch::Receiver<Option<Result<(), Arc<PipelineError>>>>,
    releasing: JoinHandle<()>,
}

/// What [`Pipeline::stop`] tells the thread.
#[derive(Debug, Default)]
struct StopOrder {
    given: AtomicBool,
    at_once: AtomicBool,
}

impl Pipeline {
    /// Starts the pipeline where the tables stand, and lets the log recycle what is committed.
    ///
    /// Call it in a Tokio runtime.
    pub fn spawn(
        log: SegmentLog,
        store: Store,
        quarantine: Arc<Quarantine>,
        metrics: Arc<Metrics>,
        options: PipelineOptions,
    ) -> Result<Self, PipelineError> {
        let progress = Arc::new(Progress::new(options.stalled_after));
        let stop = Arc::new(StopOrder::default());
        let (tell, ended) = watch::channel(None);
        let mut feed = Feed::new(log.clone(), store.clone(), quarantine, metrics, options);
        let (thread_progress, thread_stop) = (Arc::clone(&progress), Arc::clone(&stop));
        let work = move || {
            let guard = PanicGuard(tell);
            let result = run(&mut feed, &thread_progress, &thread_stop);
            if let Err(error) = &result {
                tracing::error!(%error, "the pipeline has stopped");
            }
            guard.0.send_replace(Some(result.map_err(Arc::new)));
        };
        thread::Builder::new()
            .name("pipeline".to_owned())
            .spawn(work)
            .map_err(PipelineError::Spawn)?;
        let releasing = tokio::spawn(release(log.clone(), store.clone()));
        Ok(Self { log, store, progress, stop, ended, releasing })
    }

    /// The frame up to which rows are visible.
    pub fn applied(&self) -> Sequence {
        self.store.snapshot().applied
    }

    /// Frames in the log that are not visible yet.
    pub fn lag_frames(&self) -> u64 {
        let applied = u64::try_from(self.applied().0).unwrap_or(0);
        self.log.end().get().saturating_sub(applied)
    }

    /// Whether the pipeline keeps up.
    pub fn readiness(&self) -> Readiness {
        if self.ended.borrow().is_some() {
            return Readiness::Ended;
        }
        self.progress.readiness(self.lag_frames(), Instant::now())
    }

    /// Waits until the pipeline ends; the process has to end if it was not told to stop.
    pub async fn wait_ended(&self) -> Result<(), Arc<PipelineError>> {
        let mut ended = self.ended.clone();
        let result = ended.wait_for(Option::is_some).await;
        result.map_or_else(
            |_| Err(Arc::new(PipelineError::Panicked)),
            |found| found.clone().unwrap_or(Ok(())),
        )
    }

    /// Applies what the log holds, for at most `deadline`, and ends. Nothing more may be
    /// appended to the log meanwhile; what is left stays there.
    pub async fn drain(&self, deadline: Duration) -> Result<(), Arc<PipelineError>> {
        self.stop.given.store(true, Ordering::Release);
        let drained = tokio::time::timeout(deadline, self.wait_ended()).await;
        drained.unwrap_or_else(|_| {
            self.stop.at_once.store(true, Ordering::Release);
            let frames = self.lag_frames();
            tracing::warn!(frames, "not all frames were applied in time; the log keeps them");
            Ok(())
        })
    }

    /// Drains, unless that was done, then commits all and closes the store.
    pub async fn stop(self, deadline: Duration) -> Result<(), Arc<PipelineError>> {
        let ended = self.drain(deadline).await;
        let closed = self.store.close().await.map_err(|error| Arc::new(error.into()));
        self.releasing.abort();
        let released = u64::try_from(self.store.subscribe_released().borrow().0).unwrap_or(0);
        self.log.release(seam_wal::Sequence::new(released));
        ended.and(closed)
    }
}

/// A pipeline that is dropped stops where it is; the log keeps the rest.
impl Drop for Pipeline {
    fn drop(&mut self) {
        self.stop.at_once.store(true, Ordering::Release);
        self.releasing.abort();
    }
}

/// Tells that the thread has ended even if it panicked.
struct PanicGuard(watch::Sender<Option<Result<(), Arc<PipelineError>>>>);

impl Drop for PanicGuard {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.send_replace(Some(Err(Arc::new(PipelineError::Panicked))));
        }
    }
}

fn run(feed: &mut Feed, progress: &Progress, stop: &StopOrder) -> Result<(), PipelineError> {
    loop {
        if stop.at_once.load(Ordering::Acquire) {
            return Ok(());
        }
        // Read before the log is: what came before the order is applied.
        let stopping = stop.given.load(Ordering::Acquire);
        if feed.apply_group()? {
            progress.moved(Instant::now());
        } else if stopping {
            return Ok(());
        } else {
            progress.idle(Instant::now());
            feed.wait();
        }
    }
}

/// Lets the log recycle what the tables have committed.
async fn release(log: SegmentLog, store: Store) {
    let mut released = store.subscribe_released();
    loop {
        let through = u64::try_from(released.borrow_and_update().0).unwrap_or(0);
        log.release(seam_wal::Sequence::new(through));
        if released.changed().await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
