//! Records at which a server failed without saying why: with HTTP 500, with gRPC `Internal`.
//!
//! That may be the record's fault or the server's. One such answer proves nothing, so the record is
//! sent again with the others. Where the server fails at the same records again they are taken
//! apart. A record is to blame only when it failed alone several times, and the server took
//! something else before each of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So often a record has to fail alone before it is refused: a server that fails at every third
/// request does so to a good record once in thousands.
const ALONE_MAX: u32 = 8;
/// More are forgotten all at once, and have to fail anew: twice what a window holds.
const SUSPECTS_MAX: usize = 64 << 10;

/// What is known of a record at which a server failed.
#[derive(Debug, Default)]
struct Suspect {
    /// How often it failed alone, something else having been taken since the time before.
    alone: u32,
    /// How many requests the server had taken when it failed last.
    taken: u64,
}

/// The records at which one server failed.
#[derive(Debug, Default)]
pub(super) struct Suspects(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    of: HashMap<Arc<str>, Suspect, foldhash::fast::RandomState>,
    /// Requests with records that the server took.
    taken: u64,
}

/// How a record is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// With others of its kind: the server failed at it once, among others.
    Suspect,
    /// With others of its kind.
    Fresh,
    /// By itself: the server failed at it alone.
    Alone,
}

impl Suspects {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How each of some records is to be sent.
    pub(super) fn standings<'a>(&self, ids: impl Iterator<Item = &'a Arc<str>>) -> Vec<Standing> {
        let state = self.state();
        ids.map(|id| match state.of.get(id) {
            None => Standing::Fresh,
            Some(Suspect { alone: 0, .. }) => Standing::Suspect,
            Some(_) => Standing::Alone,
        })
        .collect()
    }

    /// The server failed at a request with these records for the first time.
    pub(super) fn note<'a>(&self, ids: impl Iterator<Item = &'a Arc<str>>) {
        let mut state = self.state();
        if state.of.len() > SUSPECTS_MAX {
            state.of.clear();
        }
        let taken = state.taken;
        for id in ids {
            state.of.entry(Arc::clone(id)).or_insert(Suspect { alone: 0, taken });
        }
    }

    /// The server failed at this record alone; whether that was once too often.
    pub(super) fn failed_alone(&self, id: &Arc<str>) -> bool {
        let mut state = self.state();
        let taken = state.taken;
        let Some(suspect) = state.of.get_mut(id) else { return false };
        if taken > suspect.taken {
            suspect.alone += 1;
            suspect.taken = taken;
        }
        let blamed = suspect.alone >= ALONE_MAX;
        if blamed {
            state.of.remove(id);
        }
        blamed
    }

    /// The server took a request with records; whatever else it said of them, it did not fail.
    pub(super) fn took<'a>(&self, ids: impl Iterator<Item = &'a Arc<str>>) {
        let mut state = self.state();
        state.taken += 1;
        if state.of.is_empty() {
            return;
        }
        for id in ids {
            state.of.remove(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record is blamed only if something else was taken between its failures, and what is taken
    /// in the end is not suspected any more.
    #[test]
    fn blame_needs_witnesses() {
        let suspects = Suspects::default();
        let (bad, other): (Arc<str>, Arc<str>) = ("bad".into(), "other".into());
        suspects.note([&bad].into_iter());
        for _ in 0..10 {
            assert!(!suspects.failed_alone(&bad), "nothing was taken meanwhile");
        }
        assert_eq!(
            suspects.standings([&bad, &other].into_iter()),
            [Standing::Suspect, Standing::Fresh]
        );
        for _ in 1..ALONE_MAX {
            suspects.took([&other].into_iter());
            assert!(!suspects.failed_alone(&bad));
            assert!(!suspects.failed_alone(&bad));
            assert_eq!(suspects.standings([&bad].into_iter()), [Standing::Alone]);
        }
        suspects.took([&other].into_iter());
        assert!(suspects.failed_alone(&bad));
        assert_eq!(suspects.standings([&bad].into_iter()), [Standing::Fresh]);

        suspects.note([&bad].into_iter());
        suspects.took([&bad].into_iter());
        assert_eq!(suspects.standings([&bad].into_iter()), [Standing::Fresh]);
    }
}
