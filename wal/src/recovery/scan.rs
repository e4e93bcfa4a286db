//! Walks the batches of one segment.

use crate::format::{
    Batch, Content, DATA_START, FOOTER_BYTES, RECORD_HEAD_BYTES, Seeds, SegmentHeader, find_record,
    index, parse_batch,
};
use crate::segment::Index;

/// What one segment holds.
pub(super) struct Scan {
    /// Where the batches end.
    pub(super) end: u64,
    /// The last whole batch.
    pub(super) last: Option<Batch>,
    /// The sequence that must follow.
    pub(super) next: u64,
    pub(super) received_at: i64,
    pub(super) fence: u64,
    pub(super) index: Index,
    pub(super) frames: u64,
    pub(super) bytes: u64,
    /// Bytes between batches that cannot be read.
    pub(super) holes: Vec<Hole>,
    /// Losses that were accepted: first and last sequence.
    pub(super) losses: Vec<(u64, u64)>,
    pub(super) tail: Tail,
}

/// Bytes that cannot be read, with a whole batch behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hole {
    pub(super) start: u64,
    pub(super) end: u64,
    /// The sequences missing: from this one up to but not including the next.
    pub(super) first: u64,
    pub(super) next: u64,
    /// What a loss in its place has to say.
    pub(super) received_at: i64,
    pub(super) fence: u64,
}

/// What stands behind the last whole batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tail {
    /// Where the last trace of a batch ends; the end of the batches if there
    /// is none.
    pub(super) end: u64,
    /// What proves that frames before it are missing: where it stands, and the
    /// sequence from which on none are.
    pub(super) witness: Option<(u64, u64)>,
}

/// Walks all batches. Stops at nothing: where bytes cannot be read it looks
/// for the next whole batch.
pub(super) fn scan(file: &[u8], header: &SegmentHeader) -> Scan {
    let seeds = header.seeds();
    let mut scan = Scan {
        end: DATA_START,
        last: None,
        next: header.first_sequence,
        received_at: header.received_floor,
        fence: header.fence,
        index: Index::default(),
        frames: 0,
        bytes: 0,
        holes: Vec::new(),
        losses: Vec::new(),
        tail: Tail::default(),
    };
    loop {
        let here = parse_batch(file, seeds, scan.end);
        if let Some(batch) = here.filter(|batch| scan.follows(batch) && batch.first == scan.next) {
            scan.accept(&batch);
        } else if let Some(batch) = scan.find_batch(file, seeds) {
            scan.holes.push(Hole {
                start: scan.end,
                end: batch.start,
                first: scan.next,
                next: batch.first,
                received_at: scan.received_at,
                fence: scan.fence,
            });
            scan.accept(&batch);
        } else {
            break;
        }
    }
    scan.tail = scan.find_tail(file, seeds);
    scan
}

impl Scan {
    fn follows(&self, batch: &Batch) -> bool {
        batch.first >= self.next
            && batch.fence >= self.fence
            && batch.received_at >= self.received_at
    }

    fn accept(&mut self, batch: &Batch) {
        match batch.content {
            Content::Frames { count, bytes } => {
                self.frames += count;
                self.bytes += bytes;
            }
            Content::Loss if batch.next > batch.first => {
                self.losses.push((batch.first, batch.next - 1));
            }
            Content::Loss => {}
        }
        self.index.note(batch.first, batch.start);
        self.end = batch.end;
        self.next = batch.next;
        self.received_at = batch.received_at;
        self.fence = batch.fence;
        self.last = Some(*batch);
    }

    /// The next whole batch behind the end that may belong to the log.
    fn find_batch(&self, file: &[u8], seeds: Seeds) -> Option<Batch> {
        let mut from = self.end;
        while let Some((at, _)) = find_record(file, seeds, from) {
            let batch = parse_batch(file, seeds, at);
            // A batch that is entered in its middle counts too few frames, so
            // what parses starts where a batch starts.
            if let Some(batch) = batch.filter(|batch| self.follows(batch)) {
                return Some(batch);
            }
            from = at + 1;
        }
        None
    }

    fn find_tail(&self, file: &[u8], seeds: Seeds) -> Tail {
        let mut tail = Tail { end: self.end, witness: None };
        let mut from = self.end;
        let mut last_seen: Option<u64> = None;
        while let Some((at, record)) = find_record(file, seeds, from) {
            let end = at.saturating_add(record.len()).min(file.len() as u64);
            tail.end = tail.end.max(end);
            let rest = file.get(index(at)..).unwrap_or_default();
            let whole = record.body(rest, seeds, at).is_some();
            let known = tail.witness.map_or(self.next, |(_, first)| first);
            if whole && record.batch_first > known {
                tail.witness = Some((at, record.batch_first));
            }
            last_seen = Some(last_seen.map_or(record.sequence, |seen| record.sequence.max(seen)));
            from = at + RECORD_HEAD_BYTES as u64;
        }
        if self.last.is_none() && tail.witness.is_none() {
            // The first batch was durable before the segment had its name, so
            // this is damage, even if nothing tells how much.
            let at = tail.end.max(self.end + FOOTER_BYTES);
            let next = last_seen.map_or(self.next + 1, |seen| self.next.max(seen + 1));
            tail.witness = Some((at, next));
        }
        tail
    }
}
