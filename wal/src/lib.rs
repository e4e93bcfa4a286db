//! The log: frames that survive.
//!
//! A *frame* is some bytes and some bytes about them. The log takes frames
//! from many threads, puts them in order, writes them in batches, and answers
//! each with a [`Receipt`] when it is on stable storage. A reader gets them
//! back in that order, at once or after any crash.
//!
//! # Guarantees
//!
//! 1. A [`Receipt`] exists only for a frame that a completed sync covers.
//! 2. A frame with a receipt is read back bit by bit, after a kill or a power
//!    cut at any moment, until it is released.
//! 3. Sequences are 1, 2, 3 and so on; receive times strictly increase. Both
//!    hold across restarts.
//! 4. A frame without a receipt is read back whole or not at all; frames of
//!    one batch all or none.
//! 5. What was never acknowledged (a torn tail) is told from damage to what
//!    was. Damage stops the start; when an operator accepts it, the loss is
//!    written into the log, by sequence, and the rest is read. The bytes are
//!    copied aside first, in both cases.
//! 6. After the first failed write or sync nothing is acknowledged any more,
//!    and the owner is told. A full disk or budget is no failure: frames are
//!    refused and the log stays as it is.
//! 7. One owner at a time.
//! 8. The bytes of released frames do not stay for ever: a free file that is
//!    not reused within an hour is overwritten with zeros, a file that is
//!    removed is overwritten before, and closing overwrites all that is left.
//!    Only files without a retained frame get there: a segment loses its name,
//!    durably, before its frames are touched.
//!
//! One thing no log can tell: if the very last batch before a power cut was
//! acknowledged and later decays on the disk, it looks like a torn one. A
//! closed log ends with a seal, and every opening writes one, so this holds
//! for the last batch of an unclean stop alone.
//!
//! # What it is not
//!
//! It does not look into frames, compress, index or expire them; it runs no
//! async runtime and asks no clock but the one it is given.
//!
//! # Where to start
//!
//! [`SegmentLog::open`], then [`Log::append`] and [`SegmentLog::read`].
//! Inside: `format.rs` has the bytes, `writer.rs` writes a batch,
//! `committer.rs` is the thread that calls it, `recovery.rs` opens what a
//! crash left.

mod append;
mod committer;
mod copy;
mod cursor;
mod failure;
mod format;
mod frame;
mod housekeeper;
mod life;
mod log;
mod options;
mod position;
mod queue;
mod reader;
mod recovery;
mod report;
mod ring;
mod segment;
mod shared;
mod stock;
mod supply;
mod sweep;
mod writer;
mod zeros;

pub use append::{Append, AppendError, Receipt};
pub use copy::{CopiedLog, CopyError, copy_log};
pub use frame::{Frame, StoredFrame};
pub use log::{SegmentLog, Usage};
pub use options::{Clock, Housekeeping, OnFailure, Options};
pub use position::{LogId, ReceivedAt, Sequence};
pub use reader::{ReadError, Reader};
pub use report::{DamagedRange, OpenError, RecoveryReport};

/// Where frames are made durable: this machine's disk now, Kafka perhaps
/// later.
pub trait Log: Send + Sync {
    /// Hands a frame over. The answer comes when it is durable or refused.
    fn append(&self, frame: Frame) -> Append;

    /// The name of the log that answers.
    fn log_id(&self) -> LogId;
}

#[cfg(test)]
mod tests;
