//! What redaction costs: nanoseconds per record for the look that every record gets, and for the
//! walk that only a suspect gets; and over the records of the load generator what share is walked
//! and what the mapping of one costs more than without redaction.
//!
//! `cargo bench -p seam-schema --bench redact`; prints a table, asserts nothing.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints and may stop")]

mod generated;

use std::hint::black_box;
use std::time::Instant;

use seam_schema::event::{Attribute, Event};
use seam_schema::frame::{ContentType, FrameKind, FrameMeta, Transport};
use seam_schema::ids::{LogId, Principal, ReceivedAt, RequestDigest, Sequence, Tenant};
use seam_schema::normalise::{FrameInput, Mapping, Rows, Wanted};
use seam_schema::otlp::Signal;
use seam_schema::otlp::writer::Writer;
use seam_schema::redact::{RedactSettings, Redactor};

/// Attributes of an ordinary log record of an agent, and a body of so many bytes.
fn record(attributes: usize, body: usize, extra: &str) -> Vec<u8> {
    let pairs = [
        ("event.name", "codex.sse_event"),
        ("event.kind", "response.output_item.done"),
        ("conversation.id", "01998d2e-7a52-7c11-9a5b-2f4a6f0f3b21"),
        ("app.version", "0.169.0"),
        ("auth_mode", "Chatgpt"),
        ("originator", "codex_cli_rs"),
        ("terminal.type", "iTerm.app/3.6.4"),
        ("model", "gpt-5.1-codex"),
        ("slug", "gpt-5.1-codex"),
        ("input_token_count", "12345"),
        ("output_token_count", "678"),
        ("cached_token_count", "9012"),
        ("tool_token_count", "13023"),
        ("event.timestamp", "2026-11-21T15:34:07.123Z"),
        ("duration_ms", "231"),
    ];
    let mut out = Writer::new();
    out.bytes_field(12, b"codex.sse_event");
    for (key, value) in pairs.into_iter().cycle().take(attributes) {
        out.message_field(6, |out| {
            out.bytes_field(1, key.as_bytes());
            out.message_field(2, |out| out.bytes_field(1, value.as_bytes()));
        });
    }
    let words = "The build ran through and all of its tests passed; the file src/main.rs has 120 lines now.\n";
    let text: String = words.chars().cycle().take(body).chain(extra.chars()).collect();
    out.message_field(5, |out| out.bytes_field(1, text.as_bytes()));
    out.into_bytes()
}

/// The time of one call in nanoseconds: the best of many short rounds, since other work on the
/// machine only ever adds to it.
fn time(mut call: impl FnMut()) -> f64 {
    let rounds = (0..400).map(|_| {
        let calls = 100;
        let start = Instant::now();
        for _ in 0..calls {
            call();
        }
        start.elapsed().as_secs_f64() * 1e9 / f64::from(calls)
    });
    rounds.fold(f64::INFINITY, f64::min)
}

/// The records of the load generator: what the look costs, how many it suspects, and what mapping
/// a record costs with redaction and without, by turns.
fn generated(redactor: &Redactor, mean: usize) {
    let records = generated::records(mean, 2048);
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    let (count, bytes) = (records.len() as f64, records.iter().map(Vec::len).sum::<usize>() as f64);
    let suspect: Vec<_> = records.iter().filter(|record| redactor.suspects(record)).collect();
    #[expect(clippy::cast_precision_loss, reason = "counts are small")]
    let share = suspect.len() as f64 / count;
    let look = best(&mut [&mut || {
        for record in &records {
            black_box(redactor.suspects(black_box(record)));
        }
    }]);
    let digest = RequestDigest::of(&Tenant::default(), Signal::Logs, b"bench");
    let meta = FrameMeta {
        kind: FrameKind::Otlp(Signal::Logs),
        content_type: ContentType::Protobuf,
        transport: Transport::Http,
        repeat: false,
        relay: false,
        digest,
        tenant: Tenant::default(),
        principal: Principal::default(),
        peer_address: "192.0.2.7".to_owned(),
        certificate_host: String::new(),
    };
    let request = generated::request(&records);
    let frame = FrameInput {
        log_id: LogId::parse("01998d2e7a527c119a5b2f4a6f0f3b21").unwrap(),
        sequence: Sequence(1),
        received_at: ReceivedAt(1_770_000_000_000_000),
        meta: &meta,
        payload: &request,
    };
    let wanted = Wanted { metrics: false, audit: false, ledger: false, ..Wanted::default() };
    let map = |redactor: Redactor| {
        let mapping = Mapping { redactor, ..Mapping::default() };
        let mut rows = Rows::default();
        move || {
            mapping.normalise(&frame, wanted, &mut rows).unwrap();
            black_box(rows.events.finish().unwrap());
        }
    };
    let times = best(&mut [&mut map(redactor.clone()), &mut map(Redactor::off())]);
    let (look, on, off) = (look[0], times[0], times[1]);
    println!(
        "generated {:5.0} B: look {:6.0} ns ({:4.2} ns/B), {:4.1} % suspect; mapping {:6.0} ns with redaction, {:6.0} without: {:6.0} ns more",
        bytes / count,
        look / count,
        look / bytes,
        share * 100.0,
        on / count,
        off / count,
        (on - off) / count,
    );
}

/// The time of each call in nanoseconds, by turns: the best of many, as above.
fn best(calls: &mut [&mut dyn FnMut()]) -> Vec<f64> {
    let mut best = vec![f64::INFINITY; calls.len()];
    for _ in 0..60 {
        for (call, best) in calls.iter_mut().zip(&mut best) {
            let start = Instant::now();
            call();
            *best = best.min(start.elapsed().as_secs_f64() * 1e9);
        }
    }
    best
}

fn main() {
    let start = Instant::now();
    let redactor = Redactor::new(&RedactSettings::default()).unwrap();
    println!("{} rules built in {:?}", redactor.rules().len(), start.elapsed());
    for (name, record) in [
        ("ordinary, 15 attributes", record(15, 0, "")),
        ("ordinary, 15 attributes, 2.3 KB", record(15, 2300, "")),
        ("ordinary, 15 attributes, 60 KB", record(15, 60_000, "")),
    ] {
        assert!(!redactor.suspects(&record), "{name} is no suspect");
        let ns = time(|| {
            black_box(redactor.suspects(black_box(&record)));
        });
        #[expect(clippy::cast_precision_loss, reason = "sizes are small")]
        let rate = record.len() as f64 / ns * 1e3;
        println!("suspects  {name:36} {:6} B {ns:9.0} ns {rate:7.0} MB/s", record.len());
    }
    let secret = ["gh", "p_", "3kD9sLq0", "Zx7Yw2Vb", "4Nm6Kj8H", "g5Fd1Sa0", "Qp9W"].concat();
    let words = "The build ran through and all of its tests passed; the file src/main.rs has 120 lines now.\n";
    for (name, length) in [("300 B", 300), ("2.3 KB", 2300)] {
        let output = format!("{}{secret}", words.repeat(length / words.len()));
        let ns = time(|| {
            let mut event = Event::default();
            event.columns.name = Some("codex.tool_result".into());
            event.columns.output = Some(output.as_str().into());
            event.columns.session_id = Some("01998d2e-7a52-7c11-9a5b-2f4a6f0f3b21".into());
            event.attributes.push(Attribute::text("model", "gpt-5.1-codex"));
            redactor.event(true, &mut event);
            black_box(&event);
        });
        println!("walk, one secret in {name:26} {:6} B {ns:9.0} ns", output.len());
        let ns = time(|| {
            let mut event = Event::default();
            event.columns.output = Some(words.into());
            event.attributes.push(Attribute::text("model", "gpt-5.1-codex"));
            redactor.event(true, &mut event);
            black_box(&event);
        });
        println!("walk, nothing found {name:26} {:6} B {ns:9.0} ns", words.len());
    }
    for mean in [300, 2300] {
        generated(&redactor, mean);
    }
}
