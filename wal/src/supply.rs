//! Files for new segments: made, zeroed ahead of need, recycled, and zeroed
//! again when they wait for long or are to go.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use seam_disk::{Access, Disk, Mode, is_out_of_space};

use crate::segment::{Segment, free_path};
use crate::stock::{FreeFile, Stock, Which};
use crate::zeros::{fill_with_zeros, zero_step};

/// Why no file could be had, or no batch written.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The disk is full: back-pressure.
    Full,
    /// The disk is not to be trusted.
    Fatal(io::Error),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Fatal(error)
    }
}

/// Where free files come from and released segments go.
pub(crate) struct Supply {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    segment_bytes: u64,
    retry: Duration,
    /// Held while a file is made or recycled, so that it happens once, and
    /// recycling happens in order.
    working: Mutex<()>,
    /// Held for one step of zeroing; nobody who needs a file waits for it.
    zeroing: Mutex<Option<Zeroing>>,
    state: Mutex<State>,
}

/// A file that is out of the stock while it is zeroed.
struct Zeroing {
    file: FreeFile,
    /// Up to here it is.
    done: u64,
}

struct State {
    stock: Stock,
    next_number: u64,
    /// The disk was full; no new try before this moment.
    full_until: Option<Instant>,
}

impl Supply {
    pub(crate) fn new(
        disk: Arc<dyn Disk>,
        dir: PathBuf,
        options: &crate::Options,
        (found, next_number): (Vec<FreeFile>, u64),
    ) -> Self {
        Self {
            disk,
            dir,
            segment_bytes: options.segment_bytes,
            retry: options.space_retry,
            working: Mutex::new(()),
            zeroing: Mutex::default(),
            state: Mutex::new(State {
                stock: Stock::new(options, found),
                next_number,
                full_until: None,
            }),
        }
    }

    /// A file for a segment of at least `bytes`: from the free ones, or, if
    /// there is none, a new one. One larger than usual is not zeroed first.
    pub(crate) fn take(&self, bytes: u64) -> Result<FreeFile, Trouble> {
        if bytes > self.segment_bytes {
            return self.create(bytes);
        }
        if let Some(file) = self.state().stock.take() {
            return Ok(file);
        }
        let _working = lock(&self.working);
        if let Some(file) = self.state().stock.take() {
            return Ok(file);
        }
        self.make()
    }

    /// Makes a file ahead of need, unless one is there.
    pub(crate) fn prepare(&self) -> Result<(), Trouble> {
        let _working = lock(&self.working);
        if self.state().stock.is_empty() {
            let taken = self.state().stock.take();
            let file = taken.map_or_else(|| self.make(), Ok)?;
            self.state().stock.put_ready(file);
        }
        Ok(())
    }

    /// Turns a released segment into a free file, which is zeroed and removed
    /// if enough are there, or if its size is unusual. The change is durable
    /// before the next: after a power cut no younger segment may be gone while
    /// an older one is there. It is durable too before a byte is touched.
    pub(crate) fn recycle(&self, segment: Arc<Segment>, now: i64) -> io::Result<()> {
        let _working = lock(&self.working);
        let path = self.new_path();
        self.disk.rename(&segment.path, &path)?;
        self.disk.sync_dir(&self.dir)?;
        let file_bytes = segment.file_bytes;
        let file = match Arc::into_inner(segment) {
            Some(unread) => unread.file,
            None => self.disk.open(&path, Access::ReadWrite)?,
        };
        self.state().stock.put(FreeFile { path, file, file_bytes, old_since: Some(now) });
        Ok(())
    }

    /// How long until there is something to zero; `None` if nothing waits.
    pub(crate) fn zero_in(&self, now: i64) -> Option<Duration> {
        self.state().stock.due_in(now)
    }

    /// Zeroes a piece of a file, of the one that was begun first; says whether
    /// there was anything to do. An error is final, and the file is removed as
    /// far as the disk still does that: it could hold anything.
    pub(crate) fn zero_step(&self, now: i64, which: Which) -> io::Result<bool> {
        let mut zeroing = lock(&self.zeroing);
        let begin = || {
            let file = self.state().stock.pick(now, which)?;
            let done = if file.old_since.is_some() { 0 } else { file.file_bytes };
            Some(Zeroing { file, done })
        };
        let Some(Zeroing { file, done }) = zeroing.take().or_else(begin) else {
            return Ok(false);
        };
        match zero(&file, done) {
            Ok(Some(done)) => *zeroing = Some(Zeroing { file, done }),
            Ok(None) => {
                let unwanted = self.state().stock.put_zeroed(file);
                if let Some(file) = unwanted {
                    self.remove(&file.path)?;
                }
            }
            Err(error) => {
                self.state().stock.lose();
                let removed = self.remove(&file.path);
                if !is_out_of_space(&error) {
                    return Err(error);
                }
                // A file system that writes elsewhere, never in place.
                tracing::warn!("the disk is full: a free file of the log is removed, not zeroed");
                removed?;
            }
        }
        Ok(true)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.disk.remove(path)?;
        self.disk.sync_dir(&self.dir)
    }

    /// Removes a file that could not be filled.
    pub(crate) fn discard(&self, path: &Path) -> Trouble {
        self.state().full_until = Instant::now().checked_add(self.retry);
        match self.disk.remove(path) {
            Ok(()) => Trouble::Full,
            Err(error) => Trouble::Fatal(error),
        }
    }

    /// How many free files there are, and their bytes.
    pub(crate) fn free(&self) -> (usize, u64) {
        self.state().stock.totals()
    }

    fn make(&self) -> Result<FreeFile, Trouble> {
        let file = self.create(self.segment_bytes)?;
        match fill_with_zeros(&*file.file, self.segment_bytes) {
            Ok(()) => Ok(file),
            Err(error) if is_out_of_space(&error) => Err(self.discard(&file.path)),
            Err(error) => Err(Trouble::Fatal(error)),
        }
    }

    fn create(&self, file_bytes: u64) -> Result<FreeFile, Trouble> {
        let full_until = self.state().full_until;
        if full_until.is_some_and(|until| Instant::now() < until) {
            return Err(Trouble::Full);
        }
        let path = self.new_path();
        match self.disk.create(&path, Mode::Private) {
            Ok(file) => Ok(FreeFile { path, file, file_bytes, old_since: None }),
            Err(error) if is_out_of_space(&error) => {
                self.state().full_until = Instant::now().checked_add(self.retry);
                Err(Trouble::Full)
            }
            Err(error) => Err(Trouble::Fatal(error)),
        }
    }

    fn new_path(&self) -> PathBuf {
        let mut state = self.state();
        state.next_number += 1;
        free_path(&self.dir, state.next_number)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

/// Zeroes a file from `done` on; `None` when it is zeroed durably.
fn zero(free: &FreeFile, done: u64) -> io::Result<Option<u64>> {
    let end = free.file_bytes.min(free.file.len()?);
    if done < end {
        return zero_step(&*free.file, done, end).map(Some);
    }
    // Zeros that were found may never have been synced.
    free.file.sync_data()?;
    Ok(None)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
