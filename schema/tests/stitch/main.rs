//! The stitcher over made-up sessions with their own truth: how right it is, and that it does
//! not matter in which order, in which pieces and how often it is told.
//!
//! The sessions come from a crate that uses nothing of the product.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
#![allow(clippy::print_stdout, reason = "the score is printed")]

mod drift;
mod order;
mod revisions;
mod score;
mod story;
mod truth;
