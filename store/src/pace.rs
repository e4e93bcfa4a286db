//! Work that is done slowly on purpose, and ends early when it has to.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// Tells work in the background to end.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    stopped: Mutex<bool>,
    told: Condvar,
    waiter: Notify,
}

impl Stop {
    /// Ends it.
    pub(crate) fn stop(&self) {
        *self.stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.told.notify_all();
        self.waiter.notify_one();
    }

    /// Returns when it has to end; one may wait.
    pub(crate) async fn wait(&self) {
        while !self.is_stopped() {
            self.waiter.notified().await;
        }
    }

    /// Whether it has to end.
    pub(crate) fn is_stopped(&self) -> bool {
        *self.stopped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for so long, unless it has to end before. Blocks.
    fn pause(&self, at_most: Duration) -> bool {
        let stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = self.told.wait_timeout_while(stopped, at_most, |stopped| !*stopped);
        *wait.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// At most so many bytes per second, or other units, over the time since it began. Clones share
/// the budget.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    stop: Arc<Stop>,
    units_per_s: u64,
    free_at: Arc<Mutex<Instant>>,
}

impl Pace {
    pub(crate) fn new(units_per_s: u64, stop: Arc<Stop>) -> Self {
        let free_at = Arc::new(Mutex::new(Instant::now()));
        Self { stop, units_per_s: units_per_s.max(1), free_at }
    }

    /// Accounts for what is about to be moved; waits until what came before is paid for. Fails
    /// when the work has to end. Blocks.
    pub(crate) fn spend(&self, units: u64) -> io::Result<()> {
        let wait = self.book(units, Instant::now());
        let stopped = if wait.is_zero() { self.stop.is_stopped() } else { self.stop.pause(wait) };
        if stopped { Err(io::Error::other("the store is closing")) } else { Ok(()) }
    }

    /// How long what was booked before still takes.
    fn book(&self, units: u64, now: Instant) -> Duration {
        let nanos = u128::from(units) * 1_000_000_000 / u128::from(self.units_per_s);
        let cost = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        let due = (*free_at).max(now);
        *free_at = due + cost;
        due - now
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    /// What was spent has to be paid for before more is; the first is free, and so is what comes
    /// late enough.
    #[test]
    fn bytes_take_their_time() {
        let pace = Pace::new(1_000_000, Arc::default());
        let start = Instant::now();
        let ms = Duration::from_millis;
        assert_eq!(pace.book(10_000, start), Duration::ZERO);
        assert_eq!(pace.book(10_000, start), ms(10));
        assert_eq!(pace.book(10_000, start + ms(5)), ms(15));
        assert_eq!(pace.book(10_000, start + ms(500)), Duration::ZERO);
    }

    /// Who is told to end does not wait for an hour first.
    #[test]
    fn it_ends_when_told() {
        let stop = Arc::new(Stop::default());
        let pace = Pace::new(1, Arc::clone(&stop));
        pace.spend(1_000_000).unwrap();
        let other = std::thread::spawn(move || pace.spend(1).unwrap_err().to_string());
        stop.stop();
        assert_eq!(other.join().unwrap(), "the store is closing");
    }
}
