//! Projections over every capture and over rows made up to be hard: they keep to the
//! schemas as far as the tests know them, and they withhold what they must.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod content;
mod ecs;
mod golden;
mod hostile;
mod made;
mod meanings;
mod ocsf;
mod rows;
mod seam;
