//! Budgets and full disks: refusals, never failures.

use std::sync::Arc;

use seam_disk::PowerCutDisk;

use super::oracle::{DIR, Oracle, SEGMENT_BYTES, frame, names, open, small};
use crate::{AppendError, Log, Options, SegmentLog, Sequence};

/// Appends frames of one size until one is refused.
fn fill(log: &SegmentLog, oracle: &mut Oracle) -> AppendError {
    loop {
        if !oracle.append(log, &[1000]) {
            return log.append(frame(0, 1000)).wait().unwrap_err();
        }
    }
}

/// A full disk refuses, loses nothing, and is forgotten when there is room:
/// by release or by anyone else.
#[test]
fn a_full_disk_is_back_pressure() {
    let disk = PowerCutDisk::new();
    let mut oracle = Oracle::default();
    let log = open(&disk);
    disk.set_capacity_bytes(Some(4 * SEGMENT_BYTES + 100));
    for _ in 0..3 {
        assert_eq!(fill(&log, &mut oracle), AppendError::DiskFull);
        assert_eq!(log.failed(), None);
        oracle.release(&log, log.end().get());
    }
    assert_eq!(fill(&log, &mut oracle), AppendError::DiskFull);
    disk.set_capacity_bytes(None);
    assert!(oracle.append(&log, &[1000, 6000]));
    drop(log);
    oracle.check(&open(&disk));
}

/// A frame with a segment of its own is refused like any other when the disk
/// is full, and leaves no file behind.
#[test]
fn no_room_for_an_oversized_frame_is_back_pressure() {
    let disk = PowerCutDisk::new();
    let log = open(&disk);
    disk.set_capacity_bytes(Some(3 * SEGMENT_BYTES));
    let before = names(&disk, DIR);
    let refused = log.append(frame(1, 50_000)).wait();
    assert_eq!(refused, Err(AppendError::DiskFull));
    assert_eq!(names(&disk, DIR), before);
    assert_eq!(log.failed(), None);
}

/// The budget counts what is not released, refuses beyond it, and takes
/// frames again after a release, also when all fits one segment.
#[test]
fn the_budget_is_back_pressure() {
    for segment_bytes in [SEGMENT_BYTES, 1 << 20] {
        let disk = PowerCutDisk::new();
        let options = Options { segment_bytes, budget_bytes: 1 << 16, ..small() };
        let opened = SegmentLog::open(Arc::new(disk.clone()), DIR, options);
        let (log, _) = opened.unwrap();
        let mut oracle = Oracle::default();
        for _ in 0..3 {
            let refused = fill(&log, &mut oracle);
            assert!(matches!(refused, AppendError::OverBudget { .. }), "{refused}");
            let usage = log.usage();
            let slack = if segment_bytes == SEGMENT_BYTES { SEGMENT_BYTES } else { 0 };
            assert!(usage.retained_bytes <= usage.budget_bytes + slack);
            assert!(usage.retained_bytes > usage.budget_bytes - SEGMENT_BYTES);
            oracle.release(&log, log.end().get());
            assert!(log.usage().retained_bytes < 2 * SEGMENT_BYTES);
        }
        oracle.check(&log);
    }
}

/// Released segments are used again; only a few wait for it, the rest is
/// removed. A lower release changes nothing.
#[test]
fn released_segments_are_recycled() {
    let disk = PowerCutDisk::new();
    let mut oracle = Oracle::default();
    let log = open(&disk);
    for _ in 0..10 {
        for _ in 0..12 {
            assert!(oracle.append(&log, &[1000]));
        }
        let end = log.end();
        oracle.release(&log, end.get());
        log.release(Sequence::new(1));
        assert_eq!(log.usage().segments, 1);
        assert_eq!(log.usage().free_segments, 1);
        assert_eq!(names(&disk, DIR).len(), 3, "lock, segment, free");
        assert!(log.start() <= end.next());
    }
    drop(log);
    oracle.check(&open(&disk));
}

/// A frame that can never fit is refused as such.
#[test]
fn a_frame_over_the_limit_is_refused() {
    let log = open(&PowerCutDisk::new());
    let refused = log.append(frame(1, (1 << 16) + 1)).wait();
    assert!(matches!(refused, Err(AppendError::TooLarge { .. })));
}
