//! A server that sends on while it is sent to, and how its processes end.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use seam_tests::server::{Folder, Options, Server, wait_until};
use serde_json::Value;

use super::load::Load;
use crate::sinks::shown;

/// How long one step may take.
const STEP: Duration = Duration::from_mins(1);
/// The name of the sink.
pub(super) const SINK: &str = "siem";

/// How a process ended, and what it left behind.
pub(super) struct End {
    /// It says that nothing was in doubt.
    pub(super) is_clean: bool,
    /// The last event of each log that had ended well.
    pub(super) durable: BTreeMap<String, (i64, i64)>,
    /// So many records had arrived.
    pub(super) arrived: usize,
}

/// The server, its load, and the ends of its processes so far.
pub(super) struct Stage {
    options: Options,
    server: Option<Server>,
    pub(super) load: Load,
    pub(super) ends: Vec<End>,
}

impl Stage {
    /// A server with one sink, whose keys beside the name are given.
    pub(super) fn start(sink: &str, load: Load) -> anyhow::Result<Self> {
        Self::start_with(sink, BTreeMap::new(), load)
    }

    /// The same with variables.
    pub(super) fn start_with(
        sink: &str,
        variables: BTreeMap<String, String>,
        load: Load,
    ) -> anyhow::Result<Self> {
        let config =
            format!("[tables]\nseal_after_ms = 150\n[[sinks]]\nname = \"{SINK}\"\n{sink}\n");
        let options = Options { config, variables, ..Options::default() };
        let server = Some(Server::start_with(Folder::fresh()?, &options)?);
        Ok(Self { options, server, load, ends: Vec::new() })
    }

    pub(super) fn server(&self) -> anyhow::Result<&Server> {
        self.server.as_ref().context("the server is running")
    }

    /// Does something while the senders send.
    pub(super) fn during<T>(
        &self,
        work: impl FnOnce(&Server) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let server = self.server()?;
        self.load.during(server, || work(server))
    }

    /// Kills the process in the middle of everything. What had arrived is asked when it is dead.
    pub(super) fn kill(&mut self, arrived: impl FnOnce() -> usize) -> anyhow::Result<()> {
        self.during(|server| {
            let pid = server.pid().to_string();
            let killed = Command::new("kill").args(["-9", &pid]).status()?;
            ensure!(killed.success(), "cannot kill the server");
            Ok(())
        })?;
        let server = self.server.take().context("the server was running")?;
        let folder = server.kill()?;
        self.go_on(folder, arrived())
    }

    /// Ends the process in good order, and starts the next one.
    pub(super) fn restart(&mut self, arrived: impl FnOnce() -> usize) -> anyhow::Result<()> {
        let server = self.server.take().context("the server was running")?;
        let (status, folder) = server.terminate(STEP)?;
        ensure!(status.success(), "the server ended with {status}");
        self.go_on(folder, arrived())
    }

    fn go_on(&mut self, folder: Folder, arrived: usize) -> anyhow::Result<()> {
        self.ends.push(end(&folder, arrived)?);
        self.server = Some(Server::start_with(folder, &self.options)?);
        Ok(())
    }

    /// Waits until everything that was sent is acknowledged, and the cursor stands behind it.
    pub(super) fn drain(&self) -> anyhow::Result<()> {
        let server = self.server()?;
        self.load.finish(server)?;
        server.flush()?;
        let drained = wait_until("the sink has nothing left", STEP, || {
            Ok(shown(server, SINK)?["lag_events"] == 0)
        });
        drained.with_context(|| format!("{:?}\n{}", shown(server, SINK), tail(&server.log())))
    }
}

/// Waits for something; if it is in vain, the error says how the sink is.
pub(super) fn await_that(
    server: &Server,
    what: &str,
    holds: impl FnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    wait_until(what, STEP, holds)
        .with_context(|| format!("{:?}\n{}", shown(server, SINK), tail(&server.log())))
}

/// Waits until the sink is in a state.
pub(super) fn await_state(server: &Server, state: &str) -> anyhow::Result<()> {
    await_that(server, state, || Ok(shown(server, SINK)?["state"] == state))
}

/// The end of a log.
fn tail(log: &str) -> &str {
    let begin = log.char_indices().rev().nth(3000).map_or(0, |(at, _)| at);
    log.get(begin..).unwrap_or_default()
}

/// What the folder of a process that ended says about its sink.
fn end(folder: &Folder, arrived: usize) -> anyhow::Result<End> {
    let kept = std::fs::read(folder.data().join("cursors").join(SINK))?;
    let kept: Value = serde_json::from_slice(&kept)?;
    let cursor = &kept["cursor"];
    let mut durable = BTreeMap::new();
    for place in cursor["lanes"]["events"].as_array().into_iter().flatten() {
        let log = place["log_id"].as_str().context("a log")?.to_owned();
        let number = |key: &str| place[key].as_i64().context("a number");
        durable.insert(log, (number("sequence")?, number("index")?));
    }
    Ok(End { is_clean: cursor["clean"] == true, durable, arrived })
}
