//! The ways to call it: one run, the whole table, a long run with kills, the reference alone.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::api::Api;
use crate::baseline::{FILE_BYTES, Journal};
use crate::bodies::{Bodies, Shape};
use crate::drive::{Extent, Plan, Rate, Target};
use crate::measure::{Watched, measure};
use crate::process::Process;
use crate::{backlog, forward, report, sink, soak, suite};

/// Sends agent-shaped OTLP logs and prints acknowledged events a second, latency and what it cost the server.
#[derive(Parser)]
#[command(name = "load", args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: RunArgs,
}

#[derive(Subcommand)]
enum Command {
    /// Every size and batch against a fresh server each, closed and open loop, medians, beside the reference
    Suite(suite::SuiteArgs),
    /// A long run at half load with kills: nothing lost or doubled, memory flat, latency steady
    Soak(soak::SoakArgs),
    /// What sending on costs, beside the OpenTelemetry Collector's exporters
    Forward(forward::ForwardArgs),
    /// A destination that is down while much comes in, and then takes it
    Backlog(backlog::BacklogArgs),
    /// A destination that takes everything and counts it; `forward` and `backlog` start it
    Sink(sink::SinkArgs),
    /// The reference alone: the same bodies written to a file and synced, and nothing else
    Baseline(BaselineArgs),
}

#[derive(Args)]
struct RunArgs {
    /// Send over gRPC to this address
    #[arg(long, value_name = "ADDR", conflicts_with = "http")]
    grpc: Option<SocketAddr>,
    /// Send over HTTP/1.1 to this address, a connection for each request in flight
    #[arg(long, value_name = "ADDR")]
    http: Option<SocketAddr>,
    #[command(flatten)]
    load: LoadArgs,
    /// The server's process, whose CPU and memory are taken
    #[arg(long)]
    pid: Option<u32>,
    /// The server's API: it is asked to write what it still holds before its CPU time is taken
    #[arg(long, value_name = "ADDR", requires = "flush_token_file", requires = "pid")]
    flush_api: Option<SocketAddr>,
    /// The file with the API's token, `keys/local-token` in the data folder
    #[arg(long, value_name = "FILE", requires = "flush_api")]
    flush_token_file: Option<PathBuf>,
}

#[derive(Args)]
struct BaselineArgs {
    #[command(flatten)]
    load: LoadArgs,
    /// The folder for the file, on the disk that is meant
    #[arg(long, default_value = ".")]
    dir: PathBuf,
}

#[derive(Args)]
struct LoadArgs {
    /// Mean size of a record on the wire
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(250..=16_384))]
    records_bytes: u32,
    /// Records in a request
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=4_096))]
    batch: u32,
    /// Connections that gRPC requests share
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=1_024))]
    connections: u32,
    /// Requests on their way at once, over all connections
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=16_384))]
    in_flight: u32,
    /// Threads of the generator
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    threads: u32,
    /// `closed`: as fast as acknowledged; `open`: at the rate given, acknowledged or not
    #[arg(long, value_enum, default_value = "closed")]
    mode: Mode,
    /// Requests a second, for the open loop
    #[arg(long, required_if_eq("mode", "open"), value_parser = positive)]
    rate: Option<f64>,
    /// How long to send
    #[arg(long, default_value = "10", value_parser = positive, conflicts_with = "records")]
    seconds: f64,
    /// Send so many records instead, rounded up to whole requests
    #[arg(long)]
    records: Option<u64>,
    /// Send so many seconds before, closed loop, not measured
    #[arg(long, default_value = "0", value_parser = not_negative)]
    warmup: f64,
    /// How to print
    #[arg(long, value_enum, default_value = "table")]
    output: Output,
}

#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    Closed,
    Open,
}

/// How figures are printed.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Output {
    Table,
    Json,
}

/// Does what was asked and gives what is to be printed.
pub(crate) fn run(cli: Cli) -> anyhow::Result<String> {
    match cli.command {
        Some(Command::Suite(args)) => suite::run(&args),
        Some(Command::Soak(args)) => soak::run(&args),
        Some(Command::Forward(args)) => forward::run(&args),
        Some(Command::Backlog(args)) => backlog::run(&args),
        Some(Command::Sink(args)) => sink::run(&args),
        Some(Command::Baseline(args)) => baseline(&args),
        None => one(&cli.run),
    }
}

fn one(args: &RunArgs) -> anyhow::Result<String> {
    let target = match (args.grpc, args.http) {
        (Some(address), _) => Target::Grpc(address),
        (None, Some(address)) => Target::Http(address),
        (None, None) => bail!(
            "say where to: --grpc ADDR or --http ADDR, or call `load suite` or `load baseline`"
        ),
    };
    let flush = match (args.flush_api, &args.flush_token_file) {
        (Some(address), Some(file)) => {
            let token = std::fs::read_to_string(file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            Some(Api { address, token: token.trim().to_owned() })
        }
        _ => None,
    };
    let watched =
        args.pid.map(|pid| Watched { process: Process::of_pid(pid), flush, has_memory: true });
    args.load.measure(target, watched.as_ref())
}

fn baseline(args: &BaselineArgs) -> anyhow::Result<String> {
    let journal = Journal::create(&args.dir, FILE_BYTES)?;
    let process = Process::of_folder(journal.thread());
    let watched = Watched { process, flush: None, has_memory: false };
    args.load.measure(Target::Journal(journal), Some(&watched))
}

impl LoadArgs {
    fn measure(&self, target: Target, watched: Option<&Watched>) -> anyhow::Result<String> {
        let plan = self.plan(target)?;
        let bodies = Arc::new(Bodies::new(Shape {
            record_bytes: self.records_bytes as usize,
            batch: self.batch as usize,
        })?);
        let described = bodies.describe()?;
        let warmup = Duration::try_from_secs_f64(self.warmup)
            .context("a warm-up of that length is out of range")?;
        let figures = measure(&plan, &bodies, watched, warmup)?;
        match self.output {
            Output::Table => Ok(report::one(&described, &figures)),
            Output::Json => {
                let value = serde_json::json!({ "bodies": described, "figures": figures });
                serde_json::to_string_pretty(&value).context("cannot print the figures")
            }
        }
    }

    fn plan(&self, target: Target) -> anyhow::Result<Plan> {
        let extent = match self.records {
            Some(records) => Extent::Requests(records.div_ceil(u64::from(self.batch))),
            None => Extent::Time(
                Duration::try_from_secs_f64(self.seconds)
                    .context("a run of that length is out of range")?,
            ),
        };
        let rate = match (self.mode, self.rate) {
            (Mode::Closed, _) => Rate::Closed,
            (Mode::Open, Some(rate)) => Rate::Open(rate),
            (Mode::Open, None) => bail!("the open loop needs --rate"),
        };
        Ok(Plan {
            target,
            connections: self.connections as usize,
            in_flight: self.in_flight as usize,
            threads: self.threads as usize,
            rate,
            extent,
        })
    }
}

/// Reads a number above zero.
pub(crate) fn positive(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if value > 0.0 && value.is_finite() { Ok(value) } else { Err("must be above 0".to_owned()) }
}

/// Reads a number from zero.
pub(crate) fn not_negative(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if value >= 0.0 && value.is_finite() { Ok(value) } else { Err("must be 0 or more".to_owned()) }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests fail by panicking"
    )]

    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(std::iter::once("load").chain(line.split(' ')))
    }

    /// Definitions hold together, and the command line of the manual is understood.
    #[test]
    fn the_manuals_lines_are_understood() {
        let run =
            parse("--grpc 127.0.0.1:4317 --records-bytes 2300 --batch 16 --records 100 --pid 1")
                .unwrap()
                .run;
        let plan = run.load.plan(Target::Grpc(run.grpc.unwrap())).unwrap();
        assert_eq!(plan.extent, Extent::Requests(7));
        assert_eq!(plan.rate, Rate::Closed);
        let run = parse("--http 127.0.0.1:4318 --mode open --rate 250 --seconds 5").unwrap().run;
        let plan = run.load.plan(Target::Http(run.http.unwrap())).unwrap();
        assert_eq!(
            (plan.rate, plan.extent),
            (Rate::Open(250.0), Extent::Time(Duration::from_secs(5)))
        );
        assert!(parse("suite --seam target/release/seam --runs 3").is_ok());
        assert!(parse("baseline --batch 16").is_ok());
        assert!(parse("forward --seam target/release/seam --to hec,bulk").is_ok());
        assert!(
            parse("forward --seam target/release/seam --to kafka --kafka tests/real/kafka").is_ok()
        );
        assert!(parse("backlog --seam target/release/seam --to hec --bytes 500000000").is_ok());
    }

    /// What would measure nothing is refused.
    #[test]
    fn wrong_usage_is_refused() {
        for line in [
            "--mode open",
            "--rate 0",
            "--batch 0",
            "--seconds -1",
            "--grpc 127.0.0.1:1 --http 127.0.0.1:2",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
        assert!(run(parse("--batch 16").unwrap()).unwrap_err().to_string().contains("--grpc"));
    }
}
