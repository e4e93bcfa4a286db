//! What was seen, line by line of the report and life by life of the server, and the verdict.

use std::fmt;
use std::time::Duration;

use super::senders::Latencies;
use crate::report::table;
use crate::seam::Seam;

const MEBIBYTE: f64 = 1_048_576.0;
/// The later half may take so many times the memory, or the latency, of the earlier one.
const STEADY: f64 = 1.5;

/// One line.
pub(super) struct Span {
    until: Duration,
    requests: u64,
    p50_ms: f64,
    p99_ms: f64,
    resident_bytes: u64,
    /// The server was killed in it, or in the one before: then requests waited for it.
    disturbed: bool,
}

/// Everything that was seen.
#[derive(Default)]
pub(super) struct Spans {
    all: Vec<Span>,
    /// The highest resident memory of each life of the server.
    peaks: Vec<u64>,
    /// From each start after a kill to `ready`.
    ready_after: Vec<Duration>,
    /// Lines that a kill still disturbs.
    disturbs: usize,
}

/// The later half of the run beside the earlier one.
pub(super) struct Verdict {
    memory: f64,
    p99: f64,
    slowest_start: Duration,
}

impl Span {
    pub(super) fn of(
        until: Duration,
        server: &Seam,
        latencies: &Latencies,
    ) -> anyhow::Result<Self> {
        let ms = |share| latencies.value_at_quantile(share) as f64 / 1e3;
        Ok(Self {
            until,
            requests: latencies.len(),
            p50_ms: ms(0.5),
            p99_ms: ms(0.99),
            resident_bytes: server.process().memory()?.resident_bytes,
            disturbed: false,
        })
    }
}

impl Spans {
    pub(super) fn push(&mut self, mut span: Span) {
        span.disturbed = self.disturbs > 0;
        self.disturbs = self.disturbs.saturating_sub(1);
        self.all.push(span);
    }

    /// Notes what a life of the server took, at its end.
    pub(super) fn end_life(&mut self, server: &Seam) -> anyhow::Result<()> {
        self.peaks.push(server.process().memory()?.peak_bytes);
        Ok(())
    }

    /// The server was killed and is there again.
    pub(super) fn kill(&mut self, ready_after: Duration) {
        self.ready_after.push(ready_after);
        self.disturbs = 2;
    }

    pub(super) fn table(&self) -> String {
        let head = ["until s", "requests", "p50 ms", "p99 ms", "RSS MiB", ""];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        rows.extend(self.all.iter().map(|span| {
            vec![
                format!("{:.0}", span.until.as_secs_f64()),
                span.requests.to_string(),
                format!("{:.2}", span.p50_ms),
                format!("{:.2}", span.p99_ms),
                format!("{:.0}", span.resident_bytes as f64 / MEBIBYTE),
                if span.disturbed { "killed" } else { "" }.to_owned(),
            ]
        }));
        table(&rows)
    }

    pub(super) fn verdict(&self) -> Verdict {
        let quiet = self.all.iter().filter(|span| !span.disturbed);
        Verdict {
            memory: later_by_earlier(self.peaks.iter().map(|peak| *peak as f64)),
            p99: later_by_earlier(quiet.map(|span| span.p99_ms)),
            slowest_start: self.ready_after.iter().max().copied().unwrap_or_default(),
        }
    }
}

impl Verdict {
    /// Whether neither got worse; what was not seen often enough did not.
    pub(super) fn is_steady(&self) -> bool {
        [self.memory, self.p99].iter().all(|ratio| ratio.is_nan() || *ratio <= STEADY)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "later half / earlier half: peak memory ×{:.2}, p99 away from kills ×{:.2}; slowest start after a kill {} ms",
            self.memory,
            self.p99,
            self.slowest_start.as_millis()
        )
    }
}

/// The mean of the later half divided by that of the earlier one; not a number of fewer than two.
fn later_by_earlier(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    let (earlier, later) = values.split_at(values.len() / 2);
    let mean = |half: &[f64]| half.iter().sum::<f64>() / half.len() as f64;
    mean(later) / mean(earlier)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(p99_ms: f64) -> Span {
        let until = Duration::ZERO;
        Span { until, requests: 1, p50_ms: 1.0, p99_ms, resident_bytes: 1, disturbed: false }
    }

    fn spans(peaks: &[u64], p99_ms: &[f64]) -> Spans {
        let spans = p99_ms.iter().copied().map(span).collect();
        Spans { all: spans, peaks: peaks.to_vec(), ..Spans::default() }
    }

    /// Growth of either is seen, and noise is not taken for it.
    #[test]
    fn growth_is_seen() {
        assert!(spans(&[100, 110, 105, 99], &[2.0, 3.0, 2.5, 2.6]).verdict().is_steady());
        assert!(!spans(&[100, 150, 200, 250], &[2.0, 2.0]).verdict().is_steady());
        assert!(!spans(&[100, 100], &[2.0, 2.0, 4.0, 6.0]).verdict().is_steady());
        assert!(spans(&[100], &[]).verdict().is_steady());
    }

    /// Requests that waited for the next life do not count as slow ones.
    #[test]
    fn lines_beside_a_kill_are_left_out() {
        let mut spans = spans(&[], &[2.0, 2.0]);
        spans.kill(Duration::from_millis(300));
        for p99_ms in [4_000.0, 900.0, 2.0, 2.0] {
            spans.push(span(p99_ms));
        }
        assert!(spans.verdict().is_steady());
        spans.push(span(900.0));
        assert!(!spans.verdict().is_steady());
    }
}
