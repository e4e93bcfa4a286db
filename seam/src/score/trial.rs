//! One capture through a server of its own: the real binary, its real doors, a fresh folder.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use seam_queries::format::Format;
use tempfile::TempDir;

use super::read::read;
use super::senders::Senders;
use super::signals::Signals;
use super::truth::Truth;
use super::{Score, judge};
use crate::cli::{Protocol, SendArgs, ServerArgs};
use crate::client::{ApiClient, LOCAL_TOKEN};
use crate::exit::Failure;
use crate::send::{bodies, deliver_as};
use crate::source::Source;

/// How long a server may take to start.
const READY: Duration = Duration::from_mins(1);
/// How long the derived tables may take to hold everything that was sent.
const CAUGHT_UP: Duration = Duration::from_mins(10);
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// The captures among the paths: folders with a truth, or the folders with one inside.
pub(crate) fn captures(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let is_capture = |path: &Path| path.join("truth.json").is_file();
    let mut captures = Vec::new();
    for path in paths {
        if is_capture(path) {
            captures.push(path.clone());
            continue;
        }
        let list = || -> std::io::Result<Vec<PathBuf>> {
            std::fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect()
        };
        let entries = list().with_context(|| format!("cannot list {}", path.display()))?;
        let mut inside: Vec<PathBuf> =
            entries.into_iter().filter(|path| is_capture(path)).collect();
        if inside.is_empty() {
            bail!("there is no truth.json in {}, nor in a folder inside it", path.display());
        }
        inside.sort();
        captures.append(&mut inside);
    }
    Ok(captures)
}

/// Sends a capture through a server and compares what the tables say with its truth.
pub(crate) async fn score(
    capture: &Path,
    environment: &BTreeMap<String, String>,
) -> Result<Score, Failure> {
    let truth = Truth::read(capture)?;
    let server = Server::start(environment)?;
    send(capture, &truth, &server).await?;
    let client = server.client()?;
    client.post("/v1/flush", "application/json", String::new()).await?;
    let source = Source::Server(client);
    caught_up(&source).await?;
    let derived = read(&source).await?;
    let mut texts = vec![source.answer("select * from events", Format::Ndjson).await?];
    for body in bodies::find(&[capture.to_owned()])? {
        texts.push(body.read()?);
    }
    let name = capture.file_name().unwrap_or(capture.as_os_str()).to_string_lossy();
    Ok(judge(&name, &truth, &derived, &Signals::new(texts)))
}

async fn send(capture: &Path, truth: &Truth, server: &Server) -> Result<(), Failure> {
    let args = SendArgs {
        paths: vec![capture.to_owned()],
        to: Some(server.address("otlp-grpc")?),
        to_http: Some(server.address("otlp-http")?),
        protocol: Protocol::Grpc,
        repeat: 1,
        rate: None,
        token_file: None,
        ca: None,
    };
    let senders = Senders::of(capture, truth, &server.data())?;
    let totals = deliver_as(&args, |body| senders.token(body)).await?;
    if totals.refused.is_empty() {
        return Ok(());
    }
    let refused = totals.refused.join("\n  ");
    Err(Failure::Failed(anyhow!("bodies of {} were refused:\n  {refused}", capture.display())))
}

/// Waits until a statement about the derived tables lacks no frame.
async fn caught_up(source: &Source) -> Result<(), Failure> {
    let deadline = Instant::now() + CAUGHT_UP;
    while source.lag("select count(*) from sessions").await? > 0 {
        if Instant::now() > deadline {
            return Err(Failure::Failed(anyhow!("the derived tables do not catch up")));
        }
        tokio::time::sleep(ASK_AGAIN).await;
    }
    Ok(())
}

/// A running server; it ends when this is dropped, and its folder goes with it.
struct Server {
    child: Child,
    folder: TempDir,
    listeners: BTreeMap<String, String>,
}

impl Server {
    fn start(environment: &BTreeMap<String, String>) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("cannot make a folder for a server")?;
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(folder.path().join("server.log"))
            .context("cannot make the log of a server")?;
        let program = std::env::current_exe().context("cannot find this program itself")?;
        let mut command = Command::new(program);
        // Another folder than the caller's, so that no seam.toml there counts.
        command.current_dir(folder.path()).args(["serve", "--data", "data"]);
        for door in ["--otlp-grpc", "--otlp-http", "--api"] {
            command.args([door, "127.0.0.1:0"]);
        }
        for name in environment.keys().filter(|name| name.starts_with("SEAM_")) {
            command.env_remove(name);
        }
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let child = command.spawn().context("cannot start a server")?;
        let mut server = Self { child, folder, listeners: BTreeMap::new() };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// Reads its `listening <name> <address>` lines up to `ready`.
    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let stdout = self.child.stdout.take().context("a server has no standard output")?;
        let (to, lines) = sync_channel(64);
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if to.send(line).is_err() {
                    return;
                }
            }
        });
        loop {
            let Ok(line) = lines.recv_timeout(READY) else {
                let log = std::fs::read_to_string(self.folder.path().join("server.log"));
                bail!("a server did not start: {}", log.unwrap_or_default().trim());
            };
            let mut words = line.split(' ');
            match (words.next(), words.next(), words.next()) {
                (Some("ready"), ..) => return Ok(()),
                (Some("listening"), Some(name), Some(address)) => {
                    self.listeners.insert(name.to_owned(), address.to_owned());
                }
                _ => {}
            }
        }
    }

    fn address(&self, name: &str) -> anyhow::Result<String> {
        let address = self.listeners.get(name).cloned();
        address.with_context(|| format!("the server does not listen for {name}"))
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn client(&self) -> Result<ApiClient, Failure> {
        let args = ServerArgs {
            server: Some(self.address("api")?),
            token_file: Some(self.data().join(LOCAL_TOKEN)),
            ca: None,
        };
        ApiClient::new(&args, &BTreeMap::new())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to end.
        if self.child.kill().is_ok() {
            drop(self.child.wait());
        }
    }
}
