//! Rows in, snapshots out.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arrow::array::AsArray;
use seam_disk::Op;
use seam_disk::power_cut::{Fault, FaultError};
use seam_schema::ids::{ReceivedAt, Sequence};
use seam_schema::table::Table;

use crate::testing::*;
use crate::{Group, Snapshot, StoreError, StoreOptions};

/// Rows are visible when `append` returns, before any commit; the commit changes only where
/// they are, and then the log may recycle them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_are_visible_at_once_and_released_when_committed() {
    let store = open(&new_disk(), 0).await.unwrap();
    let released = store.subscribe_released();
    apply(&store, LOG, 1..=40, 3).await.unwrap();
    let before = store.snapshot();
    assert_eq!(before.applied, Sequence(40));
    assert!(before.table(Table::Events).unwrap().files.is_empty());
    assert_eq!(*released.borrow(), Sequence(0));
    let visible = all_rows(&store).await;
    store.flush().await.unwrap();
    assert!(store.snapshot().table(Table::Events).unwrap().tail.is_empty());
    assert_eq!(all_rows(&store).await, visible);
    assert_eq!(*released.borrow(), Sequence(40));
    assert_eq!(store.committed(Table::Events), Sequence(40));
}

/// A table without rows makes no commit and holds no frame back, and frames without rows are
/// released at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_pending_means_no_commit_and_no_delay() {
    let store = open(&new_disk(), 0).await.unwrap();
    let released = store.subscribe_released();
    store.mark_applied(Sequence(7), ReceivedAt(7_000));
    assert_eq!(*released.borrow(), Sequence(7));
    let mut events = group(&store, LOG, 8..=8);
    events.rows.retain(|(table, _)| *table == Table::Events);
    store.append(events).unwrap();
    store.mark_applied(Sequence(9), ReceivedAt(9_000));
    assert_eq!(store.snapshot().applied_at, ReceivedAt(9_000));
    assert_eq!(*released.borrow(), Sequence(7));
    store.flush().await.unwrap();
    assert_eq!(*released.borrow(), Sequence(9));
    let snapshot = store.snapshot();
    assert_eq!(snapshot.table(Table::Events).unwrap().version, 1);
    for table in [Table::Metrics, Table::Ledger, Table::Audit] {
        assert_eq!(snapshot.table(table).unwrap().version, 0, "{}", table.name());
    }
    assert_eq!(store.wait_applied(Sequence(9), Duration::ZERO).await, Sequence(9));
}

/// Thousands of groups of one row are a few dozen batches, whose memory is near what the rows
/// need, and the ledger's lines of one key are one line.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn small_groups_are_merged() {
    let store = open(&new_disk(), 0).await.unwrap();
    apply(&store, LOG, 1..=2000, 1).await.unwrap();
    let snapshot = store.snapshot();
    for table in Table::ALL {
        let tail = &snapshot.table(*table).unwrap().tail;
        assert!(tail.len() < 40, "{} has {} batches", table.name(), tail.len());
    }
    let events = &snapshot.table(Table::Events).unwrap().tail;
    let rows: usize = events.iter().map(|batch| batch.num_rows()).sum();
    let bytes: usize = events.iter().map(|batch| batch.get_array_memory_size()).sum();
    assert!(bytes / rows < 4096, "{} bytes per row", bytes / rows);
    let sequences = events.iter().flat_map(|batch| {
        let column = batch.column_by_name("offset_sequence").unwrap();
        column.as_primitive::<arrow::datatypes::Int64Type>().values().to_vec()
    });
    assert!(sequences.is_sorted());
    let lines = rows_of_ledger(&snapshot);
    store.flush().await.unwrap();
    let files = &store.snapshot().table(Table::Ledger).unwrap().files.clone();
    let stored: u64 = files.iter().map(|file| file.rows.unwrap()).sum();
    assert_eq!(usize::try_from(stored).unwrap(), lines, "every key once");
}

fn rows_of_ledger(snapshot: &Snapshot) -> usize {
    let tail = &snapshot.table(Table::Ledger).unwrap().tail;
    crate::tail::sum_ledger(tail.iter().map(AsRef::as_ref)).unwrap().num_rows()
}

/// When the disk is full, tails wait and then `append` does, nothing is lost and nothing fails;
/// when there is room again, all goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_back_pressure() {
    let disk = new_disk();
    let limits = StoreOptions { seal_bytes: 1, ..options() };
    let store = open_with(&disk, LOG, 0, limits).await.unwrap();
    disk.plant(Fault::new(FaultError::Enospc).on(Op::Write).at(".parquet").times(u64::MAX));
    // Two sealed tails and a full open one: no room for a fourth group.
    apply(&store, LOG, 1..=3, 1).await.unwrap();
    let writer = {
        let store = store.clone();
        tokio::spawn(async move { apply(&store, LOG, 4..=9, 1).await })
    };
    assert_eq!(store.wait_applied(Sequence(4), Duration::from_millis(200)).await, Sequence(3));
    assert!(!writer.is_finished());
    disk.heal();
    writer.await.unwrap().unwrap();
    store.close().await.unwrap();
    assert_eq!(all_rows(&store).await, undisturbed(9).await);
}

/// A table with few rows does not hold the log back until its own time has come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn small_tails_are_sealed_along_with_a_full_one() {
    let limits =
        StoreOptions { seal_bytes: 100_000, seal_along_after: Duration::ZERO, ..options() };
    let store = open_with(&new_disk(), LOG, 0, limits).await.unwrap();
    let mut released = store.subscribe_released();
    apply(&store, LOG, 1..=100, 20).await.unwrap();
    let enough = released.wait_for(|released| *released > Sequence(0));
    tokio::time::timeout(Duration::from_mins(1), enough).await.unwrap().unwrap();
    store.close().await.unwrap();
    assert_eq!(all_rows(&store).await, undisturbed(100).await);
}

/// Rows that a table has already, of frames out of order, or with other columns are refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_groups_are_refused() {
    let store = open(&new_disk(), 0).await.unwrap();
    let early = group(&store, LOG, 1..=2);
    apply(&store, LOG, 1..=4, 4).await.unwrap();
    let again = store.append(early.clone()).unwrap_err();
    assert!(matches!(again, StoreError::OutOfOrder { reached: Sequence(4), .. }), "{again}");
    store.flush().await.unwrap();
    assert!(matches!(store.append(early), Err(StoreError::OutOfOrder { .. })));
    let events = group(&store, LOG, 5..=5).rows.remove(0).1;
    let rows = vec![(Table::Metrics, events)];
    let (first, received_at) = (Sequence(5), ReceivedAt(5));
    let foreign = Group { first, through: first, received_at, rows };
    assert!(matches!(store.append(foreign), Err(StoreError::Schema { table: "metrics" })));
    store.close().await.unwrap();
    assert!(matches!(store.append(group(&store, LOG, 5..=5)), Err(StoreError::Closing)));
}

/// While rows come and commits happen, every snapshot holds every applied row exactly once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_snapshot_shows_a_row_twice_or_not_at_all() {
    let limits = StoreOptions { seal_bytes: 200_000, ..options() };
    let store = open_with(&new_disk(), LOG, 0, limits).await.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let watcher = {
        let (store, done) = (store.clone(), Arc::clone(&done));
        tokio::spawn(async move {
            let (mut seen, mut rounds, mut with_files) = (0, 0, 0);
            while !done.load(Ordering::Relaxed) || rounds < 2 {
                let snapshot = store.snapshot();
                let lines = rows(&snapshot, Table::Events).await;
                let applied: i64 = (1..=snapshot.applied.0).map(events_of).sum();
                assert_eq!(i64::try_from(lines.len()).unwrap(), applied);
                assert_eq!(lines.iter().collect::<HashSet<_>>().len(), lines.len());
                assert!(applied >= seen);
                seen = applied;
                rounds += 1;
                with_files += usize::from(!snapshot.table(Table::Events).unwrap().files.is_empty());
            }
            (rounds, with_files)
        })
    };
    apply_events(&store, LOG, 1..=400, 1).await.unwrap();
    store.flush().await.unwrap();
    done.store(true, Ordering::Relaxed);
    let (rounds, with_files) = watcher.await.unwrap();
    assert!(rounds > 2 && with_files > 1);
    assert!(store.snapshot().table(Table::Events).unwrap().version > 3);
}
