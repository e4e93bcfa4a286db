//! `seam connect` on a real agent's home: what it wrote, and that it takes back exactly that.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::agent::Agent;
use crate::server::{Server, binary};

/// Who `seam connect` is told uses the agent.
pub const USER: &str = "ann";

/// The machine that `seam connect` is told it runs on. Claude Code and Qwen Code say so; Codex (in
/// its logs) and Gemini CLI put the machine's own name over it, Copilot CLI leaves it out.
pub const HOST: &str = "laptop-7.example.org";

/// The files below a folder, by their paths, with their bytes.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// An agent that reports to a server because `seam connect --write` made it so.
#[derive(Debug)]
pub struct Connected<'a> {
    name: &'static str,
    agent: &'a Agent,
    before: Files,
    after: Files,
}

/// The name by which this machine calls itself.
///
/// # Errors
/// If it cannot be asked.
pub fn hostname() -> anyhow::Result<String> {
    let output = Command::new("uname").arg("-n").output().context("cannot start uname")?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

impl<'a> Connected<'a> {
    /// Connects an agent by the name that `seam connect` has for it.
    ///
    /// # Errors
    /// If the command fails, or wrote nothing.
    pub fn write(
        name: &'static str,
        agent: &'a mut Agent,
        server: &Server,
    ) -> anyhow::Result<Self> {
        let before = files(&agent.home())?;
        let grpc = format!("http://{}", server.grpc_addr());
        let http = format!("http://{}", server.http_addr());
        let what = ["connect", name, "--write", "--yes", "--prompts", "yes"];
        let who = ["--user", USER, "--host", HOST];
        let whither = ["--endpoint-grpc", &grpc, "--endpoint-http", &http];
        seam(agent, &[&what[..], &who, &whither].concat())?;
        let after = files(&agent.home())?;
        ensure!(before != after, "`seam connect {name} --write` wrote nothing");
        // What an agent takes from the environment only stands in a file of ours.
        let env_file = agent.home().join(".config/seam/connect").join(format!("{name}.env"));
        if after.contains_key(&env_file) {
            agent.env_file(env_file);
        }
        Ok(Self { name, agent, before, after })
    }

    /// The agent, as it is now.
    pub fn agent(&self) -> &Agent {
        self.agent
    }

    /// Takes it back: what stood there before is as it was, byte for byte, and what
    /// `seam connect` made is gone. What the agent itself made since is its own.
    ///
    /// # Errors
    /// If the command fails, or left anything else.
    pub fn undo(self) -> anyhow::Result<()> {
        seam(self.agent, &["connect", self.name, "--undo", "--yes"])?;
        for (path, bytes) in &self.before {
            let now = std::fs::read(path).with_context(|| format!("{} is gone", path.display()))?;
            let (now, bytes) = (String::from_utf8_lossy(&now), String::from_utf8_lossy(bytes));
            ensure!(now == bytes, "{} was\n{bytes}\nbut is\n{now}", path.display());
        }
        let left = self.after.keys().find(|path| !self.before.contains_key(*path) && path.exists());
        ensure!(left.is_none(), "`seam connect {} --undo` left {left:?}", self.name);
        Ok(())
    }
}

/// Runs `seam` as the agent's user; it must succeed.
fn seam(agent: &Agent, args: &[&str]) -> anyhow::Result<()> {
    let output = agent.command(&binary()?).args(args).output()?;
    ensure!(
        output.status.success(),
        "seam {args:?} ended with {}: {}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

fn files(folder: &Path) -> anyhow::Result<Files> {
    let mut found = Files::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.extend(files(&entry.path())?);
        } else {
            found.insert(entry.path(), std::fs::read(entry.path())?);
        }
    }
    Ok(found)
}
