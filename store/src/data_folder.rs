//! The folder everything lies in: its format, its owner, its subfolders.
//!
//! ```text
//! format        the version of everything below, a decimal number
//! tables-at     where the tables lie, if not in this folder
//! lock          held by the one process that writes
//! wal/          the log                      0700
//! quarantine/   frames nobody could read     0700
//! tables/NAME/  one Delta table each
//! cursors/      how far each follower is
//! keys/         secrets                      0700
//! ```

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use seam_disk::{Disk, DiskLock, Mode, RealDisk, create_dir_durable, read_to_vec, write_durable};

use crate::error::OpenError;
use crate::remote::TablesUrl;
use crate::tables_at;

/// The newest format this version knows, and the one it writes.
const FORMAT: u32 = 1;
pub(crate) const FORMAT_FILE: &str = "format";
pub(crate) const FORMAT_MAX_BYTES: u64 = 64;
const LOCK_FILE: &str = "lock";
pub(crate) const DIRS: [&str; 5] = ["wal", "quarantine", "tables", "cursors", "keys"];
/// Folders that only their owner may enter.
pub(crate) const PRIVATE_DIRS: [&str; 3] = ["wal", "quarantine", "keys"];
/// What a new folder may hold already: what a crash before the first `format` leaves, and what a
/// file system brings.
const HARMLESS: [&str; 3] = [LOCK_FILE, ".format.tmp", "lost+found"];

/// A data folder that this process owns until the value is dropped.
pub struct DataFolder {
    root: PathBuf,
    _lock: Box<dyn DiskLock>,
}

impl DataFolder {
    /// Takes a folder, which is created if it is not there, and gives the disk to write it by.
    pub fn open(root: &Path) -> Result<(Self, Arc<dyn Disk>), OpenError> {
        let disk = RealDisk::create(root).map_err(|source| failed(root, "create it", source))?;
        let disk: Arc<dyn Disk> = Arc::new(disk);
        let folder = Self::open_on(disk.as_ref(), root)?;
        for name in PRIVATE_DIRS {
            fs::set_permissions(root.join(name), Permissions::from_mode(0o700))
                .map_err(|source| failed(root, "close it to others", source))?;
        }
        Ok((folder, disk))
    }

    /// As [`Self::open`], on any disk; `root` is what errors call it.
    pub fn open_on(disk: &dyn Disk, root: &Path) -> Result<Self, OpenError> {
        let lock = disk.lock(Path::new(LOCK_FILE)).map_err(|source| match source.kind() {
            io::ErrorKind::WouldBlock => OpenError::Locked { root: root.to_path_buf() },
            _ => failed(root, "take the lock", source),
        })?;
        if read_format(disk, root)?.is_none() {
            check_empty(disk, root)?;
            let text = format!("{FORMAT}\n");
            write_durable(disk, Path::new(FORMAT_FILE), text.as_bytes(), Mode::Shared)
                .map_err(|source| failed(root, "write the file `format`", source))?;
        }
        for name in DIRS {
            create_dir_durable(disk, Path::new(name))
                .map_err(|source| failed(root, "create its folders", source))?;
        }
        Ok(Self { root: root.to_path_buf(), _lock: lock })
    }

    /// A folder that another process may own, for what may be done beside it: reading the
    /// tables, and changing keys. It must be there.
    pub fn open_shared(root: &Path) -> Result<Arc<dyn Disk>, OpenError> {
        if !root.is_dir() {
            return Err(OpenError::Missing { root: root.to_path_buf() });
        }
        let disk = RealDisk::new(root);
        match read_format(&disk, root)? {
            Some(()) => Ok(Arc::new(disk)),
            None => Err(OpenError::NotADataFolder { root: root.to_path_buf() }),
        }
    }

    /// Says whose tables the folder's log fills, those at a URL or its own, and refuses others
    /// than the first time.
    pub fn claim_tables(&self, disk: &dyn Disk, url: Option<&TablesUrl>) -> Result<(), OpenError> {
        tables_at::claim(disk, &self.root, url)
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }
}

/// `None` if there is no format yet.
fn read_format(disk: &dyn Disk, root: &Path) -> Result<Option<()>, OpenError> {
    let bytes = match read_to_vec(disk, Path::new(FORMAT_FILE), FORMAT_MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Vec::new(),
        Err(source) => return Err(failed(root, "read the file `format`", source)),
    };
    let number = std::str::from_utf8(&bytes).ok().and_then(|text| text.trim().parse().ok());
    match number {
        Some(0) | None => Err(OpenError::DamagedFormat { root: root.to_path_buf() }),
        Some(found) if found > FORMAT => {
            Err(OpenError::NewerFormat { root: root.to_path_buf(), found, known: FORMAT })
        }
        Some(_) => Ok(Some(())),
    }
}

/// Nobody's files are taken for ours.
fn check_empty(disk: &dyn Disk, root: &Path) -> Result<(), OpenError> {
    let entries = disk.list(Path::new("")).map_err(|source| failed(root, "list it", source))?;
    let harmless = |name: &std::ffi::OsStr| HARMLESS.iter().any(|harmless| name == *harmless);
    if entries.iter().all(|entry| harmless(&entry.name)) {
        return Ok(());
    }
    Err(OpenError::NotADataFolder { root: root.to_path_buf() })
}

fn failed(root: &Path, doing: &str, source: io::Error) -> OpenError {
    OpenError::Disk { doing: doing.to_owned(), root: root.to_path_buf(), source }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    #![expect(clippy::disallowed_methods, reason = "these files are somebody else's")]
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    /// A new folder gets its parts, and the secret ones are closed to others.
    #[test]
    fn a_new_folder_is_laid_out() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("data");
        let (folder, _disk) = DataFolder::open(&root).unwrap();
        assert_eq!(fs::read_to_string(root.join("format")).unwrap(), "1\n");
        for name in DIRS {
            assert!(folder.root().join(name).is_dir(), "{name}");
        }
        for name in PRIVATE_DIRS {
            assert_eq!(mode(&root.join(name)), 0o700, "{name}");
        }
        drop(folder);
        DataFolder::open(&root).unwrap();
    }

    /// A second owner is told which folder is taken; a reader is let in.
    #[test]
    fn one_owner_at_a_time() {
        let home = tempfile::tempdir().unwrap();
        let (_folder, _disk) = DataFolder::open(home.path()).unwrap();
        let error = DataFolder::open(home.path()).err().unwrap();
        assert!(matches!(error, OpenError::Locked { .. }));
        assert!(error.to_string().contains(&home.path().display().to_string()), "{error}");
        DataFolder::open_shared(home.path()).unwrap();
    }

    /// A folder of a newer version is left alone, by owners and by readers.
    #[test]
    fn a_newer_format_is_refused() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("format"), "2\n").unwrap();
        let newer = |error| matches!(error, OpenError::NewerFormat { found: 2, known: 1, .. });
        assert!(newer(DataFolder::open(home.path()).err().unwrap()));
        assert!(newer(DataFolder::open_shared(home.path()).err().unwrap()));
        assert!(!home.path().join("tables").exists());
    }

    /// A folder with other things in it is not taken, and a damaged format is not guessed.
    #[test]
    fn a_foreign_folder_is_refused() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("thesis.txt"), "x").unwrap();
        let error = DataFolder::open(home.path()).err().unwrap();
        assert!(matches!(error, OpenError::NotADataFolder { .. }));
        let error = DataFolder::open_shared(home.path()).err().unwrap();
        assert!(matches!(error, OpenError::NotADataFolder { .. }));
        fs::write(home.path().join("format"), "one").unwrap();
        let error = DataFolder::open(home.path()).err().unwrap();
        assert!(matches!(error, OpenError::DamagedFormat { .. }));
        let missing = DataFolder::open_shared(&home.path().join("gone")).err().unwrap();
        assert!(matches!(missing, OpenError::Missing { .. }));
    }
}
