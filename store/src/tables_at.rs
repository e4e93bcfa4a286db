//! Which tables belong to a data folder: its own, or some in an object store.
//!
//! The log and the tables know of each other by the position in each table's `txn`. With other
//! tables the log would be applied again, or rows that it has recycled would be missing. So a
//! folder whose tables lie elsewhere says where, in the file `tables-at`.

use std::io;
use std::path::Path;

use seam_disk::{Disk, Mode, read_to_vec, write_durable};

use crate::error::OpenError;
use crate::remote::TablesUrl;

const FILE: &str = "tables-at";
const MAX_BYTES: u64 = 4096;

/// Ties a folder to its tables the first time, and refuses others from then on. `None` stands for
/// the folder's own; `root` is what errors call the folder.
pub(crate) fn claim(
    disk: &dyn Disk,
    root: &Path,
    url: Option<&TablesUrl>,
) -> Result<(), OpenError> {
    let failed = |doing, source| failed(root, doing, source);
    let at = elsewhere(disk, root)?;
    let said = url.map(ToString::to_string);
    if at == said {
        return Ok(());
    }
    if let Some(at) = at {
        return Err(OpenError::TablesElsewhere { root: root.to_path_buf(), at });
    }
    let own = disk.list(Path::new("tables")).map_err(|source| failed("list tables", source))?;
    if !own.is_empty() {
        return Err(OpenError::TablesHere { root: root.to_path_buf() });
    }
    let text = format!("{}\n", said.unwrap_or_default());
    write_durable(disk, Path::new(FILE), text.as_bytes(), Mode::Shared)
        .map_err(|source| failed("write the file `tables-at`", source))
}

/// Refuses a folder whose tables lie elsewhere, and changes nothing.
pub(crate) fn check_own(disk: &dyn Disk, root: &Path) -> Result<(), OpenError> {
    match elsewhere(disk, root)? {
        None => Ok(()),
        Some(at) => Err(OpenError::TablesElsewhere { root: root.to_path_buf(), at }),
    }
}

/// Where the tables of a folder lie, if not in it.
pub(crate) fn elsewhere(disk: &dyn Disk, root: &Path) -> Result<Option<String>, OpenError> {
    match read_to_vec(disk, Path::new(FILE), MAX_BYTES) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).trim().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(failed(root, "read the file `tables-at`", source)),
    }
}

fn failed(root: &Path, doing: &str, source: io::Error) -> OpenError {
    OpenError::Disk { doing: doing.to_owned(), root: root.to_path_buf(), source }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use crate::DataFolder;

    /// A folder keeps the tables it began with: its own or those elsewhere.
    #[test]
    fn a_folder_keeps_its_tables() {
        let home = tempfile::tempdir().unwrap();
        let (folder, disk) = DataFolder::open(home.path()).unwrap();
        let [here, there] =
            ["s3://bucket/here", "s3://bucket/there"].map(|url| TablesUrl::parse(url).unwrap());
        folder.claim_tables(disk.as_ref(), None).unwrap();
        folder.claim_tables(disk.as_ref(), Some(&here)).unwrap();
        folder.claim_tables(disk.as_ref(), Some(&here)).unwrap();
        for other in [None, Some(&there)] {
            let error = folder.claim_tables(disk.as_ref(), other).unwrap_err();
            assert!(
                matches!(&error, OpenError::TablesElsewhere { at, .. } if at == "s3://bucket/here")
            );
        }
    }

    /// A folder with tables of its own takes no others.
    #[test]
    fn a_folder_with_tables_takes_no_others() {
        let home = tempfile::tempdir().unwrap();
        let (folder, disk) = DataFolder::open(home.path()).unwrap();
        disk.create_dir_all(Path::new("tables/events")).unwrap();
        let url = TablesUrl::parse("s3://bucket/x").unwrap();
        let error = folder.claim_tables(disk.as_ref(), Some(&url)).unwrap_err();
        assert!(matches!(error, OpenError::TablesHere { .. }));
        folder.claim_tables(disk.as_ref(), None).unwrap();
    }
}
