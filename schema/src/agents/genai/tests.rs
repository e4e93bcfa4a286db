//! Tests of `genai`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

//! Every attribute of the conventions: in which column it stands, or that it is kept as sent.

use crate::agents::testing::{Row, Sender, attribute};
use crate::otlp::writer::Writer;

mod captures;
mod detection;
mod events;
mod mcp;
mod models;
mod openinference;
mod others;
mod robust;
mod runs;
mod tools;

pub(super) use crate::agents::testing::Is::{self, A, B, D, I, Null, S};

/// When the records of these tests happened.
const TIME: u64 = 1_795_174_413_222_000_000;
const RESOURCE: &[(&str, Is)] = &[("service.name", S("bot")), ("service.version", S("1.2"))];

/// A sender by its scope.
pub(super) const fn sender(scope: &'static str) -> Sender {
    Sender { resource: RESOURCE, scope, time_unix_nano: TIME }
}

/// Somebody nobody knows, who speaks the conventions.
pub(super) const ANY: Sender = sender("some.instrumentation");
pub(super) const PYDANTIC: Sender = sender("pydantic-ai");
pub(super) const OPENAI: Sender = sender("opentelemetry.instrumentation.openai_agents");
pub(super) const LANGGRAPH: Sender = sender("openinference.instrumentation.langchain");

/// The operation of a span, and its own attributes.
pub(super) fn operation(sender: Sender, name: &'static str, own: &[(&str, Is)]) -> Row {
    sender.span(name, &[&[("gen_ai.operation.name", S(name))], own].concat())
}

/// The same below another span.
pub(super) fn nested(sender: Sender, name: &'static str, own: &[(&str, Is)]) -> Row {
    let attributes = [&[("gen_ai.operation.name", S(name))], own].concat();
    sender.span_with(name, &attributes, |out| out.bytes_field(4, &[7; 8]))
}

/// Writes a status of ERROR with this message.
pub(super) fn error(out: &mut Writer, message: &str) {
    out.message_field(15, |out| {
        out.bytes_field(2, message.as_bytes());
        out.varint_field(3, 2);
    });
}

/// A request of one log record with an `event_name` and no attribute that names it.
pub(super) fn log_by_field(sender: Sender, name: &str, own: &[(&str, Is)]) -> Row {
    let payload = sender.request(|out| {
        out.fixed64_field(1, TIME);
        for (key, value) in own {
            attribute(out, 6, key, *value);
        }
        out.bytes_field(12, name.as_bytes());
    });
    crate::agents::testing::map(crate::otlp::Signal::Logs, &payload, 0)
}
