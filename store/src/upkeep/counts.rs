//! What was done to the tables since the start.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counts {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {
        /// What was done to the tables in the background since the start.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct UpkeepCounts {
            $($(#[$meta])* pub $name: u64,)+
        }

        /// The same, while it is counted.
        #[derive(Debug, Default)]
        pub(crate) struct Counting {
            $(pub(super) $name: AtomicU64,)+
        }

        impl Counting {
            pub(crate) fn get(&self) -> UpkeepCounts {
                UpkeepCounts { $($name: self.$name.load(Ordering::Relaxed),)+ }
            }
        }
    };
}

counts! {
    /// Merges that were committed.
    merges,
    /// Files that went into them.
    merged_files,
    /// The bytes of these files.
    merged_bytes,
    /// The bytes of the files that came out.
    written_bytes,
    /// Merges, clean-ups and days that did not succeed; they are tried again.
    failures,
    /// Days of a tenant and table that were dropped.
    expired_days,
    /// The files they had.
    expired_files,
    /// Files of the Delta logs that were removed.
    log_files,
    /// Data files that were removed.
    vacuumed_files,
    /// Their bytes.
    vacuumed_bytes,
}

/// Adds to a count.
pub(super) fn add(count: &AtomicU64, more: u64) {
    count.fetch_add(more, Ordering::Relaxed);
}
