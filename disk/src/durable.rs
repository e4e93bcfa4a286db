//! The few sequences of steps that make a change durable as a whole.

use std::io;
use std::path::{Path, PathBuf};

use crate::disk::{Access, Disk, DiskFile, Mode};

/// Writes a small file so that after a power cut either the old content is
/// there or the new, never a mixture: temporary name, write, sync, rename,
/// sync of the folder. Only one writer per path at a time.
pub fn write_durable(disk: &dyn Disk, path: &Path, bytes: &[u8], mode: Mode) -> io::Result<()> {
    let temporary = temporary_name(path)?;
    let file = create_or_replace(disk, &temporary, mode)?;
    let written = file
        .write_all_at(bytes, 0)
        .and_then(|()| file.sync_all())
        .and_then(|()| disk.rename(&temporary, path));
    if let Err(error) = written {
        // The first error is the one to tell; the leftover is replaced next time.
        disk.remove(&temporary).ok();
        return Err(error);
    }
    disk.sync_dir(parent(path))
}

/// Creates a folder and all that lead to it, and makes each of them durable
/// by syncing its parent. Also right for a folder that exists but was never
/// synced.
pub fn create_dir_durable(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    disk.create_dir_all(path)?;
    let mut level = path;
    while let Some(above) = level.parent() {
        disk.sync_dir(above)?;
        level = above;
    }
    Ok(())
}

/// Reads a whole file of at most `limit_bytes`; a longer one fails with
/// [`io::ErrorKind::FileTooLarge`] before anything is read.
pub fn read_to_vec(disk: &dyn Disk, path: &Path, limit_bytes: u64) -> io::Result<Vec<u8>> {
    let file = disk.open(path, Access::Read)?;
    let len = file.len()?;
    if len > limit_bytes {
        let message = format!("{} has {len} bytes; at most {limit_bytes} are read", path.display());
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    let len = usize::try_from(len).map_err(io::Error::other)?;
    let mut bytes = vec![0; len];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(bytes)
}

/// The folder that holds a path's name.
fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

fn temporary_name(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(".tmp");
    Ok(path.with_file_name(hidden))
}

/// A crash may have left the temporary file behind.
fn create_or_replace(disk: &dyn Disk, path: &Path, mode: Mode) -> io::Result<Box<dyn DiskFile>> {
    match disk.create(path, mode) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            disk.remove(path)?;
            disk.create(path, mode)
        }
        other => other,
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
    use crate::power_cut::PowerCutDisk;

    const FILE: &str = "state/cursor";

    fn content(disk: &PowerCutDisk) -> Option<Vec<u8>> {
        read_to_vec(disk, Path::new(FILE), 1 << 20).ok()
    }

    /// Whatever the moment of the cut and whatever survives, a reader finds
    /// the old content or the new one, and the new one once the call returned.
    #[test]
    fn a_cut_leaves_the_old_content_or_the_new() {
        let (old, new) = (vec![1_u8; 1500], vec![2_u8; 3000]);
        for cut_after in 1..40 {
            for seed in 0..50 {
                let disk = PowerCutDisk::new();
                create_dir_durable(&disk, Path::new("state")).unwrap();
                write_durable(&disk, Path::new(FILE), &old, Mode::Private).unwrap();
                disk.cut_after(cut_after);
                let done = write_durable(&disk, Path::new(FILE), &new, Mode::Private);
                let found = content(&disk.after_cut(seed)).expect("the file is there");
                assert!(found == new || (found == old && done.is_err()));
            }
        }
    }

    /// A folder and every folder above it survive once the call returned.
    #[test]
    fn a_created_folder_survives() {
        for seed in 0..20 {
            let disk = PowerCutDisk::new();
            create_dir_durable(&disk, Path::new("a/b/c")).unwrap();
            assert!(disk.after_cut(seed).list(Path::new("a/b/c")).is_ok());
        }
    }

    /// A leftover of a crash does not stand in the way of the next write.
    #[test]
    fn a_leftover_temporary_file_is_replaced() {
        let disk = PowerCutDisk::new();
        disk.create(Path::new(".x.tmp"), Mode::Shared).unwrap();
        write_durable(&disk, Path::new("x"), b"new", Mode::Shared).unwrap();
        assert_eq!(read_to_vec(&disk, Path::new("x"), 9).unwrap(), b"new");
    }

    /// A file over the limit is refused, not read.
    #[test]
    fn a_file_over_the_limit_is_refused() {
        let disk = PowerCutDisk::new();
        write_durable(&disk, Path::new("x"), &[0; 10], Mode::Shared).unwrap();
        let error = read_to_vec(&disk, Path::new("x"), 9).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
    }
}
