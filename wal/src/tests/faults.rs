//! The disk fails, at every place where it can.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use seam_disk::power_cut::{Fault, FaultError};
use seam_disk::{Op, PowerCutDisk};

use super::oracle::{DIR, Oracle, frame, open, small};
use crate::{AppendError, Housekeeping, Log, OpenError, Options, SegmentLog};

const OPS: [Op; 6] = [Op::Create, Op::Write, Op::SyncData, Op::Rename, Op::Remove, Op::SyncDir];

/// Appends, rotates, releases; true if the log failed on the way.
fn work(log: &SegmentLog, oracle: &mut Oracle) -> bool {
    for round in 0..12 {
        if !oracle.append(log, &[900, 50 * round]) {
            return true;
        }
        if round % 4 == 3 {
            oracle.release(log, log.end().get() - 1);
        }
        if log.failed().is_some() {
            return true;
        }
    }
    false
}

/// After a single error of the device, at each call: no receipt for the
/// batch, the log takes nothing more, its owner is told once, and after a
/// restart and a power cut nothing acknowledged is missing.
#[test]
fn an_error_at_each_call_is_final() {
    for op in OPS {
        for skip in 0.. {
            let disk = PowerCutDisk::new();
            let told = Arc::new(AtomicUsize::new(0));
            let count = Arc::clone(&told);
            let options = Options {
                on_failure: Some(Box::new(move |_| {
                    count.fetch_add(1, Ordering::SeqCst);
                })),
                ..small()
            };
            let opened = SegmentLog::open(Arc::new(disk.clone()), DIR, options);
            let (log, _) = opened.unwrap();
            disk.plant(Fault::new(FaultError::Eio).on(op).skip(skip));
            let mut oracle = Oracle::default();
            let failed = work(&log, &mut oracle);
            assert_eq!(failed, log.failed().is_some());
            assert_eq!(told.load(Ordering::SeqCst), usize::from(failed));
            if failed {
                let refused = log.append(frame(1, 1)).wait();
                assert!(matches!(refused, Err(AppendError::Failed { .. })));
            }
            drop(log);
            disk.heal();
            oracle.check(&open(&disk));
            for seed in 0..5 {
                let found = disk.after_cut(seed);
                oracle.clone().check(&open(&found));
            }
            if !failed {
                assert!(skip > 0, "{op:?} never happened");
                break;
            }
        }
    }
}

/// An error while opening is told, and the next try finds all.
#[test]
fn an_error_while_opening_loses_nothing() {
    for skip in 0.. {
        let disk = PowerCutDisk::new();
        let mut oracle = Oracle::default();
        let log = open(&disk);
        disk.cut_after(9);
        work(&log, &mut oracle);
        drop(log);
        let disk = disk.after_cut(skip);
        disk.plant(Fault::new(FaultError::Eio).skip(skip));
        let opened = SegmentLog::open(Arc::new(disk.clone()), DIR, small());
        let failed = matches!(opened, Err(OpenError::Io(_)));
        drop(opened);
        disk.heal();
        let log = open(&disk);
        oracle.check(&log);
        if !failed {
            assert!(skip > 3);
            break;
        }
    }
}

/// An error of the housekeeping thread is final too.
#[test]
fn an_error_of_the_housekeeper_is_final() {
    let disk = PowerCutDisk::new();
    disk.plant(Fault::new(FaultError::Eio).on(Op::SyncData).at("free-").skip(2));
    let (tell, told) = std::sync::mpsc::sync_channel(1);
    let options = Options {
        housekeeping: Housekeeping::Thread,
        on_failure: Some(Box::new(move |reason| tell.send(reason.to_owned()).unwrap())),
        ..small()
    };
    let (log, _) = SegmentLog::open(Arc::new(disk.clone()), DIR, options).unwrap();
    assert!(!told.recv().unwrap().is_empty());
    let refused = log.append(frame(1, 1)).wait();
    assert!(matches!(refused, Err(AppendError::Failed { .. })));
}
