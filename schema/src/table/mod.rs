//! The tables: their names, their Arrow schemas, their rows.
//!
//! `events` is defined in [`crate::event`], the others here, one file each.

pub mod audit;
pub mod cell;
mod id_cell;
pub mod ledger;
pub mod maps;
pub mod metrics;

use arrow_schema::SchemaRef;

/// A table of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// One normalised log record, span or span event.
    Events,
    /// One data point of the agents' own metrics.
    Metrics,
    /// Counts of what came in and what became of it.
    Ledger,
    /// One act on Seam itself.
    Audit,
}

impl Table {
    /// Every table.
    pub const ALL: &[Self] = &[Self::Events, Self::Metrics, Self::Ledger, Self::Audit];

    /// The name in SQL, and of the folder under `tables/`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Metrics => "metrics",
            Self::Ledger => "ledger",
            Self::Audit => "audit",
        }
    }

    /// The table of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|table| table.name() == name)
    }

    /// The columns, partition columns `tenant` and `day` included.
    pub fn schema(self) -> SchemaRef {
        match self {
            Self::Events => crate::event::schema(),
            Self::Metrics => metrics::schema(),
            Self::Ledger => ledger::schema(),
            Self::Audit => audit::schema(),
        }
    }
}
