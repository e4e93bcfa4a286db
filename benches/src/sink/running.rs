//! A running sink, from the side of who measures.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use super::Counted;
use crate::ask::ask;
use crate::process::Process;
use crate::server::{Started, folder_in};

const READY_WITHIN: Duration = Duration::from_secs(10);

/// A process; it is killed when this is dropped.
pub(crate) struct Sink {
    started: Started,
    pub(crate) address: SocketAddr,
}

/// How it is started.
#[derive(Clone, Copy, Default)]
pub(crate) struct SinkOptions<'o> {
    /// Where it listens; a free port where that is not said.
    pub(crate) listen: Option<SocketAddr>,
    /// The file for what comes.
    pub(crate) keep: Option<&'o Path>,
    /// The server that it stands in front of.
    pub(crate) ahead_of: Option<SocketAddr>,
}

impl Sink {
    pub(crate) fn start(parent: &Path, options: SinkOptions<'_>) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("cannot tell which program this is")?;
        let folder = Arc::new(folder_in(parent)?);
        let started = Started::spawn(folder, |_| {
            let mut command = Command::new(program);
            command.arg("sink");
            if let Some(address) = options.listen {
                command.arg("--listen").arg(address.to_string());
            }
            if let Some(file) = options.keep {
                command.arg("--keep").arg(file);
            }
            if let Some(address) = options.ahead_of {
                command.arg("--ahead-of").arg(address.to_string());
            }
            command
        })?;
        let address =
            started.wait_for(READY_WITHIN, |line| line.strip_prefix("ready ")?.parse().ok())?;
        Ok(Self { started, address })
    }

    pub(crate) fn process(&self) -> Process {
        self.started.process()
    }

    /// What has arrived so far.
    pub(crate) fn counted(&self) -> anyhow::Result<Counted> {
        let (_, body) = ask(self.address, "GET", "/counted")?;
        serde_json::from_str(&body).context("cannot read what the sink has counted")
    }
}
