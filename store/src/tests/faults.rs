//! What is left when something breaks in the middle.

use seam_disk::Op;
use seam_disk::power_cut::{Fault, FaultError, PowerCutDisk};
use seam_schema::ids::Sequence;
use seam_schema::table::Table;

use crate::testing::*;
use crate::{Store, StoreError};

const FRAMES: i64 = 45;
/// In how many places of a run the power is cut.
const CUTS: u64 = 40;

/// Applies all frames with a flush after each fifteen, as far as the disk lets it.
async fn run(store: &Store) -> Result<(), StoreError> {
    let mut first = 1;
    while first <= FRAMES {
        apply(store, LOG, first..=first + 14, 4).await?;
        store.flush().await?;
        first += 15;
    }
    Ok(())
}

/// Starts again, derives what the derived tables lack, and replays the log from the first frame
/// that was not released; the tables must be those of an undisturbed run.
async fn recover(disk: &PowerCutDisk, released: Sequence, wanted: &[Vec<String>], what: &str) {
    let store = open(disk, FRAMES).await.unwrap();
    // The log may have recycled everything up to `released`.
    replay(&store, released, FRAMES).await.unwrap();
    store.close().await.unwrap();
    let found = all_rows(&store).await;
    for (table, (found, wanted)) in Table::ALL.iter().zip(found.iter().zip(wanted)) {
        assert!(
            found == wanted,
            "{what}: `{}` differs: {} rows, not {}",
            table.name(),
            found.len(),
            wanted.len()
        );
    }
}

/// Whatever operation the power fails in, and whatever of the unsynced survives, a restart and a
/// replay of what was not released end in the tables of an undisturbed run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_power_cut_loses_and_doubles_nothing() {
    let wanted = undisturbed(FRAMES).await;
    let disk = new_disk();
    let store = open(&disk, 0).await.unwrap();
    let before = disk.operations();
    run(&store).await.unwrap();
    let operations = disk.operations() - before;
    assert!(operations > 100, "{operations}");
    let step = usize::try_from(operations / CUTS).unwrap();
    for cut_after in (1..=operations).step_by(step) {
        let disk = new_disk();
        let store = open(&disk, 0).await.unwrap();
        disk.cut_after(cut_after);
        // The operations of the tables interleave anew each time: the cut may come late.
        run(&store).await.ok();
        let released = *store.subscribe_released().borrow();
        let found = disk.after_cut(cut_after);
        recover(&found, released, &wanted, &format!("cut after {cut_after}")).await;
    }
}

/// A failure of one table's commit stops the store and leaves the others' commits: the restart
/// gives each table exactly what it lacks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_between_the_tables_commits_is_made_good() {
    let wanted = undisturbed(FRAMES).await;
    for table in Table::ALL {
        for (op, at) in [
            (Op::Write, ".parquet"),
            (Op::SyncAll, ".parquet"),
            (Op::Write, "_delta_log"),
            (Op::Link, "_delta_log"),
            (Op::SyncDir, "_delta_log"),
        ] {
            for skip in 0..2 {
                let disk = new_disk();
                let store = open(&disk, 0).await.unwrap();
                let path = match op {
                    Op::SyncDir | Op::Link => format!("tables/{}/{at}", table.name()),
                    _ => format!("tables/{}/", table.name()),
                };
                let fault = Fault::new(FaultError::Eio).on(op).at(&path);
                disk.plant(fault.skip(skip).times(u64::MAX));
                let error = run(&store).await.unwrap_err();
                assert!(matches!(error, StoreError::Failed { .. }), "{error}");
                assert!(matches!(store.wait_failed().await, StoreError::Failed { .. }));
                let released = *store.subscribe_released().borrow();
                store.close().await.unwrap_err();
                let what = format!("{op:?} of {} after {skip}", table.name());
                recover(&disk.after_cut(skip), released, &wanted, &what).await;
            }
        }
    }
}

/// A commit that landed although its answer was an error is seen to have landed: its rows are
/// there once, and the store goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_was_lost_is_not_repeated() {
    for table in [Table::Events, Table::Actions, Table::Sessions] {
        let disk = new_disk();
        let store = open(&disk, 0).await.unwrap();
        let log = format!("tables/{}/_delta_log", table.name());
        disk.plant(Fault::new(FaultError::Eio).on(Op::Remove).at(&log));
        run(&store).await.unwrap();
        store.close().await.unwrap();
        assert_eq!(store.snapshot().table(table).unwrap().version, 3);
        assert_eq!(all_rows(&store).await, undisturbed(FRAMES).await);
    }
}

/// An error that passes is tried again, and what the failed try left behind harms nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_that_passes_is_survived() {
    for (op, at) in [(Op::Write, ".parquet"), (Op::Create, ".parquet"), (Op::Link, "_delta_log")] {
        let disk = new_disk();
        let store = open(&disk, 0).await.unwrap();
        disk.plant(Fault::new(FaultError::Eio).on(op).at(at).times(2));
        run(&store).await.unwrap();
        store.close().await.unwrap();
        assert_eq!(all_rows(&store).await, undisturbed(FRAMES).await, "{op:?}");
    }
}

/// After a failed sync nothing is written any more: the first failure is the last operation
/// that changes a table.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_sync_is_final() {
    let disk = new_disk();
    let store = open(&disk, 0).await.unwrap();
    disk.plant(Fault::new(FaultError::Eio).on(Op::SyncAll).at("tables/events"));
    let error = run(&store).await.unwrap_err().to_string();
    assert!(error.contains("restart"), "{error}");
    assert_eq!(store.snapshot().table(Table::Events).unwrap().version, 0);
    assert!(matches!(apply(&store, LOG, 99..=99, 1).await, Err(StoreError::Failed { .. })));
}
