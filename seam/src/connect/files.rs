//! Reading and replacing files outside of the data folder: whole or not at all.

use std::fs::{DirBuilder, File, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::error::ConnectError;

/// The bits of a mode that say who may do what.
const PERMISSIONS: u32 = 0o7777;

/// A file as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Present {
    pub(crate) text: String,
    pub(crate) mode: u32,
}

/// Reads a file of UTF-8; `None` if there is none.
pub(crate) fn read(path: &Path) -> Result<Option<Present>, ConnectError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(ConnectError::read(path, source)),
    };
    let metadata = std::fs::metadata(path).map_err(|source| ConnectError::read(path, source))?;
    Ok(Some(Present { text, mode: metadata.permissions().mode() & PERMISSIONS }))
}

/// The file behind a link, so that the link itself stays; it may not lead out of `home`.
pub(crate) fn behind_link(path: &Path, home: &Path) -> Result<PathBuf, ConnectError> {
    match std::fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => {}
        _ => return Ok(path.to_owned()),
    }
    let target = std::fs::canonicalize(path).map_err(|source| ConnectError::read(path, source))?;
    let real = |folder: &Path| std::fs::canonicalize(folder).ok();
    let beside = path.parent().and_then(real).is_some_and(|folder| target.starts_with(folder));
    if beside || real(home).is_some_and(|home| target.starts_with(home)) {
        return Ok(target);
    }
    Err(ConnectError::Link { path: path.to_owned(), target, home: home.to_owned() })
}

/// Puts the text in the file's place in one step, and on stable storage.
pub(crate) fn replace(path: &Path, text: &str, mode: u32) -> Result<(), ConnectError> {
    let failed = |source| ConnectError::write(path, source);
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut fresh = tempfile::Builder::new()
        .prefix(".seam-")
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(folder)
        .map_err(failed)?;
    fresh.write_all(text.as_bytes()).map_err(failed)?;
    fresh.as_file().set_permissions(Permissions::from_mode(mode)).map_err(failed)?;
    fresh.as_file().sync_all().map_err(failed)?;
    fresh.persist(path).map_err(|error| failed(error.error))?;
    sync(folder)
}

/// Removes a file; one that is gone already is no failure.
#[expect(clippy::disallowed_methods, reason = "the file is outside of the data folder")]
pub(crate) fn remove(path: &Path) -> Result<(), ConnectError> {
    match std::fs::remove_file(path) {
        Ok(()) => sync(path.parent().unwrap_or(Path::new("."))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(source) => Err(ConnectError::write(path, source)),
    }
}

fn sync(folder: &Path) -> Result<(), ConnectError> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|source| ConnectError::write(folder, source))
}

/// The folders above a file that are missing, outermost first.
pub(crate) fn missing_folders(file: &Path) -> Vec<PathBuf> {
    let mut missing: Vec<PathBuf> = file
        .ancestors()
        .skip(1)
        .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
        .map(Path::to_owned)
        .collect();
    missing.reverse();
    missing
}

/// Makes a folder that only its owner may enter.
pub(crate) fn make_folder(folder: &Path) -> Result<(), ConnectError> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other.map_err(|source| ConnectError::write(folder, source)),
    }
}

/// Removes a folder if nothing is in it.
pub(crate) fn remove_empty_folder(folder: &Path) {
    // One that is not empty, or is gone, stays as it is: that is the point.
    drop(std::fs::remove_dir(folder));
}
