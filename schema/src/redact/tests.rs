//! Tests of redaction.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod corpus;
mod formats;
mod kept_out;
mod made_up;
mod ordinary;
mod properties;
mod rows;
mod rules;
mod settings;

use std::sync::LazyLock;

use super::{RedactSettings, Redactor};

/// One redactor for all tests: in a debug build it takes a moment to make.
static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| {
    Redactor::new(&RedactSettings { key: [7; 32], ..RedactSettings::default() }).unwrap()
});

fn redactor() -> &'static Redactor {
    &REDACTOR
}
