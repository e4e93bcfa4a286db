//! What one sender counts, and the sum over all.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use hdrhistogram::Histogram;

/// Longest latency told apart; anything beyond counts as this.
const LONGEST_US: u64 = 120_000_000;

/// Counts of a run. Latencies are in µs, from the request's turn to its acknowledgement, retries included.
#[derive(Clone)]
pub(crate) struct Tally {
    /// Requests acknowledged.
    pub(crate) requests: u64,
    /// Records in them, without those refused by partial success.
    pub(crate) events: u64,
    /// Records refused by partial success.
    pub(crate) rejected_events: u64,
    /// Refusals by code.
    pub(crate) refused: BTreeMap<String, u64>,
    /// Sendings of a body that had been refused before.
    pub(crate) retried: u64,
    /// Requests given up after a refusal.
    pub(crate) given_up: u64,
    latency: Histogram<u64>,
}

impl Tally {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let latency =
            Histogram::new_with_bounds(1, LONGEST_US, 3).context("cannot make the histogram")?;
        Ok(Self {
            requests: 0,
            events: 0,
            rejected_events: 0,
            refused: BTreeMap::new(),
            retried: 0,
            given_up: 0,
            latency,
        })
    }

    pub(crate) fn acknowledged(&mut self, events: u64, rejected: u64, latency: Duration) {
        self.requests += 1;
        self.events += events.saturating_sub(rejected);
        self.rejected_events += rejected;
        self.latency.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(LONGEST_US));
    }

    pub(crate) fn refused(&mut self, code: String) {
        *self.refused.entry(code).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) -> anyhow::Result<()> {
        self.requests += other.requests;
        self.events += other.events;
        self.rejected_events += other.rejected_events;
        self.retried += other.retried;
        self.given_up += other.given_up;
        for (code, count) in &other.refused {
            *self.refused.entry(code.clone()).or_default() += count;
        }
        self.latency.add(&other.latency).context("cannot add the histograms")
    }

    /// The latency in ms that this share of acknowledged requests stayed within.
    pub(crate) fn latency_ms(&self, share: f64) -> f64 {
        self.latency.value_at_quantile(share) as f64 / 1e3
    }

    /// The longest latency in ms.
    pub(crate) fn longest_ms(&self) -> f64 {
        self.latency.max() as f64 / 1e3
    }
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

    /// Quantiles come from all senders together, and what partial success refused is not counted as acknowledged.
    #[test]
    fn tallies_add_up() {
        let (mut sum, mut other) = (Tally::new().unwrap(), Tally::new().unwrap());
        for _ in 0..99 {
            sum.acknowledged(16, 0, Duration::from_millis(2));
        }
        other.acknowledged(16, 6, Duration::from_millis(80));
        other.refused("grpc 14".to_owned());
        sum.add(&other).unwrap();
        assert_eq!((sum.requests, sum.events, sum.rejected_events), (100, 99 * 16 + 10, 6));
        assert_eq!(sum.refused["grpc 14"], 1);
        assert!((sum.latency_ms(0.5) - 2.0).abs() < 0.01);
        assert!((sum.longest_ms() - 80.0).abs() < 0.1);
    }
}
