//! Tests of `power_cut`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

use std::collections::BTreeSet;

use super::*;
use crate::durable::{read_to_vec, write_durable};

fn path(name: &str) -> &Path {
    Path::new(name)
}

fn read(disk: &PowerCutDisk, name: &str) -> Option<Vec<u8>> {
    read_to_vec(disk, path(name), 1 << 20).ok()
}

/// A synced file with a synced name survives every cut; what was written
/// after the sync shows every mixture of old and new blocks, but no other
/// byte where no block was torn.
#[test]
fn unsynced_blocks_survive_in_any_subset() {
    let disk = PowerCutDisk::new();
    write_durable(&disk, path("x"), &[1; 2048], Mode::Shared).unwrap();
    let file = disk.open(path("x"), Access::ReadWrite).unwrap();
    file.write_all_at(&[2; 2048], 0).unwrap();
    let mut seen = BTreeSet::new();
    for seed in 0..2000 {
        let bytes = read(&disk.after_cut(seed), "x").unwrap();
        assert_eq!(bytes.len(), 2048);
        let whole = bytes.chunks(512).all(|block| block.iter().all(|byte| *byte == block[0]));
        if whole {
            seen.insert([bytes[0], bytes[512], bytes[1024], bytes[1536]]);
        }
        assert!(bytes.iter().all(|byte| [1, 2].contains(byte)));
    }
    assert_eq!(seen.len(), 16);
}

/// What was synced is there, whatever came later.
#[test]
fn synced_bytes_survive() {
    let disk = PowerCutDisk::new();
    write_durable(&disk, path("x"), &[1; 600], Mode::Shared).unwrap();
    let file = disk.open(path("x"), Access::ReadWrite).unwrap();
    file.write_all_at(&[2; 600], 600).unwrap();
    file.sync_data().unwrap();
    file.write_all_at(&[3; 600], 1200).unwrap();
    for seed in 0..200 {
        let bytes = read(&disk.after_cut(seed), "x").unwrap();
        assert_eq!(&bytes[..600], [1; 600]);
        assert_eq!(&bytes[600..1200], [2; 600]);
    }
}

/// Growth that was not synced may show zeros, old bytes, or be missing.
#[test]
fn unsynced_growth_is_not_to_be_trusted() {
    let disk = PowerCutDisk::new();
    write_durable(&disk, path("other"), &[7; 4096], Mode::Shared).unwrap();
    write_durable(&disk, path("x"), b"", Mode::Shared).unwrap();
    let file = disk.open(path("x"), Access::ReadWrite).unwrap();
    file.write_all_at(&[9; 512], 0).unwrap();
    let found: BTreeSet<_> = (0..500).filter_map(|seed| read(&disk.after_cut(seed), "x")).collect();
    for expected in [vec![], vec![0; 512], vec![7; 512], vec![9; 512]] {
        assert!(found.contains(&expected), "never saw {:?}", expected.first());
    }
}

/// A name without a sync of its folder survives or not; a rename is never
/// seen half done.
#[test]
fn unsynced_names_survive_or_not() {
    let disk = PowerCutDisk::new();
    write_durable(&disk, path("a"), b"1", Mode::Shared).unwrap();
    disk.rename(path("a"), path("b")).unwrap();
    let file = disk.create(path("c"), Mode::Shared).unwrap();
    file.sync_all().unwrap();
    let mut seen = BTreeSet::new();
    for seed in 0..200 {
        let found = disk.after_cut(seed);
        let names = ["a", "b", "c"].map(|name| read(&found, name).is_some());
        assert!(names[0] != names[1], "the renamed file has one name");
        seen.insert(names);
    }
    assert_eq!(seen.len(), 4);
}

/// The operation of the cut fails, as does everything after it, reads
/// included.
#[test]
fn after_the_cut_everything_fails() {
    let disk = PowerCutDisk::new();
    let file = disk.create(path("x"), Mode::Shared).unwrap();
    disk.cut_after(2);
    file.write_all_at(b"1", 0).unwrap();
    assert!(!disk.is_cut());
    file.sync_data().unwrap_err();
    assert!(disk.is_cut());
    file.read_at(&mut [0], 0).unwrap_err();
    disk.list(path("")).unwrap_err();
}

/// One seed names one outcome.
#[test]
fn outcomes_repeat() {
    let disk = PowerCutDisk::new();
    let file = disk.create(path("x"), Mode::Shared).unwrap();
    file.write_all_at(&[5; 5000], 0).unwrap();
    for seed in 0..50 {
        let once = read(&disk.after_cut(seed), "x");
        assert_eq!(once, read(&disk.after_cut(seed), "x"));
    }
}

/// Bytes of a failed sync are not brought back by a sync that succeeds.
#[test]
fn a_failed_sync_is_final() {
    let disk = PowerCutDisk::new();
    write_durable(&disk, path("x"), &[1; 512], Mode::Shared).unwrap();
    let file = disk.open(path("x"), Access::ReadWrite).unwrap();
    file.write_all_at(&[2; 512], 0).unwrap();
    disk.plant(Fault::new(FaultError::Eio).on(Op::SyncData));
    file.sync_data().unwrap_err();
    file.sync_data().unwrap();
    let lost = |seed| read(&disk.after_cut(seed), "x") == Some(vec![1; 512]);
    assert!((0..50).any(lost));
}

/// A planted fault meets the operations it names and no other.
#[test]
fn faults_meet_what_they_name() {
    let disk = PowerCutDisk::new();
    let [x, y] = ["x", "y"].map(|name| disk.create(path(name), Mode::Shared).unwrap());
    disk.plant(Fault::new(FaultError::Enospc).on(Op::Write).at("y").skip(1));
    for _ in 0..3 {
        x.write_all_at(b"1", 0).unwrap();
    }
    y.write_all_at(b"1", 0).unwrap();
    let error = y.write_all_at(b"1", 0).unwrap_err();
    assert!(crate::is_out_of_space(&error));
    y.write_all_at(b"1", 0).unwrap();
}

/// A full disk refuses growth and takes it again when there is room.
#[test]
fn a_full_disk_refuses_growth() {
    let disk = PowerCutDisk::new();
    disk.set_capacity_bytes(Some(1000));
    let file = disk.create(path("x"), Mode::Shared).unwrap();
    file.write_all_at(&[1; 1000], 0).unwrap();
    file.write_all_at(&[2; 1000], 0).unwrap();
    let error = file.write_all_at(&[1], 1000).unwrap_err();
    assert!(crate::is_out_of_space(&error));
    disk.set_capacity_bytes(None);
    file.write_all_at(&[1], 1000).unwrap();
}

/// A lock has one holder, and none after a cut.
#[test]
fn a_lock_has_one_holder() {
    let disk = PowerCutDisk::new();
    let held = disk.lock(path("lock")).unwrap();
    let second = disk.lock(path("lock")).err().unwrap();
    assert_eq!(second.kind(), io::ErrorKind::WouldBlock);
    disk.after_cut(1).lock(path("lock")).unwrap();
    drop(held);
    disk.lock(path("lock")).unwrap();
}
