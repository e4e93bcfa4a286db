//! The folder: which of its files are ours, and which is the last.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// The ending of every file.
const ENDING: &str = ".ndjson";

/// One of our files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Named {
    /// `2026-01-31`.
    pub(super) day: String,
    pub(super) number: u32,
}

impl Named {
    /// The first file of a day, or the next one after `last`; never one that sorts before it.
    pub(super) fn after(last: Option<&Self>, day: &str) -> Self {
        match last {
            Some(last) if last.day.as_str() >= day => {
                Self { day: last.day.clone(), number: last.number + 1 }
            }
            _ => Self { day: day.to_owned(), number: 1 },
        }
    }

    pub(super) fn path(&self, folder: &Path, name: &str) -> PathBuf {
        folder.join(format!("{name}-{}-{:04}{ENDING}", self.day, self.number))
    }

    fn parse(file: &str, name: &str) -> Option<Self> {
        let rest = file.strip_prefix(name)?.strip_prefix('-')?.strip_suffix(ENDING)?;
        let (day, number) = rest.rsplit_once('-')?;
        chrono::NaiveDate::parse_from_str(day, "%Y-%m-%d").ok()?;
        Some(Self { day: day.to_owned(), number: number.parse().ok()? })
    }
}

/// A day as names have it.
pub(super) fn day_of(seconds: i64) -> String {
    let time = chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default();
    time.format("%Y-%m-%d").to_string()
}

/// Our files in a folder, the last one last.
pub(super) fn list(folder: &Path, name: &str) -> io::Result<Vec<Named>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let file = entry?.file_name();
        found.extend(file.to_str().and_then(|file| Named::parse(file, name)));
    }
    found.sort();
    Ok(found)
}

/// Makes a folder, durably.
pub(super) fn make(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    for above in folder.ancestors().skip(1) {
        // The last one of a relative path is empty: the folder we are in.
        sync(if above.as_os_str().is_empty() { Path::new(".") } else { above })?;
    }
    Ok(())
}

/// Makes the names in a folder durable.
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names sort by day and number, and others are left alone.
    #[test]
    fn names_are_ours_or_not() {
        let first = Named::after(None, "2026-01-31");
        let path = first.path(Path::new("/x"), "siem");
        assert_eq!(path, Path::new("/x/siem-2026-01-31-0001.ndjson"));
        let second = Named::after(Some(&first), "2026-01-31");
        assert_eq!(second.number, 2);
        assert_eq!(Named::after(Some(&second), "2026-01-30").number, 3, "a clock that went back");
        assert_eq!(Named::after(Some(&second), "2026-02-01").number, 1);
        for file in ["siem-2026-01-31-0001.txt", "other-2026-01-31-0001.ndjson", "siem-x-1.ndjson"]
        {
            assert_eq!(Named::parse(file, "siem"), None, "{file}");
        }
    }
}
