//! A process that does not outlive its test, nor do the processes that it starts.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};

/// A running process with a group of its own; the group is killed when this is dropped.
///
/// Some agents are launchers of a program, and all of them start commands and MCP servers.
#[derive(Debug)]
pub struct Running {
    /// The first process of the group.
    pub child: Child,
}

impl Running {
    /// Starts a command.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(command: &mut Command) -> std::io::Result<Self> {
        Ok(Self { child: command.process_group(0).spawn()? })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        // It may have ended already; then there is nothing to kill, which `kill` would say.
        drop(Command::new("kill").args(["-KILL", "--", &group]).output());
        drop(self.child.wait());
    }
}
