//! What a delivery needs of the world around it: rows, a place for its cursor, a place for dead
//! letters, somebody to tell.

use arrow_array::RecordBatch;
use async_trait::async_trait;
use seam_schema::ids::Offset;
use seam_schema::table::dead_letters::Letter;
use thiserror::Error;

use super::cursor::Saved;

/// The table that rows come from. Each has an order and a position of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Rows of `events`, as they come.
    Events,
    /// Rows of `actions`: each when it is settled, and again when a settled one changes.
    Actions,
}

impl Lane {
    /// Every lane.
    pub const ALL: [Self; 2] = [Self::Events, Self::Actions];

    /// The table's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Actions => "actions",
        }
    }

    /// The lane of a table's name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lane| lane.name() == name)
    }
}

/// What a source gives.
#[derive(Debug, Clone)]
pub enum Pulled {
    /// Rows of one log, in the order of their lane.
    Rows {
        /// The table they are of.
        lane: Lane,
        /// With all columns of the table.
        batch: RecordBatch,
        /// Some of them may have been given before, after an error of the source.
        again: bool,
    },
    /// A lane has no more rows up to here, for now: the cursor may stand there. Everything was given
    /// that an earlier delivery can have been given.
    Reached {
        /// The lane.
        lane: Lane,
        /// The last place that is done.
        end: Offset,
    },
    /// There will be no more rows.
    End,
}

/// Why a source gives no rows now.
#[derive(Debug, Error)]
#[error("cannot read rows to send on: {0}")]
pub struct SourceError(pub String);

/// Rows in order, from a cursor on.
#[async_trait]
pub trait Source: Send {
    /// The next rows; waits for them. Dropping the future loses nothing and costs nothing. After
    /// an error the next call goes on where it was.
    async fn next(&mut self) -> Result<Pulled, SourceError>;

    /// Lets go of files and memory until the next call of [`Self::next`], which goes on where it
    /// was: the tables are not kept waiting by who does not read.
    fn rest(&mut self);
}

/// Where a cursor is kept.
#[async_trait]
pub trait Keeper: Send + Sync {
    /// Makes it durable, in place of what was there.
    async fn keep(&self, saved: &Saved) -> Result<(), String>;
}

/// Where dead letters go.
#[async_trait]
pub trait DeadLetters: Send + Sync {
    /// Puts letters of one tenant on stable storage: good only when they are there.
    async fn bury(&self, tenant: &str, letters: Vec<Letter>) -> Result<(), String>;
}

/// Something that somebody should know of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alarm {
    /// Nothing is sent until somebody changes something.
    Held {
        /// The destination's name.
        sink: String,
        /// What it said.
        reason: String,
    },
    /// It takes records again.
    Released {
        /// The destination's name.
        sink: String,
    },
}

/// Who is told.
pub trait Alarms: Send + Sync {
    /// Takes an alarm; never waits.
    fn raise(&self, alarm: Alarm);
}
