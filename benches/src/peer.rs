//! The OpenTelemetry Collector beside Seam: each request in a synced queue on disk
//! before it is acknowledged, then sent on to a second collector that throws it away.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::drive::Target;
use crate::measure::Watched;
use crate::server::{Server, Started, folder_in};

/// The first start builds the collector.
const READY_WITHIN: Duration = Duration::from_mins(15);

/// Starts the durable collector and its sink by the `start` script in `scripts`; only the first one is measured.
pub(crate) fn otelcol(scripts: &Path, parent: &Path, http: bool) -> anyhow::Result<Server> {
    let (sink, sink_address) = start(scripts, parent, "peer-nop", None)?;
    let (durable, address) = start(scripts, parent, "peer-durable", Some(sink_address))?;
    let target = if http {
        // The script gives HTTP the port after gRPC's.
        Target::Http(SocketAddr::new(address.ip(), address.port() + 1))
    } else {
        Target::Grpc(address)
    };
    let watched = Watched { process: durable.process(), flush: None, has_memory: true };
    Ok(Server::new(target, watched, vec![durable, sink]))
}

fn start(
    scripts: &Path,
    parent: &Path,
    config: &str,
    sink: Option<SocketAddr>,
) -> anyhow::Result<(Started, SocketAddr)> {
    let started = Started::spawn(folder_in(parent)?, |folder| {
        let mut command = Command::new(scripts.join("start"));
        command.arg(config).arg(folder);
        if let Some(sink) = sink {
            command.env("SINK", sink.to_string());
        }
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
