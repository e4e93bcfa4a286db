//! Bits flip, sectors and files go: detected or harmless, and never more lost
//! than was hit.

use std::path::Path;
use std::sync::Arc;

use seam_disk::{Access, Disk, PowerCutDisk, read_to_vec};

use super::oracle::{DIR, Oracle, Rng, names, small};
use crate::{OpenError, Options, RecoveryReport, SegmentLog};

/// A closed log of several segments, each with several batches.
fn closed_log() -> (PowerCutDisk, Oracle) {
    let disk = PowerCutDisk::new();
    let mut oracle = Oracle::default();
    for life in 0..3 {
        let log = super::oracle::open(&disk);
        for round in 0..6 {
            assert!(oracle.append(&log, &[life * 100, 300, 20 * round]));
        }
    }
    (disk, oracle)
}

fn segments(disk: &PowerCutDisk) -> Vec<String> {
    let names = names(disk, DIR).into_iter();
    names.filter(|name| name.starts_with("segment-")).collect()
}

fn try_open(
    disk: &PowerCutDisk,
    accept_damage: bool,
) -> Result<(SegmentLog, RecoveryReport), OpenError> {
    let options = Options { accept_damage, ..small() };
    SegmentLog::open(Arc::new(disk.clone()), DIR, options)
}

fn bytes_of(disk: &PowerCutDisk, path: &Path) -> Vec<u8> {
    read_to_vec(disk, path, 1 << 20).unwrap()
}

/// Frames that a report calls lost.
fn lost(report: &RecoveryReport) -> Vec<u64> {
    let damaged = report.damaged.iter();
    damaged.flat_map(|range| range.lost_from.get()..=range.lost_to.get()).collect()
}

/// All frames but the lost ones are read, each as it was; then the log goes
/// on, and a restart needs no acceptance any more. Returns the report.
fn accept_and_check(disk: &PowerCutDisk, oracle: &Oracle, expected: &[u64]) -> RecoveryReport {
    let mut offered = oracle.offered.clone();
    let (log, found) = try_open(disk, true).unwrap();
    assert_eq!(lost(&found), expected);
    let end = log.end().get();
    offered.retain(|sequence, _| *sequence <= end);
    let mut after = Oracle::default();
    assert!(after.append(&log, &[10, 20]));
    drop(log);
    let (log, report) = try_open(disk, false).unwrap();
    assert_eq!(report.damaged, []);
    let accepted = report.accepted_losses.iter();
    let accepted: Vec<_> = accepted.flat_map(|(from, to)| from.get()..=to.get()).collect();
    assert_eq!(accepted, expected);
    let mut reader = log.read(log.start());
    for (sequence, frame) in offered.iter().chain(&after.offered) {
        if !expected.contains(sequence) {
            let stored = reader.next().unwrap().unwrap();
            assert_eq!(stored.sequence.get(), *sequence);
            assert_eq!((&stored.meta, &stored.payload), (&frame.meta, &frame.payload));
        }
    }
    assert_eq!(reader.next().unwrap(), None);
    let newest = oracle.durable.keys().last().unwrap();
    assert!(end >= *newest, "no sequence is given twice");
    found
}

/// One flipped bit at any of many places of a closed log: either every frame
/// is read as it was, or the start is refused, the evidence is kept, and with
/// acceptance only frames of the batch that was hit are lost.
#[test]
fn flipped_bits_are_detected_or_harmless() {
    let (disk, oracle) = closed_log();
    let mut rng = Rng(7);
    let (mut refused, mut harmless) = (0, 0);
    for _ in 0..3000 {
        let disk = disk.after_cut(0);
        let names = segments(&disk);
        let name = &names[usize::try_from(rng.below(names.len() as u64)).unwrap()];
        let path = Path::new(DIR).join(name);
        let offset = rng.below(bytes_of(&disk, &path).len() as u64);
        disk.flip_bit(&path, offset, u8::try_from(rng.below(8)).unwrap()).unwrap();
        let flipped = bytes_of(&disk, &path);
        match try_open(&disk, false) {
            Ok((log, report)) => {
                assert_eq!(report.damaged, []);
                oracle.clone().check(&log);
                harmless += 1;
            }
            Err(OpenError::Damaged { report }) => {
                let [evidence] = report.quarantined.as_slice() else {
                    panic!("one segment was hit");
                };
                assert_eq!(bytes_of(&disk, evidence), flipped);
                let lost = lost(&report);
                assert!((1..=3).contains(&lost.len()), "one batch was hit");
                try_open(&disk, false).err().expect("refused again");
                assert_eq!(names_in_quarantine(&disk), 1, "evidence is kept once");
                accept_and_check(&disk, &oracle, &lost);
                refused += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert!(refused > 500 && harmless > 100, "{refused} {harmless}");
}

fn names_in_quarantine(disk: &PowerCutDisk) -> usize {
    names(disk, super::oracle::QUARANTINE).len()
}

fn overwrite(disk: &PowerCutDisk, path: &Path, offset: u64, bytes: &[u8]) {
    let file = disk.open(path, Access::ReadWrite).unwrap();
    file.write_all_at(bytes, offset).unwrap();
    file.sync_data().unwrap();
}

/// The frames that a segment of a closed log holds, by its neighbours.
fn frames_of(disk: &PowerCutDisk, at: usize, oracle: &Oracle) -> Vec<u64> {
    let first = |name: &String| {
        let bytes = bytes_of(disk, &Path::new(DIR).join(name));
        let header = crate::format::SegmentHeader::decode(&bytes[..1024]);
        header.unwrap().first_sequence
    };
    let names = segments(disk);
    let end = oracle.offered.keys().last().unwrap() + 1;
    (first(&names[at])..names.get(at + 1).map_or(end, first)).collect()
}

/// A segment whose header is gone, or the whole file, costs its own frames
/// and no other; the first and the last segment are no exception.
#[test]
fn lost_segments_cost_their_own_frames() {
    let (disk, oracle) = closed_log();
    let count = segments(&disk).len();
    assert!(count > 3);
    for at in 0..count {
        let disk = disk.after_cut(0);
        let expected = frames_of(&disk, at, &oracle);
        let path = Path::new(DIR).join(&segments(&disk)[at]);
        overwrite(&disk, &path, 0, &[0xFF; 1024]);
        let refused = try_open(&disk, false).err().unwrap();
        assert!(matches!(refused, OpenError::Damaged { .. }), "{refused}");
        accept_and_check(&disk, &oracle, &expected);
    }
    for at in 1..count - 1 {
        let disk = disk.after_cut(0);
        let expected = frames_of(&disk, at, &oracle);
        disk.remove(&Path::new(DIR).join(&segments(&disk)[at])).unwrap();
        let refused = try_open(&disk, false).err().unwrap();
        assert!(matches!(refused, OpenError::Damaged { .. }), "{refused}");
        accept_and_check(&disk, &oracle, &expected);
    }
}

/// Damage in front of a torn tail is told apart from it: the one is a loss,
/// the other is not.
#[test]
fn damage_before_a_torn_tail_is_damage() {
    let (mut whole, mut torn) = (0, 0);
    for seed in 0..200 {
        let disk = PowerCutDisk::new();
        let mut oracle = Oracle::default();
        let log = super::oracle::open(&disk);
        assert!(oracle.append(&log, &[100]));
        assert!(oracle.append(&log, &[100]));
        disk.cut_after(2);
        assert!(!oracle.append(&log, &[100; 12]));
        drop(log);
        let disk = disk.after_cut(seed);
        let path = Path::new(DIR).join(&segments(&disk)[0]);
        // The second frame starts behind a seal and the first frame's batch.
        let second = 1024 + 64 + 216 + 60;
        disk.flip_bit(&path, second, 3).unwrap();
        let Err(OpenError::Damaged { report }) = try_open(&disk, false) else {
            // Nothing whole of the torn batch survived to prove it.
            continue;
        };
        assert_eq!(lost(&report), [2]);
        let report = accept_and_check(&disk, &oracle, &[2]);
        whole += usize::from(report.torn_tail_bytes == 0);
        torn += usize::from(report.torn_tail_bytes > 0);
    }
    assert!(whole > 5 && torn > 5, "{whole} {torn}");
}

/// Bytes that decay while the log is open are told to the reader.
#[test]
fn decay_under_a_reader_is_told() {
    let (disk, _) = closed_log();
    let (log, _) = try_open(&disk, false).unwrap();
    let path = Path::new(DIR).join(&segments(&disk)[1]);
    disk.flip_bit(&path, 1024 + 60, 0).unwrap();
    let mut reader = log.read(log.start());
    let error = loop {
        match reader.next() {
            Ok(frame) => assert!(frame.is_some()),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, crate::ReadError::Damaged { .. }));
}
