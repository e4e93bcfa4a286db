//! Copies of the tables, made beside a store that goes on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use seam_disk::{Access, Disk, PowerCutDisk, read_to_vec, write_durable};
use seam_schema::ids::Sequence;
use seam_schema::table::Table;

use crate::backup::{Backup, BackupError};
use crate::testing::*;

fn begin(disk: &PowerCutDisk) -> (Backup, PowerCutDisk) {
    let to = PowerCutDisk::new();
    (Backup::on(Arc::new(disk.clone()), Arc::new(to.clone())).unwrap(), to)
}

/// Three commits of ten frames each.
async fn thirty_frames() -> PowerCutDisk {
    let disk = new_disk();
    let store = open(&disk, 0).await.unwrap();
    for first in [1, 11, 21] {
        apply(&store, LOG, first..=first + 9, 3).await.unwrap();
        store.flush().await.unwrap();
    }
    store.close().await.unwrap();
    disk
}

/// Data files of `events` below a folder of the disk.
fn parquet_files(disk: &PowerCutDisk, dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in disk.list(dir).unwrap() {
        let path = dir.join(&entry.name);
        if entry.is_dir && entry.name != "_delta_log" {
            found.extend(parquet_files(disk, &path));
        } else if path.extension().is_some_and(|extension| extension == "parquet") {
            found.push(path);
        }
    }
    found
}

/// Whatever frame the copied log ends at, the copy holds no frame beyond it, opens with that log,
/// and comes to the same rows from there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_goes_on_where_the_log_ends() {
    let disk = thirty_frames().await;
    for (log_end, committed) in [(30, 30), (29, 20), (20, 20), (11, 10), (9, 0)] {
        let (backup, to) = begin(&disk);
        let told = backup.tables(Some((LOG, Sequence(log_end)))).await.unwrap();
        assert_eq!(told.tables, Table::ALL.len());
        backup.finish().unwrap();
        // All of it was synced.
        let to = to.after_cut(7);
        let store = open(&to, log_end).await.unwrap();
        assert_eq!(store.committed(Table::Events), Sequence(committed));
        assert_eq!(store.derived_committed(), Sequence(committed));
        replay(&store, Sequence(committed), 30).await.unwrap();
        assert_eq!(all_rows(&store).await, undisturbed(30).await, "{log_end}");
        store.close().await.unwrap();
    }
}

/// A file that was removed meanwhile is told as what may pass; the next call goes on, and leaves
/// nothing of versions that were chosen before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_vanishes_is_copied_the_next_time() {
    let disk = thirty_frames().await;
    let files = parquet_files(&disk, Path::new("tables/events"));
    let gone = files.last().unwrap();
    let bytes = read_to_vec(&disk, gone, 1 << 20).unwrap();
    disk.remove(gone).unwrap();
    let (backup, to) = begin(&disk);
    let error = backup.tables(Some((LOG, Sequence(30)))).await.unwrap_err();
    assert!(matches!(&error, BackupError::Vanished { path } if path == gone), "{error}");
    assert!(error.is_passing());
    write_durable(&disk, gone, &bytes, seam_disk::Mode::Shared).unwrap();
    backup.tables(Some((LOG, Sequence(30)))).await.unwrap();
    assert_eq!(parquet_files(&to, Path::new("tables/events")).len(), files.len());
    let fewer = backup.tables(Some((LOG, Sequence(10)))).await.unwrap();
    let left: usize = Table::ALL
        .iter()
        .map(|table| Path::new("tables").join(table.name()))
        .map(|table| parquet_files(&to, &table).len())
        .sum();
    assert_eq!(left, fewer.files);
}

/// A data file of another length than its table says is no copy's part.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_file_is_told() {
    let disk = thirty_frames().await;
    let files = parquet_files(&disk, Path::new("tables/actions"));
    let file = files.first().unwrap();
    disk.open(file, Access::ReadWrite).unwrap().set_len(100).unwrap();
    let error = begin(&disk).0.tables(Some((LOG, Sequence(30)))).await.unwrap_err();
    assert!(matches!(&error, BackupError::Damaged { path, found: 100, .. } if path == file));
    assert!(!error.is_passing());
}

/// Keys are copied only when asked, the local token never; a copy that was not finished is no data
/// folder, and goes nowhere but into an empty one.
#[test]
fn a_copy_is_a_folder_of_its_own() {
    let home = tempfile::tempdir().unwrap();
    let (from, to) = (home.path().join("data"), home.path().join("copy"));
    let (_owner, disk) = crate::DataFolder::open(&from).unwrap();
    for (file, text) in [
        ("keys/content-key", "key"),
        ("keys/local-token", "token"),
        ("quarantine/frame-1", "bad"),
        ("cursors/splunk", "7"),
    ] {
        write_durable(disk.as_ref(), Path::new(file), text.as_bytes(), seam_disk::Mode::Private)
            .unwrap();
    }
    let backup = Backup::begin(&from, &to).unwrap();
    assert_eq!(backup.keys().unwrap(), ["content-key"]);
    let refused = crate::DataFolder::open_shared(&to).err().unwrap();
    assert!(matches!(refused, crate::OpenError::NotADataFolder { .. }), "{refused}");
    backup.finish().unwrap();
    let (_copy, copy) = crate::DataFolder::open(&to).unwrap();
    let read = |file: &str| read_to_vec(copy.as_ref(), Path::new(file), 100).ok();
    assert_eq!(read("keys/content-key").unwrap(), b"key");
    assert_eq!(read("keys/local-token"), None);
    assert_eq!(read("quarantine/frame-1").unwrap(), b"bad");
    assert_eq!(read("cursors/splunk").unwrap(), b"7");
    let again = Backup::begin(&from, &to).err().unwrap();
    assert!(matches!(again, BackupError::NotEmpty { .. }), "{again}");
    let inside = Backup::begin(&from, &from.join("copy")).err().unwrap();
    assert!(matches!(inside, BackupError::Inside { .. }), "{inside}");
}

/// A folder whose tables lie in an object store is no whole copy: it is refused, and nothing is
/// begun.
#[test]
fn tables_elsewhere_are_not_copied() {
    let home = tempfile::tempdir().unwrap();
    let (from, to) = (home.path().join("state"), home.path().join("copy"));
    let (owner, disk) = crate::DataFolder::open(&from).unwrap();
    let url = crate::TablesUrl::parse("s3://bucket/x").unwrap();
    owner.claim_tables(disk.as_ref(), Some(&url)).unwrap();
    let error = Backup::begin(&from, &to).err().unwrap();
    assert!(matches!(&error, BackupError::TablesElsewhere { at, .. } if at == "s3://bucket/x"));
    assert!(!error.is_passing() && !to.exists(), "{error}");
}
