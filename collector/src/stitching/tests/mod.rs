//! Tests of `stitching`, with a stitcher that is easy to foresee.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod fake;
mod faults;
mod order;
mod restitches;
mod rig;
mod settling;
