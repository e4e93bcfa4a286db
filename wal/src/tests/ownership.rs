//! Who may open a log.

use std::path::Path;
use std::sync::Arc;

use seam_disk::{Access, Disk, PowerCutDisk};

use super::oracle::{DIR, Oracle, frame, names, open, small};
use crate::{AppendError, Log, OpenError, Options, SegmentLog};

fn try_open(disk: &PowerCutDisk) -> Result<SegmentLog, OpenError> {
    SegmentLog::open(Arc::new(disk.clone()), DIR, small()).map(|(log, _)| log)
}

fn overwrite(disk: &PowerCutDisk, name: &str, offset: u64, bytes: &[u8]) {
    let path = Path::new(DIR).join(name);
    let file = disk.open(&path, Access::ReadWrite).unwrap();
    file.write_all_at(bytes, offset).unwrap();
    file.sync_data().unwrap();
}

/// A second owner is refused until the first has closed, and a closed log
/// takes nothing.
#[test]
fn one_owner_at_a_time() {
    let disk = PowerCutDisk::new();
    let log = open(&disk);
    assert!(matches!(try_open(&disk), Err(OpenError::InUse { .. })));
    log.close();
    let refused = log.append(frame(1, 1)).wait();
    assert_eq!(refused, Err(AppendError::Closed));
    let next = try_open(&disk).unwrap();
    assert_eq!(next.log_id(), log.log_id());
}

/// A log of a newer version is refused and left as it is.
#[test]
fn a_newer_version_is_refused() {
    let disk = PowerCutDisk::new();
    let mut oracle = Oracle::default();
    let log = open(&disk);
    assert!(oracle.append(&log, &[10]));
    drop(log);
    let segment = names(&disk, DIR).pop().unwrap();
    for (copy, version) in [(8, 2), (520, 2)] {
        overwrite(&disk, &segment, copy, &[version]);
    }
    let error = try_open(&disk).err().unwrap();
    assert!(matches!(error, OpenError::NewerFormat { found: 2, known: 1, .. }));
    for copy in [8, 520] {
        overwrite(&disk, &segment, copy, &[1]);
    }
    oracle.check(&open(&disk));
}

/// Two logs in one folder are refused.
#[test]
fn segments_of_another_log_are_refused() {
    let disk = PowerCutDisk::new();
    open(&disk);
    SegmentLog::open(Arc::new(disk.clone()), "other", small()).unwrap();
    let from = format!("other/{}", names(&disk, "other").pop().unwrap());
    let other = disk.open(Path::new(&from), Access::ReadWrite).unwrap();
    let mut bytes = vec![0; usize::try_from(other.len().unwrap()).unwrap()];
    other.read_exact_at(&mut bytes, 0).unwrap();
    let header = crate::format::SegmentHeader::decode(&bytes[..1024]).unwrap();
    let mut renumbered = Vec::new();
    crate::format::SegmentHeader { ordinal: 2, ..header }.encode(&mut renumbered);
    other.write_all_at(&renumbered, 0).unwrap();
    let to = format!("{DIR}/segment-{:016x}", 2);
    disk.rename(Path::new(&from), Path::new(&to)).unwrap();
    assert!(matches!(try_open(&disk), Err(OpenError::ForeignSegment { .. })));
}

/// Options that cannot work are refused before anything is touched.
#[test]
fn impossible_options_are_refused() {
    let disk = PowerCutDisk::new();
    for options in [
        Options { segment_bytes: 10, ..small() },
        Options { batch_frames: 0, ..small() },
        Options { queue_bytes: 10, ..small() },
        Options { max_frame_bytes: u64::MAX, ..small() },
    ] {
        let opened = SegmentLog::open(Arc::new(disk.clone()), DIR, options);
        assert!(matches!(opened, Err(OpenError::Options { .. })));
    }
    assert_eq!(names(&disk, ""), [""; 0]);
}
