//! One real server in a folder of its own.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use serde_json::Value;
use tempfile::TempDir;

/// How long a server may take to say that it is ready.
const READY: Duration = Duration::from_mins(1);
/// How long what was sent may take to be in an answer.
const VISIBLE: Duration = Duration::from_secs(30);

/// The binary that people get, as `cargo build --release` made it.
///
/// # Errors
/// If it was not built.
pub fn binary() -> anyhow::Result<PathBuf> {
    let test = std::env::current_exe().context("this test has no path")?;
    let profile =
        test.parent().and_then(Path::parent).context("this test is not in a target folder")?;
    let binary = profile.join("seam");
    if !binary.is_file() {
        bail!(
            "there is no {}: run `cargo build --release` first, as ./test does",
            binary.display()
        );
    }
    Ok(binary)
}

/// How a server is started.
#[derive(Debug, Default)]
pub struct Options {
    /// More arguments of `seam serve`.
    pub args: Vec<String>,
    /// More variables.
    pub variables: BTreeMap<String, String>,
    /// What `seam.toml` says.
    pub config: String,
    /// The address of the tables, where they are not in the server's data folder.
    pub tables: Option<String>,
}

/// A running server; it is killed when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    folder: Folder,
    listeners: BTreeMap<String, SocketAddr>,
    /// How long it took from start to `ready`.
    pub ready_after: Duration,
}

/// A server's working folder; its data stands in `data` below it.
#[derive(Debug)]
pub struct Folder(TempDir);

impl Folder {
    /// A fresh one.
    ///
    /// # Errors
    /// If none can be made.
    pub fn fresh() -> anyhow::Result<Self> {
        Ok(Self(tempfile::tempdir()?))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Where the server's data is.
    pub fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }
}

impl Server {
    /// A server with the defaults, in a fresh folder.
    ///
    /// # Errors
    /// If it does not become ready.
    pub fn start() -> anyhow::Result<Self> {
        Self::start_with(Folder::fresh()?, &Options::default())
    }

    /// A server in a folder, fresh or used.
    ///
    /// # Errors
    /// If it does not become ready; its own words are in the error.
    pub fn start_with(folder: Folder, options: &Options) -> anyhow::Result<Self> {
        let config = folder.path().join("seam.toml");
        #[expect(clippy::disallowed_methods, reason = "the test's own input")]
        std::fs::write(&config, &options.config)?;
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(folder.path().join("server.log"))?;
        let started = Instant::now();
        let places = match &options.tables {
            None => vec!["--data", "data"],
            Some(tables) => vec!["--data", tables.as_str(), "--state", "data"],
        };
        let mut child = Command::new(binary()?)
            .current_dir(folder.path())
            .args(["serve", "--config", "seam.toml"])
            .args(places)
            .args([
                "--otlp-grpc",
                "127.0.0.1:0",
                "--otlp-http",
                "127.0.0.1:0",
                "--api",
                "127.0.0.1:0",
            ])
            .args(&options.args)
            .envs(&options.variables)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let lines = lines(child.stdout.take().context("no standard output")?);
        match listeners(&lines) {
            Ok(listeners) => Ok(Self { child, folder, listeners, ready_after: started.elapsed() }),
            Err(error) => {
                child.kill()?;
                child.wait()?;
                let log =
                    std::fs::read_to_string(folder.path().join("server.log")).unwrap_or_default();
                Err(error.context(format!("the server did not become ready; it said:\n{log}")))
            }
        }
    }

    /// Where it takes OTLP over gRPC.
    ///
    /// # Panics
    /// If it has no such listener.
    pub fn grpc_addr(&self) -> SocketAddr {
        self.listener("otlp-grpc")
    }

    /// Where it takes OTLP over HTTP.
    ///
    /// # Panics
    /// If it has no such listener.
    pub fn http_addr(&self) -> SocketAddr {
        self.listener("otlp-http")
    }

    /// Where it answers SQL.
    ///
    /// # Panics
    /// If it has no such listener.
    pub fn api_addr(&self) -> SocketAddr {
        self.listener("api")
    }

    #[expect(clippy::panic, reason = "a test cannot go on without its server")]
    fn listener(&self, name: &str) -> SocketAddr {
        self.listeners
            .get(name)
            .copied()
            .unwrap_or_else(|| panic!("the server has no listener {name}"))
    }

    /// The server's process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The server's data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.data()
    }

    /// The server's working folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default()
    }

    /// Runs a `seam` command against this server.
    ///
    /// # Errors
    /// If it cannot be run at all.
    pub fn seam(&self, args: &[&str]) -> anyhow::Result<Output> {
        let mut command = Command::new(binary()?);
        command
            .current_dir(self.folder.path())
            .env("SEAM_SERVER", format!("http://{}", self.api_addr()))
            .env("SEAM_DATA", self.folder.data())
            .args(args);
        Ok(command.output()?)
    }

    /// Runs a `seam` command that must succeed and gives its standard output.
    ///
    /// # Errors
    /// If it fails; its own words are in the error.
    pub fn seam_ok(&self, args: &[&str]) -> anyhow::Result<String> {
        let output = self.seam(args)?;
        if !output.status.success() {
            bail!(
                "seam {args:?} ended with {}: {}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The rows of a statement, as JSON objects.
    ///
    /// # Errors
    /// If the statement fails.
    pub fn sql_json(&self, statement: &str) -> anyhow::Result<Value> {
        let text = self.seam_ok(&["sql", statement, "--output", "json"])?;
        serde_json::from_str(&text)
            .with_context(|| format!("`{statement}` answered no json: {text}"))
    }

    /// The single number that a statement answers.
    ///
    /// # Errors
    /// If it answers anything else.
    pub fn number(&self, statement: &str) -> anyhow::Result<i64> {
        let rows = self.sql_json(statement)?;
        let row = rows.get(0).and_then(Value::as_object).and_then(|row| row.values().next());
        row.and_then(Value::as_i64).ok_or_else(|| anyhow!("`{statement}` answered {rows}"))
    }

    /// Waits until a statement answers exactly these rows.
    ///
    /// # Errors
    /// If it does not in time; the last answer is in the error.
    pub fn holds(&self, statement: &str, expected: &Value) -> anyhow::Result<()> {
        let mut last = Value::Null;
        wait_until("the rows in SQL", VISIBLE, || {
            last = self.sql_json(statement)?;
            Ok(last == *expected)
        })
        .with_context(|| {
            format!("`{statement}` answers {last}\nbut should {expected}\n{}", self.log())
        })
    }

    /// Commits everything received so far.
    ///
    /// # Errors
    /// If the server refuses.
    pub fn flush(&self) -> anyhow::Result<()> {
        self.seam_ok(&["flush"]).map(|_| ())
    }

    /// Ends the process as a power cut would, and gives the folder for the next.
    ///
    /// # Errors
    /// If the process cannot be waited for.
    pub fn kill(mut self) -> anyhow::Result<Folder> {
        self.child.kill()?;
        self.child.wait()?;
        self.take_folder()
    }

    /// Asks the process to end (SIGTERM), waits, and gives its status and the folder.
    ///
    /// # Errors
    /// If it does not end in time.
    pub fn terminate(mut self, within: Duration) -> anyhow::Result<(ExitStatus, Folder)> {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        if !sent.success() {
            bail!("cannot signal the server");
        }
        let deadline = Instant::now() + within;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok((status, self.take_folder()?));
            }
            if Instant::now() > deadline {
                bail!("the server did not end within {within:?}: {}", self.log());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn take_folder(&mut self) -> anyhow::Result<Folder> {
        Ok(std::mem::replace(&mut self.folder, Folder::fresh()?))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to kill.
        if self.child.kill().is_ok() {
            drop(self.child.wait());
        }
    }
}

/// Waits until a condition holds.
///
/// # Errors
/// If it does not within the time, or cannot be asked.
pub fn wait_until(
    what: &str,
    within: Duration,
    mut holds: impl FnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let deadline = Instant::now() + within;
    while !holds()? {
        if Instant::now() > deadline {
            bail!("waited {within:?} in vain: {what}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn lines(stdout: std::process::ChildStdout) -> Receiver<String> {
    let (to, from) = sync_channel(64);
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if to.send(line).is_err() {
                return;
            }
        }
    });
    from
}

/// Reads `listening <name> <addr>` lines up to `ready`.
fn listeners(lines: &Receiver<String>) -> anyhow::Result<BTreeMap<String, SocketAddr>> {
    let mut listeners = BTreeMap::new();
    loop {
        let line =
            lines.recv_timeout(READY).map_err(|_| anyhow!("no `ready` on standard output"))?;
        if line == "ready" {
            return Ok(listeners);
        }
        let mut words = line.split(' ');
        if let (Some("listening"), Some(name), Some(address)) =
            (words.next(), words.next(), words.next())
        {
            listeners.insert(name.to_owned(), address.parse()?);
        }
    }
}
