//! Tests of `claude_code`.

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
mod decisions;
mod drift;
mod models;
mod origins;
mod prompts;
mod sessions;
mod spans;

pub(super) use testing::Is::{self, A, B, D, I, S};

/// The attributes that nearly every record has; the launcher named nobody.
pub(super) const COMMON: &[(&str, Is)] = &[
    ("event.timestamp", S("2026-11-20T11:33:33.221Z")),
    ("event.sequence", I(8)),
    ("session.id", S("4be32e1a-0431-47a2-8f9e-b54f489862ce")),
    ("prompt.id", S("60b53c0e-76a9-4b27-b453-48ffad5fabe1")),
    ("user.id", S("b86f6443")),
    ("terminal.type", S("xterm-256color")),
    ("anthropic.provider", S("firstParty")),
    ("anthropic.custom_base_url", B(true)),
];
/// Of those, what is kept as it was sent.
const KEPT: &[&str] =
    &["user.id", "terminal.type", "anthropic.provider", "anthropic.custom_base_url"];

const RESOURCE: &[(&str, Is)] =
    &[("service.name", S("claude-code")), ("service.version", S("2.1.329"))];
const LOGS: Sender = Sender {
    resource: RESOURCE,
    scope: "com.anthropic.claude_code.events",
    time_unix_nano: 1_795_174_413_221_000_000,
};
const SPANS: Sender =
    Sender { resource: RESOURCE, scope: "com.anthropic.claude_code.tracing", time_unix_nano: 0 };

/// What a row of Claude Code says.
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
        self.0.keeps_beside(KEPT, expected);
        self
    }
}

/// Maps a log record with this body and exactly these attributes.
pub(super) fn bare_log(body: &str, attributes: &[(&str, Is)]) -> Row {
    Row(LOGS.log(body, attributes))
}

/// Maps the event with this name, with the common attributes and its own.
pub(super) fn log(name: &'static str, own: &[(&str, Is)]) -> Row {
    let named = [("event.name", S(name))];
    bare_log(&format!("claude_code.{name}"), &[&named, COMMON, own].concat())
}

/// The attributes that every span has, beside the spans' own.
const SPAN_COMMON: &[(&str, Is)] = &[
    ("session.id", S("4be32e1a-0431-47a2-8f9e-b54f489862ce")),
    ("user.id", S("b86f6443")),
    ("terminal.type", S("xterm-256color")),
    ("anthropic.provider", S("firstParty")),
    ("anthropic.custom_base_url", B(true)),
];

/// Maps a span with the common attributes and its own.
pub(super) fn span(name: &str, own: &[(&str, Is)]) -> Row {
    Row(SPANS.span(name, &[SPAN_COMMON, own].concat()))
}

/// Maps an event of a span with these attributes.
pub(super) fn span_event(name: &str, attributes: &[(&str, Is)]) -> Row {
    Row(SPANS.span_event("claude_code.tool.execution", name, attributes))
}
