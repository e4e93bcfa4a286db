//! What is typed after `seam score`.

use std::path::PathBuf;

use clap::Args;

use super::Output;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  seam score tests/fixtures/captures\n  seam score captures/codex1 captures/claude1 --output json\n\n\
    Each capture goes through a server of its own in a folder that is removed again. A miss is proved when what is \
    missing stands in no event and in no body of the capture; any other is our fault.\n\n\
    Exit codes: 4 something is our fault"
)]
pub(crate) struct ScoreArgs {
    /// Folders with bodies and a truth.json, or folders of such folders
    #[arg(required = true, value_name = "CAPTURE")]
    pub(crate) captures: Vec<PathBuf>,
    /// How to print: a table on a terminal, else json
    #[arg(long, short, value_enum)]
    pub(crate) output: Option<Output>,
}
