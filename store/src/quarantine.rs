//! Frames that nobody could read, kept for somebody who can.
//!
//! One file per frame under `quarantine/`, readable by its owner alone: a first line of JSON
//! (why, when, what), then the bytes as they were. The oldest are never deleted to make room,
//! as the first of a kind tell the most; what comes when it is full is counted and left out.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use seam_disk::{Disk, Mode, write_durable};
use seam_schema::ids::{ReceivedAt, RequestDigest};
use serde_json::json;
use thiserror::Error;

const DIR: &str = "quarantine";
/// The longest reason that is kept.
const REASON_MAX_CHARS: usize = 1024;

/// How much the quarantine holds at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuarantineLimits {
    /// Bytes of all files.
    pub bytes: u64,
    /// Files.
    pub files: u64,
}

impl Default for QuarantineLimits {
    fn default() -> Self {
        Self { bytes: 1 << 30, files: 10_000 }
    }
}

/// What became of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// It is in this file, relative to the data folder.
    Stored(PathBuf),
    /// The quarantine is full; so many were left out since the start.
    Dropped {
        /// Frames left out since the start, this one included.
        total: u64,
    },
}

/// Why a frame could not be put into quarantine.
#[derive(Debug, Error)]
#[error("cannot {doing} {}: {source}", path.display())]
pub struct QuarantineError {
    doing: &'static str,
    path: PathBuf,
    source: io::Error,
}

/// The quarantine of a data folder.
pub struct Quarantine {
    disk: Arc<dyn Disk>,
    limits: QuarantineLimits,
    used: Mutex<Used>,
}

#[derive(Default)]
struct Used {
    bytes: u64,
    files: u64,
    dropped: u64,
}

impl Quarantine {
    /// Opens the quarantine of the data folder behind `disk` and counts what is in it.
    pub fn open(disk: Arc<dyn Disk>, limits: QuarantineLimits) -> Result<Self, QuarantineError> {
        let dir = Path::new(DIR);
        let entries = disk.list(dir).map_err(|source| failed("list", dir, source))?;
        let files = entries.iter().filter(|entry| !entry.is_dir);
        let mut used = Used::default();
        for entry in files {
            used.bytes += entry.len;
            used.files += 1;
        }
        Ok(Self { disk, limits, used: Mutex::new(used) })
    }

    /// Keeps a frame. A frame that is here already, from before a restart, is not kept twice.
    /// Blocks until it is durable.
    pub fn put(
        &self,
        received_at: ReceivedAt,
        digest: &RequestDigest,
        reason: &str,
        bytes: &[u8],
    ) -> Result<Kept, QuarantineError> {
        let path = Path::new(DIR).join(format!("{:019}-{digest}.frame", received_at.0));
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        match self.disk.open(&path, seam_disk::Access::Read) {
            Ok(_) => return Ok(Kept::Stored(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(failed("open", &path, source)),
        }
        let reason: String = reason.chars().take(REASON_MAX_CHARS).collect();
        let head = json!({
            "reason": reason,
            "received_at_us": received_at.0,
            "digest": digest.to_string(),
            "bytes": bytes.len(),
        });
        let content = [head.to_string().as_bytes(), b"\n", bytes].concat();
        let len = content.len() as u64;
        if used.files >= self.limits.files || used.bytes.saturating_add(len) > self.limits.bytes {
            used.dropped += 1;
            return Ok(Kept::Dropped { total: used.dropped });
        }
        write_durable(self.disk.as_ref(), &path, &content, Mode::Private)
            .map_err(|source| failed("write", &path, source))?;
        used.files += 1;
        used.bytes += len;
        Ok(Kept::Stored(path))
    }

    /// How many files it holds.
    pub fn files(&self) -> u64 {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).files
    }
}

fn failed(doing: &'static str, path: &Path, source: io::Error) -> QuarantineError {
    QuarantineError { doing, path: path.to_path_buf(), source }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use seam_disk::read_to_vec;

    use super::*;
    use crate::DataFolder;

    const DIGEST: RequestDigest = RequestDigest::from_bytes([7; 12]);

    fn open(root: &Path, files: u64) -> (Arc<dyn Disk>, Quarantine) {
        let (_, disk) = DataFolder::open(root).unwrap();
        let limits = QuarantineLimits { files, bytes: 1 << 20 };
        (Arc::clone(&disk), Quarantine::open(disk, limits).unwrap())
    }

    /// The bytes are kept as they were, after one line that says why.
    #[test]
    fn a_frame_is_kept_with_its_reason() {
        let home = tempfile::tempdir().unwrap();
        let (disk, quarantine) = open(home.path(), 9);
        let kept = quarantine.put(ReceivedAt(5), &DIGEST, "no\nway", b"\0bad").unwrap();
        let Kept::Stored(path) = kept else { unreachable!() };
        let content = read_to_vec(disk.as_ref(), &path, 1 << 20).unwrap();
        let end = content.iter().position(|byte| *byte == b'\n').unwrap();
        let head: serde_json::Value = serde_json::from_slice(&content[..end]).unwrap();
        assert_eq!(head["reason"], "no\nway");
        assert_eq!(&content[end + 1..], b"\0bad");
    }

    /// When it is full, what is there stays, and what comes is counted; a restart counts what
    /// is there, and a frame that is there already is no new one.
    #[test]
    fn a_full_quarantine_keeps_the_oldest() {
        let home = tempfile::tempdir().unwrap();
        let (_, quarantine) = open(home.path(), 1);
        let first = quarantine.put(ReceivedAt(1), &DIGEST, "", b"x").unwrap();
        let full = Kept::Dropped { total: 1 };
        assert_eq!(quarantine.put(ReceivedAt(2), &DIGEST, "", b"x").unwrap(), full);
        let (_, quarantine) = open(home.path(), 1);
        assert_eq!(quarantine.files(), 1);
        assert_eq!(quarantine.put(ReceivedAt(1), &DIGEST, "", b"x").unwrap(), first);
        assert_eq!(quarantine.put(ReceivedAt(2), &DIGEST, "", b"x").unwrap(), full);
    }
}
