//! When the next request may go: at once, or when its time has come.
//!
//! An open loop sends on a schedule fixed before the run. Latency counts from the
//! scheduled time, so a server that stalls is charged for every request that should have
//! gone out meanwhile (no coordinated omission).

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

/// The pacer wakes no more often than this; what came due meanwhile goes out together.
const SHORTEST_SLEEP: Duration = Duration::from_micros(100);

/// How much is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Extent {
    /// Until the time is over.
    Time(Duration),
    /// So many requests.
    Requests(u64),
}

/// How fast it is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Rate {
    /// As fast as acknowledged.
    Closed,
    /// So many requests a second, acknowledged or not.
    Open(f64),
}

/// Hands out starting times to all senders of a run.
pub(crate) enum Pace {
    Closed { until: Option<Instant>, requests: u64, taken: AtomicU64 },
    Open { schedule: Schedule, taken: AtomicU64, due: Semaphore },
}

/// The times of an open loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    start: Instant,
    per_second: f64,
    requests: u64,
}

impl Pace {
    pub(crate) fn new(rate: Rate, extent: Extent, start: Instant) -> Self {
        let taken = AtomicU64::new(0);
        match (rate, extent) {
            (Rate::Closed, Extent::Time(time)) => {
                Self::Closed { until: Some(start + time), requests: u64::MAX, taken }
            }
            (Rate::Closed, Extent::Requests(requests)) => {
                Self::Closed { until: None, requests, taken }
            }
            (Rate::Open(per_second), extent) => {
                let schedule = Schedule::new(start, per_second, extent);
                Self::Open { schedule, taken, due: Semaphore::new(0) }
            }
        }
    }

    /// Waits for the next request's turn: the time its latency counts from, or `None` at the end.
    pub(crate) async fn next(&self) -> Option<Instant> {
        match self {
            Self::Closed { until, requests, taken } => {
                let now = Instant::now();
                let over = until.is_some_and(|until| now >= until);
                (!over && taken.fetch_add(1, Ordering::Relaxed) < *requests).then_some(now)
            }
            Self::Open { schedule, taken, due } => {
                due.acquire().await.ok()?.forget();
                schedule.time_of(taken.fetch_add(1, Ordering::Relaxed))
            }
        }
    }

    /// Releases the requests of an open loop as they come due; blocks until the last.
    ///
    /// A thread of its own: the runtime's timer has steps of a millisecond, as much as
    /// the latency that is measured.
    pub(crate) fn keep(&self, senders: usize) {
        let Self::Open { schedule, due, .. } = self else { return };
        let mut released = 0;
        while released < schedule.requests {
            let now_due = schedule.due_at(Instant::now());
            due.add_permits(usize::try_from(now_due - released).unwrap_or_default());
            released = now_due;
            if let Some(next) = schedule.time_of(released) {
                thread::sleep(next.saturating_duration_since(Instant::now()).max(SHORTEST_SLEEP));
            }
        }
        // One more turn for each sender, in which it finds that nothing is left.
        due.add_permits(senders);
    }
}

impl Schedule {
    fn new(start: Instant, per_second: f64, extent: Extent) -> Self {
        let requests = match extent {
            Extent::Time(time) => whole(time.as_secs_f64() * per_second),
            Extent::Requests(requests) => requests,
        };
        Self { start, per_second, requests }
    }

    /// When the request with this number, from 0, has its turn; `None` past the last.
    fn time_of(&self, request: u64) -> Option<Instant> {
        let offset = Duration::try_from_secs_f64(request as f64 / self.per_second).ok()?;
        (request < self.requests).then(|| self.start + offset)
    }

    /// How many requests have come due by then.
    fn due_at(&self, now: Instant) -> u64 {
        let elapsed = now.saturating_duration_since(self.start).as_secs_f64();
        (whole(elapsed * self.per_second) + 1).min(self.requests)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of requests: not negative, far below 2^53"
)]
fn whole(count: f64) -> u64 {
    count.max(0.0) as u64
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests fail by panicking"
    )]

    use super::*;

    /// Latency counts from the schedule: the times handed out lie on it exactly, whenever a sender comes for them.
    #[tokio::test]
    async fn an_open_loop_hands_out_scheduled_times() {
        // Begun long ago: every request is overdue, as when the server has stalled.
        let start = Instant::now().checked_sub(Duration::from_mins(1)).unwrap();
        let pace = Pace::new(Rate::Open(100.0), Extent::Time(Duration::from_secs(1)), start);
        pace.keep(1);
        for request in 0..100 {
            assert_eq!(pace.next().await, Some(start + Duration::from_millis(10 * request)));
        }
        assert_eq!(pace.next().await, None);
    }

    /// Every sender learns of the end; none waits for ever.
    #[tokio::test]
    async fn an_open_loop_ends_for_all_senders() {
        let pace = Pace::new(Rate::Open(1e6), Extent::Requests(10), Instant::now());
        pace.keep(4);
        let mut turns = 0;
        for _ in 0..4 {
            while pace.next().await.is_some() {
                turns += 1;
            }
        }
        assert_eq!(turns, 10);
    }

    /// Requests are released when due and not before.
    #[test]
    fn nothing_is_due_before_its_time() {
        let start = Instant::now();
        let schedule = Schedule::new(start, 10.0, Extent::Requests(25));
        assert_eq!(schedule.due_at(start), 1);
        assert_eq!(schedule.due_at(start + Duration::from_millis(95)), 1);
        assert_eq!(schedule.due_at(start + Duration::from_millis(1_050)), 11);
        assert_eq!(schedule.due_at(start + Duration::from_mins(1)), 25);
    }

    /// A closed loop by count gives exactly that many turns.
    #[tokio::test]
    async fn a_closed_loop_ends_at_its_count() {
        let pace = Pace::new(Rate::Closed, Extent::Requests(3), Instant::now());
        let mut turns = 0;
        while pace.next().await.is_some() {
            turns += 1;
        }
        assert_eq!(turns, 3);
    }
}
