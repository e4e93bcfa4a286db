//! The bytes on the disk, version 1. All numbers are little-endian.
//!
//! A segment file is a header and then batches, one after the other:
//!
//! ```text
//! segment-<ordinal, 16 hex digits>
//!    0 ..  512   header
//!  512 .. 1024   the same header again, in another sector
//! 1024 ..        batches; behind the last one zeros or leftovers
//! ```
//!
//! A file named `segment-…` has had its header and its first batch synced
//! before it got that name, so a segment without them is damaged. Files named
//! `free-…` hold nothing.
//!
//! Header ([`SegmentHeader`]):
//!
//! | bytes | field |
//! |---|---|
//! | 0..8 | magic `SEAMWAL\0` |
//! | 8..12 | format version |
//! | 12..16 | 0 |
//! | 16..32 | log id |
//! | 32..40 | ordinal: one higher in every new segment |
//! | 40..48 | first sequence that this segment may hold |
//! | 48..56 | receive time before the first frame, µs |
//! | 56..72 | salt: random for each life of the file |
//! | 72..80 | fence: one higher at every opening of the log |
//! | 80..84 | CRC32C of bytes 0..80 |
//! | 84..512 | 0 |
//!
//! A batch is what one write wrote and one sync made durable: frames and a
//! footer, or a footer alone (a *seal*), or a *loss*. All of them are records
//! ([`Record`]), each starting at a multiple of 8:
//!
//! | bytes | field |
//! |---|---|
//! | 0..4 | mark `F0 5E A3 1D` |
//! | 4 | kind: 1 frame, 2 footer, 3 loss |
//! | 5 | flags: 0 |
//! | 6..8 | 0 |
//! | 8..16 | sequence; in a footer and a loss that of the last frame covered |
//! | 16..24 | receive time, µs |
//! | 24..32 | first sequence of the batch: everything before it was durable before this batch was written |
//! | 32..36 | length of meta |
//! | 36..40 | length of payload |
//! | 40..44 | CRC32C of salt (second half), offset in the file, meta, payload |
//! | 44..48 | CRC32C of salt (first half), offset in the file, bytes 0..44 |
//! | 48.. | meta, payload, zeros up to a multiple of 8 |
//!
//! Salt and offset in the checksums mean that neither leftovers of a former
//! life nor copies inside a payload ever pass for a record. Payloads of the
//! other kinds:
//!
//! | kind | payload |
//! |---|---|
//! | footer | count of frames (4), CRC32C of the frames' body checksums in order (4), fence (8) |
//! | loss | bytes from here to where reading goes on (8), fence (8) |
//!
//! The first sequence of the batch, in every record, lets recovery tell a torn
//! last batch from damage: a record that is whole proves that all before its
//! batch was acknowledged.

mod batch;
mod header;
mod record;

pub(crate) use batch::{
    Batch, Content, batch_len, encode_batch, encode_loss, loss_span_bytes, parse_batch,
};
pub(crate) use header::{HeaderFault, SegmentHeader};
pub(crate) use record::{
    FOOTER_BYTES, Kind, RECORD_HEAD_BYTES, Record, find_record, guess_first, guess_last,
};

/// The newest format version that this program reads, and the one it writes.
pub(crate) const VERSION: u32 = 1;

/// Where the batches of a segment start.
pub(crate) const DATA_START: u64 = 1024;

/// The smallest segment that is of any use.
pub(crate) const MIN_SEGMENT_BYTES: u64 = 2048;

/// Keys the checksums of one segment in one life of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seeds {
    head: u32,
    body: u32,
}

impl Seeds {
    pub(crate) fn new(salt: &[u8; 16]) -> Self {
        let (head, body) = salt.split_at(8);
        Self { head: crc32c::crc32c(head), body: crc32c::crc32c(body) }
    }

    fn head_at(self, offset: u64) -> u32 {
        crc32c::crc32c_append(self.head, &offset.to_le_bytes())
    }

    fn body_at(self, offset: u64) -> u32 {
        crc32c::crc32c_append(self.body, &offset.to_le_bytes())
    }
}

/// The number in `bytes[at..]`; 0 where the bytes end too early.
fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |chunk| u32::from_le_bytes(*chunk))
}

/// The number in `bytes[at..]`; 0 where the bytes end too early.
fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |chunk| u64::from_le_bytes(*chunk))
}

/// A file offset as an index into bytes in memory. Saturates where memory is
/// smaller than files, which no such index reaches.
pub(crate) fn index(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}
