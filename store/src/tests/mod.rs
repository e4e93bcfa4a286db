//! What the store promises as a whole.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod appends;
mod backups;
mod commits;
mod derived;
mod faults;
mod follows;
mod histories;
mod opens;
mod settled;
mod shared;
