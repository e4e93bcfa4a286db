//! One life of `seam serve`, on a folder that outlives it.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tempfile::TempDir;

use crate::api::Api;
use crate::process::Process;
use crate::server::Started;

const READY_WITHIN: Duration = Duration::from_mins(1);
/// Where a data folder keeps the token of its API.
const LOCAL_TOKEN: &str = "keys/local-token";

/// A running server; it is killed when this is dropped, and its folder stays.
pub(crate) struct Seam {
    started: Started,
    pub(crate) grpc: SocketAddr,
    pub(crate) http: SocketAddr,
    pub(crate) api: Api,
    /// From its start to its `ready`.
    pub(crate) ready_after: Duration,
}

impl Seam {
    /// Starts it on free ports, with its data in `data` below the folder; `config` is the text of
    /// its `seam.toml`.
    pub(crate) fn start(
        binary: &Path,
        folder: &Arc<TempDir>,
        config: &str,
    ) -> anyhow::Result<Self> {
        let file = folder.path().join("seam.toml");
        #[expect(clippy::disallowed_methods, reason = "it lies beside the data folder")]
        std::fs::write(&file, config)
            .with_context(|| format!("cannot write {}", file.display()))?;
        let began = Instant::now();
        let started = Started::spawn(Arc::clone(folder), |folder| {
            let mut command = Command::new(binary);
            command.arg("serve").arg("--config").arg(&file);
            command.arg("--data").arg(folder.join("data"));
            for listener in ["--otlp-grpc", "--otlp-http", "--api"] {
                command.args([listener, "127.0.0.1:0"]);
            }
            command
        })?;
        let mut heard = Listening::default();
        started.wait_for(READY_WITHIN, |line| heard.take(line))?;
        let ready_after = began.elapsed();
        let token_file = folder.path().join("data").join(LOCAL_TOKEN);
        let token = std::fs::read_to_string(&token_file)
            .with_context(|| format!("cannot read the API's token in {}", token_file.display()))?;
        let named = |address: Option<SocketAddr>, what| {
            address.with_context(|| format!("the server names no {what}"))
        };
        Ok(Self {
            grpc: named(heard.grpc, "OTLP over gRPC")?,
            http: named(heard.http, "OTLP over HTTP")?,
            api: Api { address: named(heard.api, "API")?, token: token.trim().to_owned() },
            started,
            ready_after,
        })
    }

    pub(crate) fn process(&self) -> Process {
        self.started.process()
    }

    /// The program that runs.
    pub(crate) fn into_started(self) -> Started {
        self.started
    }
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
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    /// Addresses are taken from the lines that `serve` prints, and readiness from its last one.
    #[test]
    fn addresses_are_read_until_ready() {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let started = Started::spawn(folder, |_| {
            let mut command = Command::new("sh");
            command.args([
                "-c",
                "echo listening otlp-grpc 127.0.0.1:1; echo listening otlp-http 127.0.0.1:2; \
                 echo listening api 127.0.0.1:3; echo ready; exec cat",
            ]);
            command
        })
        .unwrap();
        let mut heard = Listening::default();
        started.wait_for(READY_WITHIN, |line| heard.take(line)).unwrap();
        assert_eq!(heard.grpc, "127.0.0.1:1".parse().ok());
        assert_eq!(heard.http, "127.0.0.1:2".parse().ok());
        assert_eq!(heard.api, "127.0.0.1:3".parse().ok());
    }
}
