//! The thread: what it does next, and how it ends.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use super::driver::{Did, Driver};
use super::restitch::Order;
use super::stitch::Stitch;
use super::{Shared, StitchingError};
use crate::pipeline::Progress;

/// How long the thread waits for rows before it looks at its orders again.
const PATIENCE: Duration = Duration::from_millis(200);

type Ended = Option<Result<(), Arc<StitchingError>>>;

/// Everything the thread owns.
pub(super) struct Thread<S: Stitch> {
    driver: Driver<S>,
    orders: mpsc::Receiver<Order>,
    progress: Arc<Progress>,
    shared: Arc<Shared>,
}

impl<S: Stitch> Thread<S> {
    pub(super) fn new(
        driver: Driver<S>,
        orders: mpsc::Receiver<Order>,
        progress: Arc<Progress>,
        shared: Arc<Shared>,
    ) -> Self {
        Self { driver, orders, progress, shared }
    }

    /// Starts; `tell` learns how it ends.
    pub(super) fn start(mut self, tell: watch::Sender<Ended>) -> Result<(), StitchingError> {
        let work = move || {
            let guard = PanicGuard(tell);
            let result = self.run();
            if let Err(error) = &result {
                tracing::error!(%error, "the stitching has stopped");
            }
            guard.0.send_replace(Some(result.map_err(Arc::new)));
        };
        let started = thread::Builder::new().name("stitching".to_owned()).spawn(work);
        started.map(drop).map_err(StitchingError::Spawn)
    }

    fn run(&mut self) -> Result<(), StitchingError> {
        // What is derived durably may be ahead of the rows that stage 1 has replayed so far.
        while !self.driver.is_replayed(PATIENCE) {
            self.progress.moved(Instant::now());
            if self.must_end() || self.shared.stop.load(Ordering::Acquire) {
                return Ok(());
            }
        }
        self.driver.take_up()?;
        loop {
            if self.must_end() {
                return Ok(());
            }
            // Read before the rows are: what was there before the order is derived.
            let stopping = self.shared.stop.load(Ordering::Acquire);
            match self.driver.step(&mut self.orders, PATIENCE)? {
                Did::Rows => self.progress.moved(Instant::now()),
                Did::CaughtUp => {
                    self.progress.idle(Instant::now());
                    if stopping && self.driver.is_done() {
                        return Ok(());
                    }
                }
                Did::Nothing => {
                    if self.driver.is_done() {
                        self.progress.idle(Instant::now());
                        if stopping {
                            return Ok(());
                        }
                    }
                }
                Did::Order(order) => {
                    let moved = || self.progress.moved(Instant::now());
                    self.driver.obey(order, moved)?;
                }
            }
            self.share();
        }
    }

    fn must_end(&self) -> bool {
        self.shared.stop_at_once.load(Ordering::Acquire)
    }

    fn share(&self) {
        self.shared.unsettled.store(self.driver.is_unsettled(), Ordering::Relaxed);
        self.shared.memory_bytes.store(self.driver.memory_bytes(), Ordering::Relaxed);
    }
}

/// Tells that the thread has ended even if it panicked.
struct PanicGuard(watch::Sender<Ended>);

impl Drop for PanicGuard {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.send_replace(Some(Err(Arc::new(StitchingError::Panicked))));
        }
    }
}
