//! One stream from the files into the tail.

use std::collections::HashMap;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use futures::FutureExt;
use seam_disk::Op;
use seam_disk::power_cut::{Fault, FaultError};
use seam_schema::ids::{LogId, Offset, Sequence};
use seam_schema::table::Table;

use crate::follow::{Cursor, Followed, Follower};
use crate::testing::*;
use crate::{ReadError, Store, StoreError, StoreOptions};

/// The (log, sequence, index) of every row.
fn offsets(followed: &Followed) -> Vec<(LogId, i64, i64)> {
    let batch = &followed.batch;
    assert_eq!(batch.schema(), Table::Events.schema());
    let numbers = |name| {
        let column = batch.column_by_name(name).unwrap();
        column.as_primitive::<Int64Type>().values().to_vec()
    };
    let logs = batch.column_by_name("log_id").unwrap().as_string::<i32>();
    let logs = logs.iter().map(|log| LogId::parse(log.unwrap()).unwrap());
    let numbers = numbers("offset_sequence").into_iter().zip(numbers("offset_index"));
    logs.zip(numbers).map(|(log, (sequence, index))| (log, sequence, index)).collect()
}

fn wanted(log_id: LogId, frames: std::ops::RangeInclusive<i64>) -> Vec<(LogId, i64, i64)> {
    frames
        .flat_map(|frame| (0..events_of(frame)).map(move |index| (log_id, frame, index)))
        .collect()
}

async fn take(follower: &mut Follower, count: usize) -> Vec<(LogId, i64, i64)> {
    let mut found = Vec::new();
    while found.len() < count {
        found.extend(offsets(&follower.next().await.unwrap()));
    }
    found
}

fn follow(store: &Store, cursor: Cursor) -> Follower {
    store.follow(Table::Events, cursor).unwrap()
}

/// While rows come and tails become files, a follower sees every row once and in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_hole_and_no_repeat_where_files_meet_the_tail() {
    let limits = StoreOptions { seal_bytes: 100_000, ..options() };
    let store = open_with(&new_disk(), LOG, 0, limits).await.unwrap();
    let all = wanted(LOG, 1..=400);
    let mut early = follow(&store, Cursor::start());
    let count = all.len();
    let watcher = tokio::spawn(async move { take(&mut early, count).await });
    apply_events(&store, LOG, 1..=400, 1).await.unwrap();
    assert_eq!(watcher.await.unwrap(), all);
    let snapshot = store.snapshot();
    let events = snapshot.table(Table::Events).unwrap();
    assert!(events.files.len() > 5 && !events.tail.is_empty());
    assert_eq!(take(&mut follow(&store, Cursor::start()), count).await, all);
}

/// Files of several tenants that one commit wrote come out as one stream in offset order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_interleave_are_merged() {
    let store = open(&new_disk(), 0).await.unwrap();
    apply(&store, LOG, 1..=60, 60).await.unwrap();
    store.flush().await.unwrap();
    let all = wanted(LOG, 1..=60);
    assert!(store.snapshot().table(Table::Events).unwrap().files.len() > 4);
    assert_eq!(take(&mut follow(&store, Cursor::start()), all.len()).await, all);
}

/// From every cursor that was given out, a new follower goes on with the next row, after a
/// restart too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_goes_on_where_it_stood() {
    let disk = new_disk();
    let store = open(&disk, 0).await.unwrap();
    apply(&store, LOG, 1..=30, 10).await.unwrap();
    store.flush().await.unwrap();
    apply(&store, LOG, 31..=40, 1).await.unwrap();
    let all = wanted(LOG, 1..=40);
    let mut follower = follow(&store, Cursor::start());
    let mut cursors = HashMap::from([(0, Cursor::start())]);
    let mut seen = 0;
    while seen < all.len() {
        let rows = follower.next().await.unwrap();
        seen += rows.batch.num_rows();
        cursors.insert(seen, rows.cursor);
    }
    let middle = Offset { log_id: LOG, sequence: Sequence(5), index: 1 };
    let before = all.iter().position(|row| *row == (LOG, 5, 1)).unwrap() + 1;
    cursors.insert(before, Cursor::from_iter([middle]));
    store.close().await.unwrap();
    let restarted = open(&disk, 40).await.unwrap();
    for (seen, cursor) in cursors.into_iter().filter(|(seen, _)| *seen < all.len()) {
        let left = all.len() - seen;
        assert_eq!(take(&mut follow(&store, cursor.clone()), left).await, all[seen..]);
        assert_eq!(take(&mut follow(&restarted, cursor), left).await, all[seen..]);
    }
}

/// The rows of an earlier log come too, each log in its order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_an_earlier_log_are_followed() {
    let disk = new_disk();
    let store = open_with(&disk, OTHER_LOG, 0, options()).await.unwrap();
    apply(&store, OTHER_LOG, 1..=10, 2).await.unwrap();
    store.close().await.unwrap();
    let store = open(&disk, 0).await.unwrap();
    apply(&store, LOG, 1..=10, 2).await.unwrap();
    let found = take(&mut follow(&store, Cursor::start()), wanted(LOG, 1..=10).len() * 2).await;
    for log_id in [LOG, OTHER_LOG] {
        let of_log: Vec<_> = found.iter().filter(|row| row.0 == log_id).copied().collect();
        assert_eq!(of_log, wanted(log_id, 1..=10));
    }
}

/// A reader that gives up waiting in the middle loses nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_wait_loses_nothing() {
    let store = open(&new_disk(), 0).await.unwrap();
    apply(&store, LOG, 1..=60, 30).await.unwrap();
    store.flush().await.unwrap();
    apply(&store, LOG, 61..=70, 1).await.unwrap();
    let all = wanted(LOG, 1..=70);
    let mut follower = follow(&store, Cursor::start());
    let (mut found, mut dropped) = (Vec::new(), 0);
    while found.len() < all.len() {
        let rows = if let Some(rows) = follower.next().now_or_never() {
            rows
        } else {
            dropped += 1;
            follower.next().await
        };
        found.extend(offsets(&rows.unwrap()));
    }
    assert_eq!(found, all);
    assert!(dropped > 0);
}

/// The ledger has no order to follow; a follower of a store that failed gets what is there and
/// then the reason.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_followed_says_why() {
    let disk = new_disk();
    let store = open(&disk, 0).await.unwrap();
    let refused = store.follow(Table::Ledger, Cursor::start()).err().unwrap();
    assert!(matches!(refused, ReadError::NotFollowable { table: "ledger" }));
    disk.plant(Fault::new(FaultError::Eio).on(Op::SyncAll).at("tables/"));
    apply(&store, LOG, 1..=2, 2).await.unwrap();
    store.flush().await.unwrap_err();
    let mut follower = follow(&store, Cursor::start());
    take(&mut follower, wanted(LOG, 1..=2).len()).await;
    let error = follower.next().await.unwrap_err();
    assert!(matches!(error, ReadError::Store(StoreError::Failed { .. })), "{error}");
}
