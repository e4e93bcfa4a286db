//! Files: one JSON object per line, in a folder of the operator's choosing.
//!
//! A file is called `NAME-DAY-NUMBER.ndjson` (`siem-2026-01-31-0001.ndjson`, the day in UTC), and
//! the last of them is the one that is written to. A new one begins when the day changes, or when
//! the last has its size; a file is never renamed, changed or removed afterwards.
//!
//! What is delivered is synced. After a crash the last line may be half of one: it is cut off at
//! the start. Lines that were written and not yet noted in the cursor come again then; they are
//! known by their bytes, so nothing stands there twice.

mod folder;
mod lines;
mod writer;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::destination::{Checked, Destination, Limits, Step};
use crate::outcome::Outcome;
use crate::record::Record;
use writer::Writer;

/// A file begins anew at this size, in bytes.
pub const ROTATE_BYTES: u64 = 256 << 20;
/// Records written before one sync, at most.
const BATCH_RECORDS: usize = 8192;
/// Their bytes, at most.
const BATCH_BYTES: usize = 8 << 20;
/// A line is not longer: who reads the file has limits too.
const LINE_BYTES: usize = 32 << 20;

/// Where files are written.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder; it is made if it is not there.
    pub folder: PathBuf,
    /// How file names begin.
    pub name: String,
    /// The size at which a new file begins, in bytes.
    pub rotate_bytes: u64,
    /// Whether a new file begins with each day (UTC).
    pub rotate_daily: bool,
}

impl Options {
    /// The defaults, for a folder and a name.
    pub fn new(folder: &Path, name: &str) -> Self {
        Self {
            folder: folder.to_owned(),
            name: name.to_owned(),
            rotate_bytes: ROTATE_BYTES,
            rotate_daily: true,
        }
    }
}

/// Files to write to.
#[derive(Debug)]
pub struct Files {
    options: Arc<Options>,
    writer: Arc<Mutex<Writer>>,
}

impl Files {
    /// Makes the destination; touches nothing yet.
    pub fn new(options: Options) -> Self {
        let options = Arc::new(options);
        let writer = Writer::new(Arc::clone(&options));
        Self { options, writer: Arc::new(Mutex::new(writer)) }
    }

    /// Does something that waits for the disk on a thread that may.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Writer) -> T + Send + 'static,
    ) -> Option<T> {
        let writer = Arc::clone(&self.writer);
        let work = move || work(&mut writer.lock().unwrap_or_else(PoisonError::into_inner));
        tokio::task::spawn_blocking(work).await.ok()
    }
}

#[async_trait]
impl Destination for Files {
    fn limits(&self) -> Limits {
        Limits {
            records: BATCH_RECORDS,
            bytes: BATCH_BYTES,
            document_bytes: LINE_BYTES,
            // Lines of one file come one after the other.
            in_flight: 1,
        }
    }

    async fn send(&self, records: &[Record]) -> Vec<Outcome> {
        let count = records.len();
        let records = records.to_vec();
        let written = self.blocking(move |writer| writer.write(&records, now_seconds())).await;
        let failed = || Outcome::Ambiguous { reason: "writing broke off".to_owned() };
        written.unwrap_or_else(|| vec![failed(); count])
    }

    async fn probe(&self) -> Result<(), String> {
        let folder = self.options.folder.clone();
        let opened = self.blocking(move |writer| writer.open(now_seconds())).await;
        let opened = opened.unwrap_or_else(|| Err(io::Error::other("it broke off")));
        opened.map_err(|error| format!("cannot write in {}: {}", folder.display(), error.kind()))
    }

    async fn check(&self) -> Vec<Step> {
        let folder = self.options.folder.display().to_string();
        let result = match self.blocking(|writer| writer.open(now_seconds())).await {
            Some(Ok(())) => Checked::Good(format!("{folder} can be written to")),
            Some(Err(error)) => Checked::Bad(format!("cannot write in {folder}: {error}")),
            None => Checked::Bad(format!("looking at {folder} broke off")),
        };
        vec![Step { name: "write", result }]
    }

    async fn set_up(&self, dry: bool) -> Vec<Step> {
        let folder = &self.options.folder;
        let result = if folder.is_dir() {
            Checked::Good(format!("{} is there", folder.display()))
        } else if dry {
            Checked::Good(format!("would make the folder {}", folder.display()))
        } else {
            match folder::make(folder) {
                Ok(()) => Checked::Good(format!("made the folder {}", folder.display())),
                Err(error) => {
                    Checked::Bad(format!("cannot make the folder {}: {error}", folder.display()))
                }
            }
        };
        vec![Step { name: "folder", result }]
    }
}

/// The wall clock, in seconds since 1970: only the names of files depend on it.
fn now_seconds() -> i64 {
    chrono::Utc::now().timestamp()
}

/// What an error of the disk means for a record that may not have been written.
fn outcome(error: &io::Error) -> Outcome {
    let reason = format!("the disk says: {}", error.kind());
    match error.kind() {
        // A file stands where the folder should, or somebody else has begun the next file.
        io::ErrorKind::AlreadyExists
        | io::ErrorKind::NotFound
        | io::ErrorKind::PermissionDenied
        | io::ErrorKind::ReadOnlyFilesystem
        | io::ErrorKind::NotADirectory
        | io::ErrorKind::IsADirectory => Outcome::Hold { reason },
        // A full disk, too: there will be room again.
        _ => Outcome::Retry { after: None, reason },
    }
}

#[cfg(test)]
mod tests;
