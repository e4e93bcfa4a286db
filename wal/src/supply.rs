//! Files for new segments: made, zeroed ahead of need, and recycled.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use seam_disk::{Disk, DiskFile, Mode, is_out_of_space};

use crate::segment::{Segment, free_path};

/// Zeros are written and synced in steps of this size, so that the log's own
/// syncs do not wait behind a whole segment.
const STEP_BYTES: u64 = 4 * 1024 * 1024;

/// A file that waits for use. What it holds is of no value.
pub(crate) struct FreeFile {
    pub(crate) path: PathBuf,
    pub(crate) file: Box<dyn DiskFile>,
    pub(crate) file_bytes: u64,
}

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
    keep_free: usize,
    retry: Duration,
    /// Held while a file is made or recycled, so that it happens once, and
    /// recycling happens in order.
    working: Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    free: Vec<FreeFile>,
    next_number: u64,
    /// The disk was full; no new try before this moment.
    full_until: Option<Instant>,
}

impl Supply {
    pub(crate) fn new(
        disk: Arc<dyn Disk>,
        dir: PathBuf,
        options: &crate::Options,
        (free, next_number): (Vec<FreeFile>, u64),
    ) -> Self {
        Self {
            disk,
            dir,
            segment_bytes: options.segment_bytes,
            keep_free: options.free_segments,
            retry: options.space_retry,
            working: Mutex::new(()),
            state: Mutex::new(State { free, next_number, full_until: None }),
        }
    }

    /// A file for a segment of at least `bytes`: from the free ones, or, if
    /// there is none, a new one. One larger than usual is not zeroed first.
    pub(crate) fn take(&self, bytes: u64) -> Result<FreeFile, Trouble> {
        if bytes > self.segment_bytes {
            return self.create(bytes);
        }
        if let Some(file) = self.state().free.pop() {
            return Ok(file);
        }
        let _working = lock(&self.working);
        if let Some(file) = self.state().free.pop() {
            return Ok(file);
        }
        self.make()
    }

    /// Makes a file ahead of need, unless one is there.
    pub(crate) fn prepare(&self) -> Result<(), Trouble> {
        let _working = lock(&self.working);
        if self.state().free.is_empty() {
            let file = self.make()?;
            self.state().free.push(file);
        }
        Ok(())
    }

    /// Turns a released segment into a free file, or removes it if enough are
    /// there, if its size is unusual, or if a reader still has it open. The
    /// change is durable before the next: after a power cut no younger
    /// segment may be gone while an older one is there.
    pub(crate) fn recycle(&self, segment: Arc<Segment>) -> io::Result<()> {
        let _working = lock(&self.working);
        let path = segment.path.clone();
        match Arc::into_inner(segment) {
            Some(unread) if unread.file_bytes == self.segment_bytes && self.wants_more() => {
                let free = self.new_path();
                self.disk.rename(&path, &free)?;
                self.disk.sync_dir(&self.dir)?;
                self.state().free.push(FreeFile {
                    path: free,
                    file: unread.file,
                    file_bytes: unread.file_bytes,
                });
                Ok(())
            }
            _ => {
                self.disk.remove(&path)?;
                self.disk.sync_dir(&self.dir)
            }
        }
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
        let state = self.state();
        let bytes = state.free.iter().map(|file| file.file_bytes).sum();
        (state.free.len(), bytes)
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
            Ok(file) => Ok(FreeFile { path, file, file_bytes }),
            Err(error) if is_out_of_space(&error) => {
                self.state().full_until = Instant::now().checked_add(self.retry);
                Err(Trouble::Full)
            }
            Err(error) => Err(Trouble::Fatal(error)),
        }
    }

    fn wants_more(&self) -> bool {
        self.state().free.len() < self.keep_free
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes the file's blocks exist, so that later writes only replace bytes.
fn fill_with_zeros(file: &dyn DiskFile, bytes: u64) -> io::Result<()> {
    let zeros = vec![0; crate::format::index(STEP_BYTES.min(bytes))];
    let mut offset = 0;
    while offset < bytes {
        let step = STEP_BYTES.min(bytes - offset);
        file.write_all_at(&zeros[..crate::format::index(step)], offset)?;
        file.sync_data()?;
        offset += step;
    }
    Ok(())
}
