//! Time, as a delivery knows it: given from outside, so that a test can let a day pass at once.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;

/// A clock and a way to wait.
#[async_trait]
pub trait Clock: Send + Sync {
    /// How long ago the clock was made; never goes back.
    fn now(&self) -> Duration;

    /// The wall clock, microseconds since 1970.
    fn unix_us(&self) -> i64;

    /// Waits until [`Self::now`] has reached `at`.
    async fn sleep_until(&self, at: Duration);
}

/// The real one. It waits in a Tokio runtime.
#[derive(Debug)]
pub struct TokioClock {
    made: Instant,
}

impl Default for TokioClock {
    fn default() -> Self {
        Self { made: Instant::now() }
    }
}

#[async_trait]
impl Clock for TokioClock {
    fn now(&self) -> Duration {
        self.made.elapsed()
    }

    fn unix_us(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    }

    async fn sleep_until(&self, at: Duration) {
        tokio::time::sleep_until((self.made + at).into()).await;
    }
}
