//! The tables: their names, their Arrow schemas, their rows.
//!
//! `events` is defined in [`crate::event`], the others here, one file each.

pub mod audit;
pub mod cell;
pub mod dead_letters;
pub(crate) mod id_cell;
pub mod ledger;
pub mod maps;
pub mod metrics;
pub(crate) mod plain;

use arrow_schema::SchemaRef;

use crate::derived;

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
    /// One record that a destination will not take.
    DeadLetters,
    /// One tool call.
    Actions,
    /// One prompt and what followed from it.
    Turns,
    /// One conversation.
    Sessions,
    /// One edge between an event and an action, or between conversations.
    Links,
    /// One hole in what was received.
    Gaps,
}

impl Table {
    /// Every table.
    pub const ALL: &[Self] = &[
        Self::Events,
        Self::Metrics,
        Self::Ledger,
        Self::Audit,
        Self::DeadLetters,
        Self::Actions,
        Self::Turns,
        Self::Sessions,
        Self::Links,
        Self::Gaps,
    ];

    /// The tables that the stitcher fills from `events`.
    pub const DERIVED: &[Self] =
        &[Self::Actions, Self::Turns, Self::Sessions, Self::Links, Self::Gaps];

    /// Whether the stitcher fills it.
    pub const fn is_derived(self) -> bool {
        matches!(self, Self::Actions | Self::Turns | Self::Sessions | Self::Links | Self::Gaps)
    }

    /// The column of a derived table that says which row a row is a revision of.
    pub const fn id_column(self) -> Option<&'static str> {
        match self {
            Self::Actions => Some("action_id"),
            Self::Turns => Some("turn_row_id"),
            Self::Sessions => Some("session_row_id"),
            Self::Links => Some("link_id"),
            Self::Gaps => Some("gap_id"),
            Self::Events | Self::Metrics | Self::Ledger | Self::Audit | Self::DeadLetters => None,
        }
    }

    /// The name in SQL, and of the folder under `tables/`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Metrics => "metrics",
            Self::Ledger => "ledger",
            Self::Audit => "audit",
            Self::DeadLetters => "dead_letters",
            Self::Actions => "actions",
            Self::Turns => "turns",
            Self::Sessions => "sessions",
            Self::Links => "links",
            Self::Gaps => "gaps",
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
            Self::DeadLetters => dead_letters::schema(),
            Self::Actions => derived::actions::schema(),
            Self::Turns => derived::turns::schema(),
            Self::Sessions => derived::sessions::schema(),
            Self::Links => derived::links::schema(),
            Self::Gaps => derived::gaps::schema(),
        }
    }
}
