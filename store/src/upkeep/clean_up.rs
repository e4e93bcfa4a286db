//! What a table does not need any more: old commits, and files that no commit names.
//!
//! Of the Delta log everything goes that is older than the last checkpoint from before the kept
//! history, so each version since then can still be read. Files are removed a bounded number at a
//! time: each costs a sync of its folder, and the log syncs the same disk.
//!
//! A file goes when no version names it that anybody may still read: it was taken out long
//! enough ago, and no snapshot, statement or follower of this process holds it. A file that no
//! commit ever named is what a crash, or a commit that failed, left behind. It goes when it is
//! as old, where the store knows how old it is; in a folder, which one process owns, as soon as
//! it is found, for that process knows what it writes itself.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use deltalake::DeltaTableError;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use seam_schema::table::Table;
use thiserror::Error;

use super::counts::add;
use crate::delta::{DeltaLog, log_root, table_root};
use crate::durable::DurableStore;
use crate::error::OpenError;
use crate::pace::Pace;
use crate::pins::Pins;
use crate::state::{Core, Request};

/// Why it was not finished; what is left is removed the next time.
#[derive(Debug, Error)]
pub(super) enum CleanUpError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("the Delta log: {0}")]
    Delta(#[from] DeltaTableError),
    #[error("the data files: {0}")]
    Store(#[from] object_store::Error),
    #[error("{0}")]
    Ending(#[from] io::Error),
}

/// Cleans a table up; whether nothing is left that only has to get older.
pub(super) async fn clean_up(
    core: &Core,
    store: &DurableStore,
    table: Table,
) -> Result<bool, CleanUpError> {
    // In this order: a file that is listed, not claimed after that, and in no commit after that
    // is in none and will be in none.
    let listed = list(store, table).await?;
    let claimed = core.claims.all();
    let Some(mut log) = DeltaLog::open(store, table).await? else { return Ok(true) };
    let kept_from = core.clock.now_ms() - millis(core.options.upkeep.history_kept);
    let old = log.before(store, kept_from).await?;
    let pace = Pace::new(core.options.upkeep.removes_per_s, Arc::clone(&core.stop));
    for path in &old {
        pace.spend(1)?;
        store.delete(path).await?;
        add(&core.counts.log_files, 1);
    }
    if !old.is_empty() {
        // What was read may be gone.
        let Some(again) = DeltaLog::open(store, table).await? else { return Ok(true) };
        log = again;
    }
    let is_done = vacuum(core, store, table, Found { listed, claimed }, &log, &pace).await?
        && log.is_older_than(kept_from).await?;
    if !old.is_empty() {
        core.request(table, Request::Adopt(Box::new(log)));
    }
    Ok(is_done)
}

/// The data files that lie there, and those of them that are on their way into a commit.
struct Found {
    listed: Vec<ObjectMeta>,
    claimed: Vec<Path>,
}

/// Removes the files of a table that nobody needs; whether none was too young for it.
async fn vacuum(
    core: &Core,
    store: &dyn ObjectStore,
    table: Table,
    found: Found,
    log: &DeltaLog,
    pace: &Pace,
) -> Result<bool, CleanUpError> {
    let mut needed: HashSet<Path> = log.files()?.iter().map(|file| file.path.clone()).collect();
    needed.extend(found.claimed);
    if let Some(shown) = core.snapshot().table(table) {
        needed.extend(shown.files.iter().map(|file| file.path.clone()));
    }
    let held = core.pins.get(&table).map(Pins::held).unwrap_or_default();
    let taken_out = log.taken_out().await?;
    let kept_from = core.clock.now_ms() - millis(core.options.upkeep.history_kept);
    let mut is_done = true;
    for file in found.listed.into_iter().filter(|file| !needed.contains(&file.location)) {
        let gone_at = taken_out.get(&file.location).copied();
        let since_ms = gone_at.unwrap_or_else(|| file.last_modified.timestamp_millis());
        if since_ms > kept_from || held.contains(&file.location) {
            is_done = false;
            continue;
        }
        pace.spend(1)?;
        store.delete(&file.location).await?;
        add(&core.counts.vacuumed_files, 1);
        add(&core.counts.vacuumed_bytes, file.size);
    }
    Ok(is_done)
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// The data files that lie in a table's folder, whoever wrote them.
async fn list(store: &dyn ObjectStore, table: Table) -> object_store::Result<Vec<ObjectMeta>> {
    let root = table_root(table);
    let log = log_root(table);
    let mut files: Vec<ObjectMeta> = store.list(Some(&root)).try_collect().await?;
    files.retain(|file| {
        file.location.extension() == Some("parquet") && !file.location.prefix_matches(&log)
    });
    Ok(files)
}
