//! How sending one record can end.

use std::time::Duration;

/// How sending one record ended. Reasons are for people: they name codes and fields, never
/// content, addresses with credentials, or tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The destination has it, as durably as it promises.
    Delivered,
    /// The destination had it already, under the same id. As good as delivered, counted apart.
    Duplicate,
    /// Not taken now; the same record may be taken later.
    Retry {
        /// How long the destination asked to be left alone.
        after: Option<Duration>,
        /// What it said.
        reason: String,
    },
    /// This record will never be taken as it is: it becomes a dead letter.
    Refused {
        /// What it said.
        reason: String,
    },
    /// Nothing will be taken until somebody changes a configuration or a credential. The cursor
    /// stays, an alarm is raised, the destination is probed; nothing is dropped.
    Hold {
        /// What it said.
        reason: String,
    },
    /// Nobody knows whether it was taken. It is sent again under the same id.
    Ambiguous {
        /// What went wrong.
        reason: String,
    },
}

impl Outcome {
    /// Whether the cursor may move over the record.
    pub fn is_delivered(&self) -> bool {
        matches!(self, Self::Delivered | Self::Duplicate)
    }

    /// Why it was not delivered; nothing where it was.
    pub fn reason(&self) -> &str {
        match self {
            Self::Delivered | Self::Duplicate => "",
            Self::Retry { reason, .. }
            | Self::Refused { reason }
            | Self::Hold { reason }
            | Self::Ambiguous { reason } => reason,
        }
    }

    /// The outcome of what was to be sent after this: nothing about it is ambiguous.
    pub(crate) fn unsent(self) -> Self {
        match self {
            Self::Ambiguous { reason } => {
                Self::Retry { after: None, reason: format!("not sent after: {reason}") }
            }
            other => other,
        }
    }
}
