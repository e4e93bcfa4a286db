//! A running server: what it is made of, how it starts, how it ends.
//!
//! [`assembly`] opens the folder and puts the parts together; [`Server::run`] serves until a
//! signal or a failure and then ends in order: the doors close, what is on its way is answered,
//! the log is applied, what follows is derived, the tables are committed.

mod assembly;
mod audit;
mod content_key;
mod doors;
mod tables;
mod watch;

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use seam_collector::listener::{StopSignal, stop_signal};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

use crate::config::Config;

pub(crate) use assembly::{Assembly, log_end};
pub(crate) use audit::LogAudit;
pub(crate) use content_key::CONTENT_KEY;

/// How long destinations may take to end: what is under way then is sent again.
const SINKS_STOP: Duration = Duration::from_secs(8);

/// How a server's life ended.
#[derive(Debug)]
enum End {
    /// Somebody asked it to.
    Asked,
    /// Something failed for good: the process has to end, the log keeps everything.
    Failed(anyhow::Error),
}

/// Starts a server, serves until it ends, and ends it in order.
pub(crate) async fn run(config: &Config) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for SIGINT")?;
    if config.object_store.is_some() && config.retention_is_said && config.retention_days > 0 {
        tracing::warn!(
            "retention_days is not applied: tables in an object store are not cleaned up yet, all rows stay"
        );
    }
    let assembly = Assembly::open(config).await?;
    let (stop, doors) = open_doors(&assembly, config).await?;
    let watch = watch::start(&assembly);
    let tables = config.object_store.as_ref().map(|tables| tables.url.to_string());
    tracing::info!(data = %config.data.display(), tables, "seam is ready");
    let end = tokio::select! {
        _ = terminate.recv() => End::Asked,
        _ = interrupt.recv() => End::Asked,
        failure = assembly.wait_failed() => End::Failed(failure),
    };
    watch.abort();
    match end {
        End::Asked => {
            tracing::info!("shutting down");
            shut_down(assembly, stop, doors, config.shutdown).await
        }
        End::Failed(error) => {
            // What is not acknowledged now never will be: the sooner clients go elsewhere the better.
            tracing::error!(error = format!("{error:#}"), "the server has to end");
            Err(error)
        }
    }
}

/// Binds every listener, says where, and serves.
async fn open_doors(
    assembly: &Assembly,
    config: &Config,
) -> anyhow::Result<(StopSignal, Vec<JoinHandle<()>>)> {
    let (stop, stopped) = stop_signal();
    let bound = doors::bind(assembly, config).await?;
    let mut said = String::new();
    for (name, address) in bound.addresses() {
        writeln!(said, "listening {name} {address}")?;
    }
    said.push_str("ready\n");
    let tasks = bound.serve(assembly, config, &stopped);
    let mut out = std::io::stdout().lock();
    out.write_all(said.as_bytes())
        .and_then(|()| out.flush())
        .context("cannot say on standard output where the doors are")?;
    Ok((stop, tasks))
}

/// Everything received is answered, and committed or left in the log.
async fn shut_down(
    assembly: Assembly,
    stop: StopSignal,
    doors: Vec<JoinHandle<()>>,
    within: Duration,
) -> anyhow::Result<()> {
    let deadline = Instant::now() + within;
    let left = || deadline.saturating_duration_since(Instant::now());
    assembly.ingest.close();
    stop.stop();
    for door in doors {
        if tokio::time::timeout(left(), door).await.is_err() {
            tracing::warn!("a connection did not end in time");
        }
    }
    // What they append to the log has to come before its seal.
    assembly.sinks.stop(left().min(SINKS_STOP)).await;
    let Assembly { log, pipeline, stitching, .. } = assembly;
    let pipeline = Arc::into_inner(pipeline)
        .ok_or_else(|| anyhow!("cannot stop the pipeline: a door still uses it"))?;
    let stitching = Arc::into_inner(stitching)
        .ok_or_else(|| anyhow!("cannot stop the stitching: a door still uses it"))?;
    stitching.stop_ticks();
    // Sealing and closing wait for the disk: not on a thread that serves.
    let sealing = log.clone();
    tokio::task::spawn_blocking(move || sealing.seal()).await.context("cannot seal the log")?;
    let stages = async {
        let applied = pipeline.drain(left()).await.map_err(|error| anyhow!("{error}"));
        let derived = stitching.stop(left()).await.map_err(|error| anyhow!("{error}"));
        let closed = pipeline.stop(left()).await.map_err(|error| anyhow!("{error}"));
        applied.and(derived).and(closed)
    };
    let drained = tokio::time::timeout(left(), stages).await;
    // Only now is all released that will be: closing zeroes it.
    let zeroing = left();
    tokio::task::spawn_blocking(move || log.close_within(zeroing))
        .await
        .context("cannot close the log")?;
    match drained {
        Ok(Ok(())) => tracing::info!("everything is committed"),
        Ok(Err(error)) => return Err(error),
        Err(_) => tracing::warn!("not everything is committed: the rest is in the log"),
    }
    Ok(())
}
