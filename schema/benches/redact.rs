//! What redaction costs: nanoseconds per record for the look that every record gets, and for the
//! walk that only a suspect gets.
//!
//! `cargo bench -p seam-schema --bench redact`; prints a table, asserts nothing.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints and may stop")]

use std::hint::black_box;
use std::time::Instant;

use seam_schema::event::{Attribute, Event};
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
}
