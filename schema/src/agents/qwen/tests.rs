//! Tests of `qwen`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

//! Every event and every attribute: in which column it stands, or that it is kept as sent.

use crate::agents::testing::{self, Sender};

mod calls;
mod captures;
mod drift;
mod logs;
mod spans;
mod tool_spans;

pub(super) use testing::Is::{self, A, B, D, I, Null, S};

const RESOURCE: &[(&str, Is)] =
    &[("service.name", S("qwen-code")), ("service.version", S("0.24.4"))];
pub(super) const SENDER: Sender =
    Sender { resource: RESOURCE, scope: "qwen-code", time_unix_nano: 1_795_174_413_300_000_000 };

/// What a row of Qwen says.
pub(super) struct Row(testing::Row);

impl Row {
    /// Checks columns; an empty text is a null.
    #[track_caller]
    pub(super) fn has(&self, expected: &[(&str, &str)]) -> &Self {
        self.0.has(expected);
        self
    }

    /// Checks which attributes are kept, besides the record's own, later time.
    #[track_caller]
    pub(super) fn keeps(&self, expected: &[&str]) -> &Self {
        self.0.keeps_beside(&["otlp.time_unix_nano"], expected);
        self
    }
}

/// Maps a log record with this name, the common attributes and its own.
pub(super) fn log(name: &'static str, own: &[(&str, Is)]) -> Row {
    let common = [
        ("event.name", S(name)),
        ("event.timestamp", S("2026-11-20T11:33:33.221Z")),
        ("session.id", S("s-1")),
    ];
    Row(SENDER.log("A sentence.", &[&common, own].concat()))
}

/// Maps a span with the common attribute and its own.
pub(super) fn span(name: &str, own: &[(&str, Is)]) -> Row {
    Row(SENDER.span(name, &[&[("session.id", S("s-1"))], own].concat()))
}

/// The same, of a span whose status is an error with this message.
pub(super) fn failed_span(name: &str, message: &str, own: &[(&str, Is)]) -> Row {
    let attributes = [&[("session.id", S("s-1"))], own].concat();
    Row(SENDER.span_with(name, &attributes, |out| {
        out.message_field(15, |out| {
            out.bytes_field(2, message.as_bytes());
            out.varint_field(3, 2);
        });
    }))
}
