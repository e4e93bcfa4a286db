//! The record of what was written, so that exactly that can be taken back.
//!
//! It holds what the files held before, and of what we wrote only hashes: a token is not in it,
//! unless the agent's file held one already. It is readable for its owner only.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::document::Format;
use super::error::ConnectError;
use super::files;
use super::merge::Key;

const VERSION: u32 = 1;

/// What was done for one agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    version: u32,
    pub(crate) files: Vec<Written>,
    /// The folders we made, outermost first.
    pub(crate) folders: Vec<PathBuf>,
}

/// What was done to one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Written {
    pub(crate) path: PathBuf,
    /// What it held before; none: it did not exist.
    pub(crate) original: Option<String>,
    /// Its mode before.
    pub(crate) mode: Option<u32>,
    /// The hash of what we wrote.
    pub(crate) hash: String,
    /// How it is edited; none: it is a program of ours, which is not.
    pub(crate) format: Option<Format>,
    /// The keys in it that are ours.
    pub(crate) keys: Vec<Key>,
}

impl Record {
    pub(crate) fn new(files: Vec<Written>, folders: Vec<PathBuf>) -> Self {
        Self { version: VERSION, files, folders }
    }

    /// Reads the record; none if nothing was written.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, ConnectError> {
        let Some(present) = files::read(path)? else { return Ok(None) };
        let failed = |why: String| ConnectError::Record { path: path.to_owned(), why };
        let record: Self =
            serde_json::from_str(&present.text).map_err(|error| failed(error.to_string()))?;
        if record.version != VERSION {
            return Err(failed(format!("its version is {}, not {VERSION}", record.version)));
        }
        Ok(Some(record))
    }

    /// The text of the record.
    pub(crate) fn text(&self) -> Result<String, ConnectError> {
        let text = serde_json::to_string_pretty(self);
        text.map(|text| text + "\n").map_err(|error| ConnectError::Option(error.to_string()))
    }

    /// What was done to this file.
    pub(crate) fn of(&self, path: &Path) -> Option<&Written> {
        self.files.iter().find(|file| file.path == path)
    }
}
