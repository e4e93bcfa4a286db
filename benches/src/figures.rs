//! The figures of one run, and their medians over several.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::drive::Driven;
use crate::process::Memory;

/// One run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) elapsed_s: f64,
    /// Records acknowledged.
    pub(crate) events: u64,
    pub(crate) events_per_s: f64,
    pub(crate) requests_per_s: f64,
    /// Refusals by code.
    pub(crate) refused: BTreeMap<String, u64>,
    pub(crate) retried: u64,
    /// Requests that were never acknowledged.
    pub(crate) given_up: u64,
    /// Records refused by partial success.
    pub(crate) rejected_events: u64,
    pub(crate) p50_ms: f64,
    pub(crate) p90_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) max_ms: f64,
    pub(crate) generator_cpu_s: f64,
    pub(crate) generator_cpu_s_per_million: f64,
    pub(crate) server: Option<ServerFigures>,
}

/// What the run cost the server.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ServerFigures {
    pub(crate) cpu_s: f64,
    pub(crate) cpu_s_per_million: f64,
    pub(crate) resident_bytes: Option<u64>,
    pub(crate) peak_bytes: Option<u64>,
    /// `false`: it was still at work when the wait ended, and the CPU seconds are too few.
    pub(crate) became_idle: bool,
}

impl Figures {
    pub(crate) fn new(
        driven: &Driven,
        generator_cpu_s: f64,
        server: Option<ServerFigures>,
    ) -> Self {
        let tally = &driven.tally;
        let elapsed_s = driven.elapsed.as_secs_f64();
        Self {
            elapsed_s,
            events: tally.events,
            events_per_s: tally.events as f64 / elapsed_s,
            requests_per_s: tally.requests as f64 / elapsed_s,
            refused: tally.refused.clone(),
            retried: tally.retried,
            given_up: tally.given_up,
            rejected_events: tally.rejected_events,
            p50_ms: tally.latency_ms(0.50),
            p90_ms: tally.latency_ms(0.90),
            p99_ms: tally.latency_ms(0.99),
            max_ms: tally.longest_ms(),
            generator_cpu_s,
            generator_cpu_s_per_million: per_million(generator_cpu_s, tally.events),
            server,
        }
    }

    fn refusals(&self) -> u64 {
        self.refused.values().sum()
    }
}

impl ServerFigures {
    pub(crate) fn new(cpu_s: f64, events: u64, memory: Option<Memory>, became_idle: bool) -> Self {
        Self {
            cpu_s,
            cpu_s_per_million: per_million(cpu_s, events),
            resident_bytes: memory.map(|memory| memory.resident_bytes),
            peak_bytes: memory.map(|memory| memory.peak_bytes),
            became_idle,
        }
    }
}

/// Medians over the runs of one server under one load.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Summary {
    pub(crate) runs: usize,
    pub(crate) events_per_s: f64,
    pub(crate) requests_per_s: f64,
    pub(crate) server_cpu_s_per_million: f64,
    pub(crate) generator_cpu_s_per_million: f64,
    /// The highest over the runs.
    pub(crate) peak_bytes: Option<u64>,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// Refusals over all runs.
    pub(crate) refusals: u64,
    /// Requests never acknowledged, and records refused by partial success, over all runs.
    pub(crate) lost: u64,
    /// Whether the server came to rest after every run.
    pub(crate) became_idle: bool,
}

impl Summary {
    pub(crate) fn of(runs: &[Figures]) -> Self {
        let servers = || runs.iter().filter_map(|run| run.server.as_ref());
        Self {
            runs: runs.len(),
            events_per_s: median(runs.iter().map(|run| run.events_per_s)),
            requests_per_s: median(runs.iter().map(|run| run.requests_per_s)),
            server_cpu_s_per_million: median(servers().map(|server| server.cpu_s_per_million)),
            generator_cpu_s_per_million: median(
                runs.iter().map(|run| run.generator_cpu_s_per_million),
            ),
            peak_bytes: servers().filter_map(|server| server.peak_bytes).max(),
            p50_ms: median(runs.iter().map(|run| run.p50_ms)),
            p99_ms: median(runs.iter().map(|run| run.p99_ms)),
            refusals: runs.iter().map(Figures::refusals).sum(),
            lost: runs.iter().map(|run| run.given_up + run.rejected_events).sum(),
            became_idle: servers().all(|server| server.became_idle),
        }
    }
}

pub(crate) fn per_million(seconds: f64, events: u64) -> f64 {
    seconds * 1e6 / events as f64
}

/// The middle value, or the mean of the two in the middle; not a number where there is none.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.get(middle), values.get(middle.wrapping_sub(1))) {
        (Some(&upper), Some(&lower)) if values.len().is_multiple_of(2) => {
            f64::midpoint(lower, upper)
        }
        (Some(&value), _) => value,
        (None, _) => f64::NAN,
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

    /// A median of three is the middle run, whatever the order; of two their mean.
    #[test]
    fn medians_are_in_the_middle() {
        assert!((median([9.0, 1.0, 5.0].into_iter()) - 5.0).abs() < f64::EPSILON);
        assert!((median([4.0, 2.0].into_iter()) - 3.0).abs() < f64::EPSILON);
        assert!(median(std::iter::empty()).is_nan());
    }

    /// CPU seconds are per million acknowledged events, so a server that refuses does not look cheap.
    #[test]
    fn cpu_seconds_are_per_million_events() {
        let figures = ServerFigures::new(3.0, 500_000, None, true);
        assert!((figures.cpu_s_per_million - 6.0).abs() < 1e-9);
    }
}
