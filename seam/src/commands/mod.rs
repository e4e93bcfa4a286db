//! What each command does, one file each; `send` has a folder of its own.

pub(crate) mod backup;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod connect;
pub(crate) mod doctor;
pub(crate) mod flush;
pub(crate) mod redact;
pub(crate) mod restitch;
pub(crate) mod score;
pub(crate) mod serve;
pub(crate) mod session;
pub(crate) mod sessions;
pub(crate) mod sinks;
pub(crate) mod sql;
pub(crate) mod token;

use std::io::{IsTerminal as _, Write as _};

use seam_queries::format::Format;

use crate::cli::Output;

/// Writes a command's output; a reader that went away is no failure.
pub(crate) fn print(text: &[u8]) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// How rows are printed: as asked, else for people on a terminal and for programs elsewhere.
pub(crate) fn format(output: Option<Output>) -> Format {
    match output {
        Some(Output::Table) => Format::Table,
        Some(Output::Ndjson) => Format::Ndjson,
        Some(Output::Csv) => Format::Csv,
        None if std::io::stdout().is_terminal() => Format::Table,
        Some(Output::Json) | None => Format::Json,
    }
}
