//! Starts the servers that are measured, each on fresh data, and ends them.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tempfile::TempDir;

use crate::drive::Target;
use crate::measure::{Flush, Watched};
use crate::process::Process;

const READY_WITHIN: Duration = Duration::from_mins(1);
/// Lines a server may print before it is ready.
const LINES: usize = 256;
/// So much of a failed server's log is shown.
const LOG_TAIL_BYTES: usize = 2_000;
/// Where a data folder keeps the token of its API.
const LOCAL_TOKEN: &str = "keys/local-token";

/// A program that was started here, and ends with this value.
pub(crate) struct Started {
    child: Child,
    /// Its files; gone when it is.
    folder: TempDir,
    lines: Receiver<String>,
}

/// A server ready to be measured.
pub(crate) struct Server {
    pub(crate) target: Target,
    pub(crate) watched: Watched,
    /// Held for as long as the server has to run, with whatever it needs beside it.
    _running: Vec<Started>,
}

impl Started {
    /// Starts the program with its standard output read here and its standard error in a file.
    pub(crate) fn spawn(
        folder: TempDir,
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
        // Its data goes too, so there is nothing to drain; both fail only where it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Server {
    pub(crate) fn new(target: Target, watched: Watched, running: Vec<Started>) -> Self {
        Self { target, watched, _running: running }
    }

    /// Starts `seam serve` on free ports and a new data folder under `parent`.
    pub(crate) fn seam(binary: &Path, parent: &Path, http: bool) -> anyhow::Result<Self> {
        let started = Started::spawn(folder_in(parent)?, |folder| {
            let mut command = Command::new(binary);
            command.arg("serve").arg("--data").arg(folder.join("data"));
            for listener in ["--otlp-grpc", "--otlp-http", "--api"] {
                command.args([listener, "127.0.0.1:0"]);
            }
            command
        })?;
        let mut heard = Listening::default();
        started.wait_for(READY_WITHIN, |line| heard.take(line))?;
        let token_file = started.folder.path().join("data").join(LOCAL_TOKEN);
        let token = std::fs::read_to_string(&token_file)
            .with_context(|| format!("cannot read the API's token in {}", token_file.display()))?;
        let otlp = if http { heard.http.map(Target::Http) } else { heard.grpc.map(Target::Grpc) };
        let flush = Flush {
            api: heard.api.context("the server names no API")?,
            token: token.trim().to_owned(),
        };
        let watched = Watched { process: started.process(), flush: Some(flush), has_memory: true };
        Ok(Self::new(
            otlp.context("the server names no such OTLP listener")?,
            watched,
            vec![started],
        ))
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

/// The addresses `seam serve` tells before it is ready.
#[derive(Default)]
struct Listening {
    grpc: Option<SocketAddr>,
    http: Option<SocketAddr>,
    api: Option<SocketAddr>,
}

impl Listening {
    /// Takes one line; something once the server is ready.
    fn take(&mut self, line: &str) -> Option<()> {
        let mut words = line.split_ascii_whitespace();
        match (words.next(), words.next(), words.next().and_then(|address| address.parse().ok())) {
            (Some("ready"), ..) => return Some(()),
            (Some("listening"), Some("otlp-grpc"), address) => self.grpc = address,
            (Some("listening"), Some("otlp-http"), address) => self.http = address,
            (Some("listening"), Some("api"), address) => self.api = address,
            _ => {}
        }
        None
    }
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
        let folder = tempfile::tempdir().unwrap();
        Started::spawn(folder, |_| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            command
        })
        .unwrap()
    }

    /// Addresses are taken from the lines that `serve` prints, and readiness from its last one.
    #[test]
    fn addresses_are_read_until_ready() {
        let started = shell(
            "echo listening otlp-grpc 127.0.0.1:1; echo listening otlp-http 127.0.0.1:2; \
             echo listening api 127.0.0.1:3; echo ready; exec cat",
        );
        let mut heard = Listening::default();
        started.wait_for(READY_WITHIN, |line| heard.take(line)).unwrap();
        assert_eq!(heard.grpc, "127.0.0.1:1".parse().ok());
        assert_eq!(heard.http, "127.0.0.1:2".parse().ok());
        assert_eq!(heard.api, "127.0.0.1:3".parse().ok());
    }

    /// A server that ends before it is ready is told with the end of its log.
    #[test]
    fn a_server_that_ends_early_is_told_with_its_log() {
        let started = shell("echo the port is taken >&2; exit 1");
        let error = started.wait_for(READY_WITHIN, |_| None::<()>).unwrap_err();
        assert!(error.to_string().contains("the port is taken"), "{error}");
    }
}
