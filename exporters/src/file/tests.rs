//! Lines in files: whole, once, in order, whatever a crash leaves.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
#![expect(clippy::disallowed_methods, reason = "a test breaks files as a crash would")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use seam_schema::ids::{LogId, Offset, Sequence};

use super::writer::Writer;
use super::*;

/// 2026-01-31, in the morning.
const MORNING: i64 = 1_769_846_400;
const DAY: i64 = 86_400;

fn record(number: i64, redelivery: bool) -> Record {
    Record {
        id: Arc::from(format!("r-{number}")),
        offset: Offset { log_id: LogId::default(), sequence: Sequence(number), index: 0 },
        time_us: number,
        tenant: Arc::from("default"),
        session_id: Arc::from(""),
        kind: "prompt",
        agent: "codex",
        host: None,
        document: Bytes::from(format!("{{\"n\":{number}}}")),
        redelivery,
    }
}

fn records(numbers: std::ops::Range<i64>, redelivery: bool) -> Vec<Record> {
    numbers.map(|number| record(number, redelivery)).collect()
}

fn writer(folder: &Path, rotate_bytes: u64) -> Writer {
    Writer::new(Arc::new(Options { rotate_bytes, ..Options::new(folder, "siem") }))
}

/// The numbers on all lines of all files, in the order of the files.
fn numbers(folder: &Path) -> Vec<i64> {
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let text: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let number = |line: &str| {
        serde_json::from_str::<serde_json::Value>(line).unwrap()["n"].as_i64().unwrap()
    };
    text.lines().map(number).collect()
}

/// Wherever a crash cuts the file, what comes again completes it: every line once and whole.
#[test]
fn a_cut_anywhere_leaves_each_line_once() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("siem-2026-01-31-0001.ndjson");
    let all = writer(home.path(), 1 << 20).write(&records(0..12, false), MORNING);
    assert!(all.iter().all(|outcome| *outcome == Outcome::Delivered));
    let whole = fs::read(&file).unwrap();
    for cut in 0..=whole.len() {
        fs::write(&file, &whole[..cut]).unwrap();
        let outcomes = writer(home.path(), 1 << 20).write(&records(0..12, true), MORNING);
        let there = whole[..cut].split(|byte| *byte == b'\n').count() - 1;
        let known = outcomes.iter().filter(|outcome| **outcome == Outcome::Duplicate).count();
        assert_eq!((known, outcomes.len()), (there, 12), "cut at {cut}");
        assert_eq!(fs::read(&file).unwrap(), whole, "cut at {cut}");
    }
}

/// A new file begins by size and by day, a clock that goes back begins none, and nothing is lost
/// between files.
#[test]
fn files_rotate() {
    let home = tempfile::tempdir().unwrap();
    let mut writer = writer(home.path(), 20);
    for number in 0..8 {
        let now = MORNING + if number < 5 { 0 } else { DAY };
        writer.write(&records(number..number + 1, false), now - number);
    }
    assert_eq!(numbers(home.path()), (0..8).collect::<Vec<_>>());
    let files = folder::list(home.path(), "siem").unwrap();
    let names: Vec<_> = files.iter().map(|file| (file.day.as_str(), file.number)).collect();
    assert_eq!(names, [("2026-01-31", 1), ("2026-01-31", 2), ("2026-02-01", 1)]);
    let again = self::writer(home.path(), 20).write(&records(0..8, true), MORNING);
    assert!(again.iter().all(|outcome| *outcome == Outcome::Duplicate), "{again:?}");
}

/// A folder that cannot be made holds the destination, names the reason, and is tried again.
#[tokio::test]
async fn a_folder_that_cannot_be_made_holds() {
    let home = tempfile::tempdir().unwrap();
    let blocked = home.path().join("taken");
    fs::write(&blocked, "a file").unwrap();
    let files = Files::new(Options::new(&blocked.join("logs"), "siem"));
    let outcomes = files.send(&records(0..2, false)).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Hold { .. })), "{outcomes:?}");
    assert!(files.probe().await.is_err());
    assert!(matches!(files.check().await[0].result, Checked::Bad(_)));
    fs::remove_file(&blocked).unwrap();
    assert_eq!(files.probe().await, Ok(()));
    assert_eq!(files.send(&records(0..2, false)).await, [Outcome::Delivered, Outcome::Delivered]);
}

/// A document that would be two lines is refused, and the others are written.
#[test]
fn a_line_is_a_line() {
    let home = tempfile::tempdir().unwrap();
    let bad = Record { document: Bytes::from("{\n}"), ..record(1, false) };
    let outcomes = writer(home.path(), 1 << 20).write(&[record(0, false), bad], MORNING);
    assert!(matches!(outcomes[1], Outcome::Refused { .. }));
    assert_eq!(numbers(home.path()), [0]);
}

/// Lines that come again late, behind many that are new, are known all the same; and so are those
/// of a replay, however long the writer has been running.
#[test]
fn lines_that_come_again_late_are_known() {
    let home = tempfile::tempdir().unwrap();
    let mut writer = writer(home.path(), 1 << 30);
    writer.write(&records(0..10, false), MORNING);
    writer.write(&records(10..100_000, false), MORNING);
    for _ in 0..2 {
        let outcomes = writer.write(&records(5..15, true), MORNING);
        assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Duplicate), "{outcomes:?}");
    }
    writer.write(&records(100_000..100_010, true), MORNING);
    writer.write(&records(100_000..100_010, true), MORNING);
    assert_eq!(numbers(home.path()), (0..100_010).collect::<Vec<_>>());
}
