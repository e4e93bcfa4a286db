//! How a delivery works.

use std::time::Duration;

/// How a delivery works. The defaults are named here and nowhere else.
#[derive(Debug, Clone, Copy)]
pub struct DeliveryOptions {
    /// Bytes of documents in the window, at most; one record alone may have more.
    pub window_bytes: usize,
    /// Records in the window, at most.
    pub window_records: usize,
    /// How long a record may wait for others to fill a batch with.
    pub linger: Duration,
    /// The bound of the first pause after a failure; it doubles with each further one.
    pub retry_first: Duration,
    /// The longest pause before a try or a probe.
    pub retry_most: Duration,
    /// The least time between two writes of the cursor.
    pub keep_every: Duration,
    /// How long what is under way may take to end when the delivery is told to stop.
    pub stop_within: Duration,
    /// After so long without taking rows the source lets go of what it holds.
    pub rest_after: Duration,
    /// The seed of the jitter; drawn where there is none.
    pub seed: Option<u64>,
}

impl DeliveryOptions {
    /// So many records behind the durable cursor may have been sent, at most: those in the window,
    /// and as many that have ended well since it was written.
    pub(super) const fn resend_records(&self) -> usize {
        self.window_records.saturating_mul(2)
    }
}

impl Default for DeliveryOptions {
    fn default() -> Self {
        Self {
            window_bytes: 64 << 20,
            window_records: 32 << 10,
            linger: Duration::from_millis(100),
            retry_first: Duration::from_millis(250),
            retry_most: Duration::from_mins(5),
            keep_every: Duration::from_millis(200),
            stop_within: Duration::from_secs(5),
            rest_after: Duration::from_secs(30),
            seed: None,
        }
    }
}
