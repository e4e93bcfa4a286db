//! The repeat window: what was admitted in the last ten minutes is not stored again.
//!
//! A client that lost the answer sends its request again, byte for byte. The window knows
//! it by digest and principal (the tenant is part of the digest). Three rules keep it safe:
//!
//! - Only what *is durable* makes a repeat. While the first of two equal requests is on its
//!   way to the log the second waits for its end, and takes its place if it fails.
//! - Time is the receive time of frames, and "now" is never earlier than the newest of them.
//! - Memory is bounded: above the capacity the oldest part of the window is forgotten. The
//!   worst that follows is a row stored twice under one `event_id`, which readers fold.

mod rebuild;

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use seam_schema::ids::{Principal, ReceivedAt, RequestDigest};
use tokio::sync::oneshot;

pub use rebuild::RebuildError;

/// How long a request is remembered, in microseconds.
pub const WINDOW_US: i64 = 10 * 60 * 1_000_000;

/// The window is forgotten in parts of this length.
const BUCKET_US: i64 = 2 * 60 * 1_000_000;

/// Requests remembered unless told otherwise; about 60 bytes each.
pub const DEFAULT_CAPACITY: usize = 1_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    digest: RequestDigest,
    principal: u64,
}

/// The window.
#[derive(Debug)]
pub struct RepeatWindow {
    capacity: usize,
    hasher: RandomState,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Oldest first.
    buckets: VecDeque<Bucket>,
    remembered: usize,
    newest_us: i64,
    /// Requests on their way to the log, and who waits for their end.
    pending: HashMap<Key, Vec<oneshot::Sender<()>>>,
}

#[derive(Debug)]
struct Bucket {
    start_us: i64,
    admitted: HashMap<Key, i64>,
}

/// What the window says about a request.
#[derive(Debug)]
pub enum Claim {
    /// It is the first of its kind. Say how it ended.
    First(First),
    /// An equal one is durable.
    Repeat,
}

/// The right to be the first. Dropped without [`First::admitted`] it makes room for the next.
#[derive(Debug)]
#[must_use = "dropping it says that the request failed"]
pub struct First {
    window: Arc<RepeatWindow>,
    key: Key,
    admitted_at: Option<ReceivedAt>,
}

impl RepeatWindow {
    /// An empty window that remembers so many requests.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, hasher: RandomState::new(), state: Mutex::default() }
    }

    /// Remembers what was admitted before this process started.
    pub fn remember(&self, digest: RequestDigest, principal: &Principal, received_at: ReceivedAt) {
        let key = self.key(digest, principal);
        self.lock().insert(key, received_at.0, self.capacity);
    }

    /// How many requests are remembered.
    pub fn len(&self) -> usize {
        self.lock().remembered
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Asks whether an equal request is durable, waiting for one that is on its way.
    pub async fn claim(
        self: &Arc<Self>,
        digest: RequestDigest,
        principal: &Principal,
        now: ReceivedAt,
    ) -> Claim {
        let key = self.key(digest, principal);
        loop {
            match self.try_claim(key, now) {
                Ok(claim) => return claim,
                // An error says that the first one has ended, as a message would.
                Err(first_ended) => drop(first_ended.await),
            }
        }
    }

    fn try_claim(
        self: &Arc<Self>,
        key: Key,
        now: ReceivedAt,
    ) -> Result<Claim, oneshot::Receiver<()>> {
        let mut state = self.lock();
        if state.is_admitted(key, now.0) {
            return Ok(Claim::Repeat);
        }
        if let Some(waiting) = state.pending.get_mut(&key) {
            let (sender, receiver) = oneshot::channel();
            waiting.push(sender);
            return Err(receiver);
        }
        state.pending.insert(key, Vec::new());
        Ok(Claim::First(First { window: Arc::clone(self), key, admitted_at: None }))
    }

    fn key(&self, digest: RequestDigest, principal: &Principal) -> Key {
        Key { digest, principal: self.hasher.hash_one(principal) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_admitted(&self, key: Key, now_us: i64) -> bool {
        let now_us = now_us.max(self.newest_us);
        let mut found = self.buckets.iter().rev().filter_map(|bucket| bucket.admitted.get(&key));
        found.any(|at_us| now_us.saturating_sub(*at_us) < WINDOW_US)
    }

    fn insert(&mut self, key: Key, at_us: i64, capacity: usize) {
        self.newest_us = self.newest_us.max(at_us);
        if self.newest_us.saturating_sub(at_us) >= WINDOW_US {
            return;
        }
        let start_us = at_us - at_us.rem_euclid(BUCKET_US);
        let place = self.buckets.partition_point(|bucket| bucket.start_us < start_us);
        if self.buckets.get(place).is_none_or(|bucket| bucket.start_us != start_us) {
            self.buckets.insert(place, Bucket { start_us, admitted: HashMap::new() });
        }
        if let Some(bucket) = self.buckets.get_mut(place)
            && bucket.admitted.insert(key, at_us).is_none()
        {
            self.remembered += 1;
        }
        let gone_us = self.newest_us.saturating_sub(WINDOW_US + BUCKET_US);
        while self.remembered > capacity
            || self.buckets.front().is_some_and(|bucket| bucket.start_us <= gone_us)
        {
            let Some(oldest) = self.buckets.pop_front() else { return };
            self.remembered -= oldest.admitted.len();
        }
    }
}

impl First {
    /// The request is durable: equal ones are repeats from now on.
    pub fn admitted(mut self, received_at: ReceivedAt) {
        self.admitted_at = Some(received_at);
    }
}

impl Drop for First {
    fn drop(&mut self) {
        let mut state = self.window.lock();
        if let Some(at) = self.admitted_at {
            state.insert(self.key, at.0, self.window.capacity);
        }
        // Dropping the senders wakes those who wait; they look again.
        let waiting = state.pending.remove(&self.key);
        drop(state);
        drop(waiting);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
    use futures::FutureExt;

    use super::*;

    const NOW: ReceivedAt = ReceivedAt(1_000_000_000_000);

    fn digest(n: u16) -> RequestDigest {
        let mut bytes = [0; 12];
        bytes[..2].copy_from_slice(&n.to_le_bytes());
        RequestDigest::from_bytes(bytes)
    }

    fn window() -> Arc<RepeatWindow> {
        Arc::new(RepeatWindow::new(DEFAULT_CAPACITY))
    }

    async fn first(window: &Arc<RepeatWindow>, n: u16, now: ReceivedAt) -> First {
        match window.claim(digest(n), &Principal::default(), now).await {
            Claim::First(first) => first,
            Claim::Repeat => panic!("{n} passes for a repeat"),
        }
    }

    fn later(by_us: i64) -> ReceivedAt {
        ReceivedAt(NOW.0 + by_us)
    }

    /// The same request is a repeat for ten minutes and no longer, and only for its principal.
    #[tokio::test]
    async fn durable_requests_repeat_for_ten_minutes() {
        let window = window();
        first(&window, 1, NOW).await.admitted(NOW);
        let anna = Principal::new("anna").unwrap();
        assert!(matches!(window.claim(digest(1), &anna, NOW).await, Claim::First(_)));
        let again = window.claim(digest(1), &Principal::default(), later(WINDOW_US - 1)).await;
        assert!(matches!(again, Claim::Repeat));
        drop(first(&window, 1, later(WINDOW_US)).await);
    }

    /// A request that failed is no repeat: what is sent again is stored.
    #[tokio::test]
    async fn failed_requests_do_not_repeat() {
        let window = window();
        drop(first(&window, 1, NOW).await);
        drop(first(&window, 1, NOW).await);
        assert!(window.is_empty());
    }

    /// Two equal requests at once: the second waits, and is a repeat once the first is durable.
    #[tokio::test]
    async fn the_second_waits_for_the_first() {
        let window = window();
        let one = first(&window, 1, NOW).await;
        let principal = Principal::default();
        let mut two = Box::pin(window.claim(digest(1), &principal, NOW));
        assert!(two.as_mut().now_or_never().is_none());
        drop(first(&window, 2, NOW).await);
        one.admitted(NOW);
        assert!(matches!(two.await, Claim::Repeat));
    }

    /// Of several that wait for one that fails, exactly one takes its place.
    #[tokio::test]
    async fn one_of_the_waiting_takes_the_place_of_the_failed() {
        let window = window();
        let one = first(&window, 1, NOW).await;
        let principal = Principal::default();
        let mut two = Box::pin(window.claim(digest(1), &principal, NOW));
        let mut three = Box::pin(window.claim(digest(1), &principal, NOW));
        assert!(two.as_mut().now_or_never().is_none());
        assert!(three.as_mut().now_or_never().is_none());
        drop(one);
        let Claim::First(two) = two.await else { panic!("a failed request passes for durable") };
        assert!(three.as_mut().now_or_never().is_none());
        two.admitted(NOW);
        assert!(matches!(three.await, Claim::Repeat));
    }

    /// What was filled in at start counts, unless it is too old.
    #[tokio::test]
    async fn earlier_requests_are_remembered() {
        let window = window();
        window.remember(digest(1), &Principal::default(), NOW);
        window.remember(digest(2), &Principal::default(), later(-WINDOW_US));
        assert_eq!(window.len(), 1);
        assert!(matches!(window.claim(digest(1), &Principal::default(), NOW).await, Claim::Repeat));
        drop(first(&window, 2, NOW).await);
    }

    /// Memory is bounded by time and by the capacity; the oldest go first.
    #[tokio::test]
    async fn the_oldest_are_forgotten() {
        let window = Arc::new(RepeatWindow::new(10));
        for n in 0..12 {
            window.remember(digest(n), &Principal::default(), later(i64::from(n / 4) * BUCKET_US));
        }
        assert_eq!(window.len(), 8);
        drop(first(&window, 0, NOW).await);
        assert!(matches!(
            window.claim(digest(11), &Principal::default(), NOW).await,
            Claim::Repeat
        ));
        window.remember(digest(99), &Principal::default(), later(3 * WINDOW_US));
        assert_eq!(window.len(), 1);
    }
}
