//! Tests of `gemini`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

//! Every event and every attribute: in which column it stands, or that it is kept as sent.

use crate::agents::testing::{self, Sender};

mod calls;
pub(in crate::agents) mod captured;
mod captures;
mod drift;
mod hooks;
mod logs;
mod models;
mod spans;

pub(super) use testing::Is::{self, A, B, D, I, Null, S};

/// The attributes that nearly every record has.
const COMMON: &[(&str, Is)] = &[
    ("session.id", S("s-1")),
    ("installation.id", S("15bbc000")),
    ("interactive", B(false)),
    ("auth_type", S("gemini-api-key")),
    ("experiments.ids", A(&["1", "2"])),
    ("user.email", S("a@example.org")),
    ("event.timestamp", S("2026-11-20T11:33:33.221Z")),
];
/// The keys of those that no column holds, and that of the record's own, later time.
const COMMON_KEYS: &[&str] =
    &["installation.id", "interactive", "auth_type", "experiments.ids", "otlp.time_unix_nano"];

const RESOURCE: &[(&str, Is)] = &[
    ("service.name", S("gemini-cli")),
    ("service.version", S("v20.20.2")),
    ("session.id", S("s-1")),
    ("process.command_args", A(&["gemini", "-p", "secret"])),
];
pub(super) const SENDER: Sender =
    Sender { resource: RESOURCE, scope: "gemini-cli", time_unix_nano: 1_795_174_500_000_000_000 };

/// What a row of Gemini says.
pub(super) struct Row(testing::Row);

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
        self.0.keeps_beside(COMMON_KEYS, expected);
        self
    }
}

/// Maps a log record with this name, the common attributes and its own, which come first.
pub(super) fn log(name: &'static str, own: &[(&str, Is)]) -> Row {
    let common = COMMON.iter().filter(|(key, _)| own.iter().all(|(own, _)| own != key));
    let attributes: Vec<_> =
        own.iter().copied().chain([("event.name", S(name))]).chain(common.copied()).collect();
    Row(SENDER.log("A sentence.", &attributes))
}

/// Maps a span with the common attributes and its own.
pub(super) fn span(name: &str, own: &[(&str, Is)]) -> Row {
    let common = [
        ("gen_ai.agent.name", S("gemini-cli")),
        ("gen_ai.agent.description", S("An agent")),
        ("gen_ai.operation.name", S("x")),
        ("gen_ai.conversation.id", S("s-1")),
    ];
    Row(SENDER.span(name, &[&common, own].concat()))
}

/// The keys of a span that no column holds.
pub(super) const SPAN_KEYS: [&str; 3] =
    ["gen_ai.agent.name", "gen_ai.agent.description", "gen_ai.operation.name"];
