//! The whole table: sizes × batches, each against fresh servers by turns, beside the reference of the same run.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;

use crate::baseline::{FILE_BYTES, Journal};
use crate::bodies::{Bodies, Described, Shape};
use crate::cli::{Output, not_negative, positive};
use crate::contender::{Contender, Round};
use crate::drive::Target;
use crate::figures::Summary;
use crate::freshness::Fresh;
use crate::kept::Stored;
use crate::measure::Watched;
use crate::process::Process;
use crate::rest::Rest;
use crate::server::Server;
use crate::{peer, report, rest};

const DURABLE: &str = "otelcol durable";

#[derive(Args)]
pub(crate) struct SuiteArgs {
    /// The `seam` program to measure
    #[arg(long, value_name = "FILE")]
    seam: PathBuf,
    /// Measure the OpenTelemetry Collector as well, with a synced queue and in memory, by the scripts in this folder (`benches/peers/otelcol`)
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
    /// Bytes of the log that a server starts with for the last figures; 0 leaves those out
    #[arg(long, default_value_t = 1 << 30)]
    log_bytes: u64,
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
    /// What stays on disk, where something does.
    pub(crate) stored: Option<Stored>,
    /// Acknowledged to visible at half of what can be kept up, where there is SQL.
    pub(crate) fresh: Option<Fresh>,
}

/// Everything the suite says.
#[derive(Serialize)]
struct Suite {
    cases: Vec<Case>,
    rest: Option<Rest>,
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
    let rest = match args.log_bytes {
        0 => None,
        bytes => Some(rest::measure(&args.seam, &args.dir, bytes).context("at rest")?),
    };
    match args.output {
        Output::Table => {
            let rest = rest.as_ref().map(report::rest).unwrap_or_default();
            Ok(format!("{}\n{rest}", report::suite(&cases)).trim_end().to_owned())
        }
        Output::Json => {
            serde_json::to_string_pretty(&Suite { cases, rest }).context("cannot print the figures")
        }
    }
}

fn case(args: &SuiteArgs, shape: Shape) -> anyhow::Result<Case> {
    let bodies = Arc::new(Bodies::new(shape)?);
    let in_flight =
        args.in_flight.map_or_else(|| usual_in_flight(shape.batch), |given| given as usize);
    let round = Round {
        bodies: Arc::clone(&bodies),
        connections: args.connections as usize,
        in_flight,
        threads: args.threads as usize,
        length: seconds(args.seconds).context("a run of that length is out of range")?,
        warmup: seconds(args.warmup).context("a warm-up of that length is out of range")?,
    };
    let mut contenders =
        vec![Contender::of("seam", Server::seam(&args.seam, &args.dir, args.http)?)];
    if let Some(scripts) = &args.peer_otelcol {
        let durable = peer::durable(scripts, &args.dir, args.http)?;
        contenders.push(Contender::of(DURABLE, durable));
        let memory = peer::in_memory(scripts, &args.dir, args.http)?;
        contenders.push(Contender::of("otelcol memory", memory));
    }
    contenders.push(Contender::of("file", reference(args)?));
    // By turns, so that whatever else the machine does meanwhile hits all alike.
    for _ in 0..args.runs {
        for contender in &mut contenders {
            contender.closed(&round)?;
        }
    }
    for _ in 0..args.runs {
        for contender in &mut contenders {
            contender.half(&round)?;
        }
    }
    let mut subjects = Vec::new();
    for mut contender in contenders {
        contender.freshness(&round, args.runs)?;
        let mut subject = contender.end()?;
        if let (DURABLE, Some(scripts)) = (subject.name, &args.peer_otelcol) {
            subject.stored = Some(peer::queued(scripts, &args.dir, &bodies)?);
        }
        subjects.push(subject);
    }
    Ok(Case {
        record_bytes: shape.record_bytes,
        batch: shape.batch,
        in_flight,
        bodies: bodies.describe()?,
        subjects,
    })
}

/// The file that is only written and synced, as if it were a server.
fn reference(args: &SuiteArgs) -> anyhow::Result<Server> {
    let journal = Journal::create(&args.dir, FILE_BYTES)?;
    let process = Process::of_folder(journal.thread());
    let watched = Watched { process, flush: None, has_memory: false };
    Ok(Server::new(Target::Journal(journal), watched, None, Vec::new()))
}

fn seconds(seconds: f64) -> Result<Duration, std::time::TryFromFloatSecsError> {
    Duration::try_from_secs_f64(seconds)
}

/// Enough to keep any server busy, few enough that its memory holds them.
fn usual_in_flight(batch: usize) -> usize {
    match batch {
        1 => 256,
        2..=64 => 64,
        _ => 8,
    }
}
