//! Starts the servers that are measured, each on fresh data, and ends them.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tempfile::TempDir;

use crate::drive::Target;
use crate::kept::Kept;
use crate::measure::Watched;
use crate::process::Process;
use crate::seam::Seam;

/// Lines a server may print before it is ready.
const LINES: usize = 256;
/// So much of a failed server's log is shown.
const LOG_TAIL_BYTES: usize = 2_000;

/// A program that was started here, and ends with this value.
pub(crate) struct Started {
    child: Child,
    /// Its files; gone with the last that holds the folder.
    folder: Arc<TempDir>,
    lines: Receiver<String>,
}

/// A server ready to be measured.
pub(crate) struct Server {
    pub(crate) target: Target,
    pub(crate) watched: Watched,
    /// Where what it was sent stays, if it does.
    pub(crate) kept: Option<Kept>,
    /// Held for as long as the server has to run, with whatever it needs beside it.
    _running: Vec<Started>,
}

impl Started {
    /// Starts the program with its standard output read here and its standard error in a file.
    pub(crate) fn spawn(
        folder: Arc<TempDir>,
        command: impl FnOnce(&Path) -> Command,
    ) -> anyhow::Result<Self> {
        let log = File::create(log_of(&folder)).context("cannot create the server's log")?;
        let mut command = command(folder.path());
        let program = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {program}"))?;
        let output = child.stdout.take().context("the server has no standard output")?;
        let (tell, lines) = sync_channel(LINES);
        thread::spawn(move || {
            // Read to the end, so that the server never waits for a reader; lines after the first ones do not matter.
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                drop(tell.try_send(line));
            }
        });
        Ok(Self { child, folder, lines })
    }

    /// Waits for a line that `wanted` makes something of.
    pub(crate) fn wait_for<T>(
        &self,
        within: Duration,
        mut wanted: impl FnMut(&str) -> Option<T>,
    ) -> anyhow::Result<T> {
        let deadline = Instant::now() + within;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    if let Some(found) = wanted(&line) {
                        return Ok(found);
                    }
                }
                Err(_) => bail!(
                    "the server did not become ready; the end of its log: {}",
                    self.log_tail()
                ),
            }
        }
    }

    pub(crate) fn process(&self) -> Process {
        Process::of_pid(self.child.id())
    }

    fn log_tail(&self) -> String {
        let log = std::fs::read(log_of(&self.folder)).unwrap_or_default();
        let tail = log.get(log.len().saturating_sub(LOG_TAIL_BYTES)..).unwrap_or_default();
        String::from_utf8_lossy(tail).into_owned()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // Nothing is drained: its data goes too, or it is meant to end so. Both fail only where it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Server {
    pub(crate) fn new(
        target: Target,
        watched: Watched,
        kept: Option<Kept>,
        running: Vec<Started>,
    ) -> Self {
        Self { target, watched, kept, _running: running }
    }

    /// Starts `seam serve` on a new data folder under `parent`.
    pub(crate) fn seam(binary: &Path, parent: &Path, http: bool) -> anyhow::Result<Self> {
        Self::seam_in(binary, &Arc::new(folder_in(parent)?), "", http)
    }

    /// The same in this folder, with this text of `seam.toml`.
    pub(crate) fn seam_in(
        binary: &Path,
        folder: &Arc<TempDir>,
        config: &str,
        http: bool,
    ) -> anyhow::Result<Self> {
        let seam = Seam::start(binary, folder, config)?;
        let target = if http { Target::Http(seam.http) } else { Target::Grpc(seam.grpc) };
        let api = Some(seam.api.clone());
        let watched = Watched { process: seam.process(), flush: api, has_memory: true };
        let kept = Kept { path: folder.path().join("data/tables") };
        Ok(Self::new(target, watched, Some(kept), vec![seam.into_started()]))
    }
}

/// A new folder that goes with its server.
pub(crate) fn folder_in(parent: &Path) -> anyhow::Result<TempDir> {
    let folder = tempfile::Builder::new().prefix(".load-server-").tempdir_in(parent);
    folder.with_context(|| format!("cannot make a folder in {}", parent.display()))
}

fn log_of(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join("stderr.log")
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

    fn shell(script: &str) -> Started {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        Started::spawn(folder, |_| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            command
        })
        .unwrap()
    }

    /// A server that ends before it is ready is told with the end of its log.
    #[test]
    fn a_server_that_ends_early_is_told_with_its_log() {
        let started = shell("echo the port is taken >&2; exit 1");
        let error = started.wait_for(Duration::from_mins(1), |_| None::<()>).unwrap_err();
        assert!(error.to_string().contains("the port is taken"), "{error}");
    }
}
