//! The thread that prepares segments ahead of need, recycles old ones, and
//! zeroes those that nobody used for long.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::segment::Segment;
use crate::shared::Shared;
use crate::stock::Which;
use crate::supply::Trouble;

/// What the housekeeper is asked to do. Bounded by the number of segments.
#[derive(Default)]
pub(crate) struct Jobs {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    recycle: VecDeque<Arc<Segment>>,
    prepare: bool,
    stopped: bool,
}

enum Job {
    Recycle(Arc<Segment>),
    Prepare,
    /// One step, so that the others never wait for long.
    Zero,
}

impl Jobs {
    pub(crate) fn recycle(&self, segment: Arc<Segment>) {
        self.lock().recycle.push_back(segment);
        self.changed.notify_one();
    }

    pub(crate) fn prepare(&self) {
        self.lock().prepare = true;
        self.changed.notify_one();
    }

    /// Stops after what is queued; nothing is prepared or zeroed any more.
    pub(crate) fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_one();
    }

    /// Waits for work. `zero_in` says how long until something is to be zeroed;
    /// `None` while nothing is.
    fn next(&self, zero_in: impl Fn() -> Option<Duration>) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if let Some(segment) = state.recycle.pop_front() {
                return Some(Job::Recycle(segment));
            }
            if state.stopped {
                return None;
            }
            if std::mem::take(&mut state.prepare) {
                return Some(Job::Prepare);
            }
            state = match zero_in() {
                Some(Duration::ZERO) => return Some(Job::Zero),
                Some(left) => {
                    let waited = self.changed.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Works until told to stop.
pub(crate) fn run(shared: &Shared) {
    let Some(jobs) = &shared.jobs else {
        return;
    };
    while let Some(job) = jobs.next(|| shared.zero_in()) {
        match job {
            Job::Recycle(segment) => shared.recycle(segment),
            Job::Zero => {
                shared.zero_step(Which::Due);
            }
            Job::Prepare => match shared.supply.prepare() {
                Ok(()) => {}
                Err(Trouble::Full) => {
                    tracing::warn!("the disk is full: no segment ahead of need");
                }
                Err(Trouble::Fatal(error)) => shared.failure.raise(&error),
            },
        }
    }
}
