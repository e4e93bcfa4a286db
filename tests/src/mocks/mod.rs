//! Strict servers of our own, made from contracts: what real ones are too seldom or too late wrong
//! about is wrong here by script. They count, and know nothing of the code that they judge.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "what breaks the contract ends the request, and the test with it"
)]
#![allow(
    clippy::needless_pass_by_value,
    clippy::struct_excessive_bools,
    reason = "answers are written where they are used; a server of ours is a row of switches"
)]

pub mod cluster;
mod cluster_bulk;
pub mod hec;
pub mod peer;
