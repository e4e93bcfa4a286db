//! A long run at half load with kills: nothing lost, nothing doubled, memory flat, latency steady.
//!
//! The server is killed as a power cut would do it, and started again on the same folder. A client
//! resends what was not acknowledged, under the same bytes, until it is. The oracle stands outside
//! the server: records are numbered, every number that was acknowledged must be a row, once.
//!
//! It fails (and the program ends with 1) when a row is missing or doubled. Memory and latency are
//! judged as well: with `--strict` it fails for them too.

mod count;
mod senders;
mod spans;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::Args;
use tempfile::TempDir;

use self::senders::Senders;
use self::spans::{Span, Spans};
use crate::bodies::{Bodies, Shape};
use crate::cli::positive;
use crate::drive::{Extent, Plan, Rate, Target, drive};
use crate::seam::Seam;
use crate::server::folder_in;

/// Every record is stored, and the last count may take as long as it takes.
const CONFIG: &str = "keep_all = true\n[queries]\ndeadline_ms = 3600000\n";
/// Of the rate at which the server acknowledges.
const LOAD_SHARE: f64 = 0.5;
/// How long that rate is measured.
const MEASURED: Duration = Duration::from_secs(10);
/// How often the server is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

#[derive(Args)]
pub(crate) struct SoakArgs {
    /// The `seam` program
    #[arg(long, value_name = "FILE")]
    seam: PathBuf,
    /// How long to send
    #[arg(long, default_value = "60", value_parser = positive)]
    minutes: f64,
    /// Seconds between two kills
    #[arg(long, default_value = "600", value_parser = positive)]
    kill_every: f64,
    /// Seconds of one line of the report
    #[arg(long, default_value = "60", value_parser = positive)]
    line: f64,
    /// Requests a second [default: half of what it acknowledges in a closed loop]
    #[arg(long, value_parser = positive)]
    rate: Option<f64>,
    /// Mean size of a record
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(250..=16_384))]
    records_bytes: u32,
    /// Records in a request
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=4_096))]
    batch: u32,
    /// Requests on their way at once
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=16_384))]
    in_flight: u32,
    /// Fail also where memory grew or latency got worse
    #[arg(long)]
    strict: bool,
    /// The folder for all data, on the disk that is meant
    #[arg(long, default_value = ".")]
    dir: PathBuf,
}

/// Runs it and gives the report; an error where rows are missing or doubled.
pub(crate) fn run(args: &SoakArgs) -> anyhow::Result<String> {
    let shape = Shape { record_bytes: args.records_bytes as usize, batch: args.batch as usize };
    let bodies = Arc::new(Bodies::new(shape)?.countable());
    let folder = Arc::new(folder_in(&args.dir)?);
    let mut server = Seam::start(&args.seam, &folder, CONFIG)?;
    let rate = match args.rate {
        Some(rate) => rate,
        None => half_of_the_closed_loop(args, &server, &bodies)?,
    };
    let length = seconds(args.minutes * 60.0)?;
    let (kill_every, line) = (seconds(args.kill_every)?, seconds(args.line)?);
    let senders = Senders::start(server.grpc, &bodies, args.in_flight as usize, rate, length)?;
    let mut spans = Spans::default();
    let began = Instant::now();
    let (mut line_ends, mut killed_at) = (line, Duration::ZERO);
    while began.elapsed() < length {
        std::thread::sleep(LOOK_EVERY);
        if began.elapsed() >= line_ends {
            spans.push(Span::of(line_ends, &server, &senders.take_latencies()?)?);
            line_ends += line;
        }
        // The last life is as long as the others.
        if began.elapsed() >= killed_at + kill_every && killed_at + kill_every * 2 <= length {
            killed_at += kill_every;
            senders.disconnect();
            server = next_life(args, server, &folder, &mut spans)?;
            senders.connect(server.grpc);
        }
    }
    senders.join()?;
    spans.end_life(&server)?;
    server.api.flush().context("cannot flush the server")?;
    let counted = count::count(&server.api, &bodies)?;
    let verdict = spans.verdict();
    let report = format!(
        "{}\n{counted}\n{verdict}\n{rate:.0} requests a second of {} records of {} bytes",
        spans.table(),
        shape.batch,
        shape.record_bytes,
    );
    if counted.is_exact() && (verdict.is_steady() || !args.strict) {
        return Ok(report);
    }
    bail!("the run does not hold what is promised:\n{report}")
}

/// Kills the server, and starts the next on its folder.
fn next_life(
    args: &SoakArgs,
    server: Seam,
    folder: &Arc<TempDir>,
    spans: &mut Spans,
) -> anyhow::Result<Seam> {
    spans.end_life(&server)?;
    // Dropping kills it.
    drop(server);
    let next = Seam::start(&args.seam, folder, CONFIG)?;
    spans.kill(next.ready_after);
    Ok(next)
}

/// Half of the requests a second that it acknowledges as fast as it can.
fn half_of_the_closed_loop(
    args: &SoakArgs,
    server: &Seam,
    bodies: &Arc<Bodies>,
) -> anyhow::Result<f64> {
    let plan = Plan {
        target: Target::Grpc(server.grpc),
        connections: senders::CONNECTIONS,
        in_flight: args.in_flight as usize,
        threads: 1,
        rate: Rate::Closed,
        extent: Extent::Time(MEASURED),
    };
    let driven = drive(&plan, bodies)?;
    let tally = &driven.tally;
    anyhow::ensure!(tally.given_up == 0 && tally.rejected_events == 0, "it refused requests");
    Ok(tally.requests as f64 / driven.elapsed.as_secs_f64() * LOAD_SHARE)
}

fn seconds(seconds: f64) -> anyhow::Result<Duration> {
    Duration::try_from_secs_f64(seconds).context("a time that long is out of range")
}
