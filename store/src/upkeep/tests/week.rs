//! A table after a week of commits is as small as after an hour of them.
//!
//! The week has a commit every half hour in place of every half minute, so that a build without
//! optimisation is done with it in seconds: what is counted here grows with the days, not with
//! the commits of a day (`benches/week.rs` makes them all).

use std::collections::BTreeMap;
use std::time::Duration;

use seam_schema::ids::{ReceivedAt, Sequence};
use seam_schema::table::Table;

use super::log_files;
use crate::options::{StoreOptions, UpkeepOptions};
use crate::testing::*;
use crate::{Group, Store};

const DAYS: i64 = 7;
/// Commits in a day.
const COMMITS: i64 = 48;
const DAY_US: i64 = 86_400_000_000;

async fn commit(store: &Store, number: i64) {
    let received_at = number * (DAY_US / COMMITS);
    let row =
        |index| EventRow { tenant: "red".to_owned(), received_at, ..EventRow::at(number, index) };
    let rows = vec![(Table::Events, events_batch(&[row(0), row(1)]))];
    let sequence = Sequence(number);
    let received_at = ReceivedAt(received_at);
    let group = Group { first: sequence, through: sequence, received_at, rows };
    let appending = store.clone();
    tokio::task::spawn_blocking(move || appending.append(group)).await.unwrap().unwrap();
    store.flush().await.unwrap();
}

/// Each day that is over is one file, the day at hand a few, and the Delta log a day long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_week_of_commits_leaves_a_small_table() {
    let upkeep = UpkeepOptions { every: Duration::from_hours(1), ..UpkeepOptions::default() };
    let limits = StoreOptions { upkeep, ..options() };
    let disk = new_disk();
    let store = open_with(&disk, LOG, 0, limits.clone()).await.unwrap();
    let (mut most_files, mut most_log_files) = (0, 0);
    for number in 1..DAYS * COMMITS {
        commit(&store, number).await;
        store.core().clock.pass(Duration::from_mins(30));
        if number % 4 == 0 {
            store.keep_up().await;
            most_files = most_files.max(store.snapshot().table(Table::Events).unwrap().files.len());
            most_log_files = most_log_files.max(log_files(&disk, Table::Events));
        }
    }
    store.close().await.unwrap();
    assert_eq!(store.upkeep_counts().failures, 0);
    let store = open_with(&disk, LOG, DAYS * COMMITS, limits).await.unwrap();
    let snapshot = store.snapshot();
    let events = snapshot.table(Table::Events).unwrap();
    assert_eq!(events.rows().cast_signed(), (DAYS * COMMITS - 1) * 2);
    let mut files: BTreeMap<i32, usize> = BTreeMap::new();
    for file in events.files.iter() {
        *files.entry(file.day).or_default() += 1;
    }
    let over = files.range(..i32::try_from(DAYS).unwrap() - 2);
    assert!(over.clone().count() == 5 && over.clone().all(|(_, files)| *files == 1), "{files:?}");
    // An hour is not merged yet, and the day before is not a day old.
    assert!(most_files < 40, "{most_files}");
    // A day of commits, the merges between them, and what lies before the last checkpoint.
    assert!(most_log_files < 48 + 24 + 100 + 10, "{most_log_files}");
}
