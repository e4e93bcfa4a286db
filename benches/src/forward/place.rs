//! Where records are sent on to, and how many have arrived there.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::kafka::Topic;
use crate::sink::{Sink, lines};

const BUFFER_BYTES: usize = 1 << 20;

/// Where to.
pub(super) enum Place {
    /// Nothing is sent on.
    Nowhere,
    Sink(Sink),
    /// A file, or the files in a folder: a line for each.
    Lines(PathBuf),
    Topic(Topic),
}

impl Place {
    /// How many events, lines or messages have arrived; nothing where nothing is to arrive.
    pub(super) fn arrived(&self) -> anyhow::Result<Option<u64>> {
        Ok(match self {
            Self::Nowhere => None,
            Self::Sink(sink) => Some(sink.counted()?.events),
            Self::Lines(path) => Some(lines_at(path)?),
            Self::Topic(topic) => Some(topic.messages()?),
        })
    }
}

fn lines_at(path: &Path) -> anyhow::Result<u64> {
    let told = || format!("cannot count the lines of {}", path.display());
    if path.is_file() {
        return lines_of(path).with_context(told);
    }
    let mut found = 0;
    for entry in std::fs::read_dir(path).with_context(told)? {
        let path = entry.with_context(told)?.path();
        if path.is_file() {
            found += lines_of(&path).with_context(told)?;
        }
    }
    Ok(found)
}

fn lines_of(file: &Path) -> std::io::Result<u64> {
    let mut file = File::open(file)?;
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut found = 0;
    loop {
        let length = file.read(&mut buffer)?;
        if length == 0 {
            return Ok(found);
        }
        found += lines(buffer.get(..length).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    #![allow(clippy::disallowed_methods, reason = "the test's own files")]

    use super::*;

    /// Lines of all files count, half a line does not, and folders are left alone.
    #[test]
    fn whole_lines_of_all_files_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("1"), "a\nb\nc").unwrap();
        std::fs::write(folder.path().join("2"), "d\n").unwrap();
        std::fs::create_dir(folder.path().join("3")).unwrap();
        let place = Place::Lines(folder.path().to_owned());
        assert_eq!(place.arrived().unwrap(), Some(3));
        let place = Place::Lines(folder.path().join("1"));
        assert_eq!(place.arrived().unwrap(), Some(2));
        assert_eq!(Place::Nowhere.arrived().unwrap(), None);
    }
}
