//! The real file system below a root folder.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

use crate::disk::{Access, DirEntry, Disk, DiskFile, DiskLock, Mode};

/// The file system below a root folder. Errors name the path and what was
/// attempted, and keep their [`io::ErrorKind`].
#[derive(Debug, Clone)]
pub struct RealDisk {
    root: PathBuf,
}

impl RealDisk {
    /// A disk whose root folder exists.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Creates the root folder if it is missing, durably, and opens it.
    pub fn create(root: impl Into<PathBuf>) -> io::Result<Self> {
        let root = root.into();
        let mut missing = Vec::new();
        let mut level = root.as_path();
        while !level.as_os_str().is_empty() && !level.exists() {
            missing.push(level);
            level = level.parent().unwrap_or(Path::new(""));
        }
        new_dir(&root).map_err(|error| named("create folder", &root, error))?;
        for level in missing {
            let parent = match level.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => parent,
                _ => Path::new("."),
            };
            sync_folder(parent)?;
        }
        Ok(Self { root })
    }

    /// The root folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The full path, if it stays below the root.
    fn full(&self, path: &Path) -> io::Result<PathBuf> {
        let stays =
            path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if stays {
            Ok(self.root.join(path))
        } else {
            let message = format!("{} leaves the data folder", path.display());
            Err(io::Error::new(io::ErrorKind::InvalidInput, message))
        }
    }

    fn open_with(
        &self,
        doing: &'static str,
        path: &Path,
        options: &OpenOptions,
    ) -> io::Result<RealFile> {
        let path = self.full(path)?;
        match options.open(&path) {
            Ok(file) => Ok(RealFile { file, path }),
            Err(error) => Err(named(doing, &path, error)),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that may: everyone else goes through `Disk`"
)]
impl Disk for RealDisk {
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        let path = self.full(path)?;
        new_dir(&path).map_err(|error| named("create folder", &path, error))
    }

    fn create(&self, path: &Path, mode: Mode) -> io::Result<Box<dyn DiskFile>> {
        let bits = match mode {
            Mode::Shared => 0o640,
            Mode::Private => 0o600,
        };
        let mut options = File::options();
        options.read(true).write(true).create_new(true).mode(bits);
        Ok(Box::new(self.open_with("create", path, &options)?))
    }

    fn open(&self, path: &Path, access: Access) -> io::Result<Box<dyn DiskFile>> {
        let mut options = File::options();
        options.read(true).write(access == Access::ReadWrite);
        Ok(Box::new(self.open_with("open", path, &options)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let (from, to) = (self.full(from)?, self.full(to)?);
        fs::rename(&from, &to).map_err(|error| named("rename", &from, error))
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let (from, to) = (self.full(from)?, self.full(to)?);
        fs::hard_link(&from, &to).map_err(|error| named("link as", &to, error))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let path = self.full(path)?;
        fs::remove_file(&path).map_err(|error| named("remove", &path, error))
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        sync_folder(&self.full(path)?)
    }

    fn make_private(&self, path: &Path) -> io::Result<()> {
        let path = self.full(path)?;
        let restrict = || {
            let metadata = fs::metadata(&path)?;
            let bits = if metadata.is_dir() { 0o700 } else { 0o600 };
            if metadata.permissions().mode() & 0o777 & !bits == 0 {
                return Ok(());
            }
            fs::set_permissions(&path, Permissions::from_mode(bits))
        };
        restrict().map_err(|error| named("close to others", &path, error))
    }

    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        let path = self.full(path)?;
        let read = || -> io::Result<Vec<DirEntry>> {
            let mut entries = Vec::new();
            for entry in fs::read_dir(&path)? {
                let entry = entry?;
                let metadata = entry.metadata()?;
                let is_dir = metadata.is_dir();
                entries.push(DirEntry {
                    name: entry.file_name(),
                    is_dir,
                    len: if is_dir { 0 } else { metadata.len() },
                });
            }
            entries.sort_by(|a, b| a.name.cmp(&b.name));
            Ok(entries)
        };
        read().map_err(|error| named("list", &path, error))
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn DiskLock>> {
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let held = self.open_with("lock", path, &options)?;
        match held.file.try_lock() {
            Ok(()) => Ok(Box::new(RealLock { _file: held.file })),
            Err(TryLockError::WouldBlock) => {
                let message = format!("{} is locked by another process", held.path.display());
                Err(io::Error::new(io::ErrorKind::WouldBlock, message))
            }
            Err(TryLockError::Error(error)) => Err(named("lock", &held.path, error)),
        }
    }
}

struct RealFile {
    file: File,
    path: PathBuf,
}

impl DiskFile for RealFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buffer, offset).map_err(|error| named("read", &self.path, error))
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_all_at(bytes, offset).map_err(|error| named("write", &self.path, error))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data().map_err(|error| named("sync", &self.path, error))
    }

    fn sync_all(&self) -> io::Result<()> {
        self.file.sync_all().map_err(|error| named("sync", &self.path, error))
    }

    fn len(&self) -> io::Result<u64> {
        match self.file.metadata() {
            Ok(metadata) => Ok(metadata.len()),
            Err(error) => Err(named("read the length of", &self.path, error)),
        }
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len).map_err(|error| named("set the length of", &self.path, error))
    }
}

/// The operating system lets go of the lock when the file is closed.
struct RealLock {
    _file: File,
}

impl DiskLock for RealLock {}

fn new_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o750).create(path)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| named("sync folder", path, error))
}

/// An error that says what was attempted on which path.
#[derive(Debug)]
struct Named {
    doing: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        write!(f, "cannot {} {path}: {}", self.doing, self.source)
    }
}

impl std::error::Error for Named {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

fn named(doing: &'static str, path: &Path, source: io::Error) -> io::Error {
    let path = path.to_path_buf();
    io::Error::new(source.kind(), Named { doing, path, source })
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
    use crate::{create_dir_durable, read_to_vec, write_durable};

    fn disk() -> (tempfile::TempDir, RealDisk) {
        let folder = tempfile::tempdir().unwrap();
        let disk = RealDisk::create(folder.path().join("new/data")).unwrap();
        (folder, disk)
    }

    /// What is written, renamed and linked is read back by every name.
    #[test]
    fn written_bytes_are_read_back() {
        let (_folder, disk) = disk();
        create_dir_durable(&disk, Path::new("a/b")).unwrap();
        write_durable(&disk, Path::new("a/b/x"), b"hello", Mode::Shared).unwrap();
        disk.link(Path::new("a/b/x"), Path::new("a/y")).unwrap();
        disk.rename(Path::new("a/b/x"), Path::new("a/b/z")).unwrap();
        assert_eq!(read_to_vec(&disk, Path::new("a/y"), 5).unwrap(), b"hello");
        assert_eq!(read_to_vec(&disk, Path::new("a/b/z"), 5).unwrap(), b"hello");
        let names: Vec<_> = disk.list(Path::new("a")).unwrap();
        assert_eq!(names.len(), 2);
        assert!(names[0].is_dir && names[0].name == "b");
        assert_eq!((names[1].is_dir, names[1].len), (false, 5));
    }

    /// A taken name is never overwritten by create or link.
    #[test]
    fn create_and_link_are_put_if_absent() {
        let (_folder, disk) = disk();
        let [x, y] = [Path::new("x"), Path::new("y")];
        disk.create(x, Mode::Shared).unwrap();
        disk.create(y, Mode::Shared).unwrap();
        let taken = io::ErrorKind::AlreadyExists;
        assert_eq!(disk.create(x, Mode::Shared).err().unwrap().kind(), taken);
        assert_eq!(disk.link(y, x).unwrap_err().kind(), taken);
    }

    /// Private files are for the owner alone.
    #[test]
    fn private_files_have_mode_600() {
        let (_folder, disk) = disk();
        disk.create(Path::new("key"), Mode::Private).unwrap();
        let metadata = fs::metadata(disk.root().join("key")).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }

    /// A file or folder that others may read is closed to them.
    #[test]
    fn what_is_made_private_is_closed_to_others() {
        let (_folder, disk) = disk();
        create_dir_durable(&disk, Path::new("log")).unwrap();
        disk.create(Path::new("log/x"), Mode::Shared).unwrap();
        let mode = |path: &str| {
            let metadata = fs::metadata(disk.root().join(path)).unwrap();
            metadata.permissions().mode() & 0o777
        };
        assert_eq!(mode("log") & 0o050, 0o050, "others could look");
        for path in ["log", "log/x"] {
            disk.make_private(Path::new(path)).unwrap();
        }
        assert_eq!((mode("log"), mode("log/x")), (0o700, 0o600));
        let gone = disk.make_private(Path::new("gone")).unwrap_err();
        assert_eq!(gone.kind(), io::ErrorKind::NotFound);
    }

    /// No path leaves the root.
    #[test]
    fn paths_outside_the_root_are_refused() {
        let (_folder, disk) = disk();
        for path in ["../x", "/etc/passwd", "a/../../x"] {
            let error = disk.open(Path::new(path), Access::Read).err().unwrap();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{path}");
        }
    }

    /// A lock has one holder until it is dropped.
    #[test]
    fn a_lock_has_one_holder() {
        let (_folder, disk) = disk();
        let held = disk.lock(Path::new("lock")).unwrap();
        let second = disk.lock(Path::new("lock")).err().unwrap();
        assert_eq!(second.kind(), io::ErrorKind::WouldBlock);
        drop(held);
        disk.lock(Path::new("lock")).unwrap();
    }

    /// An error names the path and keeps its kind.
    #[test]
    fn errors_name_the_path() {
        let (_folder, disk) = disk();
        let error = disk.open(Path::new("gone"), Access::Read).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(error.to_string().contains("new/data/gone"), "{error}");
    }
}
