//! The table `audit`: one row is one act on Seam itself.
//!
//! An act comes into the table as an internal frame whose payload is the JSON of an [`Act`].

use serde::{Deserialize, Serialize};

use crate::event::Text;
use crate::ids::EventId;
use crate::table::cell::{Day, TimeUs, columns};
use crate::table::plain::plain_table;

/// One act, as it stands in the payload of an internal frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// What was done: `query`, `flush`, ….
    pub act: String,
    /// To what it was done, or by which means.
    pub subject: String,
    /// The particulars, as a JSON value.
    pub detail: serde_json::Value,
    /// How many rows it gave out or changed.
    pub rows: Option<i64>,
    /// How it ended: `done`, `failed`, `refused`.
    pub outcome: String,
}

plain_table! {
    /// Collects rows of `audit`.
    builder AuditBuilder over AuditColumnsBuilder of AuditRow
}

columns! {
    lifetime 'a;
    /// One row of `audit`.
    row AuditRow;
    /// Collects the columns of `audit`.
    builder AuditColumnsBuilder;
    /// The log the frame stands in, 32 hex digits.
    log_id: Text<'a>,
    /// The frame in its log.
    offset_sequence: i64,
    /// Always 0: a frame holds one act.
    offset_index: i64,
    /// The act's id.
    event_id: EventId,
    /// Whose data it was done to. Partition.
    tenant: Text<'a>,
    /// Who did it.
    principal: Text<'a>,
    /// From where.
    peer_address: Option<Text<'a>>,
    /// When its frame was received.
    received_at: TimeUs,
    /// The day of `received_at`. Partition.
    day: Day,
    /// The same as `received_at`.
    time: TimeUs,
    /// `time` in nanoseconds.
    time_unix_nano: i64,
    /// What was done.
    act: Option<Text<'a>>,
    /// To what.
    subject: Option<Text<'a>>,
    /// The particulars, as JSON.
    detail: Option<Text<'a>>,
    /// How many rows it gave out or changed.
    rows: Option<i64>,
    /// How it ended.
    outcome: Option<Text<'a>>,
}
