//! Where the followers of a store stand, for whoever changes what they read.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use seam_schema::ids::{LogId, Sequence};
use seam_schema::table::Table;

use super::Cursor;

/// The followers that are there.
#[derive(Debug, Default)]
pub(crate) struct Places(Mutex<Vec<Weak<Place>>>);

/// Where one of them stands.
#[derive(Debug)]
pub(crate) struct Place {
    table: Table,
    cursor: Mutex<Cursor>,
}

impl Place {
    /// The follower has gone on.
    pub(super) fn set(&self, cursor: &Cursor) {
        self.cursor.lock().unwrap_or_else(PoisonError::into_inner).clone_from(cursor);
    }
}

impl Places {
    /// A new follower, which is one as long as it holds the value.
    pub(crate) fn enter(&self, table: Table, cursor: &Cursor) -> Arc<Place> {
        let place = Arc::new(Place { table, cursor: Mutex::new(cursor.clone()) });
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        places.retain(|place| place.strong_count() > 0);
        places.push(Arc::downgrade(&place));
        place
    }

    /// Whether every follower of a table has seen a log up to a frame.
    pub(crate) fn have_passed(&self, table: Table, log_id: LogId, through: Sequence) -> bool {
        let places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        places.iter().filter_map(Weak::upgrade).filter(|place| place.table == table).all(|place| {
            let cursor = place.cursor.lock().unwrap_or_else(PoisonError::into_inner);
            cursor.get(log_id).is_some_and(|seen| seen.sequence >= through)
        })
    }
}
