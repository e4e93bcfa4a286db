//! What opening a log found: [`RecoveryReport`], [`OpenError`].

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

use thiserror::Error;

use crate::position::Sequence;

/// What recovery found and did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecoveryReport {
    /// Frames that can be read.
    pub recovered_frames: u64,
    /// Bytes of meta and payload of those frames.
    pub recovered_bytes: u64,
    /// Bytes of a last batch that a crash interrupted. It was never
    /// acknowledged; a copy is in the quarantine.
    pub torn_tail_bytes: u64,
    /// Damage to what may have been acknowledged.
    pub damaged: Vec<DamagedRange>,
    /// Losses that an operator accepted at an earlier start and that the log
    /// still retains: first and last sequence.
    pub accepted_losses: Vec<(Sequence, Sequence)>,
    /// Evidence that was copied aside.
    pub quarantined: Vec<PathBuf>,
}

/// A part of the log that cannot be read although it was acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedRange {
    /// The segment file, relative to the disk.
    pub segment: PathBuf,
    /// The bytes of it that cannot be read.
    pub offsets: Range<u64>,
    /// The first lost frame; may be too low if nothing older is retained.
    pub lost_from: Sequence,
    /// The last lost frame.
    pub lost_to: Sequence,
}

impl fmt::Display for DamagedRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} bytes {}..{}: frames {} to {}",
            self.segment.display(),
            self.offsets.start,
            self.offsets.end,
            self.lost_from,
            self.lost_to
        )
    }
}

impl RecoveryReport {
    fn damage(&self) -> String {
        let ranges: Vec<_> = self.damaged.iter().map(ToString::to_string).collect();
        ranges.join("; ")
    }
}

/// Why a log could not be opened. Nothing of it was changed, except that
/// evidence was copied aside.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another process, or another part of this one, has the log open.
    #[error("the log in {} is in use by another process; stop it first", dir.display())]
    InUse {
        /// The log's folder.
        dir: PathBuf,
    },
    /// The log was written by a newer version.
    #[error(
        "{} has format version {found}, this program reads up to {known}; use a newer program", segment.display()
    )]
    NewerFormat {
        /// The segment file.
        segment: PathBuf,
        /// Its format version.
        found: u32,
        /// The newest version this program knows.
        known: u32,
    },
    /// Segments of two logs lie in one folder.
    #[error("{} belongs to another log than the rest of its folder; move it away", segment.display())]
    ForeignSegment {
        /// The segment file that does not belong.
        segment: PathBuf,
    },
    /// Acknowledged frames cannot be read. The evidence is in the quarantine.
    #[error(
        "the log is damaged ({}); copies are in the quarantine; accept the loss to start without these frames",
        report.damage()
    )]
    Damaged {
        /// What was found.
        report: Box<RecoveryReport>,
    },
    /// Options that cannot work.
    #[error("the log's options cannot work: {fault}")]
    Options {
        /// What is wrong.
        fault: String,
    },
    /// No random numbers for ids and salts.
    #[error("cannot draw random numbers for the log: {0}")]
    Random(getrandom::Error),
    /// The disk failed.
    #[error("cannot open the log: {0}")]
    Io(#[from] io::Error),
}
