//! Writes one batch after the other, and knows nothing of threads.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use seam_disk::{Disk, is_out_of_space};

use crate::format::{DATA_START, FOOTER_BYTES, SegmentHeader, batch_len, encode_batch};
use crate::frame::Frame;
use crate::options::SharedClock;
use crate::position::LogId;
use crate::segment::{Index, Segment, SegmentParts, segment_path};
use crate::stock::FreeFile;
use crate::supply::{Supply, Trouble};

/// A buffer larger than this is given back after its batch.
const KEEP_BUFFER_BYTES: usize = 16 * 1024 * 1024;

/// Where the log goes on after recovery.
pub(crate) struct Position {
    /// The sequence of the next frame.
    pub(crate) next: u64,
    /// Receive time of the newest frame, or of whatever came before.
    pub(crate) received_at: i64,
    /// The ordinal of the next segment.
    pub(crate) next_ordinal: u64,
    /// The segment to go on with, and where in it.
    pub(crate) active: Option<(Arc<Segment>, u64)>,
}

/// The one writer of a log.
pub(crate) struct Writer {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) dir: PathBuf,
    pub(crate) log_id: LogId,
    pub(crate) fence: u64,
    pub(crate) clock: SharedClock,
    pub(crate) position: Position,
    pub(crate) buffer: Vec<u8>,
}

/// A batch that is on stable storage.
pub(crate) struct Written {
    pub(crate) segment: Arc<Segment>,
    /// Whether the segment is new.
    pub(crate) rotated: bool,
    /// Where its durable batches end now.
    pub(crate) durable_end: u64,
    /// The sequence of the first frame.
    pub(crate) first: u64,
    /// The receive time of each frame.
    pub(crate) received_at: Vec<i64>,
}

impl Writer {
    /// Bytes of records that the active segment has room for.
    pub(crate) fn room_bytes(&self) -> u64 {
        let room = self
            .position
            .active
            .as_ref()
            .map_or(0, |(segment, end)| segment.file_bytes.saturating_sub(*end));
        room.saturating_sub(FOOTER_BYTES)
    }

    /// Bytes of records that a fresh segment has room for.
    pub(crate) fn fresh_bytes(segment_bytes: u64) -> u64 {
        segment_bytes.saturating_sub(DATA_START + FOOTER_BYTES)
    }

    /// Makes a batch durable: one write, one sync; in a new segment also a
    /// rename and a sync of the folder. After [`Trouble::Full`] the log is as
    /// before; after [`Trouble::Fatal`] nothing may be written any more.
    /// Without frames it is a seal, which says that all before is durable.
    pub(crate) fn write(&mut self, frames: &[&Frame], supply: &Supply) -> Result<Written, Trouble> {
        let received_at = self.receive_times(frames.len());
        let records = frames.iter().map(|frame| frame.record_len()).sum();
        let bytes = batch_len(records);
        let active = self.position.active.clone();
        let fits = active.filter(|(segment, end)| segment.file_bytes - end >= bytes);
        let rotated = fits.is_none();
        let (segment, durable_end) = match fits {
            Some((segment, end)) => {
                self.buffer.clear();
                self.encode(&segment, end, frames, &received_at);
                segment.file.write_all_at(&self.buffer, end)?;
                segment.file.sync_data()?;
                segment.note_batch(self.position.next, end);
                (segment, end + bytes)
            }
            None => self.write_to_new_segment(frames, &received_at, bytes, supply)?,
        };
        let first = self.position.next;
        self.position.next += frames.len() as u64;
        if let Some(last) = received_at.last() {
            self.position.received_at = *last;
        }
        self.position.active = Some((Arc::clone(&segment), durable_end));
        if self.buffer.capacity() > KEEP_BUFFER_BYTES {
            self.buffer = Vec::new();
        }
        Ok(Written { segment, rotated, durable_end, first, received_at })
    }

    /// Goes on in a new segment that holds a seal alone, so that the one before
    /// can be let go of. After [`Trouble::Full`] the log is as before.
    pub(crate) fn move_on(&mut self, supply: &Supply) -> Result<Written, Trouble> {
        let active = self.position.active.take();
        let written = self.write(&[], supply);
        if written.is_err() {
            self.position.active = active;
        }
        written
    }

    /// Header and first batch are durable before the file gets the name of a
    /// segment, and the name before the batch is acknowledged.
    fn write_to_new_segment(
        &mut self,
        frames: &[&Frame],
        received_at: &[i64],
        batch_bytes: u64,
        supply: &Supply,
    ) -> Result<(Arc<Segment>, u64), Trouble> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(io::Error::other)?;
        let header = SegmentHeader {
            log_id: self.log_id,
            ordinal: self.position.next_ordinal,
            first_sequence: self.position.next,
            received_floor: self.position.received_at,
            salt,
            fence: self.fence,
        };
        let free = supply.take(DATA_START + batch_bytes)?;
        self.buffer.clear();
        header.encode(&mut self.buffer);
        let path = segment_path(&self.dir, header.ordinal);
        let FreeFile { path: free_path, file, file_bytes, .. } = free;
        let durable_end = DATA_START + batch_bytes;
        let segment = Arc::new(Segment::from(SegmentParts {
            ordinal: header.ordinal,
            path,
            file,
            seeds: header.seeds(),
            first_sequence: header.first_sequence,
            file_bytes,
            durable_end,
            index: Index::default(),
        }));
        self.encode(&segment, DATA_START, frames, received_at);
        let file = &segment.file;
        let written = file.write_all_at(&self.buffer, 0);
        match written.and_then(|()| file.sync_data()) {
            Ok(()) => {}
            Err(error) if is_out_of_space(&error) => {
                return Err(supply.discard(&free_path));
            }
            Err(error) => return Err(Trouble::Fatal(error)),
        }
        self.disk.rename(&free_path, &segment.path)?;
        self.disk.sync_dir(&self.dir)?;
        segment.note_batch(header.first_sequence, DATA_START);
        self.position.next_ordinal += 1;
        Ok((segment, durable_end))
    }

    fn encode(&mut self, segment: &Segment, offset: u64, frames: &[&Frame], received_at: &[i64]) {
        let last = received_at.last().copied();
        encode_batch(
            &mut self.buffer,
            segment.seeds,
            offset,
            frames.iter().copied().zip(received_at.iter().copied()),
            self.position.next,
            (last.unwrap_or(self.position.received_at), self.fence),
        );
    }

    /// Strictly increasing, whatever the clock says.
    fn receive_times(&self, count: usize) -> Vec<i64> {
        let mut last = self.position.received_at;
        (0..count)
            .map(|_| {
                last = (self.clock)().max(last.saturating_add(1));
                last
            })
            .collect()
    }
}
