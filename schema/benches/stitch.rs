//! What stitching costs: nanoseconds per event, reading and deriving, over made-up sessions.
//!
//! The reference is the mapping of the same requests into rows, without which no event is
//! stitched: the last column is stitching divided by it.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(clippy::print_stdout, reason = "it prints its figures")]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]
#![allow(clippy::cast_possible_wrap, reason = "few requests")]

use std::time::Instant;

use arrow_array::RecordBatch;
use seam_schema::frame::{ContentType, FrameKind, FrameMeta, Transport};
use seam_schema::ids::{LogId, Principal, ReceivedAt, RequestDigest, Sequence, Tenant};
use seam_schema::normalise::{FrameInput, Mapping, Rows, Wanted};
use seam_schema::otlp;
use seam_schema::stitch::{DerivedRows, Moment, StitchOptions, Stitcher};
use seam_sessions::{Plan, Scenario, Signal};

const LOG: LogId = LogId::from_bytes([7; 16]);

fn main() {
    println!(
        "{:>9} {:>9} {:>8} {:>10} {:>10} {:>7}",
        "sessions", "events", "group", "map ns", "stitch ns", "ratio"
    );
    for sessions in [100, 1_000] {
        let scenario = Plan::new(5, sessions).undisturbed().generate();
        for group in [100_usize, 2_000] {
            measure(&scenario, sessions, group);
        }
    }
}

fn measure(scenario: &Scenario, sessions: usize, group: usize) {
    let began = Instant::now();
    let batches = map(scenario, group);
    let mapping_took = began.elapsed();
    let mut stitcher =
        Stitcher::new(StitchOptions { memory_bytes: 1 << 40, ..StitchOptions::default() });
    let (mut events, mut rows) = (0, 0);
    let began = Instant::now();
    for (batch, now) in &batches {
        let facts = stitcher.read(batch);
        events += facts.len();
        stitcher.missing(&facts);
        for fact in facts {
            stitcher.apply(fact);
        }
        let mut derived = DerivedRows::default();
        stitcher.changed(*now, &mut derived);
        rows += derived.finish().unwrap().iter().map(|(_, batch)| batch.num_rows()).sum::<usize>();
    }
    let stitching_took = began.elapsed();
    let each = |time: std::time::Duration| time.as_nanos() as f64 / events as f64;
    println!(
        "{sessions:>9} {events:>9} {group:>8} {:>10.0} {:>10.0} {:>7.2}   {:.1} rows an event, {} MiB held",
        each(mapping_took),
        each(stitching_took),
        each(stitching_took) / each(mapping_took),
        rows as f64 / events as f64,
        stitcher.memory_bytes() >> 20,
    );
}

fn map(scenario: &Scenario, group: usize) -> Vec<(RecordBatch, Moment)> {
    let mapping = Mapping::default();
    let tenant = Tenant::default();
    let (mut rows, mut batches) = (Rows::default(), Vec::new());
    for (number, request) in scenario.requests.iter().enumerate() {
        let signal = match request.signal {
            Signal::Logs => otlp::Signal::Logs,
            Signal::Traces => otlp::Signal::Traces,
        };
        let meta = FrameMeta {
            kind: FrameKind::Otlp(signal),
            content_type: ContentType::Protobuf,
            transport: Transport::Http,
            repeat: false,
            relay: false,
            digest: RequestDigest::of(&tenant, signal, &request.body),
            tenant: tenant.clone(),
            principal: Principal::new(&request.principal).unwrap(),
            peer_address: String::new(),
            certificate_host: String::new(),
        };
        let sequence = Sequence(number as i64 + 1);
        let received_at = ReceivedAt(request.sent_at_us);
        let frame =
            FrameInput { log_id: LOG, sequence, received_at, meta: &meta, payload: &request.body };
        mapping.normalise(&frame, Wanted::default(), &mut rows).unwrap();
        if rows.events.len() >= group {
            let now = Moment { log_id: LOG, sequence, received_at };
            batches.push((rows.events.finish().unwrap(), now));
        }
    }
    batches
}
