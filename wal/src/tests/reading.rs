//! Readers: from memory, from disk, at the end, behind the start.

use std::sync::Arc;
use std::time::Duration;

use seam_disk::{CountingDisk, PowerCutDisk, RealDisk};

use super::oracle::{DIR, Oracle, frame, open, small};
use crate::{Frame, Log, Options, ReadError, Reader, SegmentLog, Sequence};

fn sequences(reader: &mut Reader) -> Vec<u64> {
    let frames = std::iter::from_fn(|| reader.next().unwrap());
    frames.map(|frame| frame.sequence.get()).collect()
}

/// A reader gets each frame once, whether it comes from memory or from disk,
/// and goes on where it stopped.
#[test]
fn memory_and_disk_join_without_a_hole() {
    for memory_bytes in [0, 2000, 1 << 20] {
        let disk = PowerCutDisk::new();
        let options = Options { memory_bytes, ..small() };
        let opened = SegmentLog::open(Arc::new(disk.clone()), DIR, options);
        let (log, _) = opened.unwrap();
        let mut oracle = Oracle::default();
        let mut follower = log.read(Sequence::new(1));
        for round in 0..10 {
            assert!(oracle.append(&log, &[300, 0, 700]));
            let expected: Vec<_> = (3 * round + 1..=3 * round + 3).collect();
            assert_eq!(sequences(&mut follower), expected);
            oracle.check(&log);
        }
        assert_eq!(follower.position(), Sequence::new(31));
        follower.seek(Sequence::new(17));
        assert_eq!(sequences(&mut follower), (17..=30).collect::<Vec<_>>());
        assert!(log.usage().memory_bytes <= memory_bytes);
    }
}

/// What was released is refused by name; a reader that stands in a released
/// segment reads it to its end undisturbed.
#[test]
fn released_frames_are_refused_but_not_torn_away() {
    let disk = PowerCutDisk::new();
    let mut oracle = Oracle::default();
    let log = open(&disk);
    for _ in 0..20 {
        assert!(oracle.append(&log, &[1000]));
    }
    let mut standing = log.read(Sequence::new(1));
    standing.next().unwrap();
    oracle.release(&log, 20);
    for _ in 0..20 {
        assert!(oracle.append(&log, &[1000]));
    }
    let refused = standing.next().unwrap_err();
    let start = log.start();
    assert!(matches!(refused, ReadError::Released { start: told, .. } if told == start));
    assert_eq!(sequences(&mut log.read(start)).last(), Some(&40));
}

/// Waiting for a frame ends when it is durable, when the time is up, and when
/// the log is closed.
#[test]
fn waiting_ends() {
    let disk = PowerCutDisk::new();
    let log = open(&disk);
    let patience = Duration::from_mins(10);
    assert_eq!(log.wait_beyond(Sequence::ZERO, Duration::ZERO), Sequence::ZERO);
    let clone = log.clone();
    let thread = std::thread::spawn(move || clone.wait_beyond(Sequence::ZERO, patience));
    log.append(frame(1, 1)).wait().unwrap();
    assert_eq!(thread.join().unwrap(), Sequence::new(1));
    let clone = log.clone();
    let thread = std::thread::spawn(move || clone.wait_beyond(Sequence::new(1), patience));
    log.close();
    assert_eq!(thread.join().unwrap(), Sequence::new(1));
}

/// Frames of no bytes and of 64 MiB go in and come out, on a real disk, and
/// survive a restart.
#[test]
fn tiny_and_huge_frames_on_a_real_disk() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Arc::new(RealDisk::new(folder.path()));
    let options = || Options { segment_bytes: 1 << 20, ..Options::new("quarantine") };
    let huge = Frame { meta: vec![7; 1000].into(), payload: vec![9; 64 << 20].into() };
    let (log, _) = SegmentLog::open(disk.clone(), DIR, options()).unwrap();
    for frame in [Frame::default(), huge.clone(), Frame::default()] {
        log.append(frame).wait().unwrap();
    }
    drop(log);
    let (log, report) = SegmentLog::open(disk, DIR, options()).unwrap();
    assert_eq!((report.recovered_frames, report.torn_tail_bytes), (3, 0));
    let mut reader = log.read(log.start());
    for expected in [Frame::default(), huge, Frame::default()] {
        let stored = reader.next().unwrap().unwrap();
        assert!(stored.meta == expected.meta && stored.payload == expected.payload);
    }
}

/// When a receipt is there, no file and no folder of the log waits for a
/// sync.
#[test]
fn nothing_is_unsynced_behind_a_receipt() {
    let disk = CountingDisk::new(PowerCutDisk::new());
    let (log, _) = SegmentLog::open(Arc::new(disk.clone()), DIR, small()).unwrap();
    for round in 0..40 {
        log.append(frame(round, 100 * round)).wait().unwrap();
        assert!(disk.trace().unsynced().is_empty());
        log.release(Sequence::new(round / 2));
        assert!(disk.trace().unsynced().is_empty());
    }
    drop(log);
    assert!(disk.trace().unsynced().is_empty());
}
