//! Tables that several writers fill, in an object store that is held in memory.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use arrow::record_batch::RecordBatch;
use deltalake::kernel::Add;
use object_store::ObjectStoreExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use seam_schema::ids::{LogId, Sequence};
use seam_schema::table::Table;
use tokio::time::timeout;

use crate::delta::{DeltaLog, add_action, table_root};
use crate::durable::DurableStore;
use crate::parquet_file::{WriteTo, write_tail};
use crate::remote::{RemoteStore, StoreKind};
use crate::tail::SealedTail;
use crate::testing::*;
use crate::{Step, Store, StoreError, StoreOptions, UpkeepCounts};

/// Long enough for any machine; nothing waits so long unless it fails.
const LONG: Duration = Duration::from_mins(1);

fn place(memory: &Arc<InMemory>) -> DurableStore {
    let inner: Arc<dyn object_store::ObjectStore> = Arc::clone(memory) as _;
    DurableStore::remote(RemoteStore::new(inner, StoreKind::Google, "memory".to_owned()))
}

async fn open_shared(memory: &Arc<InMemory>, log_id: LogId, log_end: i64) -> Store {
    let options = StoreOptions { refresh_every: Some(Duration::from_millis(50)), ..options() };
    Store::open_on(place(memory), log_id, Sequence(log_end), options).await.unwrap()
}

/// Writes the files of what some frames of a log make of one table.
async fn write_files(
    memory: &Arc<InMemory>,
    table: Table,
    log_id: LogId,
    rows: RecordBatch,
    frames: RangeInclusive<i64>,
) -> Vec<Add> {
    let store = place(memory);
    let (first, through) = (Sequence(*frames.start()), Sequence(*frames.end()));
    let tail = SealedTail { batches: vec![Arc::new(rows)], first, through, seal: 0 };
    let write = move || {
        let (claims, limits) = (Arc::default(), options());
        let to = WriteTo { store: &store, claims: &claims, options: &limits, now_ms: 0 };
        write_tail(&to, table, log_id, &tail).unwrap()
    };
    let written = tokio::task::spawn_blocking(write).await.unwrap();
    written.iter().map(|file| add_action(&file.file, &file.path, true)).collect()
}

/// Commits them, as a process does that then dies.
async fn commit_one_table(
    memory: &Arc<InMemory>,
    table: Table,
    log_id: LogId,
    rows: RecordBatch,
    frames: RangeInclusive<i64>,
) {
    let through = Sequence(*frames.end());
    let adds = write_files(memory, table, log_id, rows, frames).await;
    let mut log = DeltaLog::open_for_writing(&place(memory), table).await.unwrap();
    log.commit(adds, log_id, through, 0).await.unwrap();
}

fn derived_of(table: Table, frames: RangeInclusive<i64>) -> RecordBatch {
    derived(frames).into_iter().find(|(of, _)| *of == table).unwrap().1
}

/// The files that a log has in a table, and its position there.
async fn held(memory: &Arc<InMemory>, table: Table, log_id: LogId) -> (usize, Sequence) {
    let log = DeltaLog::open(&place(memory), table).await.unwrap().unwrap();
    let files = log.files().unwrap();
    let own = files.iter().filter(|file| file.log_id == Some(log_id)).count();
    (own, log.committed(log_id).await.unwrap())
}

/// Waits until a store shows so many rows of `events`.
async fn shows(store: &Store, count: u64) {
    let mut snapshots = store.subscribe_snapshots();
    let shown =
        snapshots.wait_for(|snapshot| snapshot.table(Table::Events).unwrap().rows() == count);
    timeout(LONG, shown).await.unwrap().unwrap();
}

/// Two collectors make the tables together, commit by turns, and each shows the rows of both;
/// what follows from the other's log is not theirs to derive.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_writers_share_tables() {
    let memory = Arc::new(InMemory::new());
    let (one, two) = tokio::join!(open_shared(&memory, LOG, 0), open_shared(&memory, OTHER_LOG, 0));
    for first in [1, 4, 7] {
        apply(&one, LOG, first..=first + 2, 1).await.unwrap();
        apply_events(&two, OTHER_LOG, first..=first + 2, 1).await.unwrap();
        tokio::try_join!(one.flush(), two.flush()).unwrap();
    }
    let each: i64 = (1..=9).map(events_of).sum();
    let both = u64::try_from(2 * each).unwrap();
    for store in [&one, &two] {
        shows(store, both).await;
        assert_eq!(store.committed(Table::Events), Sequence(9));
        let mut follower = store.follow(Table::Events, store.derived_cursor()).unwrap();
        while let Step::Rows(rows) = timeout(LONG, follower.step()).await.unwrap().unwrap() {
            let own = store.log_id().to_string();
            let logs = rows.batch.column_by_name("log_id").unwrap();
            let logs = arrow::array::AsArray::as_string::<i32>(logs.as_ref());
            assert!(logs.iter().all(|log| log == Some(own.as_str())));
        }
    }
    let lines = rows(&one.snapshot(), Table::Events).await;
    let distinct: std::collections::BTreeSet<_> = lines.iter().collect();
    assert_eq!((lines.len() as u64, distinct.len() as u64), (both, both));
}

/// A second process with the same log, from a folder that was copied, is stopped before it
/// doubles or loses a row, and so is the first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_has_one_writer() {
    let memory = Arc::new(InMemory::new());
    let one = open_shared(&memory, LOG, 0).await;
    let copy = open_shared(&memory, LOG, 0).await;
    apply_events(&one, LOG, 1..=3, 1).await.unwrap();
    one.flush().await.unwrap();
    apply_events(&copy, LOG, 1..=5, 1).await.unwrap();
    let StoreError::Failed { reason } = copy.flush().await.unwrap_err() else { panic!() };
    assert!(reason.contains("copied"), "{reason}");
    let rows: i64 = (1..=3).map(events_of).sum();
    shows(&one, u64::try_from(rows).unwrap()).await;
}

/// A collector takes back what its own log left ahead of `sessions`, and nothing of another's: that
/// one may be between two commits. Nor does it derive what another has not derived.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_takes_back_its_own() {
    let memory = Arc::new(InMemory::new());
    let two = open_shared(&memory, OTHER_LOG, 0).await;
    apply_events(&two, OTHER_LOG, 1..=30, 30).await.unwrap();
    two.append_derived(Sequence(10), &derived(1..=10)).unwrap();
    two.flush().await.unwrap();
    // `two` is on its way with its other tables while `one` starts for the first time.
    let ahead = derived_of(Table::Actions, 11..=30);
    commit_one_table(&memory, Table::Actions, OTHER_LOG, ahead, 11..=30).await;
    let committed = held(&memory, Table::Actions, OTHER_LOG).await;
    assert!(committed.0 > 1 && committed.1 == Sequence(30), "{committed:?}");
    for _ in 0..2 {
        let one = open_shared(&memory, LOG, 9).await;
        assert_eq!(held(&memory, Table::Actions, OTHER_LOG).await, committed);
        let mut follower = one.follow(Table::Events, one.derived_cursor()).unwrap();
        let step = timeout(LONG, follower.step()).await.unwrap().unwrap();
        assert!(matches!(step, Step::CaughtUp { .. }), "another's events are given out");
        one.append_derived(Sequence(9), &derived(1..=9)).unwrap();
        one.close().await.unwrap();
    }
    let own = held(&memory, Table::Actions, LOG).await;
    // Its own process comes again, and takes back what is its own.
    let two = open_shared(&memory, OTHER_LOG, 30).await;
    assert_eq!(two.derived_committed(), Sequence(10));
    assert_eq!(held(&memory, Table::Actions, OTHER_LOG).await, (1, Sequence(10)));
    assert_eq!(held(&memory, Table::Actions, LOG).await, own);
    two.append_derived(Sequence(30), &derived(11..=30)).unwrap();
    two.close().await.unwrap();
    assert_eq!(held(&memory, Table::Actions, OTHER_LOG).await.1, Sequence(30));
}

/// Collectors that start at the same time, each with something to take back, do not hinder each
/// other, and another goes on to commit meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starts_at_the_same_time() {
    let memory = Arc::new(InMemory::new());
    open_shared(&memory, LOG, 0).await.close().await.unwrap();
    for log_id in [LOG, OTHER_LOG] {
        for frame in 1..=5 {
            let ahead = derived_of(Table::Turns, frame..=frame);
            commit_one_table(&memory, Table::Turns, log_id, ahead, frame..=frame).await;
        }
    }
    let third = LogId::from_bytes([0xcc; 16]);
    let busy = open_shared(&memory, third, 0).await;
    let commits = async {
        for frame in 1..=20 {
            busy.append_derived(Sequence(frame), &derived(frame..=frame)).unwrap();
            busy.flush().await.unwrap();
        }
    };
    let opened =
        tokio::join!(open_shared(&memory, LOG, 5), open_shared(&memory, OTHER_LOG, 5), commits);
    for log_id in [opened.0.log_id(), opened.1.log_id()] {
        assert_eq!(held(&memory, Table::Turns, log_id).await, (0, Sequence(0)));
    }
    assert_eq!(held(&memory, Table::Turns, third).await, (20, Sequence(20)));
}

/// What another process commits as the same log is noticed before anything is written on top of it,
/// and the next start goes on from it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_writer_of_the_log_is_noticed() {
    for (table, rows) in first_frame() {
        let memory = Arc::new(InMemory::new());
        let store = open_shared(&memory, LOG, 1).await;
        commit_one_table(&memory, table, LOG, rows, 1..=1).await;
        let failed = timeout(LONG, store.wait_failed()).await.unwrap().to_string();
        assert!(failed.contains(table.name()) && failed.contains("frame 1"), "{failed}");
        let next = open_shared(&memory, LOG, 1).await;
        apply(&next, LOG, 1..=3, 3).await.unwrap();
        next.close().await.unwrap();
        let place = Table::ALL.iter().position(|of| *of == table).unwrap();
        assert_eq!(all_rows(&next).await[place], undisturbed(3).await[place]);
    }
}

/// Nobody merges, drops or removes in shared tables: a file of another collector that is in no
/// commit yet looks like a leftover, and its commit comes later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_cleans_up_shared_tables() {
    let memory = Arc::new(InMemory::new());
    let store = Store::open_on(place(&memory), LOG, Sequence(0), impatient()).await.unwrap();
    for frame in 1..=20 {
        apply_events(&store, LOG, frame..=frame, 1).await.unwrap();
        store.flush().await.unwrap();
    }
    let files = |store: &Store| store.snapshot().table(Table::Events).unwrap().files.len();
    let before = files(&store);
    assert!(before >= 20, "{before} files are too few to be merged");
    let row = events_batch(&[EventRow::at(1, 0)]);
    let adds = write_files(&memory, Table::Events, OTHER_LOG, row, 1..=1).await;
    store.keep_up().await;
    assert_eq!(store.upkeep_counts(), UpkeepCounts::default());
    assert_eq!(files(&store), before);
    for add in adds {
        let path = table_root(Table::Events).parts().chain(Path::from(add.path).parts()).collect();
        memory.head(&path).await.unwrap();
    }
    store.close().await.unwrap();
}

/// What the first frame leaves in a table of the log and in one that is derived.
fn first_frame() -> [(Table, RecordBatch); 2] {
    [
        (Table::Events, events_batch(&[EventRow::at(1, 0), EventRow::at(1, 1)])),
        (Table::Actions, derived_of(Table::Actions, 1..=1)),
    ]
}

/// A commit that a process had on its way when it died lands before the next one has begun, and
/// is read by it, or not at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_lands_late() {
    for (table, rows) in first_frame() {
        let memory = Arc::new(InMemory::new());
        open_shared(&memory, LOG, 0).await.close().await.unwrap();
        let mut dead = DeltaLog::open_for_writing(&place(&memory), table).await.unwrap();
        let store = open_shared(&memory, LOG, 1).await;
        let adds = write_files(&memory, table, LOG, rows, 1..=1).await;
        dead.commit(adds, LOG, Sequence(1), 0).await.unwrap_err();
        apply(&store, LOG, 1..=3, 3).await.unwrap();
        store.close().await.unwrap();
        assert_eq!(all_rows(&store).await, undisturbed(3).await, "{}", table.name());
    }
}
