//! What released frames leave behind, seen in the raw files of a real disk.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use seam_disk::RealDisk;
use tempfile::TempDir;

use super::oracle::{DIR, small};
use crate::{Frame, Housekeeping, Log, Options, ReadError, SegmentLog, Sequence};

const OLD: &str = "a frame that was released";
const NEW: &str = "a frame that is retained";
const HOUR_US: i64 = 3_600_000_000;

/// A folder with a log in it, whose clock the test moves.
struct Rig {
    folder: TempDir,
    clock: Arc<AtomicI64>,
}

impl Rig {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), clock: Arc::new(AtomicI64::new(1000)) }
    }

    fn open(&self, options: Options) -> SegmentLog {
        let clock = Arc::clone(&self.clock);
        let clock: crate::Clock = Box::new(move || clock.load(Ordering::SeqCst));
        let disk = Arc::new(RealDisk::new(self.folder.path()));
        let (log, report) = SegmentLog::open(disk, DIR, Options { clock, ..options }).unwrap();
        assert_eq!((report.damaged, report.torn_tail_bytes), (Vec::new(), 0));
        log
    }

    fn advance(&self, micros: i64) {
        self.clock.fetch_add(micros, Ordering::SeqCst);
    }

    fn dir(&self) -> PathBuf {
        self.folder.path().join(DIR)
    }

    /// The files of the log in which a text stands, by name.
    fn files_with(&self, text: &str) -> Vec<String> {
        let entries = fs::read_dir(self.dir()).unwrap().map(Result::unwrap);
        // A file may get another name, or go, between the two looks.
        let found = entries.filter(|entry| fs::read(entry.path()).is_ok_and(|it| has(&it, text)));
        let mut names: Vec<_> =
            found.map(|entry| entry.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn wait_until(&self, what: &str, holds: impl Fn(&[String]) -> bool) {
        let patience = Instant::now() + Duration::from_mins(2);
        while !holds(&self.files_with(OLD)) {
            assert!(Instant::now() < patience, "in vain: {what}");
            thread::yield_now();
        }
    }
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

fn append(log: &SegmentLog, text: &str, payload_bytes: usize) {
    let payload = text.repeat(payload_bytes / text.len() + 1).into_bytes();
    let frame = Frame { meta: text.to_owned().into(), payload: payload.into() };
    log.append(frame).wait().unwrap();
}

fn is_free(name: &str) -> bool {
    name.starts_with("free-")
}

/// Payloads from the oldest retained frame on.
fn retained(log: &SegmentLog) -> Vec<u64> {
    let mut reader = log.read(log.start());
    let frames = std::iter::from_fn(|| reader.next().unwrap());
    frames.filter(|frame| has(&frame.payload, NEW)).map(|frame| frame.sequence.get()).collect()
}

/// A free file keeps its bytes for an hour, not longer; the segment in use
/// stays as it is.
#[test]
fn a_free_file_is_zeroed_after_an_hour() {
    let rig = Rig::new();
    let log = rig.open(small());
    append(&log, OLD, 2500);
    append(&log, NEW, 2500);
    log.release(Sequence::new(1));
    rig.advance(HOUR_US - 1);
    log.release(Sequence::new(1));
    let old = rig.files_with(OLD);
    assert!(old.len() == 1 && is_free(&old[0]), "{old:?}");
    rig.advance(1);
    log.release(Sequence::new(1));
    assert_eq!(rig.files_with(OLD), [""; 0]);
    let zeroed = fs::read(rig.dir().join(&old[0])).unwrap();
    assert!(zeroed.len() == 4096 && zeroed.iter().all(|byte| *byte == 0));
    assert_eq!(retained(&log), [2]);
    append(&log, NEW, 2500);
    assert!(!rig.dir().join(&old[0]).exists(), "the zeroed file is used again");
}

/// A file that is reused in time starts its hour again.
#[test]
fn reuse_starts_the_hour_again() {
    let rig = Rig::new();
    let log = rig.open(small());
    for sequence in 1..6 {
        append(&log, OLD, 2500);
        rig.advance(HOUR_US / 2);
        log.release(Sequence::new(sequence));
        assert_eq!(
            rig.files_with(OLD).iter().filter(|name| is_free(name)).count(),
            usize::from(sequence > 1)
        );
    }
}

/// The thread notices by itself that a file is due, and not before.
#[test]
fn the_housekeeper_zeroes_unasked() {
    let rig = Rig::new();
    let zero_free_after = Duration::from_millis(20);
    let housekeeping = Housekeeping::Thread;
    let log = rig.open(Options { zero_free_after, housekeeping, free_segments: 4, ..small() });
    append(&log, OLD, 2500);
    append(&log, NEW, 2500);
    log.release(Sequence::new(1));
    rig.wait_until("the segment is recycled", |old| old.len() == 1 && is_free(&old[0]));
    // The clock stands still: however often it looks, nothing is due.
    rig.advance(20_000);
    rig.wait_until("the free file is zeroed", <[String]>::is_empty);
    assert_eq!(retained(&log), [2]);
}

/// After a close no released frame stands in any file: not in free files, not
/// in those that were removed, not behind the end of a reused segment, not in
/// the last segment. What is retained is there.
#[test]
fn closing_zeroes_what_was_released() {
    for housekeeping in [Housekeeping::Inline, Housekeeping::Thread] {
        for retain in [true, false] {
            let rig = Rig::new();
            let log = rig.open(Options { housekeeping, free_segments: 2, ..small() });
            for round in 1..=6 {
                append(&log, OLD, 2500 + 2000 * (round % 2));
                log.release(Sequence::new(round as u64 - 1));
            }
            if retain {
                append(&log, NEW, 900);
            }
            log.seal();
            log.release(Sequence::new(6));
            assert_ne!(rig.files_with(OLD), [""; 0]);
            log.close();
            assert_eq!(rig.files_with(OLD), [""; 0]);
            let log = rig.open(small());
            assert_eq!(log.end().get(), 6 + u64::from(retain));
            assert_eq!(retained(&log), if retain { vec![7] } else { vec![] });
            append(&log, NEW, 10);
            assert_eq!(retained(&log).last(), Some(&log.end().get()));
        }
    }
}

/// A segment with both kinds of frames is left alone, also when the log is
/// closed.
#[test]
fn a_segment_with_a_retained_frame_is_never_zeroed() {
    let rig = Rig::new();
    let log = rig.open(Options { zero_free_after: Duration::ZERO, ..small() });
    append(&log, OLD, 500);
    append(&log, NEW, 500);
    log.release(Sequence::new(1));
    log.close();
    assert_eq!(rig.files_with(OLD), rig.files_with(NEW));
    assert_eq!(retained(&rig.open(small())), [2]);
}

/// A file is zeroed before its name goes: a second name shows it.
#[test]
fn a_removed_file_is_zeroed_first() {
    for (payload_bytes, free_segments) in [(9000, 1), (2500, 0)] {
        let rig = Rig::new();
        let log = rig.open(Options { free_segments, ..small() });
        append(&log, OLD, payload_bytes);
        append(&log, NEW, payload_bytes);
        let [segment] = &rig.files_with(OLD)[..] else { panic!("one segment holds the frame") };
        let second = rig.folder.path().join("second");
        fs::hard_link(rig.dir().join(segment), &second).unwrap();
        log.release(Sequence::new(1));
        assert_eq!(rig.files_with(OLD), [""; 0]);
        let left = fs::read(&second).unwrap();
        assert!(left.len() > payload_bytes && left.iter().all(|byte| *byte == 0));
        assert_eq!(fs::metadata(&second).unwrap().nlink(), 1, "the other name is gone");
    }
}

/// A close that has no time, and a log that is dropped, leave the rest to the
/// next start, which does not wait another hour.
#[test]
fn the_next_start_zeroes_what_it_finds() {
    let endings: [fn(SegmentLog); 2] = [|log| log.close_within(Duration::ZERO), drop];
    for end in endings {
        let rig = Rig::new();
        let log = rig.open(small());
        append(&log, OLD, 2500);
        append(&log, NEW, 2500);
        log.release(Sequence::new(1));
        end(log);
        let old = rig.files_with(OLD);
        assert!(old.len() == 1 && is_free(&old[0]), "{old:?}");
        let log = rig.open(small());
        log.release(Sequence::ZERO);
        assert_eq!(rig.files_with(OLD), [""; 0]);
        assert_eq!(retained(&log), [2]);
    }
}

/// A reader whose segment is zeroed under it is told that the frame was
/// released; to it that is no damage.
#[test]
fn a_reader_in_a_zeroed_segment_is_told() {
    let rig = Rig::new();
    let log = rig.open(Options { zero_free_after: Duration::ZERO, ..small() });
    append(&log, OLD, 1200);
    let mut reader = log.read(Sequence::new(1));
    assert_eq!(reader.next().unwrap().unwrap().sequence.get(), 1);
    append(&log, OLD, 1200);
    append(&log, NEW, 2500);
    log.release(Sequence::new(2));
    assert_eq!(rig.files_with(OLD), [""; 0]);
    // As if the release had come between the reader's look and its read.
    let refused = reader.read_from_disk(log.end().get()).unwrap_err();
    assert!(matches!(refused, ReadError::Released { start, .. } if start == log.start()));
}

/// The log's folder and files are for their owner alone, also if somebody
/// opened them meanwhile.
#[test]
fn the_log_is_closed_to_others() {
    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }
    let rig = Rig::new();
    for _ in 0..2 {
        let log = rig.open(Options { free_segments: 2, ..small() });
        for _ in 0..4 {
            append(&log, OLD, 2500);
        }
        log.release(log.end().previous());
        let files = || fs::read_dir(rig.dir()).unwrap().map(|entry| entry.unwrap().path());
        assert_eq!(files().count(), 4, "lock, segment, two free");
        assert_eq!(mode(&rig.dir()), 0o700);
        for path in files() {
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
        log.close();
        for path in files().filter(|path| !path.ends_with("lock")) {
            fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
        }
        fs::set_permissions(rig.dir(), fs::Permissions::from_mode(0o755)).unwrap();
    }
}
