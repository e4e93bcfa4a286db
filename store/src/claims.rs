//! Files that are being written, or written and in no commit yet.
//!
//! Whoever looks for leftovers finds them beside those of a crash: a claim tells them apart. It
//! is made before the file and held until the file is in a commit, or given up.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use object_store::path::Path;

/// The claims of a process.
#[derive(Debug, Default)]
pub(crate) struct Claims(Mutex<BTreeMap<Path, usize>>);

/// One of them; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Claim {
    claims: Arc<Claims>,
    path: Path,
}

impl Claims {
    /// Claims a path below the data folder.
    pub(crate) fn claim(self: &Arc<Self>, path: Path) -> Claim {
        *self.lock().entry(path.clone()).or_insert(0) += 1;
        Claim { claims: Arc::clone(self), path }
    }

    /// Everything that is claimed now.
    pub(crate) fn all(&self) -> Vec<Path> {
        self.lock().keys().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Path, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut claims = self.claims.lock();
        if let Some(count) = claims.get_mut(&self.path) {
            *count -= 1;
            if *count == 0 {
                claims.remove(&self.path);
            }
        }
    }
}
