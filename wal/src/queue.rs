//! Frames that wait for the committer.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::append::{Append, AppendError, Waiter, waiter};
use crate::frame::Frame;

/// A frame and who waits for it.
pub(crate) struct Queued {
    pub(crate) frame: Frame,
    pub(crate) waiter: Waiter,
}

/// What a frame, the queue, and log and queue together may hold, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) frame: u64,
    pub(crate) queue: u64,
    pub(crate) budget: u64,
}

/// What the next batch may hold, in bytes of records.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BatchLimits {
    pub(crate) frames: usize,
    pub(crate) bytes: u64,
    /// Room in the active segment.
    pub(crate) room_bytes: u64,
    /// Room in a fresh segment.
    pub(crate) fresh_bytes: u64,
}

/// A queue with one consumer, the committer.
pub(crate) struct Queue {
    limits: Limits,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    frames: VecDeque<Queued>,
    /// Bytes of records queued or in the batch being written.
    bytes: u64,
    /// Bytes of the log that are not yet released.
    retained_bytes: u64,
    closed: bool,
}

impl Queue {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Takes frames in, side by side in the queue; each is refused or
    /// accepted by itself.
    pub(crate) fn push(&self, frames: impl IntoIterator<Item = Frame>) -> Vec<Append> {
        let mut state = self.lock();
        let appends = frames
            .into_iter()
            .map(|frame| {
                if let Some(error) = self.refusal(&state, &frame) {
                    return Append::refused(error);
                }
                let (waiter, append) = waiter();
                state.bytes += frame.record_len();
                state.frames.push_back(Queued { frame, waiter });
                append
            })
            .collect();
        drop(state);
        self.changed.notify_all();
        appends
    }

    fn refusal(&self, state: &State, frame: &Frame) -> Option<AppendError> {
        let frame_bytes = frame.len() as u64;
        if state.closed {
            return Some(AppendError::Closed);
        }
        if frame_bytes > self.limits.frame {
            return Some(AppendError::TooLarge { frame_bytes, limit_bytes: self.limits.frame });
        }
        let retained = (state.retained_bytes + state.bytes, self.limits.budget);
        let queued = (state.bytes, self.limits.queue);
        [retained, queued]
            .into_iter()
            .find(|(used, budget)| *used > 0 && used + frame.record_len() > *budget)
            .map(|(used_bytes, budget_bytes)| AppendError::OverBudget {
                used_bytes,
                budget_bytes,
                frame_bytes,
            })
    }

    /// Waits for frames and takes the next batch, at least one frame; `None`
    /// when the queue is closed and empty.
    pub(crate) fn take(&self, limits: BatchLimits) -> Option<Vec<Queued>> {
        let mut state = self.lock();
        while state.frames.is_empty() {
            if state.closed {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Some(state.take(limits))
    }

    /// Says that a batch taken earlier is done with, and what the log retains
    /// now.
    pub(crate) fn done(&self, records_bytes: u64, retained_bytes: Option<u64>) {
        let mut state = self.lock();
        state.bytes = state.bytes.saturating_sub(records_bytes);
        if let Some(retained_bytes) = retained_bytes {
            state.retained_bytes = retained_bytes;
        }
    }

    /// Refuses frames from now on; those in the queue are still written.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Refuses frames from now on and gives back those in the queue.
    pub(crate) fn close_and_drain(&self) -> Vec<Queued> {
        let mut state = self.lock();
        state.closed = true;
        state.bytes = 0;
        state.frames.drain(..).collect()
    }

    pub(crate) fn budget_bytes(&self) -> u64 {
        self.limits.budget
    }

    /// Bytes queued or being written, and bytes retained.
    pub(crate) fn used_bytes(&self) -> (u64, u64) {
        let state = self.lock();
        (state.bytes, state.retained_bytes)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self, limits: BatchLimits) -> Vec<Queued> {
        let first_bytes = self.frames.front().map_or(0, |queued| queued.frame.record_len());
        let fits = first_bytes <= limits.room_bytes;
        let room = if fits { limits.room_bytes } else { limits.fresh_bytes };
        let limit = room.min(limits.bytes);
        let mut bytes = 0;
        let count = self
            .frames
            .iter()
            .take(limits.frames)
            .take_while(|queued| {
                bytes += queued.frame.record_len();
                bytes <= limit
            })
            .count();
        self.frames.drain(..count.max(1)).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests fail by panicking"
    )]

    use bytes::Bytes;

    use super::*;

    const LIMITS: Limits = Limits { frame: 1000, queue: 2000, budget: 3000 };

    fn queue_with(payloads: &[usize]) -> (Queue, Vec<Append>) {
        let queue = Queue::new(LIMITS);
        let appends = queue.push(payloads.iter().map(|len| frame(*len)));
        (queue, appends)
    }

    fn frame(payload_bytes: usize) -> Frame {
        Frame { meta: Bytes::new(), payload: vec![0; payload_bytes].into() }
    }

    fn batch(queue: &Queue, bytes: u64, room_bytes: u64) -> usize {
        let limits = BatchLimits { frames: 3, bytes, room_bytes, fresh_bytes: 1000 };
        queue.take(limits).unwrap().len()
    }

    /// A batch ends at the cap of frames, of bytes, or at the segment's end,
    /// but has at least one frame.
    #[test]
    fn a_batch_has_its_caps() {
        let (queue, _appends) = queue_with(&[52; 10]);
        assert_eq!(batch(&queue, 1000, 1000), 3);
        assert_eq!(batch(&queue, 250, 1000), 2);
        assert_eq!(batch(&queue, 1000, 110), 1);
        assert_eq!(batch(&queue, 1000, 20), 3, "a fresh segment has room");
        assert_eq!(batch(&queue, 10, 1000), 1);
    }

    /// Frames over a limit are refused by name and leave the rest alone.
    #[test]
    fn limits_refuse() {
        let (queue, appends) = queue_with(&[1001, 952, 952, 0]);
        let errors: Vec<_> = appends
            .into_iter()
            .zip([true, false, false, true])
            .filter(|(_, refused)| *refused)
            .map(|(append, _)| append.wait().unwrap_err())
            .collect();
        assert!(matches!(errors[0], AppendError::TooLarge { .. }));
        assert!(matches!(errors[1], AppendError::OverBudget { budget_bytes: 2000, .. }));
        queue.done(2000, Some(2990));
        let refused = queue.push([frame(0)]).remove(0).wait().unwrap_err();
        assert!(matches!(refused, AppendError::OverBudget { budget_bytes: 3000, .. }));
    }

    /// A closed queue takes nothing but gives out what it has.
    #[test]
    fn a_closed_queue_drains() {
        let (queue, _appends) = queue_with(&[1]);
        queue.close();
        let refused = queue.push([frame(0)]).remove(0).wait().unwrap_err();
        assert_eq!(refused, AppendError::Closed);
        assert_eq!(batch(&queue, 1000, 1000), 1);
        let limits = BatchLimits { frames: 1, bytes: 1, room_bytes: 1, fresh_bytes: 1 };
        assert!(queue.take(limits).is_none());
    }
}
