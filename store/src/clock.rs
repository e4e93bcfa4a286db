//! The wall clock, for what is kept by time: files and the table's history.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::Utc;

/// Tells the time. Tests put it forward.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    ahead_ms: AtomicI64,
}

impl Clock {
    /// Milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> i64 {
        Utc::now().timestamp_millis() + self.ahead_ms.load(Ordering::Relaxed)
    }

    /// Lets time pass.
    #[cfg(test)]
    pub(crate) fn pass(&self, time: std::time::Duration) {
        let ms = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        self.ahead_ms.fetch_add(ms, Ordering::Relaxed);
    }
}
