//! What the Delta log keeps of a table's past, and what of it may go.

use std::collections::HashMap;

use deltalake::DeltaResult;
use futures::TryStreamExt;
use object_store::ObjectStore;
use object_store::path::Path;
use serde_json::Value;

use super::{DeltaLog, log_root, table_root};

/// A version's number has so many digits in the names of its files.
const VERSION_DIGITS: usize = 20;

impl DeltaLog {
    /// When files were taken out, by their paths below the data folder: milliseconds since 1970.
    /// Those that went long ago are forgotten.
    pub(crate) async fn taken_out(&self) -> DeltaResult<HashMap<Path, i64>> {
        let root = table_root(self.table);
        let log_store = self.delta.log_store();
        let mut tombstones = self.delta.snapshot()?.all_tombstones(log_store.as_ref());
        let mut taken_out = HashMap::new();
        while let Some(tombstone) = tombstones.try_next().await? {
            let path = Path::parse(tombstone.path())?;
            let path = root.parts().chain(path.parts()).collect();
            taken_out.insert(path, tombstone.deletion_timestamp().unwrap_or_default());
        }
        Ok(taken_out)
    }

    /// Commits and checkpoints from before the last checkpoint that shows the table as it was at a
    /// time, in milliseconds since 1970; the oldest first, by their paths below the data folder.
    ///
    /// Every version since then can be read without them. What another process has loaded and not
    /// finished reading is in data files, which stay.
    pub(crate) async fn before(
        &self,
        store: &dyn ObjectStore,
        time_ms: i64,
    ) -> DeltaResult<Vec<Path>> {
        let Some(kept) = self.version_at(time_ms).await? else { return Ok(Vec::new()) };
        let root = log_root(self.table);
        let listed = store.list_with_delimiter(Some(&root)).await?.objects.into_iter();
        let mut of_versions: Vec<(u64, Path)> =
            listed.filter_map(|file| Some((version_of(&file.location)?, file.location))).collect();
        let checkpoints = of_versions.iter().filter(|(_, path)| is_checkpoint(path));
        let before = checkpoints.map(|(version, _)| *version).filter(|version| *version <= kept);
        let Some(before) = before.max() else { return Ok(Vec::new()) };
        of_versions.retain(|(version, _)| *version < before);
        of_versions.sort();
        Ok(of_versions.into_iter().map(|(_, path)| path).collect())
    }

    /// Whether nothing was committed since a time.
    pub(crate) async fn is_older_than(&self, time_ms: i64) -> DeltaResult<bool> {
        Ok(self.committed_at(self.version()).await?.is_none_or(|at| at <= time_ms))
    }

    /// The newest version that was there at a time; `None` if that one is gone.
    async fn version_at(&self, time_ms: i64) -> DeltaResult<Option<u64>> {
        // Of the versions below `low` it is known that they were there, if any is there still.
        let (mut low, mut high) = (0, self.version() + 1);
        let mut found = None;
        while low < high {
            let middle = u64::midpoint(low, high);
            match self.committed_at(middle).await? {
                Some(at) if at > time_ms => high = middle,
                Some(_) => {
                    found = Some(middle);
                    low = middle + 1;
                }
                // Removed before, so it is old.
                None => low = middle + 1,
            }
        }
        Ok(found)
    }

    /// When a version was committed, as its commit says; `None` if that is not there any more.
    async fn committed_at(&self, version: u64) -> DeltaResult<Option<i64>> {
        let bytes = self.delta.log_store().read_commit_entry(version).await?;
        let Some(bytes) = bytes else { return Ok(None) };
        let at = bytes.split(|byte| *byte == b'\n').find_map(|line| {
            let action: Value = serde_json::from_slice(line).ok()?;
            action.get("commitInfo")?.get("timestamp")?.as_i64()
        });
        // A commit without a time is as old as those before it.
        Ok(Some(at.unwrap_or(i64::MIN)))
    }
}

/// The version that a file of the Delta log belongs to: a commit's or a checkpoint's, by the
/// protocol's names; `None` for anything else that lies there.
fn version_of(path: &Path) -> Option<u64> {
    let name = path.filename()?;
    let (version, kind) = name.split_at_checked(VERSION_DIGITS)?;
    let is_known = kind == ".json" || is_checkpoint(path);
    version.parse().ok().filter(|_| is_known)
}

/// Checkpoints of one file, as this version writes them.
fn is_checkpoint(path: &Path) -> bool {
    path.filename().is_some_and(|name| name.ends_with(".checkpoint.parquet"))
}
