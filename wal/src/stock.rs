//! Files that wait for use, and which of them still hold old frames.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Duration;

use seam_disk::DiskFile;

/// A file that waits for use. What it holds is of no value.
pub(crate) struct FreeFile {
    pub(crate) path: PathBuf,
    pub(crate) file: Box<dyn DiskFile>,
    pub(crate) file_bytes: u64,
    /// Since when it waits with old bytes in it, µs since 1970; `None` if it
    /// holds zeros alone.
    pub(crate) old_since: Option<i64>,
}

impl FreeFile {
    /// One that was there at the start: nobody knows since when.
    pub(crate) fn found(path: PathBuf, file: Box<dyn DiskFile>, file_bytes: u64) -> Self {
        Self { path, file, file_bytes, old_since: Some(i64::MIN) }
    }
}

/// Which files are to be zeroed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// Those that waited for long, and those whose time as spares is over.
    Due,
    /// All that hold old bytes.
    All,
}

/// The files that wait, in memory; whoever holds it does the work on the disk.
pub(crate) struct Stock {
    segment_bytes: u64,
    keep: usize,
    zero_after: Duration,
    spares: usize,
    spare_for: Duration,
    /// Of the usual size; the one freed last is used first.
    free: Vec<FreeFile>,
    /// Spares, in the order they came: used when nothing else is free, zeroed and removed when
    /// their time is over.
    spare: VecDeque<FreeFile>,
    /// To be zeroed and removed; used before if need be.
    surplus: Vec<FreeFile>,
    /// Bytes of the file that is out to be zeroed.
    out: Option<u64>,
}

impl Stock {
    pub(crate) fn new(options: &crate::Options, found: Vec<FreeFile>) -> Self {
        let mut stock = Self {
            segment_bytes: options.segment_bytes,
            keep: options.free_segments,
            zero_after: options.zero_free_after,
            spares: options.spare_segments,
            spare_for: options.spare_for,
            free: Vec::new(),
            spare: VecDeque::new(),
            surplus: Vec::new(),
            out: None,
        };
        for file in found {
            stock.put(file);
        }
        stock
    }

    /// A file of the usual size.
    pub(crate) fn take(&mut self) -> Option<FreeFile> {
        self.free.pop().or_else(|| self.spare.pop_back()).or_else(|| {
            let usual = |file: &FreeFile| file.file_bytes == self.segment_bytes;
            let at = self.surplus.iter().position(usual)?;
            Some(self.surplus.swap_remove(at))
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.free.is_empty()
    }

    /// Keeps a file ready whatever else is there.
    pub(crate) fn put_ready(&mut self, file: FreeFile) {
        self.free.push(file);
    }

    /// Takes a file in: for use if it has the usual size and is wanted, or may be soon, else
    /// to be removed. Nobody waits for a file that was found at the start.
    pub(crate) fn put(&mut self, file: FreeFile) {
        let out = usize::from(self.out == Some(self.segment_bytes));
        let is_usual = file.file_bytes == self.segment_bytes;
        let is_new = file.old_since.is_some_and(|since| since > i64::MIN);
        if is_usual && self.free.len() + out < self.keep {
            self.free.push(file);
        } else if is_usual && is_new && self.spare.len() < self.spares {
            self.spare.push_back(file);
        } else {
            self.surplus.push(file);
        }
    }

    /// How many files there are, and their bytes.
    pub(crate) fn totals(&self) -> (usize, u64) {
        let files = self.free.iter().chain(&self.spare).chain(&self.surplus);
        let waiting = files.map(|file| file.file_bytes);
        waiting.chain(self.out).fold((0, 0), |(count, sum), bytes| (count + 1, sum + bytes))
    }

    /// How long until there is something to zero; `None` if nothing waits.
    pub(crate) fn due_in(&mut self, now: i64) -> Option<Duration> {
        if self.out.is_some() || !self.surplus.is_empty() {
            return Some(Duration::ZERO);
        }
        let left = |files: &mut dyn Iterator<Item = &mut FreeFile>, after: Duration| {
            let old = files.filter_map(|file| file.old_since.as_mut());
            old.map(|since| after.saturating_sub(waited(since, now))).min()
        };
        let free = left(&mut self.free.iter_mut(), self.zero_after);
        let spare = left(&mut self.spare.iter_mut(), self.spare_for);
        free.into_iter().chain(spare).min()
    }

    /// Takes out a file to be zeroed. It comes back by
    /// [`put_zeroed`](Self::put_zeroed), or is gone after
    /// [`lose`](Self::lose).
    pub(crate) fn pick(&mut self, now: i64, which: Which) -> Option<FreeFile> {
        let due = |file: &mut FreeFile, after: Duration| {
            let waited = file.old_since.as_mut().map(|since| waited(since, now));
            waited.is_some_and(|waited| which == Which::All || waited >= after)
        };
        let picked = self.surplus.pop();
        let picked = picked.or_else(|| {
            let over = |file: &mut FreeFile| due(file, self.spare_for);
            let at = self.spare.iter_mut().position(over)?;
            self.spare.remove(at)
        });
        let picked = picked.or_else(|| {
            let old = |file: &mut FreeFile| due(file, self.zero_after);
            let at = self.free.iter_mut().position(old)?;
            Some(self.free.remove(at))
        })?;
        self.out = Some(picked.file_bytes);
        Some(picked)
    }

    /// Takes back the file that was out, as the last to be used; gives it out
    /// for removal if it is not wanted any more.
    pub(crate) fn put_zeroed(&mut self, mut file: FreeFile) -> Option<FreeFile> {
        self.out = None;
        file.old_since = None;
        if file.file_bytes == self.segment_bytes && self.free.len() < self.keep {
            self.free.insert(0, file);
            return None;
        }
        Some(file)
    }

    /// The file that was out is gone.
    pub(crate) fn lose(&mut self) {
        self.out = None;
    }
}

/// How long a file has waited. If the clock went back, it counts from now on.
fn waited(since: &mut i64, now: i64) -> Duration {
    *since = (*since).min(now);
    Duration::from_micros(now.abs_diff(*since))
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests fail by panicking"
    )]

    use seam_disk::{Disk, Mode, PowerCutDisk};

    use super::*;
    use crate::Options;

    const SEGMENT_BYTES: u64 = 4096;
    const HOUR: Duration = Duration::from_hours(1);
    const HOUR_US: i64 = 3_600_000_000;

    fn stock() -> Stock {
        let options = Options {
            segment_bytes: SEGMENT_BYTES,
            free_segments: 2,
            spare_segments: 0,
            zero_free_after: HOUR,
            ..Options::new("quarantine")
        };
        Stock::new(&options, Vec::new())
    }

    fn file(name: &str, file_bytes: u64, old_since: Option<i64>) -> FreeFile {
        let path = PathBuf::from(name);
        let file = PowerCutDisk::new().create(&path, Mode::Private).unwrap();
        FreeFile { path, file, file_bytes, old_since }
    }

    fn name(file: Option<FreeFile>) -> Option<String> {
        file.map(|file| file.path.display().to_string())
    }

    /// Nothing to zero, nothing to wait for: the thread sleeps until it is
    /// woken.
    #[test]
    fn zeroed_files_are_never_due() {
        let mut stock = stock();
        assert_eq!(stock.due_in(i64::MAX), None);
        stock.put(file("zeros", SEGMENT_BYTES, None));
        assert_eq!(stock.due_in(i64::MAX), None);
        assert!(stock.pick(i64::MAX, Which::All).is_none());
    }

    /// The file that waits for longest says when; it is not handed out while
    /// it is zeroed, and is used last afterwards.
    #[test]
    fn the_oldest_file_is_due_after_its_hour() {
        let mut stock = stock();
        stock.put(file("first", SEGMENT_BYTES, Some(0)));
        stock.put(file("second", SEGMENT_BYTES, Some(5)));
        assert_eq!(stock.due_in(HOUR_US - 7), Some(Duration::from_micros(7)));
        assert!(stock.pick(HOUR_US - 7, Which::Due).is_none());
        assert_eq!(stock.due_in(HOUR_US), Some(Duration::ZERO));
        let first = stock.pick(HOUR_US, Which::Due).unwrap();
        assert_eq!(stock.due_in(HOUR_US), Some(Duration::ZERO), "the rest of its steps");
        assert_eq!(stock.totals(), (2, 2 * SEGMENT_BYTES));
        stock.put(file("third", SEGMENT_BYTES, Some(6)));
        assert_eq!(stock.totals().0, 3, "one more than kept: there to be removed");
        assert!(stock.put_zeroed(first).is_none());
        let order =
            [name(stock.take()), name(stock.take()), name(stock.take()), name(stock.take())];
        let expected = ["second", "first", "third"].map(|it| Some(it.to_owned()));
        assert_eq!(order[..3], expected);
        assert_eq!(order[3], None);
    }

    /// A clock that went back does not put a file off for longer than an hour.
    #[test]
    fn a_clock_that_went_back_costs_an_hour_at_most() {
        let mut stock = stock();
        stock.put(file("old", SEGMENT_BYTES, Some(100 * HOUR_US)));
        assert_eq!(stock.due_in(10), Some(HOUR));
        assert_eq!(stock.due_in(10 + HOUR_US), Some(Duration::ZERO));
    }

    /// What the tables let go of at once is there for what comes next: the one freed last first.
    /// Nobody waits longer than that, and nothing more waits than was said.
    #[test]
    fn spares_wait_for_their_minute() {
        const MINUTE: Duration = Duration::from_mins(1);
        let options = Options { segment_bytes: SEGMENT_BYTES, ..Options::new("quarantine") };
        let options = Options { free_segments: 1, spare_segments: 2, ..options };
        let mut stock = Stock::new(&options, Vec::new());
        for (at, it) in ["free", "spare 1", "spare 2", "more"].into_iter().enumerate() {
            stock.put(file(it, SEGMENT_BYTES, Some(i64::try_from(at).unwrap())));
        }
        assert_eq!(stock.totals(), (4, 4 * SEGMENT_BYTES));
        assert_eq!(stock.due_in(3), Some(Duration::ZERO));
        assert_eq!(name(stock.pick(3, Which::Due)).unwrap(), "more");
        stock.lose();
        assert_eq!(stock.due_in(1), Some(MINUTE));
        assert!(stock.pick(3, Which::Due).is_none());
        assert_eq!(
            ["free", "spare 2"].map(Some),
            [stock.take(), stock.take()].map(name).each_ref().map(Option::as_deref)
        );
        let over = 1 + i64::try_from(MINUTE.as_micros()).unwrap();
        assert_eq!(name(stock.pick(over, Which::Due)).unwrap(), "spare 1");
    }

    /// A file that was found, and one of another size, do not wait; only one
    /// of the usual size is used.
    #[test]
    fn what_is_found_or_in_excess_is_due_at_once() {
        let mut stock = stock();
        let disk_file = file("found", SEGMENT_BYTES, None).file;
        stock.put(FreeFile::found("found".into(), disk_file, SEGMENT_BYTES));
        assert_eq!(stock.due_in(0), Some(Duration::ZERO));
        assert_eq!(name(stock.pick(0, Which::Due)).unwrap(), "found");
        stock.lose();
        assert_eq!(stock.due_in(0), None);
        stock.put(file("large", 2 * SEGMENT_BYTES, Some(0)));
        assert!(stock.take().is_none());
        let large = stock.pick(0, Which::Due).unwrap();
        assert_eq!(name(stock.put_zeroed(large)).unwrap(), "large", "to be removed");
    }
}
