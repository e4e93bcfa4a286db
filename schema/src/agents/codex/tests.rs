//! Tests of `codex`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

//! Every event and every attribute: in which column it stands, or that it is kept as sent.

use crate::agents::testing::{self, Sender, attribute, map};
use crate::otlp::Signal;

mod calls;
mod captures;
mod models;
mod noise;
mod sessions;
mod spans;

pub(super) use testing::Is::{self, B, D, I, S};

/// The attributes that nearly every record has.
pub(super) const COMMON: &[(&str, Is)] = &[
    ("event.timestamp", S("2026-11-20T11:33:33.221Z")),
    ("conversation.id", S("01a1f8bb")),
    ("app.version", S("0.169.0")),
    ("auth_mode", S("Chatgpt")),
    ("originator", S("codex_exec")),
    ("user.account_id", S("acc-1")),
    ("user.email", S("a@example.org")),
    ("terminal.type", S("xterm")),
    ("model", S("gpt-5.4")),
    ("slug", S("gpt-5.4")),
];

const RESOURCE: &[(&str, Is)] =
    &[("service.name", S("codex_exec")), ("service.version", S("0.169.0"))];
const LOGS: Sender = Sender { resource: RESOURCE, scope: "codex_otel.log_only", time_unix_nano: 0 };
const SPANS: Sender = Sender { resource: RESOURCE, scope: "codex_exec", time_unix_nano: 0 };

/// What a row of Codex says.
pub(super) struct Row(testing::Row);

impl std::ops::Deref for Row {
    type Target = testing::Row;

    fn deref(&self) -> &testing::Row {
        &self.0
    }
}

impl Row {
    /// Checks columns; an empty text is a null.
    #[track_caller]
    pub(super) fn has(&self, expected: &[(&str, &str)]) -> &Self {
        self.0.has(expected);
        self
    }

    /// Checks which attributes are kept, besides those that all records share.
    #[track_caller]
    pub(super) fn keeps(&self, expected: &[&str]) -> &Self {
        self.0.keeps_beside(&["auth_mode", "terminal.type", "slug"], expected);
        self
    }
}

/// Maps a log record with exactly these attributes.
pub(super) fn bare_log(attributes: &[(&str, Is)]) -> Row {
    let payload = LOGS.request(|out| {
        for (key, value) in attributes {
            attribute(out, 6, key, *value);
        }
        out.fixed64_field(11, 1_795_174_413_222_000_000);
        out.bytes_field(12, b"event otel/src/events/session_telemetry.rs:1200");
    });
    Row(map(Signal::Logs, &payload, 0))
}

/// Maps a log record with this name, the common attributes and its own.
pub(super) fn log(name: &'static str, own: &[(&str, Is)]) -> Row {
    bare_log(&[&[("event.name", S(name))], COMMON, own].concat())
}

/// The same, from another front end.
pub(super) fn log_from(client: &'static str, name: &'static str, own: &[(&str, Is)]) -> Row {
    let common = COMMON.iter().filter(|(key, _)| *key != "originator").copied();
    let mut sent = vec![("event.name", S(name)), ("originator", S(client))];
    sent.extend(common);
    sent.extend_from_slice(own);
    bare_log(&sent)
}

/// Maps a span with these attributes.
pub(super) fn span(name: &str, attributes: &[(&str, Is)]) -> Row {
    Row(SPANS.span(name, attributes))
}

/// Maps an event of a span with these attributes.
pub(super) fn span_event(name: &str, attributes: &[(&str, Is)]) -> Row {
    Row(SPANS.span_event("", name, attributes))
}
