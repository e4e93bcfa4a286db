//! OTLP out: against a strict server of the tests' own, and against the OpenTelemetry Collector.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod answers;
mod captured;
mod checks;
mod events;
mod poison;
mod real;
mod server;
