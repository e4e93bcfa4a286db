//! Changes that are known before they are made: to show, then to do.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use similar::TextDiff;

use super::error::ConnectError;
use super::files::{self, Present};
use super::record::Record;
use super::secret::masked;

/// One file, before and after.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) path: PathBuf,
    pub(crate) before: Option<Present>,
    /// None: the file goes.
    pub(crate) after: Option<Present>,
}

/// Everything that a command would change.
#[derive(Debug)]
pub(crate) struct Changes {
    pub(crate) steps: Vec<Step>,
    /// The record afterwards, and where it stands; none: it goes.
    pub(crate) record: (PathBuf, Option<Record>),
    /// Folders to make, outermost first.
    pub(crate) make: Vec<PathBuf>,
    /// Folders to remove if they are empty, innermost first.
    pub(crate) unmake: Vec<PathBuf>,
    /// What a person has to know, a line each.
    pub(crate) notes: Vec<String>,
}

impl Changes {
    /// Whether no file would change.
    pub(crate) fn is_nothing(&self) -> bool {
        self.steps.is_empty()
    }

    /// A unified diff of all files, without credentials.
    pub(crate) fn diff(&self) -> String {
        self.steps.iter().map(Step::diff).collect()
    }

    /// Makes the changes. The record is written before the files and removed after them, so that
    /// a crash between leaves nothing that `--undo` does not know.
    pub(crate) fn make(&self) -> Result<(), ConnectError> {
        for step in &self.steps {
            step.check()?;
        }
        for folder in &self.make {
            files::make_folder(folder)?;
        }
        let (path, record) = &self.record;
        if let Some(record) = record {
            files::replace(path, &record.text()?, 0o600)?;
        }
        for step in &self.steps {
            step.check()?;
            match &step.after {
                Some(after) => files::replace(&step.path, &after.text, after.mode)?,
                None => files::remove(&step.path)?,
            }
        }
        if record.is_none() {
            files::remove(path)?;
        }
        for folder in &self.unmake {
            files::remove_empty_folder(folder);
        }
        Ok(())
    }
}

impl Step {
    /// Fails if the file is not what the diff was made from.
    fn check(&self) -> Result<(), ConnectError> {
        if files::read(&self.path)? == self.before {
            return Ok(());
        }
        Err(ConnectError::Meanwhile(self.path.clone()))
    }

    fn diff(&self) -> String {
        let side = |present: Option<&Present>, letter: &str| match present {
            Some(present) => (masked(&present.text), name(letter, &self.path)),
            None => (String::new(), "/dev/null".to_owned()),
        };
        let (before, old) = side(self.before.as_ref(), "a");
        let (after, new) = side(self.after.as_ref(), "b");
        let mut text =
            TextDiff::from_lines(&before, &after).unified_diff().header(&old, &new).to_string();
        if text.is_empty() {
            // Only a credential or the mode differs: still a change, and said.
            text = format!("--- {old}\n+++ {new}\n(a credential or the file's mode changes)\n");
        }
        if let (Some(before), Some(after)) = (&self.before, &self.after)
            && before.mode != after.mode
        {
            // A text in memory takes every line.
            let _infallible = writeln!(text, "mode {:o} becomes {:o}", before.mode, after.mode);
        }
        text
    }
}

fn name(letter: &str, path: &Path) -> String {
    format!("{letter}{}", path.display())
}
