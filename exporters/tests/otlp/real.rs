//! The OpenTelemetry Collector as the destination.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use seam_exporters::otlp::{Options, Otlp, Protocol};
use seam_exporters::{Destination as _, Outcome};
use seam_schema::vocabulary::RecordSignal;
use seam_tests::process::Running;
use seam_tests::skip::{quick, skip};
use tempfile::TempDir;

use crate::events::{logs, numbered, record_of};

const START: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/real/otelcol/start");

struct Collector {
    folder: TempDir,
    port: u16,
    _process: Running,
}

impl Collector {
    fn start(test: &str) -> Option<Self> {
        if quick() {
            skip(test, "the short run builds no collector");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut start = Command::new(START);
        start.args(["peer-memory".as_ref(), folder.path().as_os_str()]);
        start.stdin(Stdio::null()).stdout(Stdio::piped());
        #[expect(clippy::disallowed_methods, reason = "`./test` says where things are kept")]
        if let Ok(cache) = std::env::var("TEST_SEAM_CACHE") {
            start.env("REAL_CACHE", Path::new(&cache).join("real"));
        }
        let mut process = Running::start(&mut start).ok()?;
        let mut line = String::new();
        BufReader::new(process.child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Some(port) = line.trim().rsplit(':').next().and_then(|port| port.parse().ok()) else {
            skip(test, "no collector could be built or started");
            return None;
        };
        Some(Self { folder, port, _process: process })
    }

    /// How often something stands in what it wrote.
    fn count(&self, text: &str) -> usize {
        let events = std::fs::read_to_string(self.folder.path().join("events.json"));
        events.unwrap_or_default().matches(text).count()
    }
}

/// Guarantees: the collector takes logs, spans and span events over both protocols, and each
/// stands in its file once.
#[tokio::test]
async fn the_collector_takes_everything() {
    let Some(collector) = Collector::start("the_collector_takes_everything") else { return };
    let (grpc, http) = (collector.port, collector.port + 1);
    let mut sent = 0;
    for (protocol, port) in [(Protocol::Grpc, grpc), (Protocol::Http, http)] {
        let otlp = Otlp::new(Options::new(&format!("http://127.0.0.1:{port}"), protocol)).unwrap();
        otlp.probe().await.unwrap();
        for signal in [RecordSignal::Logs, RecordSignal::Traces, RecordSignal::SpanEvent] {
            let numbers = sent..sent + 1_000;
            let records: Vec<_> = match signal {
                RecordSignal::Logs => logs(numbers),
                _ => numbers.map(|number| record_of(number, &numbered(number, signal))).collect(),
            };
            let outcomes = otlp.send(&records).await;
            assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Delivered), "{outcomes:?}");
            sent += records.len();
        }
    }
    let until = Instant::now() + Duration::from_mins(1);
    while collector.count("seam.event_id") < sent {
        assert!(Instant::now() < until, "{} of {sent}", collector.count("seam.event_id"));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    for number in [0, 999, 1_000, 2_999, 5_999] {
        let id = numbered(number, RecordSignal::Logs).columns.event_id.to_string();
        assert_eq!(collector.count(&id), 1, "{number}");
    }
}
