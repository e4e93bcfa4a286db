//! A real node of OpenSearch or Elasticsearch.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;

use crate::ask::ask;
use crate::server::{Started, folder_in};

/// The first start fetches it.
const READY_WITHIN: Duration = Duration::from_mins(10);
/// Where events go.
const STREAM: &str = "/_data_stream/logs-seam.event-default";

/// A process; it is killed when this is dropped.
pub(super) struct Node {
    _started: Started,
    /// `opensearch` or `elasticsearch`.
    pub(super) kind: String,
    pub(super) address: SocketAddr,
}

impl Node {
    pub(super) fn start(scripts: &Path, parent: &Path) -> anyhow::Result<Self> {
        let started = Started::spawn(Arc::new(folder_in(parent)?), |folder| {
            let mut command = Command::new(scripts.join("start"));
            command.arg(folder.join("node"));
            command
        })?;
        let (kind, address) = started.wait_for(READY_WITHIN, |line| {
            let (kind, url) = line.strip_prefix("ready ")?.split_once(' ')?;
            Some((kind.to_owned(), url.trim().strip_prefix("http://")?.parse().ok()?))
        })?;
        Ok(Self { _started: started, kind, address })
    }

    /// Deletes the data stream of events; the next request makes it again.
    pub(super) fn empty(&self) -> anyhow::Result<()> {
        let (status, said) = ask(self.address, "DELETE", STREAM)?;
        ensure!(status == 200, "the node does not delete {STREAM}: {status} {said}");
        Ok(())
    }
}
