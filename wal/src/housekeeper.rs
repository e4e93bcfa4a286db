//! The thread that prepares segments ahead of need and recycles old ones.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::segment::Segment;
use crate::shared::Shared;
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

    /// Stops after what is queued; nothing is prepared any more.
    pub(crate) fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_one();
    }

    fn next(&self) -> Option<Job> {
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
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
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
    while let Some(job) = jobs.next() {
        match job {
            Job::Recycle(segment) => shared.recycle(segment),
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
