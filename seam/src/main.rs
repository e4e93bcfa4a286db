//! The command: what a person types, what becomes of it, how it ends.
//!
//! It reads the configuration, wires the crates together and prints; everything else is theirs.
//! Start with [`cli`] for what there is, and with [`commands::serve`] for how a server is put
//! together.

mod allocator;
mod api;
mod cli;
mod client;
mod commands;
mod config;
mod connect;
mod conversations;
mod doctor;
mod exit;
mod quote;
mod score;
mod send;
mod server;
mod sinks;
mod source;
mod terminal;

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command};
use exit::{Failure, Outcome};

// Rows are built from many small allocations on several threads; measured with `benches`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let environment: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    match run(cli, &environment) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            complain(&failure);
            failure.code()
        }
    }
}

#[expect(clippy::print_stderr, reason = "the command says why it failed")]
fn complain(failure: &Failure) {
    eprintln!("seam: {failure}");
}

fn run(cli: Cli, environment: &BTreeMap<String, String>) -> Outcome {
    // One provider for every connection this process makes or takes.
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        return Err(Failure::Failed(anyhow::anyhow!(
            "cannot set up tls: another provider is in place"
        )));
    }
    match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(args) => {
            allocator::settle();
            commands::serve::run(&args, environment)
        }
        Command::Send(args) => asynchronously(send::run(args, environment)),
        Command::Sql(args) => asynchronously(commands::sql::run(args, environment)),
        Command::Flush(args) => asynchronously(commands::flush::run(&args, environment)),
        Command::Sessions(args) => asynchronously(commands::sessions::run(args, environment)),
        Command::Session(args) => asynchronously(commands::session::run(args, environment)),
        Command::Score(args) => asynchronously(commands::score::run(&args, environment)),
        Command::Restitch(args) => asynchronously(commands::restitch::run(&args, environment)),
        Command::Doctor(args) => asynchronously(commands::doctor::run(&args, environment)),
        Command::Sinks(args) => asynchronously(commands::sinks::run(args.command, environment)),
        Command::Redact(args) => commands::redact::run(&args, environment),
        Command::Backup(args) => commands::backup::run(&args, environment),
        Command::Token(args) => commands::token::run(args, environment),
        Command::Config(args) => commands::config::run(&args.command, environment),
        Command::Connect(args) => commands::connect::run(&args, environment),
        Command::Completions { shell } => commands::completions::run(shell),
    }
}

/// Runs a client's command to its end; one thread is enough for it.
fn asynchronously(work: impl Future<Output = Outcome>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(work)
}
