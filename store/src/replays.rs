//! Replays that are under way: `cursors/replay.NAME` in the data folder, beside the cursors of the
//! destinations and like them replaced as a whole. No destination has a name with a dot in it.
//!
//! A file is there from before the first record is sent until the replay has ended, so a start
//! finds those that the end of a server interrupted.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use seam_disk::Disk;
use serde::{Deserialize, Serialize};

use crate::cursors::{
    Body, CursorError, Lanes, Place, VERSION, lanes, path_of, read_file, without_log, write_file,
    written,
};

/// How the names of the files begin.
const PREFIX: &str = "replay.";
const FOLDER: &str = "cursors";

/// What is kept of one replay.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeptReplay {
    /// The destination.
    pub sink: String,
    /// Rows received since then, microseconds since 1970.
    pub since_us: Option<i64>,
    /// Rows of this conversation.
    pub session: Option<String>,
    /// The dead letters of the destination instead of rows.
    pub letters: Option<KeptLetters>,
    /// Where it ends: the last row of each log.
    pub through: Lanes,
    /// How far it is.
    pub at: Lanes,
}

/// Which dead letters a replay sends.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KeptLetters {
    /// Those received until then, microseconds since 1970.
    pub until_us: i64,
    /// The one of this record, if not all.
    pub record_id: Option<String>,
}

/// The replays of a data folder.
#[derive(Clone)]
pub struct Replays {
    disk: Arc<dyn Disk>,
}

#[derive(Serialize, Deserialize)]
struct ReplayBody {
    version: u32,
    sink: String,
    since_us: Option<i64>,
    session: Option<String>,
    letters: Option<KeptLetters>,
    through: BTreeMap<String, Vec<Place>>,
    at: BTreeMap<String, Vec<Place>>,
}

impl Body for ReplayBody {
    fn version(&self) -> u32 {
        self.version
    }
}

impl Replays {
    /// The replays of the data folder behind `disk`.
    pub fn new(disk: Arc<dyn Disk>) -> Self {
        Self { disk }
    }

    /// The names of all that are kept.
    pub fn names(&self) -> Result<Vec<String>, CursorError> {
        let entries = match self.disk.list(Path::new(FOLDER)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => {
                let name = format!("{PREFIX}*");
                return Err(CursorError::Disk { doing: "list", name, source });
            }
        };
        let name =
            |name: &std::ffi::OsString| name.to_str()?.strip_prefix(PREFIX).map(str::to_owned);
        Ok(entries.iter().filter_map(|entry| name(&entry.name)).collect())
    }

    /// A replay; `None` if there is none of that name.
    pub fn read(&self, name: &str) -> Result<Option<KeptReplay>, CursorError> {
        let name = format!("{PREFIX}{name}");
        let Some(body) = read_file::<ReplayBody>(self.disk.as_ref(), &name)? else {
            return Ok(None);
        };
        Ok(Some(KeptReplay {
            sink: body.sink,
            since_us: body.since_us,
            session: body.session,
            letters: body.letters,
            through: lanes(body.through).ok_or_else(|| without_log(&name))?,
            at: lanes(body.at).ok_or_else(|| without_log(&name))?,
        }))
    }

    /// Puts a replay in place of what was there; durable on return. Blocks. One writer per name.
    pub fn write(&self, name: &str, kept: &KeptReplay) -> Result<(), CursorError> {
        let body = ReplayBody {
            version: VERSION,
            sink: kept.sink.clone(),
            since_us: kept.since_us,
            session: kept.session.clone(),
            letters: kept.letters.clone(),
            through: written(&kept.through),
            at: written(&kept.at),
        };
        write_file(self.disk.as_ref(), &format!("{PREFIX}{name}"), body)
    }

    /// Removes a replay that has ended; one that is not there is fine. Durable on return. Blocks.
    pub fn remove(&self, name: &str) -> Result<(), CursorError> {
        let name = format!("{PREFIX}{name}");
        let removed = match self.disk.remove(&path_of(&name)?) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        };
        let removed = removed.and_then(|()| self.disk.sync_dir(Path::new(FOLDER)));
        removed.map_err(|source| CursorError::Disk { doing: "remove", name, source })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use seam_disk::create_dir_durable;
    use seam_disk::power_cut::PowerCutDisk;
    use seam_schema::ids::{LogId, Offset, Sequence};

    use super::*;
    use crate::cursors::{Cursors, KeptCursor};

    fn kept(sequence: i64) -> KeptReplay {
        let offset =
            Offset { log_id: LogId::from_bytes([9; 16]), sequence: Sequence(sequence), index: 3 };
        KeptReplay {
            sink: "siem".to_owned(),
            since_us: Some(17),
            session: Some("s \"1\"".to_owned()),
            letters: Some(KeptLetters { until_us: 5, record_id: None }),
            through: Lanes::from([("events".to_owned(), vec![offset])]),
            at: Lanes::from([("actions".to_owned(), vec![offset])]),
        }
    }

    /// What is kept comes back, beside cursors that are none of its; what was removed is gone, also
    /// after a power cut.
    #[test]
    fn replays_are_kept_until_they_end() {
        let disk = PowerCutDisk::new();
        create_dir_durable(&disk, Path::new(FOLDER)).unwrap();
        Cursors::new(Arc::new(disk.clone())).write("siem", &KeptCursor::default()).unwrap();
        let replays = Replays::new(Arc::new(disk.clone()));
        assert_eq!(replays.names().unwrap(), Vec::<String>::new());
        replays.write("a", &kept(1)).unwrap();
        replays.write("b", &kept(2)).unwrap();
        replays.write("a", &kept(3)).unwrap();
        replays.remove("b").unwrap();
        replays.remove("b").unwrap();
        let after = Replays::new(Arc::new(disk.after_cut(7)));
        assert_eq!(after.names().unwrap(), ["a"]);
        assert_eq!(after.read("a").unwrap(), Some(kept(3)));
        assert_eq!(after.read("b").unwrap(), None);
    }
}
