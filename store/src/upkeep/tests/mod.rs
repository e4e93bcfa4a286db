//! Merged, cleaned up, and still the same rows.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod clean;
mod cuts;
mod merges;
mod plans;
mod retained;
mod week;

use std::ops::RangeInclusive;
use std::path::Path;

use seam_disk::{Disk as _, PowerCutDisk};
use seam_schema::table::Table;

use crate::testing::*;
use crate::{Snapshot, Store, StoreError, StoreOptions};

/// Applies frames, with a commit of every table after each `each`.
async fn commit(store: &Store, frames: RangeInclusive<i64>, each: i64) -> Result<(), StoreError> {
    let mut first = *frames.start();
    while first <= *frames.end() {
        let last = (first + each - 1).min(*frames.end());
        apply(store, LOG, first..=last, each).await?;
        store.flush().await?;
        first = last + 1;
    }
    Ok(())
}

/// A store with many small files of frames 1 to `frames`, committed by so many each time.
async fn scattered(frames: i64, each: i64, options: StoreOptions) -> (PowerCutDisk, Store) {
    let disk = new_disk();
    let store = open_with(&disk, LOG, 0, options).await.unwrap();
    commit(&store, 1..=frames, each).await.unwrap();
    (disk, store)
}

/// The data files that lie in a table's folder, named or not.
fn data_files(disk: &PowerCutDisk, table: Table) -> Vec<String> {
    let mut folders = vec![Path::new("tables").join(table.name())];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in disk.list(&folder).unwrap() {
            let path = folder.join(&entry.name);
            if entry.is_dir && !path.ends_with("_delta_log") {
                folders.push(path);
            } else if !entry.is_dir {
                found.push(path.to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// How many files of a table's Delta log there are.
fn log_files(disk: &PowerCutDisk, table: Table) -> usize {
    let folder = Path::new("tables").join(table.name()).join("_delta_log");
    disk.list(&folder).unwrap().len()
}

fn files(snapshot: &Snapshot, table: Table) -> usize {
    snapshot.table(table).unwrap().files.len()
}
