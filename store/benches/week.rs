//! A week of commits, one every half minute, into one table on the disk: how long it takes to
//! open after that, and what lies there.
//!
//! The week passes as fast as the disk lets it. Files are merged as soon as they are there, and
//! history is kept for the seventh part of the time that the commits before took, about; days
//! that are over are not merged once more, as they would be after a real one.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(clippy::print_stdout, reason = "it prints its figures")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::record_batch::RecordBatch;
use seam_disk::Disk;
use seam_schema::event::{Event, EventColumns, EventsBuilder};
use seam_schema::ids::{LogId, ReceivedAt, Sequence};
use seam_schema::table::Table;
use seam_schema::table::cell::{Day, TimeUs};
use seam_schema::vocabulary::{Agent, Kind};
use seam_store::{DataFolder, Group, Store, StoreOptions, UpkeepOptions};

const LOG: LogId = LogId::from_bytes([7; 16]);
const COMMITS: i64 = 7 * 24 * 120;
/// Between two rounds of upkeep: an hour of commits.
const ROUND: i64 = 120;
const ROWS: i64 = 20;
const OPENS: usize = 5;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let home = tempfile::tempdir_in(".").unwrap();
    runtime.block_on(run(home.path()));
}

async fn run(home: &Path) {
    let (folder, disk) = DataFolder::open(home).unwrap();
    let (mut store, mut history) = (open(&disk, 0, Duration::from_secs(30)).await, Duration::ZERO);
    let (began, mut day_began) = (Instant::now(), Instant::now());
    for number in 1..=COMMITS {
        commit(&store, number).await;
        if number % ROUND == 0 {
            store.keep_up().await;
        }
        if number % (COMMITS / 7) == 0 {
            history = day_began.elapsed();
            print(home, &store, number / (COMMITS / 7), history);
            store.close().await.unwrap();
            store = open(&disk, number, history).await;
            day_began = Instant::now();
        }
    }
    let took = began.elapsed();
    store.close().await.unwrap();
    let mut opened = Vec::new();
    for _ in 0..OPENS {
        let began = Instant::now();
        store = open(&disk, COMMITS, history).await;
        opened.push(began.elapsed());
        let rows = store.snapshot().table(Table::Events).unwrap().rows();
        assert_eq!(rows, (COMMITS * ROWS).cast_unsigned());
        store.close().await.unwrap();
    }
    opened.sort();
    println!(
        "{COMMITS} commits in {took:.0?}; all tables open in {:.1?} (median), {:.1?} at most",
        opened.get(OPENS / 2).unwrap(),
        opened.last().unwrap()
    );
    drop(folder);
}

async fn open(disk: &Arc<dyn Disk>, log_end: i64, history_kept: Duration) -> Store {
    let upkeep = UpkeepOptions {
        every: Duration::from_hours(1000),
        merge_after: Duration::ZERO,
        clean_up_every: Duration::ZERO,
        history_kept,
        ..UpkeepOptions::default()
    };
    let options = StoreOptions { upkeep, ..StoreOptions::default() };
    Store::open(Arc::clone(disk), LOG, Sequence(log_end), options).await.unwrap()
}

async fn commit(store: &Store, number: i64) {
    let received_at = ReceivedAt(number * 30_000_000);
    let rows = vec![(Table::Events, batch(number, received_at))];
    let group = Group { first: Sequence(number), through: Sequence(number), received_at, rows };
    let appending = store.clone();
    tokio::task::spawn_blocking(move || appending.append(group)).await.unwrap().unwrap();
    store.flush().await.unwrap();
}

fn batch(number: i64, received_at: ReceivedAt) -> RecordBatch {
    let mut builder = EventsBuilder::default();
    for index in 0..ROWS {
        let columns = EventColumns {
            log_id: LOG.to_string().into(),
            offset_sequence: number,
            offset_index: index,
            tenant: "default".into(),
            principal: "local".into(),
            received_at: TimeUs(received_at.0),
            day: Day(received_at.day()),
            time: TimeUs(received_at.0),
            agent: Some(Agent::Codex),
            kind: Some(Kind::Prompt),
            session_id: Some(format!("session-{}", number / 60).into()),
            prompt: Some(format!("prompt {index} of commit {number}").into()),
            ..EventColumns::default()
        };
        builder.append(&Event { columns, ..Event::default() });
    }
    builder.finish().unwrap()
}

fn print(home: &Path, store: &Store, day: i64, took: Duration) {
    let snapshot = store.snapshot();
    let events = snapshot.table(Table::Events).unwrap();
    let counts = store.upkeep_counts();
    println!(
        "day {day}: {took:.0?}, version {}, {} files named, {} data files and {} of the Delta log in the folder; {} merges of {} files",
        events.version,
        events.files.len(),
        count(&home.join("tables/events"), "parquet", "_delta_log"),
        count(&home.join("tables/events/_delta_log"), "", ""),
        counts.merges,
        counts.merged_files,
    );
}

/// The files below a folder that end so, without those in folders of a name.
fn count(folder: &Path, ending: &str, without: &str) -> usize {
    let mut folders: Vec<PathBuf> = vec![folder.to_path_buf()];
    let mut found = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with(without) {
                folders.push(path);
            } else if path.is_file() && path.to_string_lossy().ends_with(ending) {
                found += 1;
            }
        }
    }
    found
}
