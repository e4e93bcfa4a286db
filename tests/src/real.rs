//! Real servers over folders of their own (`tests/real`).

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use tempfile::TempDir;

use crate::process::Running;
use crate::skip::{quick, skip};

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/real");

/// A running server; it is killed when dropped, its folder stays as long as this.
#[derive(Debug)]
pub struct Real {
    name: String,
    arguments: Vec<String>,
    folder: TempDir,
    address: String,
    process: Option<Running>,
}

impl Real {
    /// Starts one; `None` (said aloud) where it cannot be had. `needs` are programs.
    ///
    /// # Errors
    /// If no folder can be made.
    pub fn start(
        test: &str,
        name: &str,
        arguments: &[&str],
        needs: &[&str],
    ) -> anyhow::Result<Option<Self>> {
        if quick() {
            skip(test, "the short run starts no real servers");
            return Ok(None);
        }
        for program in needs {
            if Command::new(program).arg("-version").output().is_err() {
                skip(test, &format!("there is no {program}"));
                return Ok(None);
            }
        }
        let mut real = Self {
            name: name.to_owned(),
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
            folder: tempfile::tempdir()?,
            address: String::new(),
            process: None,
        };
        if let Err(said) = real.run() {
            skip(test, &format!("no {name}: {said}"));
            return Ok(None);
        }
        Ok(Some(real))
    }

    /// Where it keeps what it was given.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where it listens, as it says itself.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where it listens, for clients of HTTP.
    pub fn url(&self) -> String {
        if self.address.starts_with("http") {
            self.address.clone()
        } else {
            format!("http://{}", self.address)
        }
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Starts it over the folder it has, at the port it had.
    ///
    /// # Errors
    /// If it does not become ready.
    pub fn run(&mut self) -> anyhow::Result<()> {
        let mut start = Command::new(PathBuf::from(HERE).join(&self.name).join("start"));
        start.args(&self.arguments).arg(self.folder.path());
        // Where agents are kept, servers are too.
        if let Some(cache) = setting("TEST_SEAM_CACHE") {
            start.env("REAL_CACHE", Path::new(&cache).join("real"));
        }
        start.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = Running::start(&mut start)?;
        let stdout = process.child.stdout.take().context("its output is piped")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let mut words = line.split_whitespace();
        let (Some("ready"), Some(_), Some(address)) = (words.next(), words.next(), words.next())
        else {
            bail!("it did not become ready");
        };
        address.clone_into(&mut self.address);
        self.process = Some(process);
        Ok(())
    }
}

/// What `./test` says: where something is kept, or how much is sent.
pub fn setting(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "tests are told by variables")]
    let value = std::env::var(name);
    value.ok()
}
