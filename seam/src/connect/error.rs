//! Why `seam connect` did not do what it was asked.

use std::path::{Path, PathBuf};

/// Each says what was attempted, on what, and what to do. None holds a secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// The token file holds no token.
    #[error("the token file does not hold one token of visible characters")]
    Token,
    /// A file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file or folder could not be written, made or removed.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The agent's file is not in its format.
    #[error("cannot parse {}: {why}; it is left as it is", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where and what, without the file's text.
        why: String,
    },
    /// The agent's file already sends its telemetry elsewhere.
    #[error(
        "{} already says otherwise about {}; --force replaces what is there",
        path.display(),
        keys.join(", ")
    )]
    Conflict {
        /// The file.
        path: PathBuf,
        /// The keys, dotted.
        keys: Vec<String>,
    },
    /// The file is a link that leads out of the home folder.
    #[error("{} is a link to {}, outside of {}; change that file by hand", path.display(), target.display(), home.display())]
    Link {
        /// The link.
        path: PathBuf,
        /// What it leads to.
        target: PathBuf,
        /// Where it may lead.
        home: PathBuf,
    },
    /// Somebody wrote the file between the diff and the answer.
    #[error("{} was changed meanwhile; nothing was written to it, run the command again", .0.display())]
    Meanwhile(PathBuf),
    /// The record of what was written cannot be understood.
    #[error("cannot understand the record {}: {why}; move it away to start afresh", path.display())]
    Record {
        /// The record.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// There is no record of anything written for this agent.
    #[error("nothing to undo for {0}: `seam connect {0} --write` has changed nothing here")]
    NothingToUndo(&'static str),
    /// An option holds what cannot be written into a configuration.
    #[error("{0}")]
    Option(String),
}

impl ConnectError {
    pub(crate) fn read(path: &Path, source: std::io::Error) -> Self {
        Self::Read { path: path.to_owned(), source }
    }

    pub(crate) fn write(path: &Path, source: std::io::Error) -> Self {
        Self::Write { path: path.to_owned(), source }
    }
}
