//! What was done to a disk, and what of it is not yet durable.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// An operation that changes a disk or makes a change durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Op {
    /// A folder was created.
    CreateDir,
    /// A file was created.
    Create,
    /// Bytes were written.
    Write,
    /// A file's length was set.
    SetLen,
    /// A file was renamed.
    Rename,
    /// A file got a second name.
    Link,
    /// A name was removed.
    Remove,
    /// A file's bytes were synced.
    SyncData,
    /// A file's bytes and metadata were synced.
    SyncAll,
    /// A folder's names were synced.
    SyncDir,
}

/// A file as the trace knows it, through all its names.
pub(crate) type FileId = u64;

/// The operations that succeeded on a disk, in order, and what of it still
/// waits for a sync.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    operations: Vec<(Op, PathBuf)>,
    names: BTreeMap<PathBuf, FileId>,
    next_id: FileId,
    unsynced_files: BTreeMap<FileId, PathBuf>,
    unsynced_dirs: BTreeSet<PathBuf>,
}

impl Trace {
    /// All operations in order, each with the path it was done on: for a
    /// rename or link the new name, for a file's handle the name it was
    /// opened by.
    pub fn operations(&self) -> &[(Op, PathBuf)] {
        &self.operations
    }

    /// How many operations of one kind there were.
    pub fn count(&self, op: Op) -> usize {
        self.operations.iter().filter(|(done, _)| *done == op).count()
    }

    /// How many operations of one kind there were on one path.
    pub fn count_at(&self, op: Op, path: &Path) -> usize {
        let wanted = |(done, at): &&(Op, PathBuf)| *done == op && at == path;
        self.operations.iter().filter(wanted).count()
    }

    /// How many syncs of files and folders there were.
    pub fn syncs(&self) -> usize {
        let kinds = [Op::SyncData, Op::SyncAll, Op::SyncDir];
        kinds.into_iter().map(|op| self.count(op)).sum()
    }

    /// Files written and folders whose names changed that were not synced
    /// afterwards. Empty means that all that was done is durable.
    pub fn unsynced(&self) -> Vec<PathBuf> {
        let files = self.unsynced_files.values();
        files.chain(&self.unsynced_dirs).cloned().collect()
    }

    /// Forgets the operations so far, but not what is unsynced.
    pub fn clear_operations(&mut self) {
        self.operations.clear();
    }

    fn note(&mut self, op: Op, path: &Path) {
        self.operations.push((op, path.to_path_buf()));
    }

    fn name_changed(&mut self, path: &Path) {
        let parent = path.parent().unwrap_or(Path::new(""));
        self.unsynced_dirs.insert(parent.to_path_buf());
    }

    fn new_id(&mut self, path: &Path) -> FileId {
        self.next_id += 1;
        self.names.insert(path.to_path_buf(), self.next_id);
        self.next_id
    }

    pub(crate) fn dir_created(&mut self, path: &Path) {
        self.note(Op::CreateDir, path);
        self.name_changed(path);
    }

    pub(crate) fn created(&mut self, path: &Path) -> FileId {
        self.note(Op::Create, path);
        self.name_changed(path);
        let id = self.new_id(path);
        self.unsynced_files.insert(id, path.to_path_buf());
        id
    }

    pub(crate) fn opened(&mut self, path: &Path) -> FileId {
        match self.names.get(path) {
            Some(id) => *id,
            None => self.new_id(path),
        }
    }

    pub(crate) fn changed(&mut self, op: Op, id: FileId, path: &Path) {
        self.note(op, path);
        let name = self.name_of(id).unwrap_or(path).to_path_buf();
        self.unsynced_files.insert(id, name);
    }

    pub(crate) fn synced(&mut self, op: Op, id: FileId, path: &Path) {
        self.note(op, path);
        self.unsynced_files.remove(&id);
    }

    pub(crate) fn renamed(&mut self, from: &Path, to: &Path) {
        self.note(Op::Rename, to);
        self.name_changed(from);
        self.name_changed(to);
        let id = self.opened(from);
        self.names.remove(from);
        if let Some(replaced) = self.names.insert(to.to_path_buf(), id) {
            self.forget_if_nameless(replaced);
        }
        if let Some(name) = self.unsynced_files.get_mut(&id) {
            *name = to.to_path_buf();
        }
    }

    pub(crate) fn linked(&mut self, from: &Path, to: &Path) {
        self.note(Op::Link, to);
        self.name_changed(to);
        let id = self.opened(from);
        self.names.insert(to.to_path_buf(), id);
    }

    pub(crate) fn removed(&mut self, path: &Path) {
        self.note(Op::Remove, path);
        self.name_changed(path);
        if let Some(id) = self.names.remove(path) {
            self.forget_if_nameless(id);
        }
    }

    pub(crate) fn dir_synced(&mut self, path: &Path) {
        self.note(Op::SyncDir, path);
        self.unsynced_dirs.remove(path);
    }

    fn name_of(&self, id: FileId) -> Option<&Path> {
        let named = self.names.iter().find(|(_, known)| **known == id);
        named.map(|(name, _)| name.as_path())
    }

    /// A file without a name has nothing left to lose.
    fn forget_if_nameless(&mut self, id: FileId) {
        if self.name_of(id).is_none() {
            self.unsynced_files.remove(&id);
        }
    }
}
