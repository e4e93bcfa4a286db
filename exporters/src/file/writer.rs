//! Lines to the last file, synced.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;

use super::folder::{self, Named, day_of};
use super::lines::{self, Known, READ_BACK_BYTES};
use super::{Options, outcome};
use crate::outcome::Outcome;
use crate::record::Record;

/// Readable by owner and group, as the tables are.
const MODE: u32 = 0o640;

/// The last file, and what is known of it.
#[derive(Debug)]
pub(super) struct Writer {
    options: Arc<Options>,
    open: Option<Open>,
    /// The lines at the end of the files, while any may come again; read back when the first does.
    known: Option<Known>,
    /// How many records came since one that may have been written.
    unmarked: usize,
    buffer: Vec<u8>,
}

/// After so many records none of which was sent before, no more such are awaited.
const UNMARKED_MAX: usize = 64 << 10;

#[derive(Debug)]
struct Open {
    file: File,
    named: Named,
    len: u64,
}

impl Writer {
    pub(super) fn new(options: Arc<Options>) -> Self {
        Self { options, open: None, known: None, unmarked: 0, buffer: Vec::new() }
    }

    /// Opens the last file, or begins the first; cuts half a line off its end.
    pub(super) fn open(&mut self, now_seconds: i64) -> io::Result<()> {
        if self.open.is_some() {
            return Ok(());
        }
        let options = Arc::clone(&self.options);
        folder::make(&options.folder)?;
        let files = folder::list(&options.folder, &options.name)?;
        let Some(last) = files.last() else {
            self.known = Some(Known::default());
            return self.begin(None, now_seconds);
        };
        let mut known = Known::default();
        let mut left = READ_BACK_BYTES;
        let mut file = None;
        for named in files.iter().rev() {
            let path = named.path(&options.folder, &options.name);
            let found = OpenOptions::new().read(true).write(file.is_none()).open(&path)?;
            let len = found.metadata()?.len();
            let whole = lines::read(&found, left, &mut known)?;
            left = left.saturating_sub(len);
            if file.is_none() {
                if whole < len {
                    tracing::info!(
                        file = %path.display(),
                        bytes = len - whole,
                        "half a line, which a crash left, is cut off"
                    );
                    found.set_len(whole)?;
                }
                // What was written before a crash may not be on stable storage yet.
                found.sync_all()?;
                file = Some((found, whole));
            }
            if left == 0 {
                break;
            }
        }
        folder::sync(&options.folder)?;
        if let Some((mut file, len)) = file {
            file.seek(SeekFrom::Start(len))?;
            self.open = Some(Open { file, named: last.clone(), len });
        }
        (self.known, self.unmarked) = (Some(known), 0);
        Ok(())
    }

    /// Begins the next file.
    fn begin(&mut self, last: Option<&Named>, now_seconds: i64) -> io::Result<()> {
        let options = &self.options;
        let named = Named::after(last, &day_of(now_seconds));
        let path = named.path(&options.folder, &options.name);
        let mut new = OpenOptions::new();
        let file = new.write(true).read(true).create_new(true).mode(MODE).open(path)?;
        folder::sync(&options.folder)?;
        self.open = Some(Open { file, named, len: 0 });
        Ok(())
    }

    /// Begins the next file if the last is full, or of another day.
    fn rotate(&mut self, now_seconds: i64) -> io::Result<()> {
        let Some(open) = &self.open else { return Ok(()) };
        let is_full = open.len >= self.options.rotate_bytes;
        let is_over = self.options.rotate_daily && open.named.day < day_of(now_seconds);
        if open.len == 0 || !(is_full || is_over) {
            return Ok(());
        }
        let last = open.named.clone();
        self.open = None;
        self.begin(Some(&last), now_seconds)
    }

    /// Writes records and syncs; one outcome for each.
    pub(super) fn write(&mut self, records: &[Record], now_seconds: i64) -> Vec<Outcome> {
        let is_marked = records.iter().any(|record| record.redelivery);
        if is_marked && self.known.is_none() {
            self.open = None;
        }
        if let Err(error) = self.open(now_seconds).and_then(|()| self.rotate(now_seconds)) {
            return vec![outcome(&error); records.len()];
        }
        self.unmarked = if is_marked { 0 } else { self.unmarked.saturating_add(records.len()) };
        if self.unmarked > UNMARKED_MAX {
            self.known = None;
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        let mut outcomes = Vec::with_capacity(records.len());
        for record in records {
            if memchr::memchr(b'\n', &record.document).is_some() {
                let reason = "its document has more than one line".to_owned();
                outcomes.push(Outcome::Refused { reason });
                continue;
            }
            let known = self.known.as_mut();
            let is_there = known.is_some_and(|known| known.is_there(&record.document));
            outcomes.push(if record.redelivery && is_there {
                Outcome::Duplicate
            } else {
                buffer.extend_from_slice(&record.document);
                buffer.push(b'\n');
                Outcome::Delivered
            });
        }
        let written = self.append(&buffer);
        self.buffer = buffer;
        let Err(error) = written else { return outcomes };
        // How much of it is there is found out when the file is opened again.
        self.open = None;
        let failed = match outcome(&error) {
            Outcome::Retry { reason, .. } => Outcome::Ambiguous { reason },
            other => other,
        };
        let is_open = |outcome: &Outcome| *outcome == Outcome::Delivered;
        outcomes.into_iter().map(|of| if is_open(&of) { failed.clone() } else { of }).collect()
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(open) = &mut self.open else { return Err(io::ErrorKind::NotFound.into()) };
        if bytes.is_empty() {
            return Ok(());
        }
        open.file.write_all(bytes)?;
        open.file.sync_data()?;
        open.len += bytes.len() as u64;
        Ok(())
    }
}
