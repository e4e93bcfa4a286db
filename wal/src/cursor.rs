//! A place in one segment: reads record by record from the disk.

use std::io;
use std::sync::Arc;

use bytes::Bytes;

use crate::format::{Kind, RECORD_HEAD_BYTES, Record, index, loss_span_bytes};
use crate::frame::StoredFrame;
use crate::position::{ReceivedAt, Sequence};
use crate::reader::ReadError;
use crate::segment::Segment;

/// Bytes read at a time, unless a frame is larger.
const WINDOW_BYTES: u64 = 256 * 1024;

/// A place in one segment, with a piece of the file in memory. Never looks
/// beyond what is durable, so what it has in memory does not change.
pub(crate) struct Cursor {
    segment: Arc<Segment>,
    offset: u64,
    window: Vec<u8>,
    window_start: u64,
}

impl Cursor {
    /// Stands at or before the frame `sequence`.
    pub(crate) fn new(segment: Arc<Segment>, sequence: u64) -> Self {
        Self { offset: segment.seek(sequence), segment, window: Vec::new(), window_start: 0 }
    }

    pub(crate) fn ordinal(&self) -> u64 {
        self.segment.ordinal
    }

    /// The next frame that is not before `wanted`; `None` at the end of what
    /// is durable in this segment.
    pub(crate) fn next(&mut self, wanted: u64) -> Result<Option<StoredFrame>, ReadError> {
        while self.offset < self.segment.durable_end() {
            self.load_record()?;
            let (record, body) = self.record().ok_or_else(|| ReadError::Damaged {
                wanted: Sequence::new(wanted),
                segment: self.segment.path.clone(),
                offset: self.offset,
            })?;
            let frame = (record.kind == Kind::Frame && record.sequence >= wanted)
                .then(|| stored(&record, body));
            self.offset += match record.kind {
                Kind::Frame | Kind::Footer => record.len(),
                Kind::Loss => loss_span_bytes(body).max(record.len()),
            };
            if frame.is_some() {
                return Ok(frame);
            }
        }
        Ok(None)
    }

    /// The record at this place, if it is loaded and whole.
    fn record(&self) -> Option<(Record, &[u8])> {
        let record = self.head()?;
        let body = record.body(self.loaded(), self.segment.seeds, self.offset)?;
        Some((record, body))
    }

    fn head(&self) -> Option<Record> {
        Record::decode(self.loaded(), self.segment.seeds, self.offset)
    }

    fn load_record(&mut self) -> io::Result<()> {
        self.load(RECORD_HEAD_BYTES as u64)?;
        match self.head() {
            Some(record) => self.load(record.len()),
            None => Ok(()),
        }
    }

    /// Has the next `len` bytes in memory, as far as they are durable.
    fn load(&mut self, len: u64) -> io::Result<()> {
        let durable_end = self.segment.durable_end();
        let end = (self.offset + len).min(durable_end);
        let loaded_to = self.window_start + self.window.len() as u64;
        if self.offset >= self.window_start && end <= loaded_to {
            return Ok(());
        }
        let wanted = len.max(WINDOW_BYTES).min(durable_end - self.offset);
        self.window.resize(index(wanted), 0);
        self.window_start = self.offset;
        self.segment.file.read_exact_at(&mut self.window, self.offset)
    }

    fn loaded(&self) -> &[u8] {
        let from = index(self.offset - self.window_start);
        self.window.get(from..).unwrap_or_default()
    }
}

fn stored(record: &Record, body: &[u8]) -> StoredFrame {
    let body = Bytes::copy_from_slice(body);
    let meta_bytes = record.meta_bytes as usize;
    StoredFrame {
        sequence: Sequence::new(record.sequence),
        received_at: ReceivedAt::from_micros(record.received_at),
        meta: body.slice(..meta_bytes),
        payload: body.slice(meta_bytes..),
    }
}
