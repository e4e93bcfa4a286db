//! What a merge leaves.

use std::collections::HashSet;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use arrow::record_batch::RecordBatch;
use seam_schema::ids::{LogId, Offset, Sequence};
use seam_schema::stitch::{HistoryKey, Name};
use seam_schema::table::Table;
use seam_schema::vocabulary::Agent;

use super::{commit, files, scattered};
use crate::follow::Cursor;
use crate::options::{StoreOptions, UpkeepOptions};
use crate::read::FileRows;
use crate::testing::*;
use crate::{Snapshot, Step, Store};

/// What every table is made of then: one file for each tenant and day.
fn partitions(snapshot: &Snapshot, table: Table) -> usize {
    let files = snapshot.table(table).unwrap().files.iter();
    files.map(|file| (file.tenant.clone(), file.day)).collect::<HashSet<_>>().len()
}

fn offsets(batch: &RecordBatch) -> Vec<(i64, i64)> {
    let numbers = |name| {
        let column = batch.column_by_name(name).unwrap();
        column.as_primitive::<Int64Type>().values().to_vec()
    };
    numbers("offset_sequence").into_iter().zip(numbers("offset_index")).collect()
}

/// All that a follower is given up to now.
async fn followed(store: &Store, cursor: Cursor) -> Vec<(i64, i64)> {
    let mut follower = store.follow(Table::Events, cursor).unwrap();
    let mut found = Vec::new();
    while let Step::Rows(rows) = follower.step().await.unwrap() {
        found.extend(offsets(&rows.batch));
    }
    found
}

fn wanted(frames: i64) -> Vec<(i64, i64)> {
    let rows = |frame| (0..events_of(frame)).map(move |index| (frame, index));
    (1..=frames).flat_map(rows).collect()
}

/// After a merge every table has one file per tenant and day and the same rows, for everybody:
/// now, after a restart, and after more commits and merges.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn merged_tables_say_the_same() {
    let (disk, store) = scattered(60, 3, impatient()).await;
    let before = all_rows(&store).await;
    assert_eq!(before, undisturbed(60).await);
    for table in Table::ALL {
        assert!(files(&store.snapshot(), *table) > partitions(&store.snapshot(), *table));
    }
    store.keep_up().await;
    for table in Table::ALL {
        let snapshot = store.snapshot();
        assert_eq!(files(&snapshot, *table), partitions(&snapshot, *table), "{}", table.name());
    }
    assert_eq!(all_rows(&store).await, before);
    let counts = store.upkeep_counts();
    assert!(counts.merges > 0 && counts.failures == 0, "{counts:?}");
    assert!(counts.vacuumed_files >= counts.merged_files, "{counts:?}");
    store.close().await.unwrap();
    let store = open_with(&disk, LOG, 60, impatient()).await.unwrap();
    assert_eq!(all_rows(&store).await, before);
    commit(&store, 61..=90, 3).await.unwrap();
    store.keep_up().await;
    assert_eq!(all_rows(&store).await, undisturbed(90).await);
    assert_eq!(store.upkeep_counts().failures, 0);
}

/// From wherever a follower stands, also in the middle of a merged file, it is given every later
/// row in order and once; with hardly any memory too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn merged_files_are_followed_in_order() {
    let (_disk, store) = scattered(60, 3, impatient()).await;
    store.keep_up().await;
    apply(&store, LOG, 61..=70, 1).await.unwrap();
    let all = wanted(70);
    assert_eq!(followed(&store, Cursor::start()).await, all);
    for (seen, (sequence, index)) in all.iter().enumerate().step_by(7) {
        let last = Offset { log_id: LOG, sequence: Sequence(*sequence), index: *index };
        assert_eq!(followed(&store, Cursor::from_iter([last])).await, all[seen + 1..]);
    }
}

/// A follower that is in the middle when files are merged goes on with the next row.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merge_does_not_disturb_a_follower() {
    let (_disk, store) = scattered(60, 3, impatient()).await;
    let mut follower = store.follow(Table::Events, Cursor::start()).unwrap();
    let mut found = Vec::new();
    while found.len() < 30 {
        found.extend(offsets(&follower.next().await.unwrap().batch));
    }
    store.keep_up().await;
    commit(&store, 61..=66, 3).await.unwrap();
    store.keep_up().await;
    let all = wanted(66);
    while found.len() < all.len() {
        found.extend(offsets(&follower.next().await.unwrap().batch));
    }
    assert_eq!(found, all);
}

/// What every follower has seen is merged early, the rest when it is old.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_followed_yet_waits() {
    let mut limits = impatient();
    limits.upkeep.merge_anyway_after = UpkeepOptions::default().merge_anyway_after;
    limits.upkeep.merge_files_min = 2;
    let (_disk, store) = scattered(60, 3, limits).await;
    let many = files(&store.snapshot(), Table::Events);
    let mut follower = store.follow(Table::Events, Cursor::start()).unwrap();
    store.keep_up().await;
    assert_eq!(files(&store.snapshot(), Table::Events), many);
    while let Step::Rows(_) = follower.step().await.unwrap() {}
    store.keep_up().await;
    let merged = files(&store.snapshot(), Table::Events);
    assert!(merged < many / 2, "{merged} of {many}");
    let waiting = store.follow(Table::Events, Cursor::start()).unwrap();
    commit(&store, 61..=66, 1).await.unwrap();
    store.keep_up().await;
    assert!(files(&store.snapshot(), Table::Events) >= merged + 6);
    store.core().clock.pass(UpkeepOptions::default().merge_anyway_after);
    store.keep_up().await;
    let snapshot = store.snapshot();
    assert_eq!(files(&snapshot, Table::Events), partitions(&snapshot, Table::Events));
    drop(waiting);
}

/// Rows lie sorted by conversation and time, also where memory holds a few at a time only.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn merged_rows_are_sorted() {
    let mut limits = StoreOptions { row_group_rows: 16, ..impatient() };
    limits.upkeep.merge_memory_bytes = 1;
    let disk = new_disk();
    let store = open_with(&disk, LOG, 0, limits).await.unwrap();
    for round in 0..4 {
        // Many rows of one day.
        let rows = |row| EventRow {
            received_at: 1_000_000 + row,
            tenant: "red".to_owned(),
            ..EventRow::at(row / 400 + 1, row % 400)
        };
        let rows: Vec<EventRow> = (round * 800..(round + 1) * 800).map(rows).collect();
        let (first, through) = (Sequence(round * 2 + 1), Sequence(round * 2 + 2));
        let received_at = seam_schema::ids::ReceivedAt(1_000_000);
        let group = crate::Group {
            first,
            through,
            received_at,
            rows: vec![(Table::Events, events_batch(&rows))],
        };
        let appending = store.clone();
        tokio::task::spawn_blocking(move || appending.append(group)).await.unwrap().unwrap();
        store.flush().await.unwrap();
    }
    let before = rows(&store.snapshot(), Table::Events).await;
    store.keep_up().await;
    let snapshot = store.snapshot();
    assert_eq!(rows(&snapshot, Table::Events).await, before);
    let events = snapshot.table(Table::Events).unwrap();
    assert_eq!(events.files.len(), 1);
    let file = &events.files[0];
    let mut found = FileRows::open(snapshot.reader(), file, Table::Events.schema()).await.unwrap();
    let mut keys = Vec::new();
    while let Some(batch) = found.next().await.unwrap() {
        let sessions = batch.column_by_name("session_id").unwrap().as_string::<i32>();
        let sessions = sessions.iter().map(|session| session.unwrap().to_owned());
        keys.extend(sessions.zip(offsets(&batch)));
    }
    assert_eq!(keys.len(), 3200);
    assert!(keys.is_sorted());
    assert_eq!(file.rows, Some(3200));
    assert_eq!(file.sequences(), Some((Sequence(1), Sequence(8))));
    let all: Vec<(i64, i64)> = (0..3200).map(|row| (row / 400 + 1, row % 400)).collect();
    assert_eq!(followed(&store, Cursor::start()).await, all);
}

/// A derived table keeps of each id the newest revision, once per file, and history is found.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_revisions_go() {
    let (_disk, store) = scattered(60, 3, impatient()).await;
    let snapshot = store.snapshot();
    let key = HistoryKey {
        tenant: Name::from("red"),
        agent: Agent::Codex,
        id: Name::from("session-3"),
        trace: false,
    };
    let everything = |_: &RecordBatch| vec![()];
    let seen = Cursor::from_iter([Offset { log_id: LOG, sequence: Sequence(60), index: 9 }]);
    let count = |batch: &RecordBatch| offsets(batch);
    let history = async |snapshot: &Snapshot| {
        let columns = ["offset_sequence", "offset_index"];
        let found = snapshot.events_of(std::slice::from_ref(&key), &seen, &columns, count).await;
        let mut found: Vec<_> = found.unwrap().into_iter().flatten().collect();
        found.sort_unstable();
        found
    };
    let (newest, told) = (
        snapshot.newest_revisions(Table::Sessions, &[]).await.unwrap().unwrap().num_rows(),
        history(&snapshot).await,
    );
    assert!(!told.is_empty() && everything(&events_batch(&[])).len() == 1);
    let rows_before = snapshot.table(Table::Sessions).unwrap().rows();
    store.keep_up().await;
    let snapshot = store.snapshot();
    assert!(snapshot.table(Table::Sessions).unwrap().rows() < rows_before);
    assert_eq!(snapshot.table(Table::Sessions).unwrap().rows(), newest as u64);
    assert_eq!(
        snapshot.newest_revisions(Table::Sessions, &[]).await.unwrap().unwrap().num_rows(),
        newest
    );
    assert_eq!(history(&snapshot).await, told);
}

/// Two processes that merge the same files: one is too late, and no row is there twice. (Neither
/// cleans up: in a folder that is the right of the one process that owns it.)
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_may_merge_at_once() {
    let (disk, store) = scattered(60, 3, impatient()).await;
    let before = all_rows(&store).await;
    store.close().await.unwrap();
    let other_log = LogId::from_bytes([0xcc; 16]);
    let one = open_with(&disk, OTHER_LOG, 0, impatient()).await.unwrap();
    let two = open_with(&disk, other_log, 0, impatient()).await.unwrap();
    let merge = async |store: &Store| store.upkeep().unwrap().lock().await.merge_all().await;
    tokio::join!(merge(&one), merge(&two));
    let counts = [&one, &two].map(Store::upkeep_counts);
    assert!(counts.iter().all(|counts| counts.merges + counts.failures > 0), "{counts:?}");
    one.close().await.unwrap();
    two.close().await.unwrap();
    let store = open_with(&disk, LOG, 60, impatient()).await.unwrap();
    assert_eq!(all_rows(&store).await, before);
}
