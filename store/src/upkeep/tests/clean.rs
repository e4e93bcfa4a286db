//! What is removed, and what is not.

use std::path::Path;
use std::time::Duration;

use seam_disk::{Access, Disk as _, Mode, PowerCutDisk};
use seam_schema::table::Table;

use super::{commit, data_files, files, log_files, scattered};
use crate::options::{StoreOptions, UpkeepOptions};
use crate::testing::*;

/// As in production, but for the age at which files are merged.
fn patient() -> StoreOptions {
    let upkeep =
        UpkeepOptions { history_kept: UpkeepOptions::default().history_kept, ..impatient().upkeep };
    StoreOptions { upkeep, checkpoint_commits: 4, ..impatient() }
}

fn plant(disk: &PowerCutDisk, path: &Path) {
    let file = disk.create(path, Mode::Shared).unwrap();
    file.write_all_at(b"left behind", 0).unwrap();
    file.sync_all().unwrap();
}

/// What was taken out stays for whoever began to read before, and goes after that; so do the
/// commits from before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn history_is_kept_for_a_while() {
    let (disk, store) = scattered(60, 3, patient()).await;
    store.keep_up().await;
    let kept = data_files(&disk, Table::Events);
    let commits = log_files(&disk, Table::Events);
    let merged = files(&store.snapshot(), Table::Events);
    assert!(kept.len() > merged * 2, "{} of {merged}", kept.len());
    assert!(commits > 20, "{commits}");
    assert_eq!(store.upkeep_counts().vacuumed_files, 0);
    store.core().clock.pass(Duration::from_mins(24 * 60 - 1));
    store.keep_up().await;
    assert_eq!(data_files(&disk, Table::Events), kept);
    assert_eq!(log_files(&disk, Table::Events), commits);
    store.core().clock.pass(Duration::from_mins(2));
    store.keep_up().await;
    assert_eq!(data_files(&disk, Table::Events).len(), merged);
    assert!(log_files(&disk, Table::Events) < commits / 2);
    assert_eq!(all_rows(&store).await, undisturbed(60).await);
}

/// After the commits before a checkpoint have gone, the table goes on: with commits, checkpoints,
/// merges, and over a restart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_without_its_oldest_commits_goes_on() {
    let limits = StoreOptions { checkpoint_commits: 4, ..impatient() };
    let (disk, store) = scattered(30, 3, limits.clone()).await;
    let first = Path::new("tables/events/_delta_log/00000000000000000000.json");
    assert!(disk.open(first, Access::Read).is_ok());
    for round in 0..6 {
        store.keep_up().await;
        let frames = 31 + round * 30..=60 + round * 30;
        commit(&store, frames, 3).await.unwrap();
        // A checkpoint is no larger than the table.
        assert!(log_files(&disk, Table::Events) < 40, "{}", log_files(&disk, Table::Events));
    }
    assert!(disk.open(first, Access::Read).is_err());
    store.keep_up().await;
    assert_eq!(store.upkeep_counts().failures, 0);
    let wanted = undisturbed(210).await;
    assert_eq!(all_rows(&store).await, wanted);
    store.close().await.unwrap();
    let store = open_with(&disk, LOG, 210, limits).await.unwrap();
    assert_eq!(all_rows(&store).await, wanted);
    commit(&store, 211..=220, 3).await.unwrap();
    store.keep_up().await;
    assert_eq!(all_rows(&store).await, undisturbed(220).await);
}

/// Somebody holds a snapshot: its files stay as long as it does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_being_read_stays() {
    let (disk, store) = scattered(60, 3, impatient()).await;
    let held = store.snapshot();
    let many = files(&held, Table::Events);
    store.keep_up().await;
    assert!(files(&store.snapshot(), Table::Events) < many);
    assert_eq!(rows(&held, Table::Events).await, undisturbed(60).await[0]);
    assert!(data_files(&disk, Table::Events).len() >= many);
    commit(&store, 61..=63, 3).await.unwrap();
    store.keep_up().await;
    assert_eq!(rows(&held, Table::Events).await, undisturbed(60).await[0]);
    drop(held);
    store.keep_up().await;
    let left = data_files(&disk, Table::Events).len();
    assert_eq!(left, files(&store.snapshot(), Table::Events));
}

/// What a crash left behind goes at once, since one process owns a folder; what is being written
/// stays, and so does what is no data file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leftovers_go() {
    let (disk, store) = scattered(9, 3, patient()).await;
    let named = data_files(&disk, Table::Events);
    let folder = Path::new(&named[0]).parent().unwrap();
    let (lost, claimed) = (folder.join("lost.parquet"), folder.join("claimed.parquet"));
    let other = Path::new("tables/events/notes.txt");
    for path in [lost.as_path(), &claimed, other] {
        plant(&disk, path);
    }
    let path = object_store::path::Path::parse(claimed.to_str().unwrap()).unwrap();
    let claim = store.core().claims.claim(path);
    store.keep_up().await;
    assert!(disk.open(&lost, Access::Read).is_err());
    assert!(disk.open(&claimed, Access::Read).is_ok());
    assert!(named.iter().all(|path| disk.open(Path::new(path), Access::Read).is_ok()));
    drop(claim);
    store.keep_up().await;
    assert!(disk.open(&claimed, Access::Read).is_err());
    assert!(disk.open(other, Access::Read).is_ok());
}

/// A file that cannot be read is left alone: no row of it is lost by a merge, and the others are
/// merged without it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_file_is_left_alone() {
    let (disk, store) = scattered(60, 3, impatient()).await;
    let many = files(&store.snapshot(), Table::Metrics);
    let damaged = data_files(&disk, Table::Events)[3].clone();
    let len = disk.open(Path::new(&damaged), Access::Read).unwrap().len().unwrap();
    // The length of the footer.
    disk.flip_bit(Path::new(&damaged), len - 6, 5).unwrap();
    store.keep_up().await;
    store.keep_up().await;
    assert_eq!(store.upkeep_counts().failures, 1);
    let snapshot = store.snapshot();
    let there = |table| snapshot.table(table).unwrap().files.iter().map(|of| of.path.to_string());
    assert!(there(Table::Events).any(|path| path == damaged));
    assert!(there(Table::Metrics).count() < many);
}
