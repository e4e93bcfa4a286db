//! A disk in memory whose power can be cut after any operation.
//!
//! It keeps what a reader sees apart from what is on stable storage, as the
//! contract of this crate says: bytes become durable when their file is
//! synced, names when their folder is. [`PowerCutDisk::after_cut`] then shows
//! one of the many disks that a machine could find: of the bytes that were
//! not synced any subset of 512-byte blocks, in any order, now and then a
//! torn block; unsynced growth shows zeros or whatever the device held
//! before; of the unsynced names any subset. One seed names one outcome.
//!
//! It is a test's tool, but a public one: the log and the tables are tested
//! with it too.

mod chance;
mod fault;
mod file;
mod handle;
mod tree;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use self::chance::Chance;
pub use self::fault::{Fault, FaultError};
use self::file::FileNode;
use self::handle::Handle;
use self::tree::{Entry, Tree, file_len};
use crate::disk::{Access, DirEntry, Disk, DiskFile, DiskLock, Mode};
use crate::trace::{FileId, Op, Trace};

/// A disk in memory that tells durable from written. Clones are the same
/// disk.
#[derive(Debug, Clone)]
pub struct PowerCutDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    tree: Tree,
    trace: Trace,
    operations: u64,
    cut_at: Option<u64>,
    faults: Vec<Fault>,
    locks: BTreeSet<PathBuf>,
    capacity_bytes: Option<u64>,
}

/// What becomes of an operation.
enum Fate {
    Done,
    /// Its effect may or may not survive; the caller gets an error.
    Cut,
    Fails(FaultError),
}

impl Default for PowerCutDisk {
    fn default() -> Self {
        Self::new()
    }
}

impl PowerCutDisk {
    /// An empty disk.
    pub fn new() -> Self {
        Self::with_tree(Tree::new())
    }

    fn with_tree(tree: Tree) -> Self {
        let state = State {
            tree,
            trace: Trace::default(),
            operations: 0,
            cut_at: None,
            faults: Vec::new(),
            locks: BTreeSet::new(),
            capacity_bytes: None,
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// How many changing or syncing operations were asked for so far.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// Cuts the power during the operation that is this many from now; 1 is
    /// the next one. That operation and all later ones fail.
    pub fn cut_after(&self, operations: u64) {
        let mut state = self.state();
        state.cut_at = Some(state.operations + operations);
    }

    /// Whether the power is gone.
    pub fn is_cut(&self) -> bool {
        self.state().is_cut()
    }

    /// A disk that a machine might find when the power comes back, now. This
    /// one is left as it is.
    #[must_use]
    pub fn after_cut(&self, seed: u64) -> Self {
        let tree = self.state().tree.after_cut(&mut Chance::new(seed));
        Self::with_tree(tree)
    }

    /// Plants an error.
    pub fn plant(&self, fault: Fault) {
        self.state().faults.push(fault);
    }

    /// Takes back all planted errors.
    pub fn heal(&self) {
        self.state().faults.clear();
    }

    /// From now on files that would grow beyond this total fail with
    /// [`io::ErrorKind::StorageFull`]; `None` for no limit.
    pub fn set_capacity_bytes(&self, capacity_bytes: Option<u64>) {
        self.state().capacity_bytes = capacity_bytes;
    }

    /// Flips one bit of a file, as decay does: on stable storage and for
    /// readers alike.
    pub fn flip_bit(&self, path: &Path, offset: u64, bit: u8) -> io::Result<()> {
        let node = self.state().tree.file(path)?;
        lock_node(&node).flip_bit(to_index(offset)?, bit);
        Ok(())
    }

    /// What was done so far, and what of it is unsynced.
    pub fn trace(&self) -> Trace {
        self.state().trace.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes names by `change`, then records it.
    fn change_names(
        &self,
        op: Op,
        path: &Path,
        change: impl FnOnce(&mut Tree) -> io::Result<()>,
        record: impl FnOnce(&mut Trace),
    ) -> io::Result<()> {
        let mut state = self.state();
        match state.begin(op, path)? {
            Fate::Fails(error) => Err(error.to_io()),
            Fate::Cut => {
                // Whether it worked no longer matters: the power is gone.
                change(&mut state.tree).ok();
                Err(cut())
            }
            Fate::Done => {
                change(&mut state.tree)?;
                record(&mut state.trace);
                Ok(())
            }
        }
    }

    fn handle(&self, node: Arc<Mutex<FileNode>>, id: FileId, path: &Path) -> Box<dyn DiskFile> {
        Box::new(Handle { disk: self.clone(), node, id, path: path.to_path_buf() })
    }
}

impl State {
    fn is_cut(&self) -> bool {
        self.cut_at.is_some_and(|at| self.operations >= at)
    }

    fn check_power(&self) -> io::Result<()> {
        if self.is_cut() { Err(cut()) } else { Ok(()) }
    }

    fn begin(&mut self, op: Op, path: &Path) -> io::Result<Fate> {
        self.check_power()?;
        self.operations += 1;
        if self.is_cut() {
            return Ok(Fate::Cut);
        }
        let mut faults = self.faults.iter_mut();
        Ok(match faults.find_map(|fault| fault.meets(op, path)) {
            Some(error) => Fate::Fails(error),
            None => Fate::Done,
        })
    }

    fn check_capacity(&self, growth: u64) -> io::Result<()> {
        match self.capacity_bytes {
            Some(capacity) if growth > 0 && self.tree.live_bytes() + growth > capacity => {
                Err(FaultError::Enospc.to_io())
            }
            _ => Ok(()),
        }
    }
}

impl Disk for PowerCutDisk {
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        if self.state().tree.dir(path).is_ok() {
            return self.state().check_power();
        }
        self.change_names(
            Op::CreateDir,
            path,
            |tree| tree.create_dir_all(path).map(|_| ()),
            |trace| trace.dir_created(path),
        )
    }

    fn create(&self, path: &Path, _mode: Mode) -> io::Result<Box<dyn DiskFile>> {
        let node = Arc::new(Mutex::new(FileNode::default()));
        let mut id = 0;
        self.change_names(
            Op::Create,
            path,
            |tree| tree.put_new(path, Arc::clone(&node)),
            |trace| id = trace.created(path),
        )?;
        Ok(self.handle(node, id, path))
    }

    fn open(&self, path: &Path, _access: Access) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.state();
        state.check_power()?;
        let node = state.tree.file(path)?;
        let id = state.trace.opened(path);
        drop(state);
        Ok(self.handle(node, id, path))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change_names(
            Op::Rename,
            to,
            |tree| tree.rename(from, to),
            |trace| trace.renamed(from, to),
        )
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change_names(
            Op::Link,
            to,
            |tree| {
                let node = tree.file(from)?;
                tree.put_new(to, node)
            },
            |trace| trace.linked(from, to),
        )
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.change_names(Op::Remove, path, |tree| tree.remove(path), |trace| trace.removed(path))
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        match state.begin(Op::SyncDir, path)? {
            Fate::Fails(error) => Err(error.to_io()),
            Fate::Cut => Err(cut()),
            Fate::Done => {
                state.tree.sync_dir(path)?;
                state.trace.dir_synced(path);
                Ok(())
            }
        }
    }

    /// This disk knows no rights; it only says whether the path is there.
    fn make_private(&self, path: &Path) -> io::Result<()> {
        let state = self.state();
        state.check_power()?;
        state.tree.file(path).map(drop).or_else(|_| state.tree.list(path).map(drop))
    }

    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        let state = self.state();
        state.check_power()?;
        let entries = state.tree.list(path)?.into_iter();
        Ok(entries
            .map(|(name, entry)| DirEntry {
                name,
                is_dir: matches!(entry, Entry::Dir(_)),
                len: file_len(&entry),
            })
            .collect())
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn DiskLock>> {
        if self.state().tree.file(path).is_err() {
            self.create(path, Mode::Private)?;
        }
        let mut state = self.state();
        state.check_power()?;
        if state.locks.insert(path.to_path_buf()) {
            Ok(Box::new(Lock { disk: self.clone(), path: path.to_path_buf() }))
        } else {
            let message = format!("{} is locked by another process", path.display());
            Err(io::Error::new(io::ErrorKind::WouldBlock, message))
        }
    }
}

struct Lock {
    disk: PowerCutDisk,
    path: PathBuf,
}

impl DiskLock for Lock {}

impl Drop for Lock {
    fn drop(&mut self) {
        self.disk.state().locks.remove(&self.path);
    }
}

fn lock_node(node: &Mutex<FileNode>) -> MutexGuard<'_, FileNode> {
    node.lock().unwrap_or_else(PoisonError::into_inner)
}

fn to_index(offset: u64) -> io::Result<usize> {
    usize::try_from(offset).map_err(|_| io::ErrorKind::InvalidInput.into())
}

fn cut() -> io::Error {
    io::Error::other("the power is cut")
}

#[cfg(test)]
mod tests;
