//! A scripted model on loopback, one process of Python (`tests/agents/models`).

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context as _;

use crate::agent::FOLDER;
use crate::process::Running;

/// The API that a model speaks.
#[derive(Debug, Clone, Copy)]
pub enum Api {
    /// Chat completions.
    ChatCompletions,
    /// The Gemini API.
    Gemini,
    /// The Messages API.
    Messages,
    /// The Responses API.
    Responses,
}

impl Api {
    fn file(self) -> &'static str {
        match self {
            Self::ChatCompletions => "chat_completions.py",
            Self::Gemini => "gemini.py",
            Self::Messages => "messages.py",
            Self::Responses => "responses.py",
        }
    }
}

/// A model that says what its turns say, until it is dropped.
#[derive(Debug)]
pub struct Model {
    address: SocketAddr,
    _process: Running,
}

impl Model {
    /// Starts one; `turns` is a file below `tests/agents`.
    ///
    /// # Errors
    /// If Python cannot be started, or prints no port.
    pub fn start(api: Api, turns: &str) -> anyhow::Result<Self> {
        let mut command = Command::new("python3");
        command
            .arg(Path::new(FOLDER).join("models").join(api.file()))
            .arg(Path::new(FOLDER).join(turns))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut process = Running::start(&mut command).context("cannot start python3")?;
        let stdout = process.child.stdout.take().context("no standard output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let port = line.trim().parse().context("the scripted model printed no port")?;
        Ok(Self { address: (Ipv4Addr::LOCALHOST, port).into(), _process: process })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
