//! What a server keeps on disk of what it was sent.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Serialize;

/// `st_blocks` counts in these, whatever the file system.
const BLOCK_BYTES: u64 = 512;

/// Where a server keeps what it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) path: PathBuf,
}

/// Bytes on disk, and of how many events.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Stored {
    pub(crate) bytes: u64,
    pub(crate) events: u64,
}

impl Kept {
    /// The blocks that its files have, in bytes: a file that is preallocated counts as it is.
    pub(crate) fn bytes(&self) -> anyhow::Result<u64> {
        bytes_below(&self.path)
    }
}

impl Stored {
    pub(crate) fn bytes_per_event(self) -> f64 {
        self.bytes as f64 / self.events as f64
    }
}

fn bytes_below(path: &Path) -> anyhow::Result<u64> {
    let told = || format!("cannot see how large {} is", path.display());
    let metadata = match std::fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        // A server may remove a file while the folder is walked.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error).with_context(told),
    };
    if !metadata.is_dir() {
        return Ok(metadata.blocks() * BLOCK_BYTES);
    }
    let mut bytes = 0;
    for entry in std::fs::read_dir(path).with_context(told)? {
        bytes += bytes_below(&entry.with_context(told)?.path())?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    #![allow(clippy::disallowed_methods, reason = "the test's own files")]

    use super::*;

    /// Files are counted at every depth, and what is gone counts nothing.
    #[test]
    fn every_file_below_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("deep")).unwrap();
        for name in ["one", "deep/two"] {
            std::fs::write(folder.path().join(name), vec![7; 100_000]).unwrap();
        }
        let kept = Kept { path: folder.path().to_owned() };
        let bytes = kept.bytes().unwrap();
        assert!((200_000..400_000).contains(&bytes), "{bytes}");
        assert_eq!(Kept { path: folder.path().join("gone") }.bytes().unwrap(), 0);
    }
}
