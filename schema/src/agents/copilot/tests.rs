//! Tests of `copilot`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

use crate::agents::captured;
use crate::agents::copilot::{catalogue, tables};
use crate::agents::testing::{Row, Sender};
use crate::otlp::writer::Writer;

mod agents;
mod calls;
mod decisions;
mod events;
mod logs;

pub(super) use crate::agents::testing::Is::{self, A, B, D, I, Null, S};

const CLI: Sender = Sender {
    resource: &[
        ("service.name", S("github-copilot")),
        ("service.version", S("1.0.102")),
        ("service.instance.id", S("copilot-otel-1-0")),
    ],
    scope: "github.copilot",
    time_unix_nano: 1_795_174_413_222_000_000,
};

const CHAT: Sender = Sender {
    resource: &[
        ("service.name", S("copilot-chat")),
        ("service.version", S("0.51.0")),
        ("session.id", S("window-1")),
    ],
    ..CLI
};

/// Maps a span of the command line.
fn span(name: &str, attributes: &[(&str, Is)]) -> Row {
    CLI.span(name, attributes)
}

/// Maps a span that failed with this message.
fn failed_span(name: &str, message: &'static str, attributes: &[(&str, Is)]) -> Row {
    CLI.span_with(name, attributes, |out| failed(out, message))
}

fn failed(out: &mut Writer, message: &str) {
    out.message_field(15, |out| {
        out.bytes_field(2, message.as_bytes());
        out.varint_field(3, 2);
    });
}

/// Maps an event of a span of the command line.
fn span_event(span: &str, name: &str, attributes: &[(&str, Is)]) -> Row {
    CLI.span_event(span, name, attributes)
}

const CAPTURES: &[&str] = &["copilot1", "copilot2-allow-deny"];

/// What the captures say agrees with what happened in them.
#[test]
fn captures_agree() {
    for capture in CAPTURES {
        captured::assert_calls(capture);
        captured::assert_noise_is_noise(capture);
        captured::assert_known(capture, catalogue::KNOWN, tables::operation);
        assert!(captured::rows_of(capture).iter().all(|row| row.stored), "nothing is noise");
    }
    captured::assert_prompts("copilot2-allow-deny");
}

/// The question that nobody answered, and the tokens of every request once.
#[test]
fn captures_show_questions_and_usage() {
    for (capture, questions, tokens) in [("copilot1", 1, 400), ("copilot2-allow-deny", 1, 1100)] {
        let rows = captured::rows_of(capture);
        let asked = rows.iter().filter(|row| {
            row.get("kind") == "approval" && row.get("denial_reason") == "non_interactive_denied"
        });
        assert_eq!(asked.count(), questions, "{capture}");
        let read = rows.iter().filter_map(|row| row.get("input_tokens").parse::<i64>().ok());
        assert_eq!(read.sum::<i64>(), tokens, "{capture}");
    }
}

/// Other versions send something else under the same names.
#[test]
fn captures_survive_drift() {
    for capture in CAPTURES {
        captured::assert_survives_drift(capture);
    }
}
