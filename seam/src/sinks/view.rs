//! What a destination shows: in `seam sinks list`, `GET /v1/status`, `seam doctor` and `/metrics`.

use std::time::{SystemTime, UNIX_EPOCH};

use seam_collector::metrics::Exposition;
use seam_exporters::delivery::StatusView;
use seam_store::Backlog;
use serde::{Deserialize, Serialize};

/// One destination at one moment. Counts are since the start of the process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SinkView {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) format: String,
    /// `withheld` or `kept`.
    pub(crate) content: String,
    /// `running`, `paused`, `held` or `ended`.
    pub(crate) state: String,
    /// Why it is held.
    pub(crate) reason: Option<String>,
    /// Events behind the cursor, whether the filter lets them through or not.
    pub(crate) lag_events: u64,
    /// About how many bytes they take in the tables.
    pub(crate) lag_bytes_estimate: u64,
    /// How long ago the oldest of them was received.
    pub(crate) lag_seconds: u64,
    pub(crate) delivered: u64,
    pub(crate) duplicates: u64,
    pub(crate) retried: u64,
    pub(crate) refused: u64,
    /// Of these, records that the destination keeps apart: Elasticsearch's failure store.
    pub(crate) quarantined: u64,
    pub(crate) window_records: u64,
    pub(crate) window_bytes: u64,
    /// What went wrong last, also if it is over.
    pub(crate) last_trouble: Option<String>,
}

impl SinkView {
    pub(super) fn new(
        (name, kind): (&str, &str),
        (format, content): (&str, &str),
        status: StatusView,
        quarantined: u64,
        backlog: Backlog,
    ) -> Self {
        let state = match (&status.held, status.paused, status.ended) {
            (_, _, true) => "ended",
            (_, true, _) => "paused",
            (Some(_), _, _) => "held",
            _ => "running",
        };
        let oldest_us = status.oldest_us.or(backlog.oldest_us);
        Self {
            name: name.to_owned(),
            kind: kind.to_owned(),
            format: format.to_owned(),
            content: content.to_owned(),
            state: state.to_owned(),
            reason: status.held.or_else(|| status.last_trouble.clone().filter(|_| status.ended)),
            lag_events: backlog.rows,
            lag_bytes_estimate: backlog.bytes,
            lag_seconds: oldest_us.map_or(0, seconds_since),
            delivered: status.delivered,
            duplicates: status.duplicates,
            retried: status.retried,
            refused: status.refused,
            quarantined,
            window_records: status.window_records,
            window_bytes: status.window_bytes,
            last_trouble: status.last_trouble,
        }
    }
}

fn seconds_since(us: i64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
    let then = u128::try_from(us).unwrap_or(0);
    u64::try_from(now.saturating_sub(then) / 1_000_000).unwrap_or(u64::MAX)
}

/// Writes what all of them show as metrics. Names are checked when the configuration is read.
pub(crate) fn render(views: &[SinkView], out: &mut Exposition) {
    type Read = fn(&SinkView) -> u64;
    let gauges: [(&'static str, &'static str, Read); 6] = [
        ("seam_sink_lag_events", "Events behind the cursor of a sink.", |of| of.lag_events),
        ("seam_sink_lag_bytes_estimate", "About how many bytes they take in the tables.", |of| {
            of.lag_bytes_estimate
        }),
        ("seam_sink_lag_seconds", "Age of the oldest of them.", |of| of.lag_seconds),
        ("seam_sink_held", "1 while nothing is sent until somebody changes something.", |of| {
            u64::from(of.state == "held")
        }),
        ("seam_sink_paused", "1 while it is paused.", |of| u64::from(of.state == "paused")),
        ("seam_sink_window_bytes", "Documents in memory that are not delivered yet.", |of| {
            of.window_bytes
        }),
    ];
    let counters: [(&'static str, &'static str, Read); 5] = [
        ("seam_sink_delivered_total", "Records that a sink took.", |of| of.delivered),
        ("seam_sink_duplicates_total", "Records that it had already.", |of| of.duplicates),
        ("seam_sink_retried_total", "Times that a record has to be sent again.", |of| of.retried),
        ("seam_sink_refused_total", "Records that became dead letters.", |of| of.refused),
        ("seam_sink_quarantined_total", "Of these, records that it keeps apart.", |of| {
            of.quarantined
        }),
    ];
    if views.is_empty() {
        return;
    }
    for (name, help, read) in gauges {
        out.gauge(name, help);
        samples(views, read, out);
    }
    for (name, help, read) in counters {
        out.counter(name, help);
        samples(views, read, out);
    }
}

fn samples(views: &[SinkView], read: fn(&SinkView) -> u64, out: &mut Exposition) {
    for view in views {
        out.sample(&[("sink", &view.name), ("kind", &view.kind)], read(view));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a destination put aside is counted apart from what was refused.
    #[test]
    fn what_is_put_aside_is_shown() {
        let view = SinkView::new(
            ("siem", "elasticsearch"),
            ("ecs", "withheld"),
            StatusView { refused: 7, ..StatusView::default() },
            3,
            Backlog::default(),
        );
        let mut out = Exposition::default();
        render(&[view], &mut out);
        let text = out.finish();
        let labels = r#"{sink="siem",kind="elasticsearch"}"#;
        for line in ["seam_sink_refused_total", "seam_sink_quarantined_total"].iter().zip([7, 3]) {
            let line = format!("{}{labels} {}\n", line.0, line.1);
            assert!(text.contains(&line), "{line} in {text}");
        }
    }
}
