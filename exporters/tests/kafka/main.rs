//! Kafka: faults against the cluster that librdkafka brings along, the rest against a real broker.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod broker;
mod faults;
mod real;
mod records;
mod stream;
mod tokens;
