//! What sending on costs: Seam with one destination beside the OpenTelemetry Collector's exporter, on the same requests.
//!
//! Both are charged only for sending on: the CPU seconds of a run with the destination less those of
//! the same run without it. Seam stores what it is sent and reads it back; the Collector is measured
//! with the queue it has by default, in memory, and with a synced queue on disk, which loses as little.

mod kafka;
mod peers;
mod place;
mod seam;
mod subject;
mod table;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use serde::Serialize;
use tempfile::TempDir;

use self::kafka::Broker;
pub(crate) use self::seam::{config, keys};
use self::subject::{Cost, ReadyMade, Round, Subject};
use self::table::{Forwarding, table};
use crate::bodies::{Bodies, Shape};
use crate::cli::Output;
use crate::drive::{Extent, Plan, Rate, Target};
use crate::server::folder_in;

/// How long nothing is measured at first.
const WARM_UP: Duration = Duration::from_secs(2);

#[derive(Args)]
pub(crate) struct ForwardArgs {
    /// The `seam` program to measure
    #[arg(long, value_name = "FILE")]
    seam: PathBuf,
    /// Measure the OpenTelemetry Collector's exporters as well, by the scripts in this folder (`benches/peers/otelcol`)
    #[arg(long, value_name = "DIR")]
    peer_otelcol: Option<PathBuf>,
    /// The folder whose `start` becomes a Kafka broker (`tests/real/kafka`)
    #[arg(long, value_name = "DIR", required_if_eq("to", "kafka"))]
    kafka: Option<PathBuf>,
    /// The destinations
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [To::File, To::Hec, To::Otlp, To::Bulk])]
    to: Vec<To>,
    /// Records of one run
    #[arg(long, default_value_t = 500_000)]
    records: u64,
    /// Mean size of a record on the wire
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(250..=16_384))]
    records_bytes: u32,
    /// Records in a request
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=4_096))]
    batch: u32,
    /// Requests on their way at once
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=16_384))]
    in_flight: u32,
    /// Runs of each, of which the median is shown
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    runs: u32,
    /// The folder for all data, on the disk that is meant
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    /// How to print
    #[arg(long, value_enum, default_value = "table")]
    output: Output,
}

/// What is sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum To {
    File,
    Hec,
    Kafka,
    Otlp,
    Bulk,
}

impl To {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Hec => "hec",
            Self::Kafka => "kafka",
            Self::Otlp => "otlp",
            Self::Bulk => "bulk",
        }
    }
}

/// Measures destination after destination.
pub(crate) fn run(args: &ForwardArgs) -> anyhow::Result<String> {
    let shape = Shape { record_bytes: args.records_bytes as usize, batch: args.batch as usize };
    let bodies = Arc::new(Bodies::new(shape)?);
    let round = Round {
        bodies,
        plan: Plan {
            // Each subject has its own.
            target: Target::Grpc(([127, 0, 0, 1], 0).into()),
            connections: 4,
            in_flight: args.in_flight as usize,
            threads: 1,
            rate: Rate::Closed,
            extent: Extent::Requests(args.records.div_ceil(u64::from(args.batch)).max(1)),
        },
    };
    let folder = folder_in(&args.dir)?;
    let broker = match (&args.kafka, args.to.contains(&To::Kafka)) {
        (Some(scripts), true) => Some(Broker::start(scripts, &args.dir)?),
        _ => None,
    };
    let mut all = Vec::new();
    for to in &args.to {
        let case = case(args, *to, broker.as_ref(), &folder, &round);
        all.extend(case.with_context(|| format!("sending on to {}", to.name()))?);
    }
    match args.output {
        Output::Table => Ok(format!(
            "{}\n\n{} records of {} B a run, in requests of {}; medians of {}",
            table(&all),
            args.records,
            args.records_bytes,
            args.batch,
            args.runs,
        )),
        Output::Json => serde_json::to_string_pretty(&all).context("cannot print the figures"),
    }
}

/// One destination: everybody by turns.
fn case(
    args: &ForwardArgs,
    to: To,
    broker: Option<&Broker>,
    folder: &TempDir,
    round: &Round,
) -> anyhow::Result<Vec<Forwarding>> {
    let mut subjects = vec![
        seam::without(&args.seam, &args.dir)?,
        seam::with(&args.seam, &args.dir, to, broker, None)?,
    ];
    if let Some(scripts) = &args.peer_otelcol {
        subjects.extend(peers::all(scripts, &args.dir, to, broker)?);
    }
    let mut ready_made = match to {
        To::Bulk => Some(ready_made(args, folder, round)?),
        _ => None,
    };
    for subject in &mut subjects {
        subject.warm_up(round, WARM_UP)?;
    }
    for _ in 0..args.runs {
        for subject in &mut subjects {
            subject.turn(round)?;
        }
        if let Some(ready_made) = &mut ready_made {
            ready_made.turn()?;
        }
    }
    let mut costs: Vec<Cost> = subjects.iter().map(Subject::cost).collect();
    costs.extend(ready_made.as_ref().map(ReadyMade::cost));
    Ok(table::of(to, &costs))
}

/// What Seam sends to `_bulk`, for a client that has it already.
fn ready_made(args: &ForwardArgs, folder: &TempDir, round: &Round) -> anyhow::Result<ReadyMade> {
    let kept = folder.path().join("kept");
    seam::with(&args.seam, &args.dir, To::Bulk, None, Some(&kept))?.turn(round)?;
    ReadyMade::new(&kept, &args.dir)
}
