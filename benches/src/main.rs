//! `load`: the load generator, and the program that prints every figure of speed.
//!
//! It sends OTLP logs as Codex sends them, encoded before the clock starts, each body
//! different, and counts only what was acknowledged. Beside throughput and latency it
//! takes the server's CPU seconds until the server is idle again, so that work put off
//! is paid for, and its own, so that the split of the machine is honest.
//!
//! It is not a client: it does not decode answers beyond their code, and a connection
//! that breaks ends the run, because its figures would mean nothing.
//!
//! Start with [`cli`] for the ways to call it, [`bodies`] for what is sent,
//! [`drive`] for how, [`measure`] for what is read off, [`suite`] for the whole table, [`soak`] for a long run with kills,
//! [`forward`] and [`backlog`] for what is sent on.

#![expect(clippy::cast_precision_loss, reason = "figures are printed with a few digits")]

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;

mod api;
mod ask;
mod backlog;
mod bare;
mod baseline;
mod bodies;
mod cli;
mod contender;
mod drive;
mod figures;
mod forward;
mod freshness;
mod kept;
mod measure;
mod peer;
mod process;
mod report;
mod rest;
mod seam;
mod server;
mod sink;
mod soak;
#[cfg(test)]
mod stub;
mod suite;
mod watch;

/// The default allocator maps and unmaps memory for every large body, which would be the generator's own dearest work.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let printed = cli::run(cli::Cli::parse()).and_then(|report| {
        writeln!(std::io::stdout(), "{report}").context("cannot print the figures")
    });
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nowhere is left to tell it where standard error is closed as well.
            writeln!(std::io::stderr(), "load: {error:#}").ok();
            ExitCode::FAILURE
        }
    }
}
