//! What a commit leaves on the disk.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use seam_disk::{CountingDisk, Disk, Op, RealDisk, Trace, read_to_vec};
use seam_schema::ids::Sequence;
use seam_schema::table::Table;

use crate::columns::BLOOM;
use crate::testing::*;
use crate::{DataFolder, Snapshot, Store, StoreOptions};

async fn real_store(root: &Path) -> (CountingDisk<RealDisk>, Store) {
    drop(DataFolder::open(root).unwrap());
    let disk = CountingDisk::new(RealDisk::new(root));
    let store = Store::open(Arc::new(disk.clone()), LOG, Sequence(0), options()).await.unwrap();
    (disk, store)
}

/// The place of an operation in the trace.
fn place(trace: &Trace, op: Op, path: &Path) -> Option<usize> {
    trace.operations().iter().position(|(done, at)| *done == op && at == path)
}

/// Each commit syncs every file and folder it touches, and every data file and its folders
/// before the commit that names it becomes visible.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_is_synced_file_by_file() {
    let home = tempfile::tempdir().unwrap();
    let (disk, store) = real_store(home.path()).await;
    assert_eq!(disk.trace().unsynced(), Vec::<PathBuf>::new());
    disk.clear_operations();
    apply(&store, LOG, 1..=40, 3).await.unwrap();
    store.flush().await.unwrap();
    let trace = disk.trace();
    assert_eq!(trace.unsynced(), Vec::<PathBuf>::new());
    let touched: HashSet<&PathBuf> = trace.operations().iter().map(|(_, path)| path).collect();
    let folders: HashSet<_> = touched.iter().filter_map(|path| path.parent()).collect();
    assert!(trace.syncs() >= trace.count(Op::Create) + folders.len());
    let mut named = 0;
    for table in Table::ALL {
        let root = PathBuf::from("tables").join(table.name());
        let commit = root.join("_delta_log/00000000000000000001.json");
        let visible = place(&trace, Op::Link, &commit).unwrap();
        let text = String::from_utf8(read_to_vec(&disk, &commit, 1 << 20).unwrap()).unwrap();
        for line in text.lines().filter(|line| line.starts_with("{\"add\"")) {
            let add: serde_json::Value = serde_json::from_str(line).unwrap();
            let file = root.join(add["add"]["path"].as_str().unwrap());
            let mut folder = file.parent();
            assert!(place(&trace, Op::SyncAll, &file).unwrap() < visible, "{}", file.display());
            while let Some(dir) = folder {
                assert!(place(&trace, Op::SyncDir, dir).unwrap() < visible, "{}", dir.display());
                folder = dir.parent();
            }
            named += 1;
        }
    }
    assert!(named > 8, "two tenants and three days in most tables");
}

/// A large file is synced while it is written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_file_is_synced_in_steps() {
    let disk = new_disk();
    let limits = StoreOptions { sync_step_bytes: 4096, row_group_rows: 8, ..options() };
    let store = open_with(&disk, LOG, 0, limits).await.unwrap();
    apply(&store, LOG, 1..=6, 6).await.unwrap();
    store.flush().await.unwrap();
    let steps = disk.trace();
    let steps = steps.operations().iter().filter(|(op, path)| {
        *op == Op::SyncData && path.starts_with("tables/events") && path.extension().is_some()
    });
    assert!(steps.count() > 2);
}

fn data_file_footers(disk: &dyn Disk, snapshot: &Snapshot) -> Vec<ParquetMetaData> {
    let files = &snapshot.table(Table::Events).unwrap().files;
    let read =
        |path: &str| bytes::Bytes::from(read_to_vec(disk, Path::new(path), 1 << 24).unwrap());
    let parse = |bytes| ParquetMetaDataReader::new().parse_and_finish(&bytes).unwrap();
    files.iter().map(|file| parse(read(file.path.as_ref()))).collect()
}

/// No content stands in the Delta log, in its checkpoints, or in the footers of the files; ids
/// have their bounds and bloom filters.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bounds_hold_no_content() {
    let disk = new_disk();
    let limits = StoreOptions { checkpoint_commits: 1, ..options() };
    let store = open_with(&disk, LOG, 0, limits).await.unwrap();
    apply(&store, LOG, 1..=10, 5).await.unwrap();
    store.close().await.unwrap();
    let mut checkpoints = 0;
    for table in Table::ALL {
        let log = PathBuf::from("tables").join(table.name()).join("_delta_log");
        for entry in disk.list(&log).unwrap().into_iter().filter(|entry| !entry.is_dir) {
            let bytes = read_to_vec(&disk, &log.join(&entry.name), 1 << 24).unwrap();
            let found = bytes.windows(CANARY.len()).any(|part| part == CANARY.as_bytes());
            assert!(!found, "{}", entry.name.display());
            checkpoints += usize::from(entry.name.to_string_lossy().contains("checkpoint"));
        }
    }
    assert!(checkpoints >= Table::ALL.len());
    for footer in data_file_footers(&disk, &store.snapshot()) {
        for column in footer.row_groups().iter().flat_map(RowGroupMetaData::columns) {
            let name = column.column_path().string();
            assert_eq!(
                column.bloom_filter_offset().is_some(),
                BLOOM.contains(&name.as_str()),
                "{name}"
            );
            let has_bounds =
                column.statistics().is_some_and(|stats| stats.min_bytes_opt().is_some());
            let content = ["prompt", "response", "arguments", "output", "command", "body", "error"];
            assert!(!has_bounds || !content.contains(&name.as_str()), "{name}");
            assert!(!has_bounds || !name.contains("key_value"), "{name}");
        }
    }
}

/// Files hold one tenant and one day each, their bounds are true, and partition columns are not
/// in them; a snapshot without the server says the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_partitioned_and_readable_from_outside() {
    let home = tempfile::tempdir().unwrap();
    let (disk, store) = real_store(home.path()).await;
    apply(&store, LOG, 1..=40, 40).await.unwrap();
    store.flush().await.unwrap();
    let outside = Snapshot::open_read_only(home.path()).await.unwrap();
    for footer in data_file_footers(&disk, &outside) {
        let columns = footer.file_metadata().schema_descr().columns();
        assert!(columns.iter().all(|column| !["tenant", "day"].contains(&column.name())));
    }
    for table in Table::ALL {
        assert_eq!(rows(&outside, *table).await, rows(&store.snapshot(), *table).await);
    }
    let events = outside.table(Table::Events).unwrap();
    let partitions: HashSet<_> = events.files.iter().map(|file| (&file.tenant, file.day)).collect();
    assert_eq!(partitions.len(), events.files.len());
    assert_eq!(events.rows().cast_signed(), (1..=40).map(events_of).sum::<i64>());
    for file in events.files.iter() {
        let (first, last) = file.sequences().unwrap();
        assert!(Sequence(1) <= first && first <= last && last <= Sequence(40));
        assert_eq!(file.log_id, Some(LOG));
    }
    let written = store.snapshot();
    let files = &written.table(Table::Events).unwrap().files;
    assert_eq!(files.len(), events.files.len());
}
