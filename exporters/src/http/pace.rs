//! How many requests may be under way: fewer when the destination says that it fills up.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};

/// Requests that must go well before one more may be under way.
const STEADY: usize = 16;

/// A width between one and a maximum: halved when told to slow down, widened by one after
/// [`STEADY`] good answers.
#[derive(Debug)]
pub(crate) struct Pace {
    lanes: Semaphore,
    width: AtomicUsize,
    /// Lanes that must still be closed, once whoever is in them comes out.
    owed: AtomicUsize,
    good: AtomicUsize,
    max: usize,
}

/// One request's place. It is given back when dropped.
#[derive(Debug)]
pub(crate) struct Lane<'a> {
    pace: &'a Pace,
    permit: Option<SemaphorePermit<'a>>,
}

impl Pace {
    pub(crate) fn new(max: usize) -> Self {
        let max = max.max(1);
        Self {
            lanes: Semaphore::new(max),
            width: AtomicUsize::new(max),
            owed: AtomicUsize::new(0),
            good: AtomicUsize::new(0),
            max,
        }
    }

    /// How many may be under way now.
    pub(crate) fn width(&self) -> usize {
        self.width.load(Ordering::Relaxed)
    }

    /// Waits for a place.
    pub(crate) async fn enter(&self) -> Lane<'_> {
        // The semaphore is never closed; were it, there would be no limit, and nothing worse.
        Lane { pace: self, permit: self.lanes.acquire().await.ok() }
    }

    /// A good answer.
    pub(crate) fn faster(&self) {
        let good = self.good.fetch_add(1, Ordering::Relaxed) + 1;
        if good < STEADY || self.width() >= self.max {
            return;
        }
        self.good.store(0, Ordering::Relaxed);
        let wider = |width| (width < self.max).then_some(width + 1);
        if self.width.fetch_update(Ordering::Relaxed, Ordering::Relaxed, wider).is_err() {
            return;
        }
        // A lane that was to be closed may stay open instead.
        let less = |owed: usize| owed.checked_sub(1);
        if self.owed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_err() {
            self.lanes.add_permits(1);
        }
    }

    /// The destination fills up.
    pub(crate) fn slower(&self) {
        self.good.store(0, Ordering::Relaxed);
        let mut closed = 0;
        let half = |width: usize| {
            let left = (width / 2).max(1);
            closed = width - left;
            (closed > 0).then_some(left)
        };
        if self.width.fetch_update(Ordering::Relaxed, Ordering::Relaxed, half).is_ok() {
            let now = self.lanes.forget_permits(closed);
            self.owed.fetch_add(closed - now, Ordering::Relaxed);
        }
    }
}

impl Drop for Lane<'_> {
    fn drop(&mut self) {
        let less = |owed: usize| owed.checked_sub(1);
        let owed = &self.pace.owed;
        if owed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
            && let Some(permit) = self.permit.take()
        {
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places are closed though they are taken, come back one by one, and never exceed the most.
    #[tokio::test]
    async fn the_width_follows_the_answers() {
        let pace = Pace::new(8);
        let mut lanes = Vec::new();
        for _ in 0..6 {
            lanes.push(pace.enter().await);
        }
        pace.slower();
        assert_eq!(pace.width(), 4);
        drop(lanes);
        assert_eq!(pace.lanes.available_permits(), 4);
        for _ in 0..5 {
            pace.slower();
        }
        assert_eq!((pace.width(), pace.lanes.available_permits()), (1, 1));
        for _ in 0..100 * STEADY {
            pace.faster();
        }
        assert_eq!((pace.width(), pace.lanes.available_permits()), (8, 8));
    }
}
