//! What a projection costs: nanoseconds per event and format, over made-up sessions, beside
//! reading the row out of its batch and beside the same document written through a tree of
//! `serde_json::Value`.
//!
//! The tree is copied from one that was parsed before, which makes the same nodes and texts as
//! building it would, and then written. It is the reference, measured in the same run.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(clippy::print_stdout, reason = "it prints its figures")]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]
#![allow(clippy::cast_possible_wrap, reason = "few requests")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
use seam_schema::event::{Event, EventReader};
use seam_schema::frame::{ContentType, FrameKind, FrameMeta, Transport};
use seam_schema::ids::{LogId, Principal, ReceivedAt, RequestDigest, Sequence, Tenant};
use seam_schema::normalise::{FrameInput, Mapping, Rows, Wanted};
use seam_schema::otlp;
use seam_schema::project::{Content, Format, Observer, Projector};
use seam_sessions::{Plan, Signal};
use serde_json::Value;

const LOG: LogId = LogId::from_bytes([7; 16]);
const SESSIONS: usize = 200;
const ROUNDS: usize = 5;

fn main() {
    let batches = batches();
    let events: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let each = |time: Duration| time.as_nanos() as f64 / events as f64;
    let read = best(|| {
        for (batch, row) in rows(&batches) {
            black_box(Event::read(batch, row));
        }
    });
    let read_on = best(|| {
        for batch in &batches {
            let reader = EventReader::new(batch);
            (0..batch.num_rows()).for_each(|row| drop(black_box(reader.read(row))));
        }
    });
    println!(
        "{events} events; reading one out of its batch takes {:.0} ns, {:.0} by a reader",
        each(read),
        each(read_on)
    );
    println!(
        "{:>6} {:>9} {:>9} {:>10} {:>9} {:>7}",
        "format", "content", "bytes", "write ns", "tree ns", "ratio"
    );
    let read: Vec<Event<'_>> = rows(&batches).map(|(batch, row)| Event::read(batch, row)).collect();
    for format in Format::ALL {
        for content in [Content::Withheld, Content::Kept] {
            let projector = Projector::new(format, content, Observer::default());
            let mut out = Vec::new();
            let mut bytes = 0;
            let writing = best(|| {
                bytes = 0;
                for event in &read {
                    out.clear();
                    projector.event(event, &mut out);
                    bytes += black_box(&out).len();
                }
            });
            let trees: Vec<Value> = read.iter().map(|event| tree(&projector, event)).collect();
            let through_a_tree = best(|| {
                for tree in &trees {
                    out.clear();
                    serde_json::to_writer(&mut out, &black_box(tree).clone()).unwrap();
                    black_box(&out);
                }
            });
            println!(
                "{:>6} {:>9} {:>9} {:>10.0} {:>9.0} {:>7.2}",
                format.as_str(),
                if content == Content::Kept { "kept" } else { "withheld" },
                bytes / events,
                each(writing),
                each(through_a_tree),
                each(through_a_tree) / each(writing),
            );
        }
    }
}

fn best(mut work: impl FnMut()) -> Duration {
    let mut once = || {
        let began = Instant::now();
        work();
        began.elapsed()
    };
    (0..ROUNDS).map(|_| once()).min().unwrap()
}

fn tree(projector: &Projector, event: &Event<'_>) -> Value {
    let mut out = Vec::new();
    projector.event(event, &mut out);
    serde_json::from_slice(&out).unwrap()
}

fn rows(batches: &[RecordBatch]) -> impl Iterator<Item = (&RecordBatch, usize)> {
    batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| (batch, row)))
}

fn batches() -> Vec<RecordBatch> {
    let scenario = Plan::new(5, SESSIONS).undisturbed().generate();
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
            peer_address: "10.0.0.1".to_owned(),
            certificate_host: String::new(),
        };
        let frame = FrameInput {
            log_id: LOG,
            sequence: Sequence(number as i64 + 1),
            received_at: ReceivedAt(request.sent_at_us),
            meta: &meta,
            payload: &request.body,
        };
        Mapping::default().normalise(&frame, Wanted::default(), &mut rows).unwrap();
        if rows.events.len() >= 2_000 {
            batches.push(rows.events.finish().unwrap());
        }
    }
    batches.push(rows.events.finish().unwrap());
    batches
}
