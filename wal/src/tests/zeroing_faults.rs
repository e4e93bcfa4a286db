//! The disk fails, or is full, while old frames are zeroed.

use std::sync::Arc;
use std::time::Duration;

use seam_disk::power_cut::{Fault, FaultError};
use seam_disk::{Op, PowerCutDisk};

use super::oracle::{DIR, Oracle, frame, names, open, small};
use crate::{AppendError, Log, Options, SegmentLog};

/// A log whose first frames stand in a closed segment, and the handle's name
/// of that one.
fn two_segments(disk: &PowerCutDisk, oracle: &mut Oracle) -> (SegmentLog, &'static str) {
    let options = Options { zero_free_after: Duration::ZERO, ..small() };
    let (log, _) = SegmentLog::open(Arc::new(disk.clone()), DIR, options).unwrap();
    assert!(oracle.append(&log, &[2500]) && oracle.append(&log, &[2500]));
    assert_eq!(log.usage().segments, 2);
    // A handle goes by the name that its file was made with.
    (log, "free-0000000000000001")
}

fn free_files(disk: &PowerCutDisk) -> usize {
    names(disk, DIR).iter().filter(|name| name.starts_with("free-")).count()
}

/// A write or sync that fails while a free file is zeroed is the end of the
/// log, as any other; the file is gone, and what is retained is there.
#[test]
fn a_failed_zeroing_is_final() {
    for op in [Op::Write, Op::SyncData] {
        let disk = PowerCutDisk::new();
        let mut oracle = Oracle::default();
        let (log, segment) = two_segments(&disk, &mut oracle);
        disk.plant(Fault::new(FaultError::Eio).on(op).at(segment));
        oracle.release(&log, 1);
        assert!(log.failed().is_some(), "{op:?}");
        assert_eq!(free_files(&disk), 0);
        let refused = log.append(frame(1, 1)).wait();
        assert!(matches!(refused, Err(AppendError::Failed { .. })));
        let operations = disk.operations();
        log.close();
        assert_eq!(disk.operations(), operations, "a failed log touches nothing");
        disk.heal();
        oracle.check(&open(&disk));
    }
}

/// A file system that needs room to overwrite and has none: the file goes,
/// the log goes on.
#[test]
fn a_full_disk_while_zeroing_is_no_failure() {
    let disk = PowerCutDisk::new();
    let mut oracle = Oracle::default();
    let (log, segment) = two_segments(&disk, &mut oracle);
    disk.plant(Fault::new(FaultError::Enospc).on(Op::Write).at(segment));
    oracle.release(&log, 1);
    assert_eq!(log.failed(), None);
    assert_eq!((free_files(&disk), log.usage().free_segments), (0, 0));
    disk.heal();
    assert!(oracle.append(&log, &[2500]));
    drop(log);
    oracle.check(&open(&disk));
}

/// An error at each call of the last release and the close is final, and
/// whatever it left, the next start finds all that is retained.
#[test]
fn an_error_while_closing_loses_nothing() {
    for op in [Op::Write, Op::SyncData, Op::Rename, Op::Remove, Op::SyncDir] {
        for skip in 0.. {
            let disk = PowerCutDisk::new();
            let mut oracle = Oracle::default();
            let log = open(&disk);
            for payload_bytes in [2500, 6000, 2500, 100, 2500] {
                assert!(oracle.append(&log, &[payload_bytes]));
            }
            log.seal();
            disk.plant(Fault::new(FaultError::Eio).on(op).skip(skip));
            oracle.release(&log, 5);
            log.close();
            let failed = log.failed().is_some();
            disk.heal();
            oracle.clone().check(&open(&disk.after_cut(skip)));
            oracle.check(&open(&disk));
            if !failed {
                assert!(skip > 0, "{op:?} never happened");
                break;
            }
        }
    }
}
