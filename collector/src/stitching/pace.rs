//! When changed rows are handed over.

use std::time::{Duration, Instant};

/// Under load the pause is so many times as long as deriving took …
const PAUSES: u32 = 12;
/// … as long as rows are not kept back for longer than this …
const PAUSE_MAX: Duration = Duration::from_millis(500);
/// … or than they are late anyway, up to this.
const LATE_PAUSE_MAX: Duration = Duration::from_secs(5);
/// So many events are kept at most until they are derived: each batch holds all its columns.
const PENDING_ROWS_MAX: usize = 64 << 10;

/// Deriving takes its share of the time and no more: what comes together is derived once.
#[derive(Debug)]
pub(super) struct Pace {
    every: Duration,
    told_at: Instant,
    /// How long it took to hand over last time.
    took: Duration,
}

impl Pace {
    /// While there is work, rows are handed over this often at most.
    pub(super) fn new(every: Duration) -> Self {
        Self { every, told_at: Instant::now(), took: Duration::ZERO }
    }

    /// Whether it is time, with so many events pending that are so late.
    pub(super) fn is_due(&self, pending_rows: usize, late: Duration) -> bool {
        pending_rows >= PENDING_ROWS_MAX
            || self.told_at.elapsed() >= pause(self.every, self.took, late)
    }

    /// Rows were handed over; that began then.
    pub(super) fn told(&mut self, began: Instant) {
        self.told_at = Instant::now();
        self.took = self.told_at - began;
    }
}

fn pause(every: Duration, took: Duration, late: Duration) -> Duration {
    let most = late.clamp(PAUSE_MAX, LATE_PAUSE_MAX);
    (took * PAUSES).clamp(every.min(most), most)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_millis(100);

    /// Quick tellings wait for what was configured, slow ones for their share, and none for
    /// longer than what is late anyway.
    #[test]
    fn the_pause_grows_with_the_work() {
        let pause = |took_ms, late_ms| {
            pause(EVERY, Duration::from_millis(took_ms), Duration::from_millis(late_ms))
        };
        assert_eq!(pause(1, 0), EVERY);
        assert_eq!(pause(20, 0), Duration::from_millis(240));
        assert_eq!(pause(5_000, 0), PAUSE_MAX);
        assert_eq!(pause(5_000, 2_000), Duration::from_secs(2));
        assert_eq!(pause(5_000, 60_000), LATE_PAUSE_MAX);
        let long = Duration::from_secs(20);
        assert_eq!(super::pause(long, Duration::ZERO, Duration::ZERO), PAUSE_MAX);
    }

    /// However short the time, so many events are not kept.
    #[test]
    fn many_events_do_not_wait() {
        let pace = Pace::new(Duration::from_mins(1));
        assert!(pace.is_due(PENDING_ROWS_MAX, Duration::ZERO));
    }
}
