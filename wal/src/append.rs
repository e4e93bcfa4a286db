//! The answer to an append: [`Append`], [`Receipt`], [`AppendError`].

use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use thiserror::Error;

use crate::position::{LogId, ReceivedAt, Sequence};

/// Proof that a frame is on stable storage. Only a log makes one, and only
/// after the sync that covers the frame has succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    log_id: LogId,
    sequence: Sequence,
    received_at: ReceivedAt,
}

impl Receipt {
    pub(crate) fn new(log_id: LogId, sequence: Sequence, received_at: ReceivedAt) -> Self {
        Self { log_id, sequence, received_at }
    }

    /// The log that holds the frame.
    pub fn log_id(&self) -> LogId {
        self.log_id
    }

    /// The frame's number in that log.
    pub fn sequence(&self) -> Sequence {
        self.sequence
    }

    /// When the log took the frame in.
    pub fn received_at(&self) -> ReceivedAt {
        self.received_at
    }
}

/// Why a frame was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AppendError {
    /// Ordinary back-pressure: try again later. Nothing was written.
    #[error(
        "the log holds {used_bytes} bytes of its budget of {budget_bytes} and cannot take {frame_bytes} more; retry later"
    )]
    OverBudget {
        /// Bytes retained and queued.
        used_bytes: u64,
        /// The limit that was met: the log's budget or the queue's.
        budget_bytes: u64,
        /// Size of the refused frame.
        frame_bytes: u64,
    },
    /// Ordinary back-pressure: no room on the disk for a further segment.
    /// Nothing was written.
    #[error("the disk of the log is full; free some space, then retry")]
    DiskFull,
    /// No retry helps: the frame is larger than any frame may be.
    #[error("a frame of {frame_bytes} bytes is over the log's limit of {limit_bytes}")]
    TooLarge {
        /// Size of the refused frame.
        frame_bytes: u64,
        /// The largest frame the log takes.
        limit_bytes: u64,
    },
    /// The log was closed before the frame was written.
    #[error("the log is closed")]
    Closed,
    /// A write or sync failed, now or earlier. The frame may or may not be in
    /// the log after a restart.
    #[error("the log has failed and takes nothing until a restart: {reason}")]
    Failed {
        /// The first error.
        reason: Arc<str>,
    },
}

/// The answer that an append will get: a future, or [`wait`](Self::wait) for
/// it. Dropping it does not take the frame back.
#[derive(Debug)]
#[must_use = "a frame is durable only when its receipt has come"]
pub struct Append {
    slot: Arc<Slot>,
}

type Answer = Result<Receipt, AppendError>;

#[derive(Debug, Default)]
struct Slot {
    state: Mutex<State>,
    answered: Condvar,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Waiting,
    Watched(Waker),
    Answered(Answer),
}

/// The log's end of an [`Append`]. Dropped without an answer it answers that
/// the log has failed, so that nobody waits for ever.
#[derive(Debug)]
pub(crate) struct Waiter {
    slot: Option<Arc<Slot>>,
}

pub(crate) fn waiter() -> (Waiter, Append) {
    let slot = Arc::new(Slot::default());
    let waiter = Waiter { slot: Some(Arc::clone(&slot)) };
    (waiter, Append { slot })
}

impl Append {
    /// An answer that is known at once.
    pub(crate) fn refused(error: AppendError) -> Self {
        let slot =
            Slot { state: Mutex::new(State::Answered(Err(error))), answered: Condvar::new() };
        Self { slot: Arc::new(slot) }
    }

    /// Blocks until the answer is there. Not for async code.
    pub fn wait(self) -> Result<Receipt, AppendError> {
        let mut state = self.slot.lock();
        loop {
            if let State::Answered(answer) = &*state {
                return answer.clone();
            }
            state = self.slot.answered.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Future for Append {
    type Output = Result<Receipt, AppendError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.slot.lock();
        match &*state {
            State::Answered(answer) => Poll::Ready(answer.clone()),
            State::Watched(waker) if waker.will_wake(context.waker()) => Poll::Pending,
            State::Waiting | State::Watched(_) => {
                *state = State::Watched(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, answer: Answer) {
        let before = std::mem::replace(&mut *self.lock(), State::Answered(answer));
        self.answered.notify_all();
        if let State::Watched(waker) = before {
            waker.wake();
        }
    }
}

impl Waiter {
    pub(crate) fn answer(mut self, answer: Answer) {
        if let Some(slot) = self.slot.take() {
            slot.answer(answer);
        }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            let reason = Arc::from("the log stopped before it answered");
            slot.answer(Err(AppendError::Failed { reason }));
        }
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

    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn receipt() -> Receipt {
        let at = ReceivedAt::from_micros(5);
        Receipt::new(LogId::from_bytes([1; 16]), Sequence::new(1), at)
    }

    /// A polled future is woken once and then ready.
    #[test]
    fn the_newest_waker_is_woken() {
        let (log_end, mut append) = waiter();
        let wakes = [Arc::new(Wakes::default()), Arc::new(Wakes::default())];
        for counter in &wakes {
            let alarm = Waker::from(Arc::clone(counter));
            let poll = Pin::new(&mut append).poll(&mut Context::from_waker(&alarm));
            assert!(poll.is_pending());
        }
        log_end.answer(Ok(receipt()));
        assert_eq!(wakes[0].0.load(Ordering::SeqCst), 0);
        assert_eq!(wakes[1].0.load(Ordering::SeqCst), 1);
        let poll = Pin::new(&mut append).poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(poll, Poll::Ready(Ok(receipt())));
    }

    /// A blocked caller gets the answer of another thread.
    #[test]
    fn a_blocked_caller_gets_the_answer() {
        let (log_end, append) = waiter();
        let caller = std::thread::spawn(move || append.wait());
        log_end.answer(Ok(receipt()));
        assert_eq!(caller.join().unwrap(), Ok(receipt()));
    }

    /// Nobody waits for ever for a log that is gone.
    #[test]
    fn a_dropped_waiter_answers() {
        let (waiter, append) = waiter();
        drop(waiter);
        assert!(matches!(append.wait(), Err(AppendError::Failed { .. })));
    }
}
