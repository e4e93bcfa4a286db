//! The OpenTelemetry Collector beside Seam, in two ways.
//!
//! *Durable*: each request in a synced queue on disk before it is acknowledged, then sent on to a
//! second collector that throws it away. *In memory*, as most people run it: acknowledged at once,
//! collected into batches, written to a file of JSON lines.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tempfile::TempDir;

use crate::bodies::Bodies;
use crate::drive::{Extent, Plan, Rate, Target, drive};
use crate::kept::{Kept, Stored};
use crate::measure::Watched;
use crate::server::{Server, Started, folder_in};

/// The first start builds the collector.
const READY_WITHIN: Duration = Duration::from_mins(15);
/// Fewer than its queue has room for, so that nobody waits for a sink that never comes.
const QUEUED_REQUESTS: u64 = 800;
/// At most so many records of them: the queue's file grows faster than what is in it.
const QUEUED_EVENTS: u64 = 200_000;

/// The collector with its durable queue, and its sink; only the first one is measured.
pub(crate) fn durable(scripts: &Path, parent: &Path, http: bool) -> anyhow::Result<Server> {
    let (sink, sink_address) = start(scripts, &folder(parent)?, "peer-nop", &[])?;
    let settings = [("SINK", sink_address.to_string())];
    let (durable, address) = start(scripts, &folder(parent)?, "peer-durable", &settings)?;
    Ok(Server::new(target(address, http), watched(&durable), None, vec![durable, sink]))
}

/// The collector that acknowledges from memory, and its file.
pub(crate) fn in_memory(scripts: &Path, parent: &Path, http: bool) -> anyhow::Result<Server> {
    let folder = folder(parent)?;
    let (memory, address) = start(scripts, &folder, "peer-memory", &[])?;
    let kept = Kept { path: folder.path().join("events.json") };
    Ok(Server::new(target(address, http), watched(&memory), Some(kept), vec![memory]))
}

/// The collector with a configuration of that name, which reads these settings; and the folder of its files.
pub(crate) fn forwarding(
    scripts: &Path,
    parent: &Path,
    config: &str,
    settings: &[(&str, String)],
) -> anyhow::Result<(Server, Arc<TempDir>)> {
    let folder = folder(parent)?;
    let (started, address) = start(scripts, &folder, config, settings)?;
    let server = Server::new(Target::Grpc(address), watched(&started), None, vec![started]);
    Ok((server, folder))
}

/// What the durable queue takes on disk for each event in it, while its sink is away.
pub(crate) fn queued(
    scripts: &Path,
    parent: &Path,
    bodies: &Arc<Bodies>,
) -> anyhow::Result<Stored> {
    let folder = folder(parent)?;
    // Nobody listens on the discard port.
    let nobody = SocketAddr::from(([127, 0, 0, 1], 9));
    let settings = [("SINK", nobody.to_string())];
    let (_durable, address) = start(scripts, &folder, "peer-durable", &settings)?;
    let batch = bodies.shape().batch as u64;
    let requests = QUEUED_REQUESTS.min(QUEUED_EVENTS / batch).max(1);
    let plan = Plan {
        target: Target::Grpc(address),
        connections: 1,
        in_flight: 8,
        threads: 1,
        rate: Rate::Closed,
        extent: Extent::Requests(requests),
    };
    let driven = drive(&plan, bodies).context("cannot fill the peer's queue")?;
    let bytes = Kept { path: folder.path().join("queue") }.bytes()?;
    Ok(Stored { bytes, events: driven.tally.events })
}

fn folder(parent: &Path) -> anyhow::Result<Arc<TempDir>> {
    folder_in(parent).map(Arc::new)
}

fn target(address: SocketAddr, http: bool) -> Target {
    if http {
        // The script gives HTTP the port after gRPC's.
        Target::Http(SocketAddr::new(address.ip(), address.port() + 1))
    } else {
        Target::Grpc(address)
    }
}

fn watched(started: &Started) -> Watched {
    Watched { process: started.process(), flush: None, has_memory: true }
}

fn start(
    scripts: &Path,
    folder: &Arc<TempDir>,
    config: &str,
    settings: &[(&str, String)],
) -> anyhow::Result<(Started, SocketAddr)> {
    let started = Started::spawn(Arc::clone(folder), |folder| {
        let mut command = Command::new(scripts.join("start"));
        command.arg(config).arg(folder).envs(settings.iter().map(|(key, value)| (key, value)));
        command
    })?;
    let address = started.wait_for(READY_WITHIN, ready_address)?;
    Ok((started, address))
}

/// The address in `ready otelcol-<config> <address>`.
fn ready_address(line: &str) -> Option<SocketAddr> {
    line.strip_prefix("ready ")?.split_ascii_whitespace().nth(1)?.parse().ok()
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

    /// The address is taken from the script's one line, and from no other.
    #[test]
    fn the_ready_line_holds_the_address() {
        assert_eq!(
            ready_address("ready otelcol-peer-durable 127.0.0.1:2001"),
            "127.0.0.1:2001".parse().ok()
        );
        assert_eq!(ready_address("building the collector"), None);
    }
}
