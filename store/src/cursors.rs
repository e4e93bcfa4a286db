//! How far each destination is: `cursors/NAME` in the data folder, replaced as a whole.
//!
//! A file is a JSON object for people to read, with a checksum for us:
//!
//! ```json
//! {
//!   "checksum": "<BLAKE3 of the member `cursor` as compact JSON, 64 hex digits>",
//!   "cursor": {
//!     "version": 1,
//!     "paused": false,
//!     "clean": true,
//!     "lanes": { "events": [ { "log_id": "…", "sequence": 17, "index": 0 } ] }
//!   }
//! }
//! ```
//!
//! A file that does not fit its checksum is an error and never read as something else: a cursor
//! that stands too far ahead would lose records.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use seam_disk::{Disk, Mode, read_to_vec, write_durable};
use seam_schema::ids::{LogId, Offset, Sequence};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The version of the file that is written, and the only one that is read.
pub(crate) const VERSION: u32 = 1;
/// The most bytes of one file.
const MAX_BYTES: u64 = 1 << 20;

/// Why a cursor could not be read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CursorError {
    /// The name cannot be a file's.
    #[error(
        "cannot use `{name}` as the name of a cursor: use 1 to 64 of a-z, 0-9, `.`, `_`, `-`, not starting with a dot"
    )]
    BadName {
        /// The name.
        name: String,
    },
    /// The file is not what was written.
    #[error(
        "cannot read cursors/{name}: it is damaged ({what}); restore it from a backup, or remove it: then everything that is kept is sent again, under the same ids, or, of a replay, nothing more"
    )]
    Damaged {
        /// The cursor.
        name: String,
        /// What is wrong.
        what: String,
    },
    /// A newer version wrote it.
    #[error(
        "cannot read cursors/{name}: its version is {found}, and this version of seam knows {VERSION}; use the version that wrote it, or a newer one"
    )]
    Newer {
        /// The cursor.
        name: String,
        /// The version it has.
        found: u32,
    },
    /// The disk failed.
    #[error("cannot {doing} cursors/{name}: {source}")]
    Disk {
        /// What was attempted.
        doing: &'static str,
        /// The cursor.
        name: String,
        /// The system's answer.
        source: io::Error,
    },
}

/// What is kept of one destination.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeptCursor {
    /// Somebody asked for a pause.
    pub paused: bool,
    /// Nothing behind the cursor was ever sent.
    pub clean: bool,
    /// The last row of each log that has ended well, by the name of its table.
    pub lanes: Lanes,
}

/// The cursors of a data folder.
#[derive(Clone)]
pub struct Cursors {
    disk: Arc<dyn Disk>,
}

#[derive(Serialize, Deserialize)]
struct Written<T> {
    checksum: String,
    cursor: T,
}

/// What stands in a file beside its checksum.
pub(crate) trait Body: Serialize + DeserializeOwned {
    /// The version that wrote it.
    fn version(&self) -> u32;
}

#[derive(Serialize, Deserialize)]
struct CursorBody {
    version: u32,
    paused: bool,
    clean: bool,
    lanes: BTreeMap<String, Vec<Place>>,
}

impl Body for CursorBody {
    fn version(&self) -> u32 {
        self.version
    }
}

/// A row's place, as it is written.
#[derive(Serialize, Deserialize)]
pub(crate) struct Place {
    log_id: String,
    sequence: i64,
    index: i64,
}

/// The last row of each log, by the name of its table.
pub type Lanes = BTreeMap<String, Vec<Offset>>;

/// Lanes as they are written.
pub(crate) fn written(lanes: &Lanes) -> BTreeMap<String, Vec<Place>> {
    let place = |offset: &Offset| Place {
        log_id: offset.log_id.to_string(),
        sequence: offset.sequence.0,
        index: offset.index,
    };
    let lanes = lanes.iter();
    lanes.map(|(lane, offsets)| (lane.clone(), offsets.iter().map(place).collect())).collect()
}

/// The lanes that were written; nothing where a log has no id.
pub(crate) fn lanes(written: BTreeMap<String, Vec<Place>>) -> Option<Lanes> {
    let offset = |place: Place| {
        let log_id = LogId::parse(&place.log_id)?;
        Some(Offset { log_id, sequence: Sequence(place.sequence), index: place.index })
    };
    let lanes = written.into_iter();
    lanes
        .map(|(lane, places)| {
            let offsets: Option<Vec<Offset>> = places.into_iter().map(offset).collect();
            Some((lane, offsets?))
        })
        .collect()
}

impl Cursors {
    /// The cursors of the data folder behind `disk`.
    pub fn new(disk: Arc<dyn Disk>) -> Self {
        Self { disk }
    }

    /// A cursor; `None` if there is none yet.
    pub fn read(&self, name: &str) -> Result<Option<KeptCursor>, CursorError> {
        let Some(body) = read_file::<CursorBody>(self.disk.as_ref(), name)? else {
            return Ok(None);
        };
        let lanes = lanes(body.lanes).ok_or_else(|| without_log(name))?;
        Ok(Some(KeptCursor { paused: body.paused, clean: body.clean, lanes }))
    }

    /// Puts a cursor in place of what was there; durable on return. Blocks. One writer per name.
    pub fn write(&self, name: &str, kept: &KeptCursor) -> Result<(), CursorError> {
        let body = CursorBody {
            version: VERSION,
            paused: kept.paused,
            clean: kept.clean,
            lanes: written(&kept.lanes),
        };
        write_file(self.disk.as_ref(), name, body)
    }
}

/// What a file says that fits its checksum; `None` if there is none.
pub(crate) fn read_file<T: Body>(disk: &dyn Disk, name: &str) -> Result<Option<T>, CursorError> {
    let bytes = match read_to_vec(disk, &path_of(name)?, MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            return Err(CursorError::Disk { doing: "read", name: name.to_owned(), source });
        }
    };
    let damaged = |what: String| CursorError::Damaged { name: name.to_owned(), what };
    let written: Written<T> =
        serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
    let body = written.cursor;
    if body.version() > VERSION {
        return Err(CursorError::Newer { name: name.to_owned(), found: body.version() });
    }
    if checksum(&body).map_err(|error| damaged(error.to_string()))? != written.checksum {
        return Err(damaged("it does not fit its checksum".to_owned()));
    }
    Ok(Some(body))
}

/// Puts a file in place of what was there; durable on return.
pub(crate) fn write_file<T: Body>(disk: &dyn Disk, name: &str, body: T) -> Result<(), CursorError> {
    let path = path_of(name)?;
    let failed = |source| CursorError::Disk { doing: "write", name: name.to_owned(), source };
    let checksum = checksum(&body).map_err(|error| failed(error.into()))?;
    let mut text = serde_json::to_vec_pretty(&Written { checksum, cursor: body })
        .map_err(|error| failed(error.into()))?;
    text.push(b'\n');
    write_durable(disk, &path, &text, Mode::Shared).map_err(failed)
}

/// A file whose place in a log cannot be told.
pub(crate) fn without_log(name: &str) -> CursorError {
    CursorError::Damaged { name: name.to_owned(), what: "a log has no id".to_owned() }
}

fn checksum<T: Body>(body: &T) -> serde_json::Result<String> {
    Ok(blake3::hash(&serde_json::to_vec(body)?).to_hex().to_string())
}

pub(crate) fn path_of(name: &str) -> Result<PathBuf, CursorError> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    if (1..=64).contains(&name.len()) && !name.starts_with('.') && name.chars().all(allowed) {
        return Ok(Path::new("cursors").join(name));
    }
    let name = name.chars().take(64).flat_map(char::escape_default).collect();
    Err(CursorError::BadName { name })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use seam_disk::create_dir_durable;
    use seam_disk::power_cut::PowerCutDisk;

    use super::*;

    fn kept(sequence: i64) -> KeptCursor {
        let log_id = LogId::from_bytes([9; 16]);
        let offset = Offset { log_id, sequence: Sequence(sequence), index: i64::MAX };
        let lanes = BTreeMap::from([("events".to_owned(), vec![offset])]);
        KeptCursor { paused: true, clean: false, lanes }
    }

    fn disk() -> PowerCutDisk {
        let disk = PowerCutDisk::new();
        create_dir_durable(&disk, Path::new("cursors")).unwrap();
        disk
    }

    /// After a power cut the old cursor is there or the new one, and the new one once the write
    /// has returned.
    #[test]
    fn a_cut_leaves_the_old_cursor_or_the_new() {
        for cut_after in 1..30 {
            for seed in 0..20 {
                let disk = disk();
                Cursors::new(Arc::new(disk.clone())).write("siem", &kept(1)).unwrap();
                disk.cut_after(cut_after);
                let done = Cursors::new(Arc::new(disk.clone())).write("siem", &kept(2)).is_ok();
                let after = Cursors::new(Arc::new(disk.after_cut(seed)));
                let found = after.read("siem").unwrap().unwrap();
                assert!(found == kept(2) || (found == kept(1) && !done));
            }
        }
    }

    /// A bit that has changed is damage, told with what to do, and never another cursor.
    #[test]
    fn damage_is_told() {
        let disk = disk();
        let cursors = Cursors::new(Arc::new(disk.clone()));
        assert_eq!(cursors.read("siem").unwrap(), None);
        cursors.write("siem", &kept(17)).unwrap();
        let path = Path::new("cursors/siem");
        let text = String::from_utf8(read_to_vec(&disk, path, 9999).unwrap()).unwrap();
        assert!(text.contains("\"sequence\": 17,"), "{text}");
        for (from, to) in [("17", "18"), ("true", "false"), ("{", "("), ("events", "actions")] {
            let changed = text.replace(from, to);
            write_durable(&disk, path, changed.as_bytes(), Mode::Shared).unwrap();
            let error = cursors.read("siem").unwrap_err();
            assert!(matches!(error, CursorError::Damaged { .. }), "{error}");
            assert!(error.to_string().contains("remove it"), "{error}");
        }
    }

    /// A name that leaves the folder is refused.
    #[test]
    fn hostile_names_are_refused() {
        let cursors = Cursors::new(Arc::new(disk()));
        for name in ["", "..", "a/b", ".siem.tmp", "A"] {
            assert!(matches!(cursors.read(name), Err(CursorError::BadName { .. })), "{name}");
        }
    }
}
