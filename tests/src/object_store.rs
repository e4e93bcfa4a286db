//! A real S3-compatible server over a folder of its own (`tests/real/s3`).

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, anyhow};
use serde_json::Value;
use tempfile::TempDir;

use crate::process::Running;
use crate::skip::{quick, skip};

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/real/s3");
/// What signs the requests; it must be in no output.
pub const SECRET: &str = "seam-test-secret";

/// A running server; it is killed when dropped.
#[derive(Debug)]
pub struct ObjectStore {
    folder: TempDir,
    address: SocketAddr,
    _process: Running,
}

impl ObjectStore {
    /// Starts one, built if it was not; `None` (said aloud) where it cannot be had.
    ///
    /// # Errors
    /// If it was built and does not start.
    pub fn start(test: &str) -> anyhow::Result<Option<Self>> {
        if quick() {
            skip(test, "the short run builds no object store");
            return Ok(None);
        }
        // Beside the tests: the system's temporary folder may have no extended attributes.
        let target = std::env::current_exe()?;
        let folder = tempfile::tempdir_in(target.parent().context("a file has a folder")?)?;
        let binaries = folder.path().join("bin");
        let built = command("build").arg(&binaries).output()?;
        if !built.status.success() {
            skip(test, &format!("no object store: {}", String::from_utf8_lossy(&built.stderr)));
            return Ok(None);
        }
        let mut start = command("start");
        start.arg(folder.path()).env("S3_BIN_DIR", &binaries).env("S3_SECRET", SECRET);
        start.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = Running::start(&mut start)?;
        let stdout = process.child.stdout.take().context("no standard output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line.split_once("http://").and_then(|(_, rest)| rest.split(' ').next());
        let address = address.ok_or_else(|| {
            let log = std::fs::read_to_string(folder.path().join("s3.log")).unwrap_or_default();
            anyhow!("the object store did not become ready: {log}")
        })?;
        Ok(Some(Self { address: address.parse()?, folder, _process: process }))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The variables with which a client reaches it at an address: its own, or a proxy's.
    pub fn variables(at: SocketAddr) -> BTreeMap<String, String> {
        let variables = [
            ("AWS_ENDPOINT_URL", format!("http://{at}")),
            ("AWS_ACCESS_KEY_ID", "seam-test-key".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
        ];
        variables.map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// The folder of a table's Delta log, for a look behind the store's back.
    fn delta_log(&self, prefix: &str, table: &str) -> PathBuf {
        self.folder
            .path()
            .join("data/seam")
            .join(prefix)
            .join("tables")
            .join(table)
            .join("_delta_log")
    }

    /// The length of the largest file that a table has below one partition, in bytes.
    ///
    /// # Errors
    /// If the folders cannot be read.
    pub fn largest_file(&self, prefix: &str, table: &str) -> anyhow::Result<u64> {
        let mut folders = vec![self.delta_log(prefix, table).join("..").canonicalize()?];
        let mut largest = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                } else {
                    largest = largest.max(entry.metadata()?.len());
                }
            }
        }
        Ok(largest)
    }

    /// How many commits with rows a table has, by the application that made them.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub fn commits(&self, prefix: &str, table: &str) -> anyhow::Result<BTreeMap<String, usize>> {
        let mut commits = BTreeMap::new();
        let log = self.delta_log(prefix, table);
        if !log.is_dir() {
            return Ok(commits);
        }
        for entry in std::fs::read_dir(&log)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "json")
                && let Some(application) = application(&path)?
            {
                *commits.entry(application).or_default() += 1;
            }
        }
        Ok(commits)
    }
}

/// Who made a commit, by its `txn`; nobody made the one that creates the table.
fn application(commit: &Path) -> anyhow::Result<Option<String>> {
    // It may be on its way: then it counts the next time.
    let text = std::fs::read_to_string(commit).unwrap_or_default();
    for line in text.lines() {
        let action: Value = serde_json::from_str(line)?;
        if let Some(application) = action["txn"]["appId"].as_str() {
            return Ok(Some(application.to_owned()));
        }
    }
    Ok(None)
}

fn command(name: &str) -> Command {
    let mut command = Command::new(Path::new(HERE).join(name));
    // Where agents are kept, binaries are too.
    if let Some(cache) = std::env::var_os("TEST_SEAM_CACHE") {
        command.env("REAL_CACHE", Path::new(&cache).join("real"));
    }
    command
}
