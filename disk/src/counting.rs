//! A disk that remembers what was done to it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::disk::{Access, DirEntry, Disk, DiskFile, DiskLock, Mode};
use crate::trace::{FileId, Op, Trace};

/// Wraps a disk and records every change and every sync, so that a test can
/// hold that whatever was touched was synced afterwards. Clones share the
/// record.
#[derive(Debug, Clone)]
pub struct CountingDisk<D> {
    inner: D,
    trace: Arc<Mutex<Trace>>,
}

impl<D: Disk> CountingDisk<D> {
    /// Wraps `inner` with an empty record.
    pub fn new(inner: D) -> Self {
        Self { inner, trace: Arc::default() }
    }

    /// The record so far.
    pub fn trace(&self) -> Trace {
        self.lock_trace().clone()
    }

    /// Forgets the operations so far, but not what is unsynced.
    pub fn clear_operations(&self) {
        self.lock_trace().clear_operations();
    }

    fn lock_trace(&self) -> MutexGuard<'_, Trace> {
        self.trace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wrap(&self, inner: Box<dyn DiskFile>, id: FileId, path: &Path) -> Box<dyn DiskFile> {
        Box::new(CountingFile {
            inner,
            id,
            path: path.to_path_buf(),
            trace: Arc::clone(&self.trace),
        })
    }
}

impl<D: Disk> Disk for CountingDisk<D> {
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        let mut created: Vec<&Path> = Vec::new();
        let mut level = Some(path);
        while let Some(dir) = level {
            if dir.as_os_str().is_empty() || self.inner.list(dir).is_ok() {
                break;
            }
            created.push(dir);
            level = dir.parent();
        }
        self.inner.create_dir_all(path)?;
        let mut trace = self.lock_trace();
        for dir in created.into_iter().rev() {
            trace.dir_created(dir);
        }
        Ok(())
    }

    fn create(&self, path: &Path, mode: Mode) -> io::Result<Box<dyn DiskFile>> {
        let file = self.inner.create(path, mode)?;
        let id = self.lock_trace().created(path);
        Ok(self.wrap(file, id, path))
    }

    fn open(&self, path: &Path, access: Access) -> io::Result<Box<dyn DiskFile>> {
        let file = self.inner.open(path, access)?;
        let id = self.lock_trace().opened(path);
        Ok(self.wrap(file, id, path))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.inner.rename(from, to)?;
        self.lock_trace().renamed(from, to);
        Ok(())
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.inner.link(from, to)?;
        self.lock_trace().linked(from, to);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.inner.remove(path)?;
        self.lock_trace().removed(path);
        Ok(())
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.inner.sync_dir(path)?;
        self.lock_trace().dir_synced(path);
        Ok(())
    }

    fn make_private(&self, path: &Path) -> io::Result<()> {
        self.inner.make_private(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        self.inner.list(path)
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn DiskLock>> {
        self.inner.lock(path)
    }
}

struct CountingFile {
    inner: Box<dyn DiskFile>,
    id: FileId,
    path: PathBuf,
    trace: Arc<Mutex<Trace>>,
}

impl CountingFile {
    fn lock_trace(&self) -> MutexGuard<'_, Trace> {
        self.trace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DiskFile for CountingFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.inner.read_at(buffer, offset)
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.inner.write_all_at(bytes, offset)?;
        self.lock_trace().changed(Op::Write, self.id, &self.path);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.inner.sync_data()?;
        self.lock_trace().synced(Op::SyncData, self.id, &self.path);
        Ok(())
    }

    fn sync_all(&self) -> io::Result<()> {
        self.inner.sync_all()?;
        self.lock_trace().synced(Op::SyncAll, self.id, &self.path);
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        self.inner.len()
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.inner.set_len(len)?;
        self.lock_trace().changed(Op::SetLen, self.id, &self.path);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests fail by panicking"
    )]

    use super::*;
    use crate::PowerCutDisk;
    use crate::durable::{create_dir_durable, write_durable};

    /// The durable helpers leave nothing unsynced.
    #[test]
    fn durable_helpers_sync_all_they_touch() {
        let disk = CountingDisk::new(PowerCutDisk::new());
        create_dir_durable(&disk, Path::new("a/b")).unwrap();
        write_durable(&disk, Path::new("a/b/x"), b"1", Mode::Shared).unwrap();
        assert_eq!(disk.trace().unsynced(), Vec::<PathBuf>::new());
        assert_eq!(disk.trace().count(Op::SyncDir), 3);
    }

    /// Each kind of change is reported until it is synced, by its newest name.
    #[test]
    fn unsynced_changes_are_named() {
        let disk = CountingDisk::new(PowerCutDisk::new());
        create_dir_durable(&disk, Path::new("a")).unwrap();
        let file = disk.create(Path::new("a/x"), Mode::Shared).unwrap();
        file.write_all_at(b"1", 0).unwrap();
        disk.rename(Path::new("a/x"), Path::new("y")).unwrap();
        let unsynced = ["y", "", "a"].map(PathBuf::from);
        assert_eq!(disk.trace().unsynced(), unsynced);
        file.sync_data().unwrap();
        disk.sync_dir(Path::new("a")).unwrap();
        assert_eq!(disk.trace().unsynced(), [PathBuf::new()]);
        disk.remove(Path::new("y")).unwrap();
        disk.sync_dir(Path::new("")).unwrap();
        assert_eq!(disk.trace().unsynced(), Vec::<PathBuf>::new());
    }
}
