//! The tables that stage 2 fills.

use std::time::Duration;

use seam_disk::Op;
use seam_disk::power_cut::{Fault, FaultError};
use seam_schema::ids::{ReceivedAt, Sequence};
use seam_schema::table::Table;

use crate::testing::*;
use crate::{Snapshot, Store, StoreError, StoreOptions};

fn append(store: &Store, through: i64, frames: std::ops::RangeInclusive<i64>) {
    store.append_derived(Sequence(through), &derived(frames)).unwrap();
}

/// The derived tables have a position of their own: it moves without rows, never holds the log
/// back, and is no part of what stage 1 has applied.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn derived_tables_hold_nothing_back() {
    let store = open(&new_disk(), 0).await.unwrap();
    let released = store.subscribe_released();
    apply_events(&store, LOG, 1..=20, 20).await.unwrap();
    append(&store, 12, 1..=12);
    let snapshot = store.snapshot();
    assert_eq!((snapshot.applied, snapshot.derived_applied), (Sequence(20), Sequence(12)));
    assert_eq!(snapshot.applied_at, ReceivedAt(EventRow::at(20, 0).received_at));
    assert!(!snapshot.table(Table::Actions).unwrap().tail.is_empty());
    store.append_derived(Sequence(20), &[]).unwrap();
    assert_eq!(store.wait_derived(Sequence(20), Duration::ZERO).await, Sequence(20));
    assert_eq!(store.wait_derived(Sequence(21), Duration::ZERO).await, Sequence(20));
    store.flush().await.unwrap();
    append(&store, 20, 1..=20);
    assert_eq!(*released.borrow(), Sequence(20));
    assert_eq!(store.derived_committed(), Sequence(20), "sealed where stage 2 stood");
    store.close().await.unwrap();
}

/// However often a row changes, a tail holds each id twice at most, and a file once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn revisions_are_folded() {
    let store = open(&new_disk(), 0).await.unwrap();
    for round in 0..300 {
        append(&store, round, 1..=40);
    }
    let count = |snapshot: &Snapshot, table| snapshot.table(table).unwrap().rows();
    let ids: Vec<u64> = [21, 7, 5, 40, 5].to_vec();
    for (table, ids) in Table::DERIVED.iter().zip(&ids) {
        let rows = count(&store.snapshot(), *table);
        assert!(rows <= ids * 2, "{}: {rows} rows", table.name());
    }
    store.flush().await.unwrap();
    for (table, ids) in Table::DERIVED.iter().zip(ids) {
        assert_eq!(count(&store.snapshot(), *table), ids, "{}", table.name());
    }
}

/// `sessions` is committed after the others, so whatever it says is derived is in all of them;
/// a restart goes on from there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_are_committed_last() {
    for table in [Table::Actions, Table::Turns, Table::Links, Table::Gaps] {
        let disk = new_disk();
        let store = open(&disk, 0).await.unwrap();
        apply_events(&store, LOG, 1..=30, 30).await.unwrap();
        append(&store, 10, 1..=10);
        store.flush().await.unwrap();
        append(&store, 30, 11..=30);
        let log = format!("tables/{}/_delta_log", table.name());
        disk.plant(Fault::new(FaultError::Eio).on(Op::Link).at(&log).times(u64::MAX));
        assert!(matches!(store.flush().await, Err(StoreError::Failed { .. })));
        assert_eq!(store.derived_committed(), Sequence(10));
        store.close().await.unwrap_err();
        let disk = disk.after_cut(0);
        let store = open(&disk, 30).await.unwrap();
        assert_eq!(store.derived_committed(), Sequence(10), "{}", table.name());
        assert_eq!(store.snapshot().derived_applied, Sequence(10));
        // What tables have beyond that was taken back: a row of it that does not come again is
        // no more, and one that was superseded by it stands again.
        same_as_undisturbed(&store, 10, table).await;
        append(&store, 20, 11..=20);
        append(&store, 30, 21..=30);
        store.close().await.unwrap();
        same_as_undisturbed(&store, 30, table).await;
        let store = open(&disk, 30).await.unwrap();
        same_as_undisturbed(&store, 30, table).await;
    }
}

async fn same_as_undisturbed(store: &Store, through: i64, after: Table) {
    let found = all_rows(store).await;
    let undisturbed = undisturbed(through).await;
    for (place, of) in Table::ALL.iter().enumerate().filter(|(_, of)| of.is_derived()) {
        assert_eq!(found[place], undisturbed[place], "{} after {}", of.name(), after.name());
    }
}

/// Also a seal in which no conversation has a row moves the position: what the other tables say
/// there is not taken back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seal_without_sessions_counts() {
    let disk = new_disk();
    let store = open(&disk, 0).await.unwrap();
    apply_events(&store, LOG, 1..=30, 30).await.unwrap();
    append(&store, 10, 1..=10);
    store.flush().await.unwrap();
    let mut rows = derived(11..=30);
    rows.retain(|(table, _)| *table != Table::Sessions);
    store.append_derived(Sequence(30), &rows).unwrap();
    store.flush().await.unwrap();
    assert_eq!(store.derived_committed(), Sequence(30));
    let links = crate::testing::rows(&store.snapshot(), Table::Links).await;
    store.close().await.unwrap();
    let store = open(&disk, 30).await.unwrap();
    assert_eq!(crate::testing::rows(&store.snapshot(), Table::Links).await, links);
    assert_eq!(links.len(), 30);
}

/// A commit without rows that failed is tried again: nothing but its position tells that it did not
/// happen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_position_without_rows_is_committed() {
    let disk = new_disk();
    let store = open(&disk, 0).await.unwrap();
    apply_events(&store, LOG, 1..=30, 30).await.unwrap();
    let mut rows = derived(1..=30);
    rows.retain(|(table, _)| *table == Table::Links);
    store.append_derived(Sequence(30), &rows).unwrap();
    let log = "tables/sessions/_delta_log";
    disk.plant(Fault::new(FaultError::Eio).on(Op::Link).at(log).times(1));
    store.flush().await.unwrap();
    store.close().await.unwrap();
    let store = open(&disk, 30).await.unwrap();
    assert_eq!(store.derived_committed(), Sequence(30));
    assert_eq!(crate::testing::rows(&store.snapshot(), Table::Links).await.len(), 30);
}

/// Only rows of derived tables go this way, and they go no other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_tables_are_refused() {
    let store = open(&new_disk(), 0).await.unwrap();
    let events = group(&store, LOG, 1..=1);
    let refused = store.append_derived(Sequence(1), &events.rows).unwrap_err();
    assert!(matches!(refused, StoreError::Schema { table: "events" }), "{refused}");
    let rows = derived(1..=1);
    let refused = store.append(crate::Group { rows, ..events }).unwrap_err();
    assert!(matches!(refused, StoreError::Schema { table: "actions" }), "{refused}");
    store.close().await.unwrap();
    assert!(matches!(store.append_derived(Sequence(1), &[]), Err(StoreError::Closing)));
}

/// A full set of tails is sealed at once, and what is sealed meanwhile is not given back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn full_tails_are_sealed_together() {
    let limits = StoreOptions { seal_bytes: 150_000, ..options() };
    let store = open_with(&new_disk(), LOG, 0, limits).await.unwrap();
    let writer = {
        let store = store.clone();
        tokio::task::spawn_blocking(move || {
            for frame in 1..=200 {
                append(&store, frame, frame..=frame);
            }
        })
    };
    writer.await.unwrap();
    store.close().await.unwrap();
    let versions: Vec<u64> = Table::DERIVED
        .iter()
        .map(|table| store.snapshot().table(*table).unwrap().version)
        .collect();
    assert!(versions[0] > 2 && versions.iter().all(|version| *version == versions[0]));
    let found = all_rows(&store).await;
    let wanted = undisturbed(200).await;
    for (place, table) in Table::ALL.iter().enumerate().filter(|(_, table)| table.is_derived()) {
        assert_eq!(found[place], wanted[place], "{}", table.name());
    }
}

/// A folder that was made before there were derived tables gets them when it is opened; until
/// then a reader from outside sees the others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_folder_gets_the_tables() {
    let home = tempfile::tempdir().unwrap();
    let (_owner, disk) = crate::DataFolder::open(home.path()).unwrap();
    let store =
        Store::open(std::sync::Arc::clone(&disk), LOG, Sequence(0), options()).await.unwrap();
    apply(&store, LOG, 1..=9, 9).await.unwrap();
    store.close().await.unwrap();
    let events = rows(&store.snapshot(), Table::Events).await;
    for table in Table::DERIVED {
        let root = home.path().join("tables").join(table.name());
        std::process::Command::new("rm").arg("-r").arg(root).status().unwrap();
    }
    let outside = Snapshot::open_read_only(home.path()).await.unwrap();
    assert!(Table::DERIVED.iter().all(|table| outside.table(*table).is_none()));
    assert_eq!(rows(&outside, Table::Events).await, events);
    let store = Store::open(disk, LOG, Sequence(9), options()).await.unwrap();
    assert_eq!(store.derived_committed(), Sequence(0));
    append(&store, 9, 1..=9);
    store.close().await.unwrap();
    let outside = Snapshot::open_read_only(home.path()).await.unwrap();
    assert_eq!(rows(&outside, Table::Sessions).await.len(), 5);
}
