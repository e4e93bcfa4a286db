//! A copy of a data folder that a server may be using: [`Backup`].
//!
//! What it has to be: one state, from which a server goes on as after a kill. The log holds what
//! is in no table yet, so the tables must not lack a frame that the log has let go of, and must
//! not hold one that the copied log does not reach. The order does it:
//!
//! 1. `cursors/`, so that none is ahead of the tables;
//! 2. the log, by `seam_wal::copy_log`: what it had let go of by then was committed before;
//! 3. the tables, each at its newest version that the copied log covers ([`tables`]); files that
//!    its version names never change, and stay for long after later versions let go of them;
//! 4. `quarantine/`, which only grows, and, if wanted, what of `keys/` is worth keeping;
//! 5. `format`: what was broken off before is no data folder.
//!
//! Whatever vanishes meanwhile sends its step back to the log, for newer versions.

mod tables;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use deltalake::DeltaTableError;
use seam_disk::{Disk, Mode, RealDisk, create_dir_durable, read_to_vec, write_durable};
use seam_schema::ids::{LogId, Sequence};
use thiserror::Error;

pub use self::tables::CopiedTables;
use crate::data_folder::{DIRS, DataFolder, FORMAT_FILE, FORMAT_MAX_BYTES, PRIVATE_DIRS};
use crate::error::OpenError;
use crate::tables_at;

/// The most bytes of one file of `cursors/`, `quarantine/` or `keys/`.
const FILE_MAX_BYTES: u64 = 256 << 20;
/// What of `keys/` is worth keeping: what stands for secrets, and who may come in. The local token
/// is made anew, and belongs to one machine.
const KEYS: [&str; 2] = ["content-key", "tokens.json"];

/// Why a data folder could not be copied.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The folder cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is something where the copy should go.
    #[error("cannot back up to {}: it is not empty; name a folder that is empty or not there", to.display())]
    NotEmpty {
        /// The folder.
        to: PathBuf,
    },
    /// The copy would be part of what is copied.
    #[error("cannot back up to {}: it lies in the data folder {}; name one outside it", to.display(), from.display())]
    Inside {
        /// The data folder.
        from: PathBuf,
        /// Where the copy should go.
        to: PathBuf,
    },
    /// The tables are not in the folder.
    #[error("cannot back up {}: its tables lie in an object store, at {at}, and only a folder with its tables is copied; stop the server, copy the folder with any other tool, and then everything below that address with the store's own means", from.display())]
    TablesElsewhere {
        /// The data folder.
        from: PathBuf,
        /// Where the tables lie.
        at: String,
    },
    /// A file could not be copied.
    #[error("cannot {doing} {}: {source}", path.display())]
    Disk {
        /// What was attempted.
        doing: &'static str,
        /// The file or folder, relative to the data folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A file is not what its table says.
    #[error("cannot copy {}: it has {found} bytes where its table says {named}; it is damaged, restore it or move it aside", path.display())]
    Damaged {
        /// The file, relative to the data folder.
        path: PathBuf,
        /// The length it has.
        found: u64,
        /// The length it should have.
        named: u64,
    },
    /// A table's Delta log could not be read.
    #[error("cannot read the table `{table}`: {source}")]
    Delta {
        /// The table.
        table: &'static str,
        /// The answer.
        source: Box<DeltaTableError>,
    },
    /// A file was removed before it was copied.
    #[error("cannot copy {}: it was removed meanwhile, again and again; try again later", path.display())]
    Vanished {
        /// The file, relative to the data folder.
        path: PathBuf,
    },
    /// The derived tables went on while their versions were chosen.
    #[error("cannot copy the tables: they went on meanwhile, again and again; try again later")]
    Moved,
}

impl BackupError {
    /// Whether the same may succeed after the log was copied anew: the tables went on, and what
    /// they let go of was removed.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Vanished { .. } | Self::Moved | Self::Delta { .. })
    }
}

/// A copy that is being made. It is no data folder before [`Self::finish`].
pub struct Backup {
    from: Arc<dyn Disk>,
    to: Arc<dyn Disk>,
}

impl Backup {
    /// Begins a copy of the data folder `from`, which a server may own, in the folder `to`, which
    /// must be empty or not there.
    pub fn begin(from: &Path, to: &Path) -> Result<Self, BackupError> {
        let source = DataFolder::open_shared(from)?;
        if let Some(at) = tables_at::elsewhere(source.as_ref(), from)? {
            return Err(BackupError::TablesElsewhere { from: from.to_path_buf(), at });
        }
        let failed = |doing, error| failed(doing, to, error);
        if lies_in(to, from).map_err(|error| failed("find", error))? {
            return Err(BackupError::Inside { from: from.to_path_buf(), to: to.to_path_buf() });
        }
        let target = RealDisk::create(to).map_err(|error| failed("create", error))?;
        let entries = target.list(Path::new("")).map_err(|error| failed("list", error))?;
        if !entries.is_empty() {
            return Err(BackupError::NotEmpty { to: to.to_path_buf() });
        }
        Self::on(source, Arc::new(target))
    }

    /// As [`Self::begin`], on any disks.
    pub(crate) fn on(from: Arc<dyn Disk>, to: Arc<dyn Disk>) -> Result<Self, BackupError> {
        // All that people wrote to their agents, in one place.
        make_private(to.as_ref(), "")?;
        for name in DIRS {
            create_dir_durable(to.as_ref(), Path::new(name))
                .map_err(|error| failed("create", Path::new(name), error))?;
        }
        for name in PRIVATE_DIRS {
            make_private(to.as_ref(), name)?;
        }
        let backup = Self { from, to };
        backup.copy_folder(Path::new("cursors"), Mode::Shared)?;
        Ok(backup)
    }

    /// The data folder.
    pub fn from(&self) -> &dyn Disk {
        self.from.as_ref()
    }

    /// Where the copy goes.
    pub fn to(&self) -> &dyn Disk {
        self.to.as_ref()
    }

    /// Copies the tables as the log covers them that was copied before, and which ends at that
    /// frame; `None` if there was no log. It may be called again, after the log was copied anew.
    ///
    /// Needs a multi-threaded Tokio runtime.
    pub async fn tables(
        &self,
        log: Option<(LogId, Sequence)>,
    ) -> Result<CopiedTables, BackupError> {
        tables::copy(&self.from, &self.to, log).await
    }

    /// Copies the key of the hashes and the hashed tokens; the local token stays here. Returns
    /// the names of those that there were.
    pub fn keys(&self) -> Result<Vec<&'static str>, BackupError> {
        let mut copied = Vec::new();
        for name in KEYS {
            if self.copy_small(&Path::new("keys").join(name), Mode::Private)? {
                copied.push(name);
            }
        }
        Ok(copied)
    }

    /// Copies what is left, and makes the copy a data folder.
    pub fn finish(self) -> Result<(), BackupError> {
        self.copy_folder(Path::new("quarantine"), Mode::Private)?;
        let format = Path::new(FORMAT_FILE);
        let text = read_to_vec(self.from.as_ref(), format, FORMAT_MAX_BYTES)
            .map_err(|error| failed("read", format, error))?;
        write_durable(self.to.as_ref(), format, &text, Mode::Shared)
            .map_err(|error| failed("write", format, error))
    }

    /// Copies every file directly in a folder; those that vanish meanwhile are left out.
    fn copy_folder(&self, dir: &Path, mode: Mode) -> Result<(), BackupError> {
        let entries = match self.from.list(dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(|error| failed("list", dir, error))?,
        };
        // What begins with a dot is a lock, or on its way to another name.
        let is_whole = |name: &std::ffi::OsStr| !name.to_string_lossy().starts_with('.');
        for entry in entries.iter().filter(|entry| is_whole(&entry.name)) {
            let path = dir.join(&entry.name);
            if entry.is_dir {
                create_dir_durable(self.to.as_ref(), &path)
                    .map_err(|error| failed("create", &path, error))?;
                self.copy_folder(&path, mode)?;
            } else {
                self.copy_small(&path, mode)?;
            }
        }
        Ok(())
    }

    /// Copies a file that is replaced as a whole or never; `false` if there is none.
    fn copy_small(&self, path: &Path, mode: Mode) -> Result<bool, BackupError> {
        let bytes = match read_to_vec(self.from.as_ref(), path, FILE_MAX_BYTES) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            bytes => bytes.map_err(|error| failed("read", path, error))?,
        };
        write_durable(self.to.as_ref(), path, &bytes, mode)
            .map_err(|error| failed("write", path, error))?;
        Ok(true)
    }
}

/// Whether a folder, which need not be there, is another one or lies below it.
fn lies_in(inner: &Path, outer: &Path) -> io::Result<bool> {
    let inner = std::path::absolute(inner)?;
    match inner.ancestors().find(|level| level.exists()) {
        Some(level) => Ok(level.canonicalize()?.starts_with(outer.canonicalize()?)),
        None => Ok(false),
    }
}

fn make_private(disk: &dyn Disk, dir: &str) -> Result<(), BackupError> {
    let dir = Path::new(dir);
    disk.make_private(dir).map_err(|error| failed("close to others", dir, error))
}

fn failed(doing: &'static str, path: &Path, source: io::Error) -> BackupError {
    BackupError::Disk { doing, path: path.to_path_buf(), source }
}
