//! The life of an open log: its threads, and how it ends.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use seam_disk::DiskLock;

use crate::committer::{self, Caps, PanicGuard};
use crate::housekeeper;
use crate::report::OpenError;
use crate::shared::Shared;
use crate::supply::Trouble;
use crate::writer::Writer;

/// An open log. Dropping it closes it but zeroes nothing: whoever drops it
/// may be in a hurry, and the next start zeroes what is free.
pub(crate) struct Open {
    pub(crate) shared: Arc<Shared>,
    committer: Mutex<Option<JoinHandle<()>>>,
    housekeeper: Mutex<Option<JoinHandle<()>>>,
    /// What the committer leaves behind.
    writer: Arc<Mutex<Option<Writer>>>,
    lock: Mutex<Option<Box<dyn DiskLock>>>,
    zero_within: Duration,
}

impl Open {
    /// Starts the threads of a log.
    pub(crate) fn start(
        shared: Shared,
        (writer, caps): (Writer, Caps),
        lock: Box<dyn DiskLock>,
        zero_within: Duration,
    ) -> Result<Self, OpenError> {
        let open = Self {
            shared: Arc::new(shared),
            committer: Mutex::default(),
            housekeeper: Mutex::default(),
            writer: Arc::default(),
            lock: Mutex::new(Some(lock)),
            zero_within,
        };
        if let Some(jobs) = &open.shared.jobs {
            jobs.prepare();
            let thread = open.spawn("wal-housekeeper", housekeeper::run)?;
            put(&open.housekeeper, thread);
        }
        let left = Arc::clone(&open.writer);
        let thread = open.spawn("wal-committer", move |shared| {
            put(&left, committer::run(shared, writer, caps));
        })?;
        put(&open.committer, thread);
        Ok(open)
    }

    fn spawn(
        &self,
        name: &str,
        work: impl FnOnce(&Shared) + Send + 'static,
    ) -> Result<JoinHandle<()>, OpenError> {
        let shared = Arc::clone(&self.shared);
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            let guard = PanicGuard(shared);
            work(&guard.0);
        })?;
        Ok(thread)
    }

    /// Refuses frames, and waits until those in the queue are durable.
    pub(crate) fn seal(&self) {
        self.shared.queue.close();
        join(take(&self.committer));
    }

    /// Seals the log, zeroes what is left of released frames, lets go of the
    /// folder. Zeroing ends after `limit`, or sooner if the options say so.
    pub(crate) fn close(&self, limit: Duration) {
        self.seal();
        // Held to the end: until then the folder is ours. Whoever finds none
        // is not the first.
        let Some(_lock) = take(&self.lock) else {
            return;
        };
        if !limit.is_zero() {
            self.move_on();
        }
        self.shared.keep_released();
        if let Some(jobs) = &self.shared.jobs {
            jobs.stop();
        }
        join(take(&self.housekeeper));
        self.shared.zero_for(limit.min(self.zero_within));
    }

    /// Leaves the last segment if no frame in it is needed.
    fn move_on(&self) {
        let shared = &self.shared;
        let Some(mut writer) = take(&self.writer) else {
            return;
        };
        if shared.failure.reason().is_some() {
            return;
        }
        // The seal may have needed a new segment, which frees the one before.
        shared.release(0);
        if !shared.durable().holds_only_released() {
            return;
        }
        match writer.move_on(&shared.supply) {
            Ok(written) => {
                shared.publish(&written.segment, written.durable_end, 0, []);
                shared.release(0);
            }
            Err(Trouble::Full) => {
                tracing::warn!("the disk is full: released frames stay in the log's last segment");
            }
            Err(Trouble::Fatal(error)) => shared.failure.raise(&error),
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.close(Duration::ZERO);
    }
}

/// Waits for a thread, unless this is it: the callback of a failure may close
/// the log from its own thread.
fn join(thread: Option<JoinHandle<()>>) {
    if let Some(thread) = thread
        && thread.thread().id() != thread::current().id()
        && thread.join().is_err()
    {
        tracing::error!("a thread of the log panicked");
    }
}

fn put<T>(slot: &Mutex<Option<T>>, value: T) {
    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
}

fn take<T>(slot: &Mutex<Option<T>>) -> Option<T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}
