//! A real agent with a home of its own, a scripted model, and no way out.
//!
//! What it is and what stands in its home before Seam comes is in `tests/agents`. Its environment
//! is empty but for what is said here: proxies that nobody serves for whatever is not loopback,
//! and what its test gives it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tempfile::TempDir;

use crate::model::{Api, Model};
use crate::process::Running;
use crate::server::{binary, wait_until};
use crate::skip::{quick, skip};

/// Where the agents are described.
pub const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/agents");
/// How long an agent may take; on an idle machine the slowest needs about five seconds.
const RUN: Duration = Duration::from_secs(110);
/// Nobody listens on the discard port.
const NOWHERE: &str = "http://127.0.0.1:9";
const LOOPBACK: &str = "127.0.0.1,localhost";

/// The path of an agent's program, installed if it was not; `None` (said aloud) where it cannot
/// be had.
///
/// # Errors
/// If the installer cannot be started.
pub fn installed(agent: &str, test: &str) -> anyhow::Result<Option<PathBuf>> {
    if quick() {
        skip(test, "the short run starts no real agent");
        return Ok(None);
    }
    let output = Command::new(Path::new(FOLDER).join("install")).arg(agent).output()?;
    if !output.status.success() {
        skip(test, &format!("no {agent}: {}", String::from_utf8_lossy(&output.stderr)));
        return Ok(None);
    }
    Ok(Some(PathBuf::from(String::from_utf8(output.stdout)?.trim())))
}

/// What a run of an agent left.
#[derive(Debug)]
pub struct Ended {
    /// Whether its exit code was 0.
    pub success: bool,
    /// What it printed.
    pub stdout: String,
    /// What else it printed.
    pub stderr: String,
}

/// An agent with its home and its model.
#[derive(Debug)]
pub struct Agent {
    program: PathBuf,
    folder: TempDir,
    model: Model,
    /// What its test gives it besides.
    variables: Vec<(&'static str, String)>,
    /// A shell file whose variables it gets as well.
    env_file: Option<PathBuf>,
}

impl Agent {
    /// Makes a home after `tests/agents/<agent>/home` and starts a model with the turns
    /// `tests/agents/<agent>/turns/<turns>.json`; `None` (said aloud) without the agent.
    ///
    /// # Errors
    /// If any of it cannot be made.
    pub fn prepare(agent: &str, api: Api, turns: &str, test: &str) -> anyhow::Result<Option<Self>> {
        let Some(program) = installed(agent, test)? else { return Ok(None) };
        let model = Model::start(api, &format!("{agent}/turns/{turns}.json"))?;
        // Not below the system's temporary folder: Codex gives programs there less trust.
        let built = binary()?;
        let folder = tempfile::tempdir_in(built.parent().context("a file has a folder")?)?;
        std::fs::create_dir(folder.path().join("work"))?;
        let made = Self { program, folder, model, variables: Vec::new(), env_file: None };
        made.furnish(&Path::new(FOLDER).join(agent).join("home"), &made.home())?;
        Ok(Some(made))
    }

    /// Copies a folder, with the addresses filled in.
    fn furnish(&self, from: &Path, to: &Path) -> anyhow::Result<()> {
        std::fs::create_dir(to)?;
        for entry in std::fs::read_dir(from)? {
            let entry = entry?;
            let to = to.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                self.furnish(&entry.path(), &to)?;
                continue;
            }
            let text = std::fs::read_to_string(entry.path())?
                .replace("@MODEL@", &self.model.address().to_string())
                .replace("@MCP_ECHO@", &format!("{FOLDER}/mcp_echo.py"));
            #[expect(clippy::disallowed_methods, reason = "the test's own input")]
            std::fs::write(to, text)?;
        }
        Ok(())
    }

    /// Its home.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// The address of its model, as the start of a URL.
    pub fn model(&self) -> String {
        format!("http://{}", self.model.address())
    }

    /// Gives it a variable.
    pub fn variable(&mut self, name: &'static str, value: impl Into<String>) -> &mut Self {
        self.variables.push((name, value.into()));
        self
    }

    /// Gives it the variables of a shell file.
    pub fn env_file(&mut self, file: PathBuf) {
        self.env_file = Some(file);
    }

    /// A command in its home, with nothing of the caller's environment but the search path.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(self.folder.path().join("work")).stdin(Stdio::null());
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command.env("HOME", self.home()).env("TERM", "dumb");
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"] {
            command.env(name, NOWHERE);
        }
        for name in ["NO_PROXY", "no_proxy"] {
            command.env(name, LOOPBACK);
        }
        command
    }

    /// Runs it to its end, at the latest to the deadline.
    ///
    /// # Errors
    /// If it cannot be started, or does not end in time; its own words are in the error.
    pub fn try_run(&self, args: &[&str]) -> anyhow::Result<Ended> {
        let mut command = match &self.env_file {
            None => self.command(&self.program),
            Some(file) => {
                let mut shell = self.command(Path::new("sh"));
                let load = "set -a && . \"$0\" && set +a && exec \"$@\"";
                shell.arg("-c").arg(load).arg(file).arg(&self.program);
                shell
            }
        };
        // Files, not pipes: nobody has to read along.
        let stdout = self.folder.path().join("stdout");
        let stderr = self.folder.path().join("stderr");
        command
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .args(args)
            .stdout(File::create(&stdout)?)
            .stderr(File::create(&stderr)?);
        let name = self.program.display();
        let mut process =
            Running::start(&mut command).with_context(|| format!("cannot start {name}"))?;
        let mut status = None;
        let ended = wait_until("the agent ends", RUN, || {
            status = process.child.try_wait()?;
            Ok(status.is_some())
        });
        let stdout = std::fs::read_to_string(stdout)?;
        let stderr = std::fs::read_to_string(stderr)?;
        ended.with_context(|| format!("{name} {args:?} said: {stdout}\n{stderr}"))?;
        Ok(Ended { success: status.is_some_and(|status| status.success()), stdout, stderr })
    }

    /// Runs it to its end, which must be a good one, and gives what it printed.
    ///
    /// # Errors
    /// As [`Self::try_run`], or if it fails.
    pub fn run(&self, args: &[&str]) -> anyhow::Result<String> {
        let Ended { success, stdout, stderr } = self.try_run(args)?;
        ensure!(success, "{} {args:?} failed: {stdout}\n{stderr}", self.program.display());
        Ok(stdout)
    }
}
