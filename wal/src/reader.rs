//! Reads durable frames in order.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

use crate::cursor::Cursor;
use crate::frame::StoredFrame;
use crate::position::Sequence;
use crate::shared::{Durable, Shared};

/// Frames taken from memory at a time.
const TAKE_FRAMES: usize = 64;

/// Why a frame could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The frame was released; it may be gone.
    #[error("frame {wanted} was released; the log starts at frame {start}")]
    Released {
        /// The frame asked for.
        wanted: Sequence,
        /// The oldest retained frame.
        start: Sequence,
    },
    /// The frame's bytes changed since the log was opened.
    #[error(
        "frame {wanted} cannot be read: {} is damaged at byte {offset}; restart to have it examined", segment.display()
    )]
    Damaged {
        /// The frame asked for.
        wanted: Sequence,
        /// The segment file.
        segment: PathBuf,
        /// Where in it.
        offset: u64,
    },
    /// The disk failed.
    #[error("cannot read the log: {0}")]
    Io(#[from] io::Error),
}

/// A position in a log that moves forward. It keeps no segment from being
/// reused or zeroed: one that stands in frames that were released is told so.
pub struct Reader {
    shared: Arc<Shared>,
    next: u64,
    ready: VecDeque<StoredFrame>,
    cursor: Option<Cursor>,
}

impl Reader {
    pub(crate) fn new(shared: Arc<Shared>, from: Sequence) -> Self {
        Self { shared, next: from.get().max(1), ready: VecDeque::new(), cursor: None }
    }

    /// The sequence that the next frame will have, unless it was lost.
    pub fn position(&self) -> Sequence {
        let ready = self.ready.front();
        ready.map_or(Sequence::new(self.next), |frame| frame.sequence)
    }

    /// Goes on reading at `to`, forward or back.
    pub fn seek(&mut self, to: Sequence) {
        *self = Self::new(Arc::clone(&self.shared), to);
    }

    /// The next durable frame; `None` when there is none yet: call again
    /// later. Sequences that were lost to damage are passed over.
    #[expect(clippy::should_implement_trait, reason = "not an iterator: it goes on after `None`")]
    pub fn next(&mut self) -> Result<Option<StoredFrame>, ReadError> {
        if self.ready.is_empty() {
            self.take_from_memory()?;
        }
        if let Some(frame) = self.ready.pop_front() {
            return Ok(Some(frame));
        }
        let end = self.shared.durable().end;
        if self.next > end {
            return Ok(None);
        }
        self.read_from_disk(end)
    }

    fn refuse_released(&self, durable: &Durable) -> Result<(), ReadError> {
        let start = durable.segments.front().map_or(1, |first| first.first_sequence);
        if self.next < start {
            let (wanted, start) = (Sequence::new(self.next), Sequence::new(start));
            return Err(ReadError::Released { wanted, start });
        }
        Ok(())
    }

    fn take_from_memory(&mut self) -> Result<(), ReadError> {
        let durable = self.shared.durable();
        self.refuse_released(&durable)?;
        let frames = durable.ring.from(self.next, TAKE_FRAMES);
        self.ready.extend(frames.cloned());
        drop(durable);
        if let Some(last) = self.ready.back() {
            self.next = last.sequence.get() + 1;
            self.cursor = None;
        }
        Ok(())
    }

    /// The next frame up to `end`. Its segment may be released meanwhile, and
    /// its bytes reused or zeroed: checksums tell, and that is no damage.
    pub(crate) fn read_from_disk(&mut self, end: u64) -> Result<Option<StoredFrame>, ReadError> {
        let read = self.read_segments(end);
        if matches!(read, Err(ReadError::Damaged { .. })) {
            self.refuse_released(&self.shared.durable())?;
        }
        read
    }

    fn read_segments(&mut self, end: u64) -> Result<Option<StoredFrame>, ReadError> {
        loop {
            let Some(mut cursor) = self.cursor.take().or_else(|| self.locate()) else {
                return Ok(None);
            };
            match cursor.next(self.next)? {
                Some(frame) if frame.sequence.get() > end => return Ok(None),
                Some(frame) => {
                    self.next = frame.sequence.get() + 1;
                    self.cursor = Some(cursor);
                    return Ok(Some(frame));
                }
                None => self.cursor = self.after(cursor.ordinal()),
            }
            if self.cursor.is_none() {
                return Ok(None);
            }
        }
    }

    /// The segment that holds the next frame.
    fn locate(&self) -> Option<Cursor> {
        let durable = self.shared.durable();
        let segments = &durable.segments;
        let behind = segments.partition_point(|segment| segment.first_sequence <= self.next);
        let segment = segments.get(behind.checked_sub(1)?)?;
        Some(Cursor::new(Arc::clone(segment), self.next))
    }

    fn after(&self, ordinal: u64) -> Option<Cursor> {
        let durable = self.shared.durable();
        let mut segments = durable.segments.iter();
        let segment = segments.find(|segment| segment.ordinal > ordinal)?;
        Some(Cursor::new(Arc::clone(segment), self.next))
    }
}
