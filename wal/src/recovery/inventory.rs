//! What files there are, and what the segments say about themselves.
//! All of them are closed to others, whatever a restored copy brought.

use std::path::{Path, PathBuf};

use seam_disk::{Access, Disk};

use crate::format::{DATA_START, HeaderFault, SegmentHeader, VERSION, index};
use crate::position::LogId;
use crate::report::OpenError;
use crate::segment::{FileName, free_path, segment_path};
use crate::stock::FreeFile;

/// A file that has the name of a segment.
pub(super) struct Listed {
    pub(super) ordinal: u64,
    pub(super) path: PathBuf,
    pub(super) file_bytes: u64,
    /// `None` if both copies are damaged.
    pub(super) header: Option<SegmentHeader>,
}

pub(super) struct Inventory {
    /// Oldest first.
    pub(super) segments: Vec<Listed>,
    /// `None` if there is no segment yet.
    pub(super) log_id: Option<LogId>,
    /// Of any size and number; what they hold is of no value.
    pub(super) free: Vec<FreeFile>,
    pub(super) last_free_number: u64,
}

/// Lists the folder, reads all headers, and removes what a crash left half
/// done.
pub(super) fn take_inventory(disk: &dyn Disk, dir: &Path) -> Result<Inventory, OpenError> {
    let mut inventory =
        Inventory { segments: Vec::new(), log_id: None, free: Vec::new(), last_free_number: 0 };
    for entry in disk.list(dir)? {
        match FileName::parse(&entry.name.to_string_lossy()) {
            FileName::Segment(ordinal) => {
                let path = segment_path(dir, ordinal);
                disk.make_private(&path)?;
                let listed = read_header(disk, path, ordinal, entry.len)?;
                inventory.segments.push(listed);
            }
            FileName::Free(number) => {
                inventory.last_free_number = inventory.last_free_number.max(number);
                let path = free_path(dir, number);
                disk.make_private(&path)?;
                let file = disk.open(&path, Access::ReadWrite)?;
                inventory.free.push(FreeFile::found(path, file, entry.len));
            }
            FileName::Temporary => disk.remove(&dir.join(entry.name))?,
            FileName::Lock => {}
            FileName::Unknown => {
                let path = dir.join(entry.name);
                tracing::warn!(path = %path.display(), "not a file of the log; left alone");
            }
        }
    }
    inventory.segments.sort_by_key(|segment| segment.ordinal);
    inventory.log_id = one_log_id(&inventory.segments)?;
    Ok(inventory)
}

fn read_header(
    disk: &dyn Disk,
    path: PathBuf,
    ordinal: u64,
    file_bytes: u64,
) -> Result<Listed, OpenError> {
    let mut bytes = vec![0; index(DATA_START.min(file_bytes))];
    disk.open(&path, Access::Read)?.read_exact_at(&mut bytes, 0)?;
    let header = match SegmentHeader::decode(&bytes) {
        Ok(header) => Some(header).filter(|header| header.ordinal == ordinal),
        Err(HeaderFault::Damaged) => None,
        Err(HeaderFault::Newer(found)) => {
            return Err(OpenError::NewerFormat { segment: path, found, known: VERSION });
        }
    };
    Ok(Listed { ordinal, path, file_bytes, header })
}

fn one_log_id(segments: &[Listed]) -> Result<Option<LogId>, OpenError> {
    let mut log_id = None;
    for segment in segments {
        let Some(header) = &segment.header else {
            continue;
        };
        if *log_id.get_or_insert(header.log_id) != header.log_id {
            let segment = segment.path.clone();
            return Err(OpenError::ForeignSegment { segment });
        }
    }
    Ok(log_id)
}
