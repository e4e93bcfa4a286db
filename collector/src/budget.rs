//! The memory that requests may hold, counted in bytes before they are read.
//!
//! Nothing waits here: a request that does not fit is refused at once, which costs less
//! than to take it, and its client comes back. A permit gives its bytes back when dropped,
//! so a request that is cancelled or fails anywhere frees what it held.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::answer::{Refusal, Resource};

/// Bytes are taken in steps of this size where no length is declared.
pub const STEP_BYTES: usize = 256 * 1024;

/// A number of bytes that all requests share.
#[derive(Debug, Clone)]
pub struct Budget {
    shared: Arc<Shared>,
}

/// All in bytes.
#[derive(Debug)]
struct Shared {
    limit: usize,
    used: AtomicUsize,
    peak: AtomicUsize,
}

/// Bytes taken from a [`Budget`], given back on drop.
#[derive(Debug)]
pub struct Permit {
    shared: Arc<Shared>,
    bytes: usize,
}

impl Budget {
    /// A budget of so many bytes.
    pub fn new(limit_bytes: usize) -> Self {
        let shared =
            Shared { limit: limit_bytes, used: AtomicUsize::new(0), peak: AtomicUsize::new(0) };
        Self { shared: Arc::new(shared) }
    }

    /// Takes bytes, or refuses at once.
    pub fn take(&self, bytes: usize) -> Result<Permit, Refusal> {
        let mut permit = Permit { shared: Arc::clone(&self.shared), bytes: 0 };
        permit.grow_to(bytes)?;
        Ok(permit)
    }

    /// Bytes taken now.
    pub fn used_bytes(&self) -> usize {
        self.shared.used.load(Ordering::Relaxed)
    }

    /// The most that was ever taken at once.
    pub fn peak_bytes(&self) -> usize {
        self.shared.peak.load(Ordering::Relaxed)
    }

    /// All there is.
    pub fn limit_bytes(&self) -> usize {
        self.shared.limit
    }
}

impl Permit {
    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes as much more as is needed to hold `bytes`. On refusal the permit keeps what it has.
    pub fn grow_to(&mut self, bytes: usize) -> Result<(), Refusal> {
        let more = bytes.saturating_sub(self.bytes);
        if more == 0 {
            return Ok(());
        }
        let limit = self.shared.limit;
        let before = self
            .shared
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(more).filter(|sum| *sum <= limit)
            })
            .map_err(|_| Refusal::OverBudget(Resource::Memory))?;
        self.shared.peak.fetch_max(before + more, Ordering::Relaxed);
        self.bytes = bytes;
        Ok(())
    }

    /// Takes so many whole steps that `bytes` fit in them.
    pub fn step_to(&mut self, bytes: usize) -> Result<(), Refusal> {
        if bytes <= self.bytes {
            return Ok(());
        }
        self.grow_to(bytes.div_ceil(STEP_BYTES).saturating_mul(STEP_BYTES))
    }

    /// Gives back what goes beyond `bytes`.
    pub fn shrink_to(&mut self, bytes: usize) {
        let less = self.bytes.saturating_sub(bytes);
        self.shared.used.fetch_sub(less, Ordering::Relaxed);
        self.bytes -= less;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.shrink_to(0);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    /// What does not fit is refused at once, and a drop makes room again.
    #[test]
    fn permits_never_exceed_the_limit() {
        let budget = Budget::new(100);
        let first = budget.take(60).unwrap();
        assert!(matches!(budget.take(41), Err(Refusal::OverBudget(Resource::Memory))));
        let second = budget.take(40).unwrap();
        assert_eq!((budget.used_bytes(), budget.peak_bytes()), (100, 100));
        drop((first, second));
        assert_eq!((budget.used_bytes(), budget.peak_bytes()), (0, 100));
    }

    /// A refused growth leaves the permit as it was, so the books balance at the end.
    #[test]
    fn refused_growth_changes_nothing() {
        let budget = Budget::new(STEP_BYTES * 2);
        let mut permit = budget.take(1).unwrap();
        permit.step_to(STEP_BYTES + 1).unwrap();
        assert_eq!(permit.bytes(), STEP_BYTES * 2);
        assert!(permit.step_to(STEP_BYTES * 2 + 1).is_err());
        assert_eq!(permit.bytes(), STEP_BYTES * 2);
        permit.shrink_to(10);
        assert_eq!(budget.used_bytes(), 10);
        drop(permit);
        assert_eq!(budget.used_bytes(), 0);
    }
}
