//! One segment file in use, and the names of files in the log's folder.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use seam_disk::DiskFile;

use crate::format::{DATA_START, Seeds};

/// Between two entries of a segment's index; a reader skips at most this.
const INDEX_STEP_BYTES: u64 = 64 * 1024;

/// A segment that holds a part of the log.
pub(crate) struct Segment {
    pub(crate) ordinal: u64,
    pub(crate) path: PathBuf,
    pub(crate) file: Box<dyn DiskFile>,
    pub(crate) seeds: Seeds,
    /// No frame in it has a lower sequence.
    pub(crate) first_sequence: u64,
    pub(crate) file_bytes: u64,
    durable_end: AtomicU64,
    index: Mutex<Index>,
}

impl Segment {
    /// Where the durable batches end.
    pub(crate) fn durable_end(&self) -> u64 {
        self.durable_end.load(Ordering::Acquire)
    }

    /// Makes the batches up to `end` visible to readers.
    pub(crate) fn set_durable_end(&self, end: u64) {
        self.durable_end.store(end, Ordering::Release);
    }

    /// Notes that a batch with this first sequence starts at `offset`.
    pub(crate) fn note_batch(&self, first: u64, offset: u64) {
        self.index().note(first, offset);
    }

    /// The start of a batch at or before the frame, as near as is known.
    pub(crate) fn seek(&self, sequence: u64) -> u64 {
        self.index().seek(sequence)
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a [`Segment`] is made of.
pub(crate) struct SegmentParts {
    pub(crate) ordinal: u64,
    pub(crate) path: PathBuf,
    pub(crate) file: Box<dyn DiskFile>,
    pub(crate) seeds: Seeds,
    pub(crate) first_sequence: u64,
    pub(crate) file_bytes: u64,
    pub(crate) durable_end: u64,
    pub(crate) index: Index,
}

impl From<SegmentParts> for Segment {
    fn from(parts: SegmentParts) -> Self {
        Self {
            ordinal: parts.ordinal,
            path: parts.path,
            file: parts.file,
            seeds: parts.seeds,
            first_sequence: parts.first_sequence,
            file_bytes: parts.file_bytes,
            durable_end: AtomicU64::new(parts.durable_end),
            index: Mutex::new(parts.index),
        }
    }
}

/// Some batches of a segment, by first sequence and offset.
#[derive(Debug, Default)]
pub(crate) struct Index {
    entries: Vec<(u64, u64)>,
}

impl Index {
    pub(crate) fn note(&mut self, first: u64, offset: u64) {
        let due = match self.entries.last() {
            Some((_, last)) => offset >= last + INDEX_STEP_BYTES,
            None => true,
        };
        if due {
            self.entries.push((first, offset));
        }
    }

    fn seek(&self, sequence: u64) -> u64 {
        let behind = self.entries.partition_point(|(first, _)| *first <= sequence);
        let before = behind.checked_sub(1).and_then(|at| self.entries.get(at));
        before.map_or(DATA_START, |(_, offset)| *offset)
    }
}

/// What a name in the log's folder stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileName {
    /// A part of the log, by ordinal.
    Segment(u64),
    /// A file that waits for use, by number.
    Free(u64),
    /// The lock file.
    Lock,
    /// Something half done when a crash came: see `seam_disk::write_durable`.
    Temporary,
    /// Nothing of ours.
    Unknown,
}

impl FileName {
    pub(crate) fn parse(name: &str) -> Self {
        let number = |digits: &str| u64::from_str_radix(digits, 16).ok();
        if name == LOCK_NAME {
            Self::Lock
        } else if let Some(ordinal) = name.strip_prefix("segment-").and_then(number) {
            Self::Segment(ordinal)
        } else if let Some(free) = name.strip_prefix("free-").and_then(number) {
            Self::Free(free)
        } else if name.starts_with('.') && Path::new(name).extension().is_some_and(|it| it == "tmp")
        {
            Self::Temporary
        } else {
            Self::Unknown
        }
    }
}

pub(crate) const LOCK_NAME: &str = "lock";

pub(crate) fn segment_path(dir: &Path, ordinal: u64) -> PathBuf {
    dir.join(format!("segment-{ordinal:016x}"))
}

pub(crate) fn free_path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("free-{number:016x}"))
}
