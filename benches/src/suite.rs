//! The whole table: sizes × batches, each against a fresh server, beside the reference of the same run.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;

use crate::baseline::{FILE_BYTES, Journal};
use crate::bodies::{Bodies, Described, Shape};
use crate::cli::{Output, not_negative, positive};
use crate::drive::{Extent, Plan, Rate, Target};
use crate::figures::{Figures, Summary};
use crate::measure::{Watched, measure};
use crate::process::Process;
use crate::server::Server;
use crate::{peer, report};

/// Of the closed loop's rate, for the open loop.
const LOAD_SHARE: f64 = 0.5;

#[derive(Args)]
pub(crate) struct SuiteArgs {
    /// The `seam` program to measure
    #[arg(long, value_name = "FILE")]
    seam: PathBuf,
    /// Measure the OpenTelemetry Collector as well, by the scripts in this folder (`benches/peers/otelcol`)
    #[arg(long, value_name = "DIR")]
    peer_otelcol: Option<PathBuf>,
    /// Mean sizes of a record
    #[arg(long, value_delimiter = ',', default_values_t = [300, 2_300], value_parser = clap::value_parser!(u32).range(250..=16_384))]
    records_bytes: Vec<u32>,
    /// Records in a request
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 512], value_parser = clap::value_parser!(u32).range(1..=4_096))]
    batch: Vec<u32>,
    /// Requests on their way at once [default: 256 of one record, 64 of up to 64, else 8]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=16_384))]
    in_flight: Option<u32>,
    /// Connections that gRPC requests share
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=1_024))]
    connections: u32,
    /// Threads of the generator
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    threads: u32,
    /// Send over OTLP/HTTP instead of gRPC
    #[arg(long)]
    http: bool,
    /// Runs of each kind, of which the median is shown
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    runs: u32,
    /// Length of each run
    #[arg(long, default_value = "10", value_parser = positive)]
    seconds: f64,
    /// Sent before the first run of each server, not measured
    #[arg(long, default_value = "2", value_parser = not_negative)]
    warmup: f64,
    /// The folder for all data, on the disk that is meant
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    /// How to print
    #[arg(long, value_enum, default_value = "table")]
    output: Output,
}

/// One size and batch, with everything measured under it.
#[derive(Serialize)]
pub(crate) struct Case {
    pub(crate) record_bytes: usize,
    pub(crate) batch: usize,
    pub(crate) in_flight: usize,
    pub(crate) bodies: Described,
    /// Seam first; the others are what it is compared with.
    pub(crate) subjects: Vec<Subject>,
}

/// One server, or the reference, under one load.
#[derive(Serialize)]
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    pub(crate) closed: Summary,
    /// Open loop at half the rate of the closed one.
    pub(crate) half: Summary,
}

pub(crate) fn run(args: &SuiteArgs) -> anyhow::Result<String> {
    let mut cases = Vec::new();
    for &record_bytes in &args.records_bytes {
        for &batch in &args.batch {
            let shape = Shape { record_bytes: record_bytes as usize, batch: batch as usize };
            let case = case(args, shape);
            cases.push(
                case.with_context(|| format!("at {record_bytes} bytes in batches of {batch}"))?,
            );
        }
    }
    match args.output {
        Output::Table => Ok(report::suite(&cases)),
        Output::Json => serde_json::to_string_pretty(&cases).context("cannot print the figures"),
    }
}

fn case(args: &SuiteArgs, shape: Shape) -> anyhow::Result<Case> {
    let bodies = Arc::new(Bodies::new(shape)?);
    let in_flight =
        args.in_flight.map_or_else(|| usual_in_flight(shape.batch), |given| given as usize);
    let mut subjects = Vec::new();
    {
        let server = Server::seam(&args.seam, &args.dir, args.http)?;
        subjects.push(subject(args, "seam", &server.target, &server.watched, &bodies, in_flight)?);
    }
    if let Some(scripts) = &args.peer_otelcol {
        let server = peer::otelcol(scripts, &args.dir, args.http)?;
        subjects.push(subject(
            args,
            "otelcol",
            &server.target,
            &server.watched,
            &bodies,
            in_flight,
        )?);
    }
    let journal = Journal::create(&args.dir, FILE_BYTES)?;
    let watched =
        Watched { process: Process::of_folder(journal.thread()), flush: None, has_memory: false };
    subjects.push(subject(args, "file", &Target::Journal(journal), &watched, &bodies, in_flight)?);
    Ok(Case {
        record_bytes: shape.record_bytes,
        batch: shape.batch,
        in_flight,
        bodies: bodies.describe()?,
        subjects,
    })
}

fn subject(
    args: &SuiteArgs,
    name: &'static str,
    target: &Target,
    watched: &Watched,
    bodies: &Arc<Bodies>,
    in_flight: usize,
) -> anyhow::Result<Subject> {
    let length = Duration::try_from_secs_f64(args.seconds)
        .context("a run of that length is out of range")?;
    let mut warmup = Duration::try_from_secs_f64(args.warmup)
        .context("a warm-up of that length is out of range")?;
    let mut repeat = |rate: Rate| -> anyhow::Result<Summary> {
        let plan = Plan {
            target: target.clone(),
            connections: args.connections as usize,
            in_flight,
            threads: args.threads as usize,
            rate,
            extent: Extent::Time(length),
        };
        let runs: Vec<Figures> = (0..args.runs)
            .map(|_| measure(&plan, bodies, Some(watched), std::mem::take(&mut warmup)))
            .collect::<anyhow::Result<_>>()
            .with_context(|| format!("cannot measure {name}"))?;
        Ok(Summary::of(&runs))
    };
    let closed = repeat(Rate::Closed)?;
    anyhow::ensure!(closed.requests_per_s > 0.0, "{name} acknowledged nothing");
    let half = repeat(Rate::Open(closed.requests_per_s * LOAD_SHARE))?;
    Ok(Subject { name, closed, half })
}

/// Enough to keep any server busy, few enough that its memory holds them.
fn usual_in_flight(batch: usize) -> usize {
    match batch {
        1 => 256,
        2..=64 => 64,
        _ => 8,
    }
}
