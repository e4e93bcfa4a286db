//! What must be true of a log, kept outside of it: every frame offered, every
//! receipt as an obligation.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use seam_disk::PowerCutDisk;

use crate::{Frame, Housekeeping, Log, LogId, Options, SegmentLog, Sequence};

pub(super) const DIR: &str = "wal";
pub(super) const QUARANTINE: &str = "quarantine";
pub(super) const SEGMENT_BYTES: u64 = 4096;

/// Small segments, no memory, no threads but the committer, a clock that
/// stands still.
pub(super) fn small() -> Options {
    Options {
        segment_bytes: SEGMENT_BYTES,
        budget_bytes: 1 << 20,
        queue_bytes: 1 << 18,
        max_frame_bytes: 1 << 16,
        memory_bytes: 0,
        free_segments: 1,
        spare_segments: 0,
        space_retry: Duration::ZERO,
        housekeeping: Housekeeping::Inline,
        clock: Box::new(|| 1_000),
        ..Options::new(QUARANTINE)
    }
}

/// Opens the log of a disk on which nothing may be damaged.
pub(super) fn open(disk: &PowerCutDisk) -> SegmentLog {
    let (log, report) = SegmentLog::open(Arc::new(disk.clone()), DIR, small()).unwrap();
    assert_eq!(report.damaged, []);
    log
}

/// Opens a log that was closed: nothing is torn, and no leftover of a former
/// life of a file or of an interrupted batch passes for a trace of one.
pub(super) fn open_closed(disk: &PowerCutDisk) -> SegmentLog {
    let (log, report) = SegmentLog::open(Arc::new(disk.clone()), DIR, small()).unwrap();
    assert_eq!(report.damaged, []);
    assert_eq!((report.torn_tail_bytes, report.quarantined), (0, Vec::new()));
    log
}

/// A sequence of numbers that a seed names (an LCG's upper bits).
pub(super) struct Rng(pub(super) u64);

impl Rng {
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// A frame whose bytes follow from its number.
pub(super) fn frame(number: u64, payload_bytes: u64) -> Frame {
    let mut rng = Rng(number);
    let payload: Vec<u8> =
        (0..payload_bytes).map(|_| u8::try_from(rng.below(256)).unwrap()).collect();
    Frame { meta: Bytes::from(number.to_le_bytes()[..3].to_vec()), payload: payload.into() }
}

#[derive(Clone, Default)]
pub(super) struct Oracle {
    log_id: Option<LogId>,
    /// Every frame that may be in the log.
    pub(super) offered: BTreeMap<u64, Frame>,
    /// Receive time of every frame that must be in the log.
    pub(super) durable: BTreeMap<u64, i64>,
    pub(super) released: u64,
}

impl Oracle {
    /// Offers frames of these sizes as one batch; false if the log failed.
    pub(super) fn append(&mut self, log: &SegmentLog, payloads: &[u64]) -> bool {
        let next = log.end().get() + 1;
        let frames: Vec<_> = (next..).zip(payloads).map(|(n, len)| frame(n, *len)).collect();
        self.offered.extend((next..).zip(frames.iter().cloned()));
        let mut good = true;
        for (expected, append) in (next..).zip(log.append_together(frames)) {
            match append.wait() {
                Ok(receipt) => {
                    assert_eq!(receipt.sequence().get(), expected);
                    assert_eq!(receipt.log_id(), log.log_id());
                    self.log_id.get_or_insert(receipt.log_id());
                    let received_at = receipt.received_at().micros();
                    self.durable.insert(expected, received_at);
                }
                Err(_) => good = false,
            }
        }
        good
    }

    pub(super) fn release(&mut self, log: &SegmentLog, up_to: u64) {
        log.release(Sequence::new(up_to));
        self.released = self.released.max(up_to.min(log.end().get()));
    }

    /// Holds a log that was just opened against what is known. What it shows
    /// is an obligation from now on.
    pub(super) fn check(&mut self, log: &SegmentLog) {
        if let Some(log_id) = self.log_id {
            assert_eq!(log_id, log.log_id());
        }
        let (start, end) = (log.start().get(), log.end().get());
        let must_reach = self.durable.keys().last().copied().unwrap_or(0);
        assert!(start <= self.released + 1, "starts at {start}, too late");
        assert!(end >= must_reach, "ends at {end}, before {must_reach}");
        let mut reader = log.read(log.start());
        let mut before = self.received_before(start);
        for sequence in start..=end {
            let stored = reader.next().unwrap().expect("a frame up to the end");
            assert_eq!(stored.sequence.get(), sequence);
            let offered = &self.offered[&sequence];
            assert_eq!((&stored.meta, &stored.payload), (&offered.meta, &offered.payload));
            let received_at = stored.received_at.micros();
            assert!(received_at > before, "time stands still at {sequence}");
            before = received_at;
            let known = self.durable.insert(sequence, received_at);
            assert!(known.is_none_or(|known| known == received_at));
        }
        assert_eq!(reader.next().unwrap(), None);
        self.offered.retain(|sequence, _| *sequence <= end);
    }

    fn received_before(&self, sequence: u64) -> i64 {
        let before = self.durable.range(..sequence).next_back();
        before.map_or(i64::MIN, |(_, received_at)| *received_at)
    }
}

/// Names in a folder.
pub(super) fn names(disk: &PowerCutDisk, dir: &str) -> Vec<String> {
    use seam_disk::Disk;
    let entries = disk.list(Path::new(dir)).unwrap_or_default();
    let names = entries.into_iter().map(|entry| entry.name.into_string());
    names.map(Result::unwrap).collect()
}
