//! What a good client does next: waits as it is told, else longer each time, and not for ever.

use std::time::{Duration, Instant};

/// What came back for one body.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It is on stable storage.
    Accepted,
    /// It never will be.
    Refused(String),
    /// Not now.
    Later { why: String, after: Option<Duration> },
    /// Nobody answered.
    Unreachable(String),
}

/// How long one body is tried.
const PATIENCE: Duration = Duration::from_mins(5);
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The retries of one body.
#[derive(Debug)]
pub(crate) struct Retry {
    started: Instant,
    wait: Duration,
    /// Somebody answered before: silence may be a restart.
    answered_before: bool,
}

impl Retry {
    pub(crate) fn new(answered_before: bool) -> Self {
        Self { started: Instant::now(), wait: FIRST_WAIT, answered_before }
    }

    /// How long to wait after a "not now"; `None` when patience is over.
    pub(crate) fn next(&mut self, told: Option<Duration>) -> Option<Duration> {
        if self.started.elapsed() > PATIENCE {
            return None;
        }
        let wait = told.unwrap_or(self.wait).min(LONGEST_WAIT);
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
        Some(wait)
    }

    /// How long to wait after silence; `None` if nobody ever answered there.
    pub(crate) fn after_silence(&mut self) -> Option<Duration> {
        if self.answered_before { self.next(None) } else { None }
    }
}
