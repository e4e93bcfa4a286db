//! A destination that is down while much comes in, and then takes it.
//!
//! The destination is a sink of ours, or a real node with a sink in front of it.
//!
//! Two servers take the same load by turns, one of them with a sink whose destination is down. Then
//! the destination comes up, and the time is taken until it has everything. What came is kept, and
//! sent once more by a client that has nothing else to do: the rate that the destination takes.

mod node;
mod report;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::Args;
use tempfile::TempDir;

use self::node::Node;
use self::report::{Backlog, Drained, Intake, Memory};
use crate::api::Api;
use crate::bare;
use crate::bodies::{Bodies, Shape};
use crate::cli::Output;
use crate::drive::{Extent, Plan, Rate, Target};
use crate::figures::{Figures, Summary};
use crate::forward::{To, config, keys};
use crate::measure::{Watched, measure};
use crate::process::Process;
use crate::seam::Seam;
use crate::server::folder_in;
use crate::sink::{Counted, KeptRequests, Sink, SinkOptions};
use crate::watch::MemoryWatch;

/// As many requests at once as Seam sends.
const BARE_IN_FLIGHT: usize = 4;
/// A delivery may pause for five minutes before it tries again.
const NOTICED_WITHIN: Duration = Duration::from_mins(6);
/// How long nothing may arrive before the draining counts as stuck.
const STUCK_AFTER: Duration = Duration::from_mins(1);
const LOOK_EVERY: Duration = Duration::from_millis(100);

#[derive(Args)]
pub(crate) struct BacklogArgs {
    /// The `seam` program to measure
    #[arg(long, value_name = "FILE")]
    seam: PathBuf,
    /// The destination
    #[arg(long, default_value = "hec", value_parser = over_http1)]
    to: To,
    /// The folder whose `start` becomes a real node (`tests/real/opensearch`), for `--to bulk`
    #[arg(long, value_name = "DIR")]
    node: Option<PathBuf>,
    /// Bytes of OTLP that come in while the destination is down
    #[arg(long, default_value_t = 5_000_000_000)]
    bytes: u64,
    /// Mean size of a record on the wire
    #[arg(long, default_value_t = 2_300, value_parser = clap::value_parser!(u32).range(250..=16_384))]
    records_bytes: u32,
    /// Records in a request
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u32).range(1..=4_096))]
    batch: u32,
    /// Requests on their way at once
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=16_384))]
    in_flight: u32,
    /// Parts in which the bytes come in, by turns with a server that has no sink
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    turns: u32,
    /// The folder for all data, on the disk that is meant
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    /// How to print
    #[arg(long, value_enum, default_value = "table")]
    output: Output,
}

/// A destination whose requests can be kept and sent again.
fn over_http1(text: &str) -> Result<To, String> {
    match text {
        "hec" => Ok(To::Hec),
        "bulk" => Ok(To::Bulk),
        _ => Err("must be hec or bulk".to_owned()),
    }
}

/// A server that takes its turns.
struct Taker {
    watched: Watched,
    target: Target,
    api: Api,
    memory: MemoryWatch,
    idle_bytes: u64,
    runs: Vec<Figures>,
    /// Held for as long as it runs.
    _server: Seam,
}

pub(crate) fn run(args: &BacklogArgs) -> anyhow::Result<String> {
    let shape = Shape { record_bytes: args.records_bytes as usize, batch: args.batch as usize };
    let bodies = Arc::new(Bodies::new(shape)?);
    let body_bytes = u64::from(args.records_bytes) * u64::from(args.batch);
    let requests = (args.bytes / body_bytes).div_ceil(u64::from(args.turns)).max(1);
    let node = args.node.as_deref().map(|scripts| Node::start(scripts, &args.dir)).transpose()?;
    let ahead_of = node.as_ref().map(|node| node.address);
    let sink = Sink::start(&args.dir, SinkOptions { ahead_of, ..SinkOptions::default() })?;
    let address = sink.address;
    let folder = Arc::new(folder_in(&args.dir)?);
    let config = destination(args, node.as_ref(), address, folder.path())?;
    let mut alone = Taker::start(args, &Arc::new(folder_in(&args.dir)?), "keep_all = true\n")?;
    let mut behind = Taker::start(args, &folder, &config)?;
    if node.is_some() {
        behind.api.set_up("out")?;
    }
    // From here on nobody listens there.
    drop(sink);
    let mut plan = Plan {
        target: alone.target.clone(),
        connections: 4,
        in_flight: args.in_flight as usize,
        threads: 1,
        rate: Rate::Closed,
        extent: Extent::Requests(requests),
    };
    for _ in 0..args.turns {
        for taker in [&mut alone, &mut behind] {
            plan.target = taker.target.clone();
            taker.runs.push(measure(&plan, &bodies, Some(&taker.watched), Duration::ZERO)?);
        }
    }
    let intake = Intake {
        alone: Summary::of(&alone.runs),
        behind: Summary::of(&behind.runs),
        alone_idle_bytes: alone.idle_bytes,
        alone_rest_bytes: alone.watched.process.memory()?.resident_bytes,
        alone_peak_bytes: alone.memory.take_peak()?,
    };
    // It would take its share of the machine.
    drop(alone);
    let kept = folder.path().join("kept");
    let options = SinkOptions { listen: Some(address), keep: Some(&kept), ahead_of };
    let (drained, memory) = drain(&args.dir, &behind, options)?;
    drop(behind);
    let bare = resend(&args.dir, &kept, node.as_ref())?;
    ensure!(
        bare.events == drained.counted.events,
        "the bare client sent {} events, seam {}",
        bare.events,
        drained.counted.events
    );
    report::told(&Backlog::new(args.to, intake, memory, drained, bare), args.output)
}

impl Taker {
    fn start(args: &BacklogArgs, folder: &Arc<TempDir>, config: &str) -> anyhow::Result<Self> {
        let server = Seam::start(&args.seam, folder, config)?;
        let (process, api) = (server.process(), server.api.clone());
        let watched =
            Watched { process: process.clone(), flush: Some(api.clone()), has_memory: true };
        watched.settle()?;
        let idle_bytes = process.memory()?.resident_bytes;
        Ok(Self {
            watched,
            target: Target::Grpc(server.grpc),
            api,
            memory: MemoryWatch::start(process)?,
            idle_bytes,
            runs: Vec::new(),
            _server: server,
        })
    }
}

/// Brings the destination up and waits until it has everything.
fn drain(
    parent: &Path,
    behind: &Taker,
    options: SinkOptions<'_>,
) -> anyhow::Result<(Drained, Memory)> {
    let events = behind.api.number("select count(*) from events")?;
    let intake_peak_bytes = behind.memory.take_peak()?;
    let rest_bytes = behind.watched.process.memory()?.resident_bytes;
    let sink = Sink::start(parent, options)?;
    let up = Instant::now();
    while sink.counted()?.requests == 0 {
        ensure!(up.elapsed() < NOTICED_WITHIN, "nobody noticed that the destination is up");
        thread::sleep(LOOK_EVERY);
    }
    let noticed_after = up.elapsed();
    let cpu = |process: &Process| process.cpu_seconds();
    let (seam_before, sink_before) = (cpu(&behind.watched.process)?, cpu(&sink.process())?);
    let counted = arrive(&sink, events)?;
    let drained = Drained {
        counted,
        noticed_after_s: noticed_after.as_secs_f64(),
        seam_cpu_s: cpu(&behind.watched.process)? - seam_before,
        sink_cpu_s: cpu(&sink.process())? - sink_before,
    };
    let memory = Memory {
        idle_bytes: behind.idle_bytes,
        intake_peak_bytes,
        rest_bytes,
        drain_peak_bytes: behind.memory.take_peak()?,
    };
    Ok((drained, memory))
}

/// Waits until so many events have arrived; an error where nothing comes for long, or too much.
fn arrive(sink: &Sink, events: u64) -> anyhow::Result<Counted> {
    let mut last = (Instant::now(), 0);
    loop {
        let counted = sink.counted()?;
        ensure!(counted.events <= events, "{} of {events} events arrived", counted.events);
        if counted.events == events {
            return Ok(counted);
        }
        if counted.events > last.1 {
            last = (Instant::now(), counted.events);
        }
        ensure!(last.0.elapsed() < STUCK_AFTER, "only {} of {events} events arrived", last.1);
        thread::sleep(LOOK_EVERY);
    }
}

/// Sends what was kept once more, to the same destination, which has nothing of it.
fn resend(parent: &Path, kept: &Path, node: Option<&Node>) -> anyhow::Result<Counted> {
    node.map(Node::empty).transpose()?;
    let ahead_of = node.map(|node| node.address);
    let sink = Sink::start(parent, SinkOptions { ahead_of, ..SinkOptions::default() })?;
    bare::send(KeptRequests::open(kept)?, sink.address, BARE_IN_FLIGHT)
        .context("cannot send what was kept")?;
    sink.counted()
}

/// The configuration of a server with the sink.
fn destination(
    args: &BacklogArgs,
    node: Option<&Node>,
    address: SocketAddr,
    folder: &Path,
) -> anyhow::Result<String> {
    let Some(node) = node else {
        return Ok(config(&keys(args.to, &address.to_string(), folder)?));
    };
    ensure!(args.to == To::Bulk, "a node is a destination for --to bulk");
    Ok(config(&format!("kind = \"{}\"\nurl = \"http://{address}\"\nformat = \"ecs\"\n", node.kind)))
}
