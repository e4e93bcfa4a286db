//! What a delivery shows of itself.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use super::cursor::Cursor;

/// What a delivery shows of itself; read at any time, by anybody.
#[derive(Debug, Default)]
pub struct Status {
    pub(super) delivered: AtomicU64,
    pub(super) duplicates: AtomicU64,
    pub(super) retried: AtomicU64,
    pub(super) ambiguous: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) sent_bytes: AtomicU64,
    pub(super) window_records: AtomicU64,
    pub(super) window_bytes: AtomicU64,
    /// Microseconds since 1970; 0 where nothing waits.
    pub(super) oldest_us: AtomicI64,
    pub(super) cursor_writes: AtomicU64,
    /// Whether what is durable says that it is paused.
    kept_paused: watch::Sender<bool>,
    words: Mutex<Words>,
}

#[derive(Debug, Default)]
struct Words {
    held: Option<String>,
    paused: bool,
    ended: bool,
    last_trouble: Option<String>,
    cursor: Cursor,
}

/// The same at one moment. Counts are since the start of the process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatusView {
    /// Records that the destination took.
    pub delivered: u64,
    /// Records that it had already.
    pub duplicates: u64,
    /// Times that a record was not taken and has to be sent again.
    pub retried: u64,
    /// Of these, the times that nobody knows whether it was taken.
    pub ambiguous: u64,
    /// Records that became dead letters.
    pub refused: u64,
    /// Bytes of the documents delivered.
    pub sent_bytes: u64,
    /// Records in memory that have not ended well.
    pub window_records: u64,
    /// Bytes of their documents.
    pub window_bytes: u64,
    /// When the oldest of them was received, microseconds since 1970; nothing where none waits.
    pub oldest_us: Option<i64>,
    /// How often the cursor was made durable.
    pub cursor_writes: u64,
    /// Why nothing is sent until somebody changes something.
    pub held: Option<String>,
    /// Somebody asked for a pause.
    pub paused: bool,
    /// The delivery has ended.
    pub ended: bool,
    /// What went wrong last, also if it is over.
    pub last_trouble: Option<String>,
    /// How far it is, durably or not yet.
    pub cursor: Cursor,
}

pub(super) fn add(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}

impl Status {
    /// What it shows now.
    pub fn view(&self) -> StatusView {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let oldest_us = self.oldest_us.load(Ordering::Relaxed);
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        StatusView {
            delivered: count(&self.delivered),
            duplicates: count(&self.duplicates),
            retried: count(&self.retried),
            ambiguous: count(&self.ambiguous),
            refused: count(&self.refused),
            sent_bytes: count(&self.sent_bytes),
            window_records: count(&self.window_records),
            window_bytes: count(&self.window_bytes),
            oldest_us: (oldest_us != 0).then_some(oldest_us),
            cursor_writes: count(&self.cursor_writes),
            held: words.held.clone(),
            paused: words.paused,
            ended: words.ended,
            last_trouble: words.last_trouble.clone(),
            cursor: words.cursor.clone(),
        }
    }

    fn words(&self, change: impl FnOnce(&mut Words)) {
        change(&mut self.words.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn set_state(&self, held: Option<&str>, paused: bool, cursor: &Cursor) {
        self.words(|words| {
            if words.held.as_deref() != held {
                words.held = held.map(str::to_owned);
            }
            words.paused = paused;
            if words.cursor != *cursor {
                words.cursor.clone_from(cursor);
            }
        });
    }

    pub(super) fn set_kept(&self, paused: bool) {
        self.kept_paused.send_replace(paused);
    }

    /// Waits until a pause, or its end, would outlive a crash.
    pub async fn pause_kept(&self, paused: bool) {
        // The sender is this value's own: it outlives the wait.
        self.kept_paused.subscribe().wait_for(|kept| *kept == paused).await.ok();
    }

    pub(super) fn set_ended(&self) {
        self.words(|words| words.ended = true);
    }

    /// It has ended, or could not even begin, by a fault of ours.
    pub fn set_failed(&self, why: &str) {
        self.set_trouble(why);
        self.set_ended();
    }

    pub(super) fn set_trouble(&self, trouble: &str) {
        self.words(|words| words.last_trouble = Some(trouble.to_owned()));
    }
}
