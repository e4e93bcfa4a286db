//! Whether the pipeline moves, for `/readyz`.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What `/readyz` says about the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// It keeps up, or has nothing to do.
    Moving,
    /// Work has waited for too long without progress.
    Stalled {
        /// Since when.
        since: Duration,
        /// How many frames wait.
        lag_frames: u64,
    },
    /// Its thread has ended.
    Ended,
}

impl Readiness {
    /// Whether clients should be sent here.
    pub fn is_ready(self) -> bool {
        self == Self::Moving
    }
}

/// When the pipeline last did something, or had nothing to do.
#[derive(Debug)]
pub(crate) struct Progress {
    stalled_after: Duration,
    moved_at: Mutex<Instant>,
}

impl Progress {
    /// Counts as having moved now.
    pub(crate) fn new(stalled_after: Duration) -> Self {
        Self { stalled_after, moved_at: Mutex::new(Instant::now()) }
    }

    /// A group was applied.
    pub(crate) fn moved(&self, now: Instant) {
        *self.moved_at.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// There is nothing to do: whatever comes has waited since now at most.
    pub(crate) fn idle(&self, now: Instant) {
        self.moved(now);
    }

    /// What to say, with so many frames waiting.
    pub(crate) fn readiness(&self, lag_frames: u64, now: Instant) -> Readiness {
        let moved_at = *self.moved_at.lock().unwrap_or_else(PoisonError::into_inner);
        let since = now.saturating_duration_since(moved_at);
        if lag_frames > 0 && since >= self.stalled_after {
            return Readiness::Stalled { since, lag_frames };
        }
        Readiness::Moving
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Work that waits for thirty seconds without progress is a stall; idleness is none.
    #[test]
    fn waiting_work_is_a_stall() {
        let progress = Progress::new(Duration::from_secs(30));
        let start = Instant::now();
        progress.moved(start);
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(progress.readiness(5, at(29)).is_ready());
        let stalled = Readiness::Stalled { since: Duration::from_secs(30), lag_frames: 5 };
        assert_eq!(progress.readiness(5, at(30)), stalled);
        assert!(progress.readiness(0, at(300)).is_ready());
        progress.idle(at(300));
        assert!(progress.readiness(1, at(301)).is_ready());
        assert!(!Readiness::Ended.is_ready());
    }
}
