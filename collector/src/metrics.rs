//! What the collector counts, for `GET /metrics`.
//!
//! Labels come from closed sets only, and the names of tenants and principals from the operator's
//! credentials: no text that a client sent is ever part of a metric.
//! Counters live as long as the process; rendering reads them without a lock.

mod exposition;
mod stitching;
mod upkeep;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use seam_schema::frame::Transport;
use seam_schema::normalise::skew::Skews;
use seam_schema::otlp::Signal;
use seam_store::UpkeepCounts;

pub use exposition::Exposition;
pub use stitching::StitchMetrics;

use crate::answer::Reason;

const TRANSPORTS: [Transport; 2] = [Transport::Grpc, Transport::Http];
const SIGNALS: [Option<Signal>; 4] =
    [Some(Signal::Logs), Some(Signal::Traces), Some(Signal::Metrics), None];

/// A counter.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds to it.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// Its value.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Everything the collector counts.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: [[[Counter; Reason::ALL.len()]; SIGNALS.len()]; TRANSPORTS.len()],
    records: [Counter; SIGNALS.len()],
    /// Bytes of bodies as they were sent.
    pub wire_bytes: Counter,
    /// Bytes of messages after decompression and transcoding, as the log got them.
    pub message_bytes: Counter,
    /// Acknowledged requests that had been admitted before.
    pub repeats: Counter,
    /// Bodies that could not be decoded.
    pub undecodable: Counter,
    /// Bodies and frames that did not fit into the quarantine any more.
    pub quarantine_full: Counter,
    /// Connections accepted.
    pub connections: Counter,
    /// Connections closed at once: too many from one address, or a failed TLS handshake.
    pub connections_refused: Counter,
    /// Frames that the pipeline has applied.
    pub frames_applied: Counter,
    /// Frames that could not be mapped.
    pub frames_undecoded: Counter,
    /// What stage 2 counts.
    pub stitch: StitchMetrics,
    skews: Mutex<Skews>,
}

/// What others know and `/metrics` shows besides: read when it is rendered.
#[derive(Debug, Clone, Default)]
pub struct Gauges {
    /// Frames in the log that the pipeline has not applied yet.
    pub pipeline_lag_frames: u64,
    /// Frames whose events are visible and not yet derived from.
    pub stitch_lag_frames: u64,
    /// Memory that the conversations take.
    pub stitch_memory_bytes: u64,
    /// Bytes of the log that hold frames still needed.
    pub log_used_bytes: u64,
    /// All the log may use.
    pub log_budget_bytes: u64,
    /// Memory held by requests.
    pub memory_used_bytes: u64,
    /// The most they ever held.
    pub memory_peak_bytes: u64,
    /// All they may hold.
    pub memory_budget_bytes: u64,
    /// Requests remembered by the repeat window.
    pub repeat_window: u64,
    /// For each table its name, rows in the tail, version (commits so far), and files.
    pub tables: Vec<(&'static str, u64, u64, u64)>,
    /// What was done to the tables in the background.
    pub upkeep: UpkeepCounts,
    /// Whether readiness is given.
    pub ready: bool,
}

const fn signal_index(signal: Option<Signal>) -> usize {
    match signal {
        Some(Signal::Logs) => 0,
        Some(Signal::Traces) => 1,
        Some(Signal::Metrics) => 2,
        None => 3,
    }
}

const fn signal_name(signal: Option<Signal>) -> &'static str {
    match signal {
        Some(Signal::Logs) => "logs",
        Some(Signal::Traces) => "traces",
        Some(Signal::Metrics) => "metrics",
        None => "none",
    }
}

const fn transport_name(transport: Transport) -> &'static str {
    match transport {
        Transport::Grpc => "grpc",
        Transport::Http => "http",
    }
}

impl Metrics {
    fn request(
        &self,
        transport: Transport,
        signal: Option<Signal>,
        reason: Reason,
    ) -> Option<&Counter> {
        let transport = usize::from(transport == Transport::Http);
        self.requests.get(transport)?.get(signal_index(signal))?.get(reason as usize)
    }

    /// Counts the end of a request.
    pub fn count_request(&self, transport: Transport, signal: Option<Signal>, reason: Reason) {
        if let Some(counter) = self.request(transport, signal, reason) {
            counter.add(1);
        }
    }

    /// How many requests ended so.
    pub fn requests(&self, transport: Transport, signal: Option<Signal>, reason: Reason) -> u64 {
        self.request(transport, signal, reason).map_or(0, Counter::get)
    }

    /// Counts the records of an acknowledged request.
    pub fn count_records(&self, signal: Signal, records: u64) {
        if let Some(counter) = self.records.get(signal_index(Some(signal))) {
            counter.add(records);
        }
    }

    /// Records acknowledged so far.
    pub fn records(&self, signal: Signal) -> u64 {
        self.records.get(signal_index(Some(signal))).map_or(0, Counter::get)
    }

    /// Notes how far the clocks of senders are off.
    pub fn note_skews(&self, newer: &Skews) {
        self.skews.lock().unwrap_or_else(PoisonError::into_inner).merge(newer);
    }

    fn render_skews(&self, out: &mut Exposition) {
        out.gauge(
            "seam_sender_age_seconds",
            "From the newest time a sender put on its last request to its receipt: the error of its clock plus the wait to be sent.",
        );
        let skews = self.skews.lock().unwrap_or_else(PoisonError::into_inner);
        for (tenant, principal, age_us) in skews.iter() {
            let labels = [("tenant", tenant), ("principal", principal)];
            out.sample(&labels, format_args!("{}", seconds(age_us)));
        }
    }

    /// Writes all in the Prometheus text format.
    pub fn render(&self, gauges: &Gauges, out: &mut Exposition) {
        out.counter(
            "seam_requests_total",
            "OTLP requests by signal, transport and how they ended.",
        );
        for transport in TRANSPORTS {
            for signal in SIGNALS {
                for reason in Reason::ALL {
                    let count = self.requests(transport, signal, *reason);
                    if count > 0 {
                        let labels = [
                            ("signal", signal_name(signal)),
                            ("transport", transport_name(transport)),
                            ("outcome", reason.as_str()),
                        ];
                        out.sample(&labels, count);
                    }
                }
            }
        }
        out.counter("seam_records_total", "Records of acknowledged requests.");
        for signal in [Signal::Logs, Signal::Traces, Signal::Metrics] {
            out.sample(&[("signal", signal_name(Some(signal)))], self.records(signal));
        }
        for (name, help, counter) in self.plain_counters() {
            out.counter(name, help);
            out.sample(&[], counter.get());
        }
        self.stitch.render(out);
        self.render_skews(out);
        gauges.render(out);
    }

    fn plain_counters(&self) -> [(&'static str, &'static str, &Counter); 9] {
        [
            (
                "seam_wire_bytes_total",
                "Bytes of request bodies as they were sent.",
                &self.wire_bytes,
            ),
            (
                "seam_message_bytes_total",
                "Bytes of messages as the log got them.",
                &self.message_bytes,
            ),
            (
                "seam_repeats_total",
                "Acknowledged requests that had been admitted before.",
                &self.repeats,
            ),
            ("seam_undecodable_total", "Bodies that could not be decoded.", &self.undecodable),
            (
                "seam_quarantine_full_total",
                "Bodies and frames not kept, the quarantine being full.",
                &self.quarantine_full,
            ),
            ("seam_connections_total", "Connections accepted.", &self.connections),
            (
                "seam_connections_refused_total",
                "Connections closed at once.",
                &self.connections_refused,
            ),
            (
                "seam_frames_applied_total",
                "Frames of the log that became rows.",
                &self.frames_applied,
            ),
            (
                "seam_frames_undecoded_total",
                "Frames of the log that could not be mapped.",
                &self.frames_undecoded,
            ),
        ]
    }
}

/// Microseconds as seconds, exactly.
fn seconds(us: i64) -> String {
    let sign = if us < 0 { "-" } else { "" };
    let us = us.unsigned_abs();
    format!("{sign}{}.{:06}", us / 1_000_000, us % 1_000_000)
}

impl Gauges {
    fn render(&self, out: &mut Exposition) {
        for (name, help, value) in [
            (
                "seam_pipeline_lag_frames",
                "Frames in the log not yet visible in the tables.",
                self.pipeline_lag_frames,
            ),
            (
                "seam_stitch_lag_frames",
                "Frames whose events are visible and not yet derived from.",
                self.stitch_lag_frames,
            ),
            (
                "seam_stitch_memory_bytes",
                "Memory that conversations take.",
                self.stitch_memory_bytes,
            ),
            ("seam_log_used_bytes", "Bytes of the log still needed.", self.log_used_bytes),
            ("seam_log_budget_bytes", "All the log may use.", self.log_budget_bytes),
            ("seam_memory_used_bytes", "Memory held by requests.", self.memory_used_bytes),
            ("seam_memory_peak_bytes", "The most that requests ever held.", self.memory_peak_bytes),
            ("seam_memory_budget_bytes", "All that requests may hold.", self.memory_budget_bytes),
            (
                "seam_repeat_window_requests",
                "Requests remembered by the repeat window.",
                self.repeat_window,
            ),
            ("seam_ready", "1 if /readyz says so.", u64::from(self.ready)),
        ] {
            out.gauge(name, help);
            out.sample(&[], value);
        }
        out.gauge("seam_tail_rows", "Rows in memory, not yet in Parquet.");
        for (table, rows, _, _) in &self.tables {
            out.sample(&[("table", table)], *rows);
        }
        out.gauge("seam_table_version", "Version of each table: its commits so far.");
        for (table, _, version, _) in &self.tables {
            out.sample(&[("table", table)], *version);
        }
        out.gauge("seam_table_files", "Data files of each table.");
        for (table, _, _, files) in &self.tables {
            out.sample(&[("table", table)], *files);
        }
        upkeep::render(&self.upkeep, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was counted is rendered under its labels, and what never happened takes no line.
    #[test]
    fn counts_are_rendered() {
        let metrics = Metrics::default();
        metrics.count_request(Transport::Grpc, Some(Signal::Logs), Reason::Durable);
        metrics.count_request(Transport::Grpc, Some(Signal::Logs), Reason::Durable);
        metrics.count_request(Transport::Http, None, Reason::UnknownPath);
        metrics.count_records(Signal::Traces, 7);
        let mut out = Exposition::default();
        let gauges = Gauges {
            pipeline_lag_frames: 3,
            tables: vec![("events", 5, 2, 9)],
            ..Gauges::default()
        };
        metrics.render(&gauges, &mut out);
        let text = out.finish();
        for line in [
            "seam_requests_total{signal=\"logs\",transport=\"grpc\",outcome=\"durable\"} 2",
            "seam_requests_total{signal=\"none\",transport=\"http\",outcome=\"unknown_path\"} 1",
            "seam_records_total{signal=\"traces\"} 7",
            "seam_pipeline_lag_frames 3",
            "seam_tail_rows{table=\"events\"} 5",
            "seam_table_files{table=\"events\"} 9",
            "# TYPE seam_requests_total counter",
            "# TYPE seam_table_version gauge",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} not in\n{text}");
        }
        assert!(!text.contains("rate_limited"));
    }

    /// The age of a sender's last request is shown in seconds, also a negative one.
    #[test]
    fn ages_are_rendered() {
        let metrics = Metrics::default();
        let mut skews = Skews::default();
        skews.note("default", "laptop-7", -1_500_000);
        metrics.note_skews(&skews);
        let mut out = Exposition::default();
        metrics.render(&Gauges::default(), &mut out);
        let line = "seam_sender_age_seconds{tenant=\"default\",principal=\"laptop-7\"} -1.500000";
        assert!(out.finish().lines().any(|found| found == line));
    }

    /// Every reason has a counter of its own.
    #[test]
    fn reasons_do_not_share_counters() {
        let metrics = Metrics::default();
        for reason in Reason::ALL {
            metrics.count_request(Transport::Http, Some(Signal::Metrics), *reason);
        }
        for reason in Reason::ALL {
            assert_eq!(
                metrics.requests(Transport::Http, Some(Signal::Metrics), *reason),
                1,
                "{reason:?}"
            );
            assert_eq!(
                metrics.requests(Transport::Grpc, Some(Signal::Metrics), *reason),
                0,
                "{reason:?}"
            );
        }
    }
}
