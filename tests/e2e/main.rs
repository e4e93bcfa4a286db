//! End to end: the real binary, its real doors, a fresh folder each time.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail by panicking, and say what they tried"
)]

mod captures;
mod config;
mod crash;
mod credentials;
mod damage;
mod doors;
mod first_use;
mod raw;
mod real_codex;
mod shutdown;
mod tls;
