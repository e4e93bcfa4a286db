//! `seam completions`: a script that teaches a shell the commands.

use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::exit::Outcome;

pub(crate) fn run(shell: clap_complete::Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "seam", &mut script);
    Ok(super::print(&script)?)
}
