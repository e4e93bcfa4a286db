//! Copying a log from the outside: [`copy_log`], for backups.
//!
//! The owner may go on meanwhile: it appends to the newest segment and takes away the oldest ones,
//! whose files it uses again. So of the newest segment the copy has the batches that are whole, up
//! to the first that is not; and where a segment loses its name before it is copied, the copy
//! starts over. What comes out is one piece of the log without a hole, which reaches at least to
//! where the log ended when the copy began, and which a start recovers as after a kill.
//!
//! Damage is not copied and not passed over: it is an error.

use std::io;
use std::path::{Path, PathBuf};

use seam_disk::{Access, Disk, Mode, create_dir_durable};
use thiserror::Error;

use crate::format::{DATA_START, SegmentHeader, find_record, index, parse_batch};
use crate::position::{LogId, Sequence};
use crate::segment::{FileName, segment_path};

/// How often a copy starts over because the owner took segments away.
const TRIES: usize = 50;
/// Bytes written at a time.
const STEP_BYTES: usize = 4 << 20;

/// What a copy holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopiedLog {
    /// The log's name; `None` if it has no segment yet.
    pub log_id: Option<LogId>,
    /// The newest frame in it.
    pub end: Sequence,
    /// Files in it.
    pub segments: usize,
    /// Bytes that they hold.
    pub bytes: u64,
}

/// Why a log could not be copied.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CopyError {
    /// The disk failed.
    #[error("cannot copy the log: {0}")]
    Io(#[from] io::Error),
    /// Acknowledged frames cannot be read.
    #[error(
        "cannot copy the log: {} is damaged at byte {offset}; start the server once, which says what is lost, and decide there", segment.display()
    )]
    Damaged {
        /// The file, relative to the data folder.
        segment: PathBuf,
        /// Where reading ends.
        offset: u64,
    },
    /// The owner took segments away faster than they could be copied.
    #[error(
        "cannot copy the log: its segments were reused {TRIES} times while they were copied; try again when less comes in"
    )]
    Outrun,
}

/// A copied segment, to go on from.
struct Piece {
    log_id: LogId,
    /// The sequence that must follow.
    next: u64,
    /// Where its batches end.
    bytes: u64,
}

/// What a segment's file says at one moment.
struct Read {
    header: SegmentHeader,
    file: Vec<u8>,
    /// Where its whole batches end, and the sequence that must follow.
    end: u64,
    next: u64,
}

/// Copies the log in the folder `dir` of one disk into the same folder of another, where there is
/// no log but an earlier copy, which it replaces. Durable on return.
///
/// # Errors
/// If it is damaged, outruns the copy, or a disk fails; what was copied by then is no log.
pub fn copy_log(from: &dyn Disk, to: &dyn Disk, dir: &Path) -> Result<CopiedLog, CopyError> {
    create_dir_durable(to, dir)?;
    to.make_private(dir)?;
    for _ in 0..TRIES {
        for ordinal in segments(to, dir)? {
            to.remove(&segment_path(dir, ordinal))?;
        }
        if let Some(copied) = try_copy(from, to, dir)? {
            to.sync_dir(dir)?;
            return Ok(copied);
        }
    }
    Err(CopyError::Outrun)
}

/// `None` if a segment was gone before it was copied.
fn try_copy(from: &dyn Disk, to: &dyn Disk, dir: &Path) -> Result<Option<CopiedLog>, CopyError> {
    let listed = segments(from, dir)?;
    let mut copied = CopiedLog { log_id: None, end: Sequence::ZERO, segments: 0, bytes: 0 };
    let mut before: Option<(PathBuf, Piece)> = None;
    for (place, ordinal) in listed.iter().enumerate() {
        let newest = place + 1 == listed.len();
        let path = segment_path(dir, *ordinal);
        let Some(read) = read(from, &path, newest)? else { return Ok(None) };
        if let Some((segment, piece)) = before
            && piece.next != read.header.first_sequence
        {
            return Err(CopyError::Damaged { segment, offset: piece.bytes });
        }
        let piece = write(to, &path, &read)?;
        copied.log_id = Some(piece.log_id);
        copied.end = Sequence::new(piece.next.saturating_sub(1));
        copied.segments += 1;
        copied.bytes += piece.bytes;
        before = Some((path, piece));
    }
    Ok(Some(copied))
}

/// The ordinals of the segments, oldest first.
fn segments(disk: &dyn Disk, dir: &Path) -> io::Result<Vec<u64>> {
    let names = disk.list(dir)?.into_iter();
    let mut found: Vec<u64> = names
        .filter_map(|entry| match FileName::parse(&entry.name.to_string_lossy()) {
            FileName::Segment(ordinal) => Some(ordinal),
            _ => None,
        })
        .collect();
    found.sort_unstable();
    Ok(found)
}

/// Reads a segment; `None` if it lost its name before all of it was read. A name is taken away
/// before anything in the file is touched, so whoever has it still had all of it.
fn read(disk: &dyn Disk, path: &Path, newest: bool) -> Result<Option<Read>, CopyError> {
    let Some(file) = bytes_of(disk, path)? else { return Ok(None) };
    let damaged = |offset| CopyError::Damaged { segment: path.to_path_buf(), offset };
    let header = SegmentHeader::decode(&file).map_err(|_| damaged(0))?;
    let (end, next) = whole(&file, &header);
    // Behind the last whole batch of an older segment may stand what a crash tore; that nothing is
    // missing is shown by the segment that follows.
    if newest && find_record(&file, header.seeds(), end).is_some() {
        let Some(now) = bytes_of(disk, path)? else { return Ok(None) };
        // It may be of a batch that was on its way while the file was read: that is whole by now.
        let was_on_its_way = parse_batch(&now, header.seeds(), end).is_some();
        if !was_on_its_way && whole_behind(&now, &header, end) {
            return Err(damaged(end));
        }
    }
    Ok(Some(Read { header, file, end, next }))
}

/// The bytes of a file that has its name before and after they were read.
fn bytes_of(disk: &dyn Disk, path: &Path) -> io::Result<Option<Vec<u8>>> {
    let there = |result: io::Result<_>| match result {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    };
    let Some(file) = there(disk.open(path, Access::Read))? else { return Ok(None) };
    let mut bytes = vec![0; index(file.len()?)];
    file.read_exact_at(&mut bytes, 0)?;
    // An ordinal is never used again, so the name cannot be another file's.
    Ok(there(disk.open(path, Access::Read))?.map(|_| bytes))
}

/// Where the batches that follow one another end, and the sequence that must follow.
fn whole(file: &[u8], header: &SegmentHeader) -> (u64, u64) {
    let (mut end, mut next) = (DATA_START, header.first_sequence);
    while let Some(batch) = parse_batch(file, header.seeds(), end) {
        if batch.first != next {
            break;
        }
        (end, next) = (batch.end, batch.next);
    }
    (end, next)
}

/// Whether a whole batch stands somewhere behind those that follow one another: it proves that
/// what lies between was acknowledged.
fn whole_behind(file: &[u8], header: &SegmentHeader, end: u64) -> bool {
    let mut from = end;
    while let Some((offset, record)) = find_record(file, header.seeds(), from) {
        if parse_batch(file, header.seeds(), offset).is_some() {
            return true;
        }
        from = offset + record.len();
    }
    false
}

fn write(to: &dyn Disk, path: &Path, read: &Read) -> io::Result<Piece> {
    let file = to.create(path, Mode::Private)?;
    let kept = read.file.get(..index(read.end)).unwrap_or(&read.file);
    for (step, bytes) in kept.chunks(STEP_BYTES).enumerate() {
        file.write_all_at(bytes, (step * STEP_BYTES) as u64)?;
    }
    // As long as it was: the owner of the copy goes on in it.
    file.set_len(read.file.len() as u64)?;
    file.sync_all()?;
    Ok(Piece { log_id: read.header.log_id, next: read.next, bytes: read.end })
}
