//! Tests of `opencode`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

use crate::agents::captured;
use crate::agents::opencode::catalogue;
use crate::agents::testing::{Row, Sender, attribute, map};
use crate::otlp::Signal;
use crate::otlp::writer::Writer;

mod lines;
mod models;
mod noise;
mod tools;

pub(super) use crate::agents::testing::Is::{self, A, D, I, Null, S};

const OPENCODE: Sender = Sender {
    resource: &[
        ("service.name", S("opencode")),
        ("service.version", S("1.18.33")),
        ("opencode.client", S("cli")),
        ("opencode.run", S("60daa589")),
    ],
    scope: "opencode",
    time_unix_nano: 0,
};

/// Maps a log record whose body is an array of these texts.
fn line(texts: &[&str], severity: &str, attributes: &[(&str, Is)]) -> Row {
    let payload = OPENCODE.request(|out| {
        out.fixed64_field(1, 1_795_224_081_700_435_054);
        out.bytes_field(3, severity.as_bytes());
        out.message_field(5, |out| {
            out.message_field(5, |out| {
                for text in texts {
                    out.message_field(1, |out| out.bytes_field(1, text.as_bytes()));
                }
            });
        });
        for (key, value) in attributes {
            attribute(out, 6, key, *value);
        }
    });
    map(Signal::Logs, &payload, 0)
}

/// Maps a span that ended well.
fn span(name: &str, attributes: &[(&str, Is)]) -> Row {
    ended(name, 1, "", attributes)
}

/// Maps a span with this status.
fn ended(name: &str, code: u64, message: &str, attributes: &[(&str, Is)]) -> Row {
    OPENCODE.span_with(name, attributes, |out| status(out, code, message))
}

fn status(out: &mut Writer, code: u64, message: &str) {
    out.message_field(15, |out| {
        out.bytes_field(2, message.as_bytes());
        out.varint_field(3, code);
    });
}

/// What the capture says agrees with what happened in it.
#[test]
fn capture_agrees() {
    let capture = "opencode1";
    captured::assert_calls(capture);
    captured::assert_prompts(capture);
    captured::assert_known(capture, catalogue::KNOWN, |name| name);
}

/// What the rules call noise is more than half of the spans, and nothing that counts.
#[test]
fn capture_loses_only_noise() {
    captured::assert_noise_is_noise("opencode1");
    let rows = captured::rows_of("opencode1");
    let spans = || rows.iter().filter(|row| row.get("signal") == "traces");
    assert!(spans().filter(|row| !row.stored).count() * 2 > spans().count());
    assert!(rows.iter().all(|row| row.stored || ["span", "error"].contains(&row.get("kind"))));
}

/// The child's session is known by its requests and by the answer of the call that began it; the
/// request for a title is no person's; every token counts once.
#[test]
fn capture_shows_its_sessions() {
    let rows = captured::rows_of("opencode1");
    let (main, child) = ("ses_e044e6821ffeAuXvYqezjhlTCr", "ses_e044e5325ffeBk8xnc6TnZqKLz");
    let parents = rows.iter().filter(|row| row.get("session_id") == child);
    let parents: Vec<&str> =
        parents.map(|row| row.get("parent_session_id")).filter(|id| !id.is_empty()).collect();
    assert!(!parents.is_empty() && parents.iter().all(|id| *id == main));
    let mut answers = rows.iter().filter(|row| row.get("call_id") == "call_m5_0");
    assert!(answers.any(|row| row.get("output").contains(child)));
    let titles = rows.iter().filter(|row| row.get("prompt_origin") == "system");
    assert_eq!(titles.count(), 1);
    let read = rows.iter().filter_map(|row| row.get("input_tokens").parse::<i64>().ok());
    assert_eq!(read.sum::<i64>(), 1000);
}

/// Other versions send something else under the same names.
#[test]
fn capture_survives_drift() {
    captured::assert_survives_drift("opencode1");
}
