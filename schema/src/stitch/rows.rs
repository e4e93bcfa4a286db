//! What a stitcher gives: rows of the derived tables.

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;

use crate::derived::actions::ActionsBuilder;
use crate::derived::gaps::GapsBuilder;
use crate::derived::links::LinksBuilder;
use crate::derived::sessions::SessionsBuilder;
use crate::derived::turns::TurnsBuilder;
use crate::table::Table;
use crate::table::cell::Collects as _;

/// Rows of the derived tables, ready to be appended.
#[derive(Debug, Default)]
pub struct DerivedRows {
    /// Rows of `actions`.
    pub actions: ActionsBuilder,
    /// Rows of `turns`.
    pub turns: TurnsBuilder,
    /// Rows of `sessions`.
    pub sessions: SessionsBuilder,
    /// Rows of `links`.
    pub links: LinksBuilder,
    /// Rows of `gaps`.
    pub gaps: GapsBuilder,
}

impl DerivedRows {
    /// Makes room for about so many times as much as was taken out last time. No row may wait.
    pub fn expect(&mut self, times: f64) {
        self.actions.expect(times);
        self.turns.expect(times);
        self.sessions.expect(times);
        self.links.expect(times);
        self.gaps.expect(times);
    }

    /// Takes the rows out, a batch for each table that has some.
    pub fn finish(&mut self) -> Result<Vec<(Table, RecordBatch)>, ArrowError> {
        let mut batches = Vec::new();
        if !self.actions.is_empty() {
            batches.push((Table::Actions, self.actions.finish()?));
        }
        if !self.turns.is_empty() {
            batches.push((Table::Turns, self.turns.finish()?));
        }
        if !self.sessions.is_empty() {
            batches.push((Table::Sessions, self.sessions.finish()?));
        }
        if !self.links.is_empty() {
            batches.push((Table::Links, self.links.finish()?));
        }
        if !self.gaps.is_empty() {
            batches.push((Table::Gaps, self.gaps.finish()?));
        }
        Ok(batches)
    }
}
