//! Tests of the log as a whole, most of them on a disk whose power can be cut.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod concurrency;
mod copies;
mod damage;
mod faults;
mod model;
mod oracle;
mod ownership;
mod power_cut;
mod reading;
mod space;
mod zeroing;
mod zeroing_cuts;
mod zeroing_faults;
