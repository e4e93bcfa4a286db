//! Copies from the outside, beside an owner that goes on.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use seam_disk::{Access, Disk, PowerCutDisk};

use super::oracle::{DIR, Oracle, frame, open, small};
use crate::{CopyError, Log, SegmentLog, Sequence, copy_log};

fn copied(from: &PowerCutDisk) -> (PowerCutDisk, crate::CopiedLog) {
    let to = PowerCutDisk::new();
    let copied = copy_log(from, &to, Path::new(DIR)).unwrap();
    // All of it was synced.
    (to.after_cut(1), copied)
}

/// A copy opens as the log it was made of, with every acknowledged frame, while the owner has the
/// log open; and so does the copy of a copy.
#[test]
fn a_copy_is_the_log() {
    let disk = PowerCutDisk::new();
    let log = open(&disk);
    let mut oracle = Oracle::default();
    for round in 0..30 {
        assert!(oracle.append(&log, &[300, 20 * round, 0]));
    }
    oracle.release(&log, 40);
    let (to, told) = copied(&disk);
    assert_eq!((told.log_id, told.end), (Some(log.log_id()), log.end()));
    assert!(told.segments > 1 && told.bytes > 0);
    let (to, _) = copied(&to);
    let copy = open(&to);
    oracle.check(&copy);
    assert!(oracle.append(&copy, &[5]));
}

/// While the owner appends and releases without a pause, every copy is one piece, reaches to where
/// the log ended before, and starts no later than what was released by its end allows.
#[test]
fn copies_keep_up_with_an_owner() {
    let disk = PowerCutDisk::new();
    let (log, _) = SegmentLog::open(Arc::new(disk.clone()), DIR, small()).unwrap();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 1_u64.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                log.append(frame(number, number % 900)).wait().unwrap();
                if number.is_multiple_of(40) {
                    log.release(Sequence::new(number - 10));
                }
            }
        });
        let mut made = 0;
        while made < 50 {
            let before = log.end();
            let to = PowerCutDisk::new();
            match copy_log(&disk, &to, Path::new(DIR)) {
                Ok(told) => {
                    let released = log.start();
                    assert!(told.end >= before, "{:?} ends before {before:?}", told.end);
                    let copy = open(&to);
                    assert_eq!(copy.end(), told.end);
                    assert!(copy.start() <= released);
                    let mut reader = copy.read(copy.start());
                    for sequence in copy.start().get()..=copy.end().get() {
                        let stored = reader.next().unwrap().unwrap();
                        assert_eq!(stored.payload, frame(sequence, sequence % 900).payload);
                    }
                    made += 1;
                }
                // Four KiB segments go faster than anybody can copy.
                Err(CopyError::Outrun) => made += 1,
                Err(error) => panic!("{error}"),
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
}

/// One flipped bit in what was acknowledged is an error that names the file, and not a shorter log.
#[test]
fn damage_is_not_copied() {
    let disk = PowerCutDisk::new();
    let log = open(&disk);
    let mut oracle = Oracle::default();
    for _ in 0..9 {
        assert!(oracle.append(&log, &[500]));
    }
    drop(log);
    let names = super::oracle::names(&disk, DIR).into_iter();
    let segments: Vec<_> = names.filter(|name| name.starts_with("segment-")).collect();
    for name in segments.iter().take(segments.len().saturating_sub(1)) {
        let file = disk.open(&Path::new(DIR).join(name), Access::ReadWrite).unwrap();
        let mut byte = [0];
        file.read_exact_at(&mut byte, 1100).unwrap();
        file.write_all_at(&[byte[0] ^ 4], 1100).unwrap();
        let error = copy_log(&disk, &PowerCutDisk::new(), Path::new(DIR)).unwrap_err();
        let CopyError::Damaged { segment, .. } = &error else { panic!("{error}") };
        assert!(segment.ends_with(name), "{error}");
        file.write_all_at(&byte, 1100).unwrap();
    }
    copied(&disk);
}
