//! The rows of a replay: from one cursor to another.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use seam_exporters::delivery::{Cursor, Lane, Pulled, Source, SourceError};
use seam_schema::ids::{LogId, Sequence};
use seam_schema::table::Table;
use seam_store::{Follower, ReadError, Settled, SettledFollower, Step, Store};

use super::super::source::position;

/// Rows up to a cursor.
pub(super) struct Range {
    events: Option<Follower>,
    actions: Option<SettledFollower>,
    /// The last frames that are wanted.
    through: BTreeSet<(LogId, Sequence)>,
}

impl Range {
    pub(super) fn new(
        store: &Store,
        from: &Cursor,
        through: &Cursor,
        lanes: &BTreeSet<Lane>,
    ) -> Result<Self, ReadError> {
        let wanted = |lane| lanes.contains(&lane).then(|| position(from, lane));
        let events = wanted(Lane::Events).map(|from| store.follow_own(Table::Events, from));
        let actions = wanted(Lane::Actions).map(|from| store.follow_settled(Table::Actions, from));
        let through = through.offsets(Lane::Events).map(|end| (end.log_id, end.sequence));
        Ok(Self {
            events: events.transpose()?,
            actions: actions.transpose()?,
            through: through.collect(),
        })
    }

    /// Whether a follower has everything that is wanted.
    fn is_through(&self, cursor: &seam_store::Cursor) -> bool {
        let reached: BTreeMap<LogId, Sequence> =
            cursor.offsets().map(|end| (end.log_id, end.sequence)).collect();
        self.through
            .iter()
            .all(|(log_id, last)| reached.get(log_id).is_some_and(|reached| reached > last))
    }
}

#[async_trait]
impl Source for Range {
    async fn next(&mut self) -> Result<Pulled, SourceError> {
        let failed = |error: ReadError| SourceError(error.to_string());
        if let Some(events) = &mut self.events {
            if let Step::Rows(rows) = events.step().await.map_err(failed)? {
                if self.is_through(&rows.cursor) {
                    self.events = None;
                }
                return Ok(Pulled::Rows { lane: Lane::Events, batch: rows.batch, again: true });
            }
            self.events = None;
        }
        if let Some(actions) = &mut self.actions {
            if let Settled::Rows(batch) = actions.step().await.map_err(failed)? {
                return Ok(Pulled::Rows { lane: Lane::Actions, batch, again: true });
            }
            self.actions = None;
        }
        Ok(Pulled::End)
    }

    fn rest(&mut self) {}
}
