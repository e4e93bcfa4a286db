//! The power fails, or a write does, in the middle of merging, checkpoints and cleaning up.

use std::sync::Arc;

use seam_disk::Op;
use seam_disk::power_cut::{Fault, FaultError, PowerCutDisk};
use seam_schema::ids::Sequence;
use seam_schema::table::Table;

use super::{commit, data_files, files, scattered};
use crate::delta::Covers;
use crate::testing::*;
use crate::{Store, StoreOptions};

const FRAMES: i64 = 36;
/// In how many places of each run the power is cut.
const CUTS: u64 = 20;

/// Everything is old enough, and a checkpoint is never far.
fn limits() -> StoreOptions {
    StoreOptions { checkpoint_commits: 2, ..impatient() }
}

/// What stands in the folder of every table is what its last version names.
fn assert_no_leftovers(disk: &PowerCutDisk, store: &Store, what: &str) {
    for table in Table::ALL {
        let snapshot = store.snapshot();
        let mut named: Vec<String> = snapshot
            .table(*table)
            .unwrap()
            .files
            .iter()
            .map(|file| file.path.to_string())
            .collect();
        named.sort();
        assert_eq!(data_files(disk, *table), named, "{what}: `{}`", table.name());
    }
}

/// Starts again after a crash, replays what the log may still hold, and works on; the tables must
/// be those of an undisturbed run, before and after the next round.
async fn recover(disk: &PowerCutDisk, released: Sequence, wanted: &[Vec<String>], what: &str) {
    let store = open_with(disk, LOG, FRAMES, limits()).await.unwrap();
    replay(&store, released, FRAMES).await.unwrap();
    store.flush().await.unwrap();
    let compare = async |when: &str| {
        let found = all_rows(&store).await;
        for (table, (found, wanted)) in Table::ALL.iter().zip(found.iter().zip(wanted)) {
            let (name, rows) = (table.name(), found.len());
            assert!(found == wanted, "{what}, {when}: `{name}` differs: {rows} rows");
        }
    };
    compare("at first").await;
    store.keep_up().await;
    compare("after a round").await;
    assert_no_leftovers(disk, &store, what);
    assert_eq!(store.upkeep_counts().failures, 0, "{what}");
    store.close().await.unwrap();
}

/// Whatever operation of a round the power fails in, and whatever of the unsynced survives, a
/// restart finds every row once, and the next round clears away what is left over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_power_cut_in_a_round_loses_and_doubles_nothing() {
    let wanted = undisturbed(FRAMES).await;
    let (disk, store) = scattered(FRAMES, 6, limits()).await;
    store.close().await.unwrap();
    let whole = open_with(&disk.after_cut(0), LOG, FRAMES, limits()).await.unwrap();
    assert_eq!(all_rows(&whole).await, wanted);
    let counted = disk.after_cut(0);
    let store = open_with(&counted, LOG, FRAMES, limits()).await.unwrap();
    let before = counted.operations();
    store.keep_up().await;
    let operations = counted.operations() - before;
    store.close().await.unwrap();
    assert!(store.upkeep_counts().merges > 0 && store.upkeep_counts().log_files > 0);
    assert!(operations > 500, "{operations}");
    let step = usize::try_from(operations / CUTS).unwrap();
    for cut_after in (1..=operations).step_by(step) {
        let running = disk.after_cut(0);
        let store = open_with(&running, LOG, FRAMES, limits()).await.unwrap();
        running.cut_after(cut_after);
        store.keep_up().await;
        let released = *store.subscribe_released().borrow();
        let found = running.after_cut(cut_after);
        recover(&found, released, &wanted, &format!("cut after {cut_after}")).await;
    }
}

/// The same while rows come in between the rounds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_power_cut_between_commits_and_rounds_loses_and_doubles_nothing() {
    let run = async |store: &Store| {
        for first in (1..FRAMES).step_by(12) {
            commit(store, first..=first + 11, 6).await?;
            store.keep_up().await;
        }
        Ok::<(), crate::StoreError>(())
    };
    let wanted = undisturbed(FRAMES).await;
    let disk = new_disk();
    let store = open_with(&disk, LOG, 0, limits()).await.unwrap();
    let before = disk.operations();
    run(&store).await.unwrap();
    let operations = disk.operations() - before;
    let step = usize::try_from(operations / (CUTS / 2)).unwrap();
    for cut_after in (1..=operations).step_by(step) {
        let disk = new_disk();
        let store = open_with(&disk, LOG, 0, limits()).await.unwrap();
        disk.cut_after(cut_after);
        run(&store).await.ok();
        let released = *store.subscribe_released().borrow();
        let found = disk.after_cut(cut_after);
        recover(&found, released, &wanted, &format!("cut after {cut_after}")).await;
    }
}

/// A step that fails, and not for good, is taken again in the next round; commits go on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_round_that_fails_is_made_good_by_the_next() {
    for (op, at, error) in [
        (Op::Create, "tables/events/tenant", FaultError::Eio),
        (Op::Write, "tables/events/tenant", FaultError::Enospc),
        (Op::Link, "tables/events/_delta_log", FaultError::Eio),
        (Op::Write, "tables/events/_delta_log", FaultError::Enospc),
        (Op::Remove, "tables/events/tenant", FaultError::Eio),
        (Op::Remove, "tables/events/_delta_log", FaultError::Eio),
    ] {
        let (disk, store) = scattered(FRAMES, 6, limits()).await;
        disk.plant(Fault::new(error).on(op).at(at).skip(1).times(4));
        store.keep_up().await;
        disk.heal();
        let what = format!("{op:?} at {at}");
        assert_eq!(store.failure(), None, "{what}");
        commit(&store, FRAMES + 1..=FRAMES + 9, 3).await.unwrap();
        store.keep_up().await;
        assert_eq!(all_rows(&store).await, undisturbed(FRAMES + 9).await, "{what}");
        store.close().await.unwrap();
        let store = open_with(&disk, LOG, FRAMES + 9, limits()).await.unwrap();
        store.keep_up().await;
        assert_eq!(all_rows(&store).await, undisturbed(FRAMES + 9).await, "{what}");
        assert_no_leftovers(&disk, &store, &what);
    }
}

/// The answer to the commit of a merge is lost: it is seen to have happened.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merge_whose_answer_was_lost_is_not_repeated() {
    let (disk, store) = scattered(FRAMES, 6, limits()).await;
    disk.plant(Fault::new(FaultError::Eio).on(Op::Remove).at("tables/events/_delta_log/.tmp-"));
    store.keep_up().await;
    assert_eq!(store.upkeep_counts().failures, 0);
    assert_eq!(all_rows(&store).await, undisturbed(FRAMES).await);
    commit(&store, FRAMES + 1..=FRAMES + 3, 3).await.unwrap();
    assert_eq!(all_rows(&store).await, undisturbed(FRAMES + 3).await);
}

/// A crash takes back what the derived tables have beyond `sessions`, whole files at a time. So
/// no file from there is merged with one that stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_restart_takes_back_is_not_merged() {
    let mut limits = limits();
    limits.upkeep.merge_files_min = 2;
    limits.commit_attempts = u32::MAX;
    let disk = new_disk();
    let store = open_with(&disk, LOG, 0, limits.clone()).await.unwrap();
    commit(&store, 1..=24, 6).await.unwrap();
    // `sessions` gets stuck; the others go one seal ahead of it.
    let full = Fault::new(FaultError::Enospc).on(Op::Write).at("tables/sessions/");
    disk.plant(full.times(u64::MAX));
    apply(&store, LOG, 25..=FRAMES, 3).await.unwrap();
    let flushing = store.clone();
    let flushing = tokio::spawn(async move { flushing.flush().await });
    let mut snapshots = store.subscribe_snapshots();
    let ahead = |snapshot: &Arc<crate::Snapshot>| {
        let mut others = Table::DERIVED.iter().filter(|table| **table != Table::Sessions);
        others.all(|table| snapshot.table(*table).unwrap().committed > Sequence(24))
    };
    snapshots.wait_for(ahead).await.unwrap();
    let many = files(&store.snapshot(), Table::Actions);
    store.keep_up().await;
    assert_eq!(store.committed(Table::Sessions), Sequence(24));
    let merged = store.snapshot();
    let merged = &merged.table(Table::Actions).unwrap().files;
    assert!(merged.len() < many, "{} of {many}", merged.len());
    let covers = merged.iter().map(|file| Covers::of(file.path.as_ref()).unwrap());
    let beyond: Vec<_> = covers.filter(|covers| covers.through > Sequence(24)).collect();
    assert!(!beyond.is_empty());
    assert!(beyond.iter().all(|covers| covers.first > Sequence(24)), "{beyond:?}");
    let released = *store.subscribe_released().borrow();
    let found = disk.after_cut(1);
    flushing.abort();
    let again = open_with(&found, LOG, FRAMES, limits).await.unwrap();
    let taken_back = |table: &Table| again.committed(*table) == Sequence(24);
    assert!(Table::DERIVED.iter().all(taken_back));
    again.close().await.unwrap();
    recover(&found, released, &undisturbed(FRAMES).await, "after taking back").await;
}
