//! What all parts of an open log share: which frames are durable, where they
//! are, and what is released.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::frame::StoredFrame;
use crate::housekeeper::Jobs;
use crate::options::SharedClock;
use crate::position::LogId;
use crate::queue::Queue;
use crate::ring::Ring;
use crate::segment::Segment;
use crate::stock::Which;
use crate::supply::Supply;

pub(crate) struct Shared {
    pub(crate) log_id: LogId,
    pub(crate) queue: Queue,
    pub(crate) supply: Supply,
    pub(crate) failure: Failure,
    /// `None`: whoever needs housekeeping does it.
    pub(crate) jobs: Option<Jobs>,
    pub(crate) clock: SharedClock,
    /// Held while segments are released, so that they go in order.
    pub(crate) releasing: Mutex<()>,
    /// The folder may have another owner: its files are left alone.
    closed: AtomicBool,
    durable: Mutex<Durable>,
    advanced: Condvar,
}

/// What is on stable storage.
pub(crate) struct Durable {
    /// Oldest first; the last one is being written.
    pub(crate) segments: VecDeque<Arc<Segment>>,
    /// The newest durable sequence; 0 if there was never a frame.
    pub(crate) end: u64,
    pub(crate) ring: Ring,
    /// Frames up to here are not needed any more.
    released: u64,
    /// File bytes of all segments but the last.
    closed_bytes: u64,
    /// Where the bytes still needed start in the last segment.
    needed_from: u64,
    /// Nothing more will become durable.
    stopped: bool,
}

/// The parts of [`Shared`] that are made before it.
pub(crate) struct Parts {
    pub(crate) log_id: LogId,
    pub(crate) queue: Queue,
    pub(crate) supply: Supply,
    pub(crate) failure: Failure,
    pub(crate) jobs: Option<Jobs>,
    pub(crate) clock: SharedClock,
    pub(crate) segments: VecDeque<Arc<Segment>>,
    pub(crate) end: u64,
    pub(crate) ring: Ring,
}

impl Shared {
    pub(crate) fn new(parts: Parts) -> Self {
        let start = parts.segments.front().map_or(1, |first| first.first_sequence);
        let closed = parts.segments.iter().rev().skip(1);
        let mut durable = Durable {
            closed_bytes: closed.map(|segment| segment.file_bytes).sum(),
            segments: parts.segments,
            end: parts.end,
            ring: parts.ring,
            released: start.saturating_sub(1),
            needed_from: 0,
            stopped: false,
        };
        durable.note_needed();
        let shared = Self {
            log_id: parts.log_id,
            queue: parts.queue,
            supply: parts.supply,
            failure: parts.failure,
            jobs: parts.jobs,
            clock: parts.clock,
            releasing: Mutex::new(()),
            closed: AtomicBool::new(false),
            durable: Mutex::new(durable),
            advanced: Condvar::new(),
        };
        shared.queue.done(0, Some(shared.durable().retained_bytes()));
        shared
    }

    pub(crate) fn durable(&self) -> MutexGuard<'_, Durable> {
        self.durable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows a batch that is on stable storage to readers. Its records left
    /// the queue and are retained from now on.
    pub(crate) fn publish(
        &self,
        segment: &Arc<Segment>,
        durable_end: u64,
        records_bytes: u64,
        frames: impl IntoIterator<Item = StoredFrame>,
    ) {
        let mut durable = self.durable();
        segment.set_durable_end(durable_end);
        durable.make_last(segment);
        for frame in frames {
            durable.end = frame.sequence.get();
            durable.ring.push(frame);
        }
        self.queue.done(records_bytes, Some(durable.retained_bytes()));
        drop(durable);
        self.advanced.notify_all();
    }

    /// Lets go of all frames up to `released`.
    pub(crate) fn release(&self, released: u64) {
        let _in_order = self.releasing.lock().unwrap_or_else(PoisonError::into_inner);
        let freed = {
            let mut durable = self.durable();
            let freed = durable.release(released);
            self.queue.done(0, Some(durable.retained_bytes()));
            freed
        };
        if self.closed.load(Ordering::Acquire) {
            return;
        }
        for segment in freed {
            match &self.jobs {
                Some(jobs) => jobs.recycle(segment),
                None => self.recycle(segment),
            }
        }
        if self.jobs.is_none() {
            while self.zero_step(Which::Due) {}
        }
    }

    /// What is released from now on stays for the next owner to find.
    pub(crate) fn keep_released(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Recycles a released segment; an error is the end of the log.
    pub(crate) fn recycle(&self, segment: Arc<Segment>) {
        if self.failure.reason().is_none()
            && let Err(error) = self.supply.recycle(segment, (self.clock)())
        {
            self.failure.raise(&error);
        }
    }

    /// Waits until a frame beyond `sequence` is durable, the time is up, or
    /// nothing more will come. Returns the newest durable sequence.
    pub(crate) fn wait_beyond(&self, sequence: u64, timeout: Duration) -> u64 {
        let deadline = Instant::now().checked_add(timeout);
        let mut durable = self.durable();
        while durable.end <= sequence && !durable.stopped {
            let left = deadline
                .map_or(timeout, |deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                break;
            }
            let waited = self.advanced.wait_timeout(durable, left);
            durable = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        durable.end
    }

    /// Says that nothing more will become durable.
    pub(crate) fn stop(&self) {
        self.durable().stopped = true;
        self.advanced.notify_all();
    }
}

impl Durable {
    /// Whether every frame is released, and the last segment holds some.
    pub(crate) fn holds_only_released(&self) -> bool {
        let last = self.segments.back();
        self.released >= self.end && last.is_some_and(|last| last.first_sequence <= self.end)
    }

    /// Bytes that count against the budget.
    fn retained_bytes(&self) -> u64 {
        let last = self.segments.back();
        let written = last.map_or(0, |segment| segment.durable_end());
        self.closed_bytes + written.saturating_sub(self.needed_from)
    }

    fn make_last(&mut self, segment: &Arc<Segment>) {
        let last = self.segments.back();
        if last.is_none_or(|last| last.ordinal != segment.ordinal) {
            self.closed_bytes += last.map_or(0, |last| last.file_bytes);
            self.needed_from = 0;
            self.segments.push_back(Arc::clone(segment));
        }
    }

    /// Takes out the segments that hold nothing beyond `released`. The last
    /// one stays: its header knows where the log goes on.
    fn release(&mut self, released: u64) -> Vec<Arc<Segment>> {
        self.released = self.released.max(released.min(self.end));
        let mut freed = Vec::new();
        while let Some(second) = self.segments.get(1)
            && second.first_sequence <= self.released + 1
        {
            if let Some(first) = self.segments.pop_front() {
                self.closed_bytes -= first.file_bytes;
                freed.push(first);
            }
        }
        self.note_needed();
        freed
    }

    fn note_needed(&mut self) {
        if let (1, Some(last)) = (self.segments.len(), self.segments.back()) {
            self.needed_from = if self.released >= self.end {
                last.durable_end()
            } else {
                last.seek(self.released + 1)
            };
        }
    }
}
