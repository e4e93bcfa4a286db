//! The tables of a copy: which version of each, and its files.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use deltalake::DeltaTableError;
use object_store::path::Path as ObjectPath;
use seam_disk::{Disk, DiskFile};
use seam_schema::ids::{LogId, Sequence};
use seam_schema::table::Table;
use tokio::task::spawn_blocking;

use super::{BackupError, failed};
use crate::delta::{DeltaLog, log_root, table_root, version_of};
use crate::durable::{DurableFiles, DurableStore, SteppedFile, disk_path};
use crate::error::OpenError;

/// How often versions are chosen anew because the derived tables went on meanwhile.
const CHOICES: usize = 20;
/// Bytes read, written and synced at a time: a long sync would hold up the log's.
const STEP_BYTES: usize = 4 << 20;

/// What a copy holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CopiedTables {
    /// Tables.
    pub tables: usize,
    /// Files of data.
    pub files: usize,
    /// Bytes of those files.
    pub bytes: u64,
}

/// A version of a table, as it will be in the copy.
struct Chosen {
    log: DeltaLog,
    /// The frame of the copied log up to which it holds everything.
    committed: Sequence,
}

/// Copies every table. A file that is there already, from a call before, is not copied again.
pub(super) async fn copy(
    from: &Arc<dyn Disk>,
    to: &Arc<dyn Disk>,
    log: Option<(LogId, Sequence)>,
) -> Result<CopiedTables, BackupError> {
    let files = Files {
        from: Arc::new(DurableFiles::read_only(Arc::clone(from))),
        to: Arc::new(DurableFiles::new(Arc::clone(to))),
    };
    let source = DurableStore::new(Arc::clone(&files.from));
    let mut copied = CopiedTables::default();
    for (table, chosen) in choose_all(&source, log).await? {
        let named = chosen.log.files().map_err(|source| delta(table, source))?;
        let commits = log_files(&files.from, table, chosen.log.version())?;
        copied.tables += 1;
        copied.files += named.len();
        copied.bytes += named.iter().map(|file| file.size_bytes).sum::<u64>();
        let files = files.clone();
        let work = move || {
            // Files before the commits that name them.
            for file in &named {
                files.copy(&file.path, Some(file.size_bytes))?;
            }
            for commit in &commits {
                files.copy(commit, None)?;
            }
            let named = named.iter().map(|file| &file.path).chain(&commits).collect();
            files.remove_others(table, &named)
        };
        let done = spawn_blocking(work).await;
        done.map_err(|error| failed("copy", &disk_path(&table_root(table)), error.into()))??;
    }
    Ok(copied)
}

/// Chooses a version of each table, all of which belong together.
///
/// The other derived tables may be ahead of `sessions`: a start takes that back, file by file. It
/// must not find there what was merged with older rows since, and nothing is merged before
/// `sessions` has it too; so `sessions` has to stand still meanwhile.
async fn choose_all(
    store: &DurableStore,
    log: Option<(LogId, Sequence)>,
) -> Result<BTreeMap<Table, Chosen>, BackupError> {
    let position = |chosen: &Option<Chosen>| chosen.as_ref().map(|chosen| chosen.committed);
    let mut sessions = choose(store, Table::Sessions, log).await?;
    for _ in 0..CHOICES {
        let mut all = BTreeMap::new();
        for table in Table::ALL.iter().copied().filter(|table| *table != Table::Sessions) {
            all.extend(choose(store, table, log).await?.map(|chosen| (table, chosen)));
        }
        let now = choose(store, Table::Sessions, log).await?;
        if position(&now) == position(&sessions) {
            all.extend(now.map(|chosen| (Table::Sessions, chosen)));
            return Ok(all);
        }
        sessions = now;
    }
    Err(BackupError::Moved)
}

/// The newest version of a table that the log covers; `None` if there is no such table.
async fn choose(
    store: &DurableStore,
    table: Table,
    log: Option<(LogId, Sequence)>,
) -> Result<Option<Chosen>, BackupError> {
    let opened = DeltaLog::open(store, table).await;
    let opened = opened.map_err(|error| match error {
        OpenError::Delta { source, .. } => BackupError::Delta { table: table.name(), source },
        other => other.into(),
    })?;
    let Some(mut found) = opened else { return Ok(None) };
    let Some((log_id, log_end)) = log else {
        return Ok(Some(Chosen { log: found, committed: Sequence(0) }));
    };
    let failed = |source| delta(table, source);
    found.go_back_to(log_id, log_end).await.map_err(failed)?;
    let committed = found.committed(log_id).await.map_err(failed)?;
    Ok(Some(Chosen { log: found, committed }))
}

/// The commits and checkpoints that make a version of a table; what is newer stays behind, and
/// with it the hint at the last checkpoint, which readers can do without.
fn log_files(
    files: &DurableFiles,
    table: Table,
    version: u64,
) -> Result<Vec<ObjectPath>, BackupError> {
    let dir = log_root(table);
    let entries = files.list_one(&disk_path(&dir));
    let entries = entries.map_err(|error| failed("list", &disk_path(&dir), error))?;
    let paths = entries.iter().map(|entry| dir.clone().join(entry.name.to_string_lossy().as_ref()));
    Ok(paths.filter(|path| version_of(path).is_some_and(|of| of <= version)).collect())
}

fn delta(table: Table, source: DeltaTableError) -> BackupError {
    BackupError::Delta { table: table.name(), source: Box::new(source) }
}

/// Files on their way.
#[derive(Clone)]
struct Files {
    from: Arc<DurableFiles>,
    to: Arc<DurableFiles>,
}

impl Files {
    /// Copies a file that never changes, of the length that is named.
    fn copy(&self, path: &ObjectPath, named: Option<u64>) -> Result<(), BackupError> {
        let path = disk_path(path);
        let opened = self.from.open(&path).and_then(|file| Ok((file.len()?, file)));
        let (found, file) = match opened {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(BackupError::Vanished { path });
            }
            opened => opened.map_err(|error| failed("read", &path, error))?,
        };
        if let Some(named) = named.filter(|named| *named != found) {
            return Err(BackupError::Damaged { path, found, named });
        }
        if self.to.open(&path).and_then(|there| there.len()).is_ok_and(|there| there == found) {
            return Ok(());
        }
        self.copy_bytes(file.as_ref(), found, &path).map_err(|error| failed("copy", &path, error))
    }

    fn copy_bytes(&self, file: &dyn DiskFile, len: u64, path: &Path) -> io::Result<()> {
        let mut copy = SteppedFile::create(&self.to, path, STEP_BYTES)?;
        let mut buffer = vec![0; STEP_BYTES];
        let mut offset = 0;
        while offset < len {
            let left = usize::try_from(len - offset).unwrap_or(STEP_BYTES).min(STEP_BYTES);
            let Some(step) = buffer.get_mut(..left) else { break };
            file.read_exact_at(step, offset)?;
            copy.write_all(step)?;
            offset += left as u64;
        }
        copy.finish().map(drop)
    }

    /// Removes from the copy of a table what an earlier choice of versions brought there.
    fn remove_others(&self, table: Table, named: &HashSet<&ObjectPath>) -> Result<(), BackupError> {
        let root = disk_path(&table_root(table));
        let there = self.to.list(&root).map_err(|error| failed("list", &root, error))?;
        let named: HashSet<_> = named.iter().map(|path| disk_path(path)).collect();
        for (path, _) in there.iter().filter(|(path, _)| !named.contains(path)) {
            self.to.remove(path).map_err(|error| failed("remove", path, error))?;
        }
        Ok(())
    }
}
