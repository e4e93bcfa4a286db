//! The trait itself: [`Disk`], [`DiskFile`], [`DiskLock`].

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Who may read a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Owner and group (`0640`): tables, which other tools read.
    Shared,
    /// The owner alone (`0600`): the log, keys, quarantine.
    Private,
}

/// What an opened file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reading only.
    Read,
    /// Reading and writing.
    ReadWrite,
}

/// One name in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirEntry {
    /// The last component of the path.
    pub name: OsString,
    /// Whether the name is a folder's.
    pub is_dir: bool,
    /// Length in bytes; 0 for a folder.
    pub len: u64,
}

/// A folder on stable storage. All paths are relative to its root; the empty
/// path is the root itself.
pub trait Disk: Send + Sync + 'static {
    /// Creates a folder and all that lead to it; one that exists is fine.
    /// Durable only when every parent was synced: see
    /// [`create_dir_durable`](crate::create_dir_durable).
    fn create_dir_all(&self, path: &Path) -> io::Result<()>;

    /// Creates a new file for reading and writing. Fails with
    /// [`io::ErrorKind::AlreadyExists`] if the name is taken.
    fn create(&self, path: &Path, mode: Mode) -> io::Result<Box<dyn DiskFile>>;

    /// Opens a file that exists.
    fn open(&self, path: &Path, access: Access) -> io::Result<Box<dyn DiskFile>>;

    /// Gives a file another name; a file that has that name is replaced.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Gives a file a second name. Fails with
    /// [`io::ErrorKind::AlreadyExists`] if the name is taken, which makes it
    /// a put-if-absent.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file's name. Handles that are open go on working.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in a folder durable.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;

    /// Takes away what anyone but the owner may do: a file gets `0600`, a
    /// folder `0700`. Durable after a sync of that file or folder itself.
    fn make_private(&self, path: &Path) -> io::Result<()>;

    /// The names in a folder, sorted.
    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>>;

    /// Takes an advisory, exclusive lock on a file, which is created if it is
    /// not there. Fails with [`io::ErrorKind::WouldBlock`] while another
    /// holds it, in this process or in any other.
    fn lock(&self, path: &Path) -> io::Result<Box<dyn DiskLock>>;
}

/// An open file. Positions are absolute, so handles can be shared.
#[expect(
    clippy::len_without_is_empty,
    reason = "the length asks the file system and can fail; nobody asks for emptiness"
)]
pub trait DiskFile: Send + Sync {
    /// Reads at `offset` what is there, at most `buffer.len()` bytes; 0 at
    /// the end of the file.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all of `bytes` at `offset`; the file grows as needed.
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Makes the file's bytes and its length durable (`fdatasync`).
    fn sync_data(&self) -> io::Result<()>;

    /// As [`sync_data`](Self::sync_data), with times and modes (`fsync`).
    fn sync_all(&self) -> io::Result<()>;

    /// Length in bytes.
    fn len(&self) -> io::Result<u64>;

    /// Cuts the file or grows it with zeros.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Fills the whole buffer from `offset`, or fails with
    /// [`io::ErrorKind::UnexpectedEof`].
    fn read_exact_at(&self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !buffer.is_empty() {
            match self.read_at(buffer, offset) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(read) => {
                    buffer = &mut buffer[read..];
                    offset += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// A held lock; dropping it lets go.
pub trait DiskLock: Send + Sync {}

/// Whether an error says that the disk or the quota is full: ordinary
/// back-pressure, where any other error means that the disk is not to be
/// trusted.
pub fn is_out_of_space(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

impl<D: Disk + ?Sized> Disk for Arc<D> {
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        (**self).create_dir_all(path)
    }
    fn create(&self, path: &Path, mode: Mode) -> io::Result<Box<dyn DiskFile>> {
        (**self).create(path, mode)
    }
    fn open(&self, path: &Path, access: Access) -> io::Result<Box<dyn DiskFile>> {
        (**self).open(path, access)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        (**self).rename(from, to)
    }
    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        (**self).link(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        (**self).remove(path)
    }
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        (**self).sync_dir(path)
    }
    fn make_private(&self, path: &Path) -> io::Result<()> {
        (**self).make_private(path)
    }
    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        (**self).list(path)
    }
    fn lock(&self, path: &Path) -> io::Result<Box<dyn DiskLock>> {
        (**self).lock(path)
    }
}
