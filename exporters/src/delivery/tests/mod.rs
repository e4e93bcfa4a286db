//! A delivery against a destination that does everything a destination can do, in virtual time,
//! judged by an oracle that stands outside.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod circuit;
mod kills;
mod outcomes;
mod rig;
mod rows;
mod time;
