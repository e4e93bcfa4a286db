//! The steps that make a change of the tables durable, in their order. All calls block.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use object_store::path::Path as ObjectPath;
use seam_disk::{Access, Disk, DiskFile, Mode, create_dir_durable};

/// How the name of a file begins that is not finished; no reader of the tables looks at it.
const TEMPORARY: &str = ".tmp-";

/// The files below the data folder, written durably.
pub(crate) struct DurableFiles {
    disk: Arc<dyn Disk>,
    /// Folders that this process has made durable already.
    dirs: Mutex<HashSet<PathBuf>>,
    temporaries: AtomicU64,
    broken: OnceLock<String>,
    writable: bool,
}

impl DurableFiles {
    pub(crate) fn new(disk: Arc<dyn Disk>) -> Self {
        Self {
            disk,
            dirs: Mutex::default(),
            temporaries: AtomicU64::new(0),
            broken: OnceLock::new(),
            writable: true,
        }
    }

    /// Files of a folder that another process may own: every write is refused.
    pub(crate) fn read_only(disk: Arc<dyn Disk>) -> Self {
        Self { writable: false, ..Self::new(disk) }
    }

    /// The sync that failed, if one did. What was written since the last good one cannot be
    /// trusted any more, so nothing is written after it.
    pub(crate) fn broken(&self) -> Option<&str> {
        self.broken.get().map(String::as_str)
    }

    fn check_writable(&self) -> io::Result<()> {
        if !self.writable {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        match self.broken() {
            None => Ok(()),
            Some(reason) => Err(io::Error::other(format!("an earlier sync failed: {reason}"))),
        }
    }

    /// Notes a failed sync for good.
    pub(crate) fn synced(&self, result: io::Result<()>) -> io::Result<()> {
        if let Err(error) = &result {
            // Only the first failure is kept: the others follow from it.
            self.broken.set(error.to_string()).ok();
        }
        result
    }

    pub(crate) fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        self.synced(self.disk.sync_dir(dir))
    }

    /// Makes a folder and all above it durable, once per process.
    pub(crate) fn ensure_dir(&self, dir: &Path) -> io::Result<()> {
        if self.known_dirs().contains(dir) {
            return Ok(());
        }
        self.check_writable()?;
        self.synced(create_dir_durable(self.disk.as_ref(), dir))?;
        self.known_dirs().insert(dir.to_path_buf());
        Ok(())
    }

    fn known_dirs(&self) -> std::sync::MutexGuard<'_, HashSet<PathBuf>> {
        self.dirs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Creates a file that must not be there; the caller syncs it, then its folder.
    pub(crate) fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.ensure_dir(parent(path))?;
        self.check_writable()?;
        self.disk.create(path, Mode::Shared)
    }

    /// Writes a file unless the name is taken, which fails with
    /// [`io::ErrorKind::AlreadyExists`]. A reader never sees a part of it.
    pub(crate) fn put_if_absent(&self, path: &Path, parts: &[Bytes]) -> io::Result<()> {
        let temporary = self.write_temporary(path, parts)?;
        let linked = self.disk.link(&temporary, path);
        let removed = self.disk.remove(&temporary);
        linked.and(removed)?;
        self.sync_dir(parent(path))
    }

    /// Writes a file in place of the one that has the name. A reader sees the one or the other.
    pub(crate) fn put_over(&self, path: &Path, parts: &[Bytes]) -> io::Result<()> {
        let temporary = self.write_temporary(path, parts)?;
        if let Err(error) = self.disk.rename(&temporary, path) {
            // The first error is the one to tell; a leftover is removed at the next start.
            self.disk.remove(&temporary).ok();
            return Err(error);
        }
        self.sync_dir(parent(path))
    }

    fn write_temporary(&self, path: &Path, parts: &[Bytes]) -> io::Result<PathBuf> {
        self.ensure_dir(parent(path))?;
        self.check_writable()?;
        let (temporary, file) = self.create_temporary(path)?;
        let mut offset = 0;
        for part in parts {
            if let Err(error) = file.write_all_at(part, offset) {
                self.disk.remove(&temporary).ok();
                return Err(error);
            }
            offset += part.len() as u64;
        }
        self.synced(file.sync_all())?;
        Ok(temporary)
    }

    /// Another process, or this one before a crash, may have used the name.
    fn create_temporary(&self, path: &Path) -> io::Result<(PathBuf, Box<dyn DiskFile>)> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
        loop {
            let number = self.temporaries.fetch_add(1, Ordering::Relaxed);
            let temporary = path.with_file_name(format!("{TEMPORARY}{number}-{name}"));
            match self.disk.create(&temporary, Mode::Shared) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                created => return Ok((temporary, created?)),
            }
        }
    }

    pub(crate) fn remove(&self, path: &Path) -> io::Result<()> {
        self.check_writable()?;
        self.disk.remove(path)?;
        self.sync_dir(parent(path))
    }

    /// Removes what a crash left unfinished in a folder.
    pub(crate) fn remove_unfinished(&self, dir: &Path) -> io::Result<()> {
        for entry in self.disk.list(dir)? {
            if is_temporary(&entry.name) {
                self.disk.remove(&dir.join(&entry.name))?;
            }
        }
        Ok(())
    }

    /// Opens a file for reading.
    pub(crate) fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.disk.open(path, Access::Read)
    }

    /// Every finished file below a folder with its length, sorted by path; none if there is
    /// no such folder.
    pub(crate) fn list(&self, dir: &Path) -> io::Result<Vec<(PathBuf, u64)>> {
        let mut found = Vec::new();
        let mut dirs = vec![dir.to_path_buf()];
        while let Some(dir) = dirs.pop() {
            let entries = match self.disk.list(&dir) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries?,
            };
            for entry in entries {
                let path = dir.join(&entry.name);
                if entry.is_dir {
                    dirs.push(path);
                } else if !is_temporary(&entry.name) {
                    found.push((path, entry.len));
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// The names directly in a folder: files with their lengths, and folders.
    pub(crate) fn list_one(&self, dir: &Path) -> io::Result<Vec<seam_disk::DirEntry>> {
        let mut entries = match self.disk.list(dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            entries => entries?,
        };
        entries.retain(|entry| !is_temporary(&entry.name));
        Ok(entries)
    }
}

fn is_temporary(name: &std::ffi::OsStr) -> bool {
    name.to_string_lossy().starts_with(TEMPORARY)
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

/// The path on the disk of a path in the store.
pub(crate) fn disk_path(path: &ObjectPath) -> PathBuf {
    PathBuf::from(path.as_ref())
}
