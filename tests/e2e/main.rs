//! End to end: the real binary, its real doors, a fresh folder each time.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests fail by panicking, and say what they tried"
)]

mod backup;
mod capture_policy;
mod captures;
mod config;
mod crash;
mod credentials;
mod damage;
mod doctor;
mod doors;
mod first_use;
mod golden;
mod object_store;
mod object_store_away;
mod others_read;
mod real_claude;
mod real_codex;
mod real_copilot;
mod real_gemini;
mod real_qwen;
mod score;
mod secrets;
mod sessions;
mod shutdown;
mod sinks;
mod sinks_crash;
mod sinks_faults;
mod sinks_hec;
mod sinks_profile;
mod sinks_real;
mod sinks_replay;
mod stitch_crash;
mod tls;
mod two_servers;
mod upgrade;
