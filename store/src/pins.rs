//! Files that no snapshot names any more and that somebody still reads.
//!
//! A snapshot, a statement's plan and a follower all hold the [`DataFile`]s that they read. A
//! path has one such value as long as the process knows it, so it is enough to look whether
//! anybody else still holds it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use object_store::path::Path;

use crate::snapshot::DataFile;

/// Files that left a table's snapshot since the start.
#[derive(Debug, Default)]
pub(crate) struct Pins(Mutex<Vec<Weak<DataFile>>>);

impl Pins {
    /// Notes files that the next snapshot does not name.
    pub(crate) fn left<'f>(&self, files: impl IntoIterator<Item = &'f Arc<DataFile>>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.extend(files.into_iter().map(Arc::downgrade));
    }

    /// Those that somebody still holds.
    pub(crate) fn held(&self) -> HashSet<Path> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|file| file.strong_count() > 0);
        held.iter().filter_map(Weak::upgrade).map(|file| file.path.clone()).collect()
    }
}
