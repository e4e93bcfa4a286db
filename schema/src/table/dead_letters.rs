//! The table `dead_letters`: one row is one record that a destination will not take as it is, or
//! the news that one of them got there after all.
//!
//! Letters come into the table as a frame of their own kind whose payload is the JSON of a list of
//! [`Letter`]s of one tenant. They hold no content: the record itself stands in its table.

use serde::{Deserialize, Serialize};

use crate::event::Text;
use crate::ids::EventId;
use crate::table::cell::{Day, TimeUs, columns};
use crate::table::plain::plain_table;

/// One letter, as it stands in the payload of its frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// The destination's name.
    pub sink: String,
    /// What becomes of the record: `dead`, or `delivered` after a replay.
    pub state: String,
    /// The record's id: an `event_id`, or `<action_id>.<revision>`.
    pub record_id: String,
    /// The table the record is a row of.
    pub record_table: String,
    /// Where it stands there: the log, 32 hex digits.
    pub record_log_id: String,
    /// The frame; of an action the frame that caused the revision.
    pub record_sequence: i64,
    /// The record in the frame.
    pub record_index: i64,
    /// The record's conversation; empty where it has none.
    pub session_id: String,
    /// What the destination said: codes and names of fields, never content.
    pub reason: String,
    /// How often it was sent.
    pub attempts: i64,
    /// The format of the document.
    pub format: String,
    /// The document's length.
    pub document_bytes: i64,
    /// The BLAKE3 hash of the document, 64 hex digits.
    pub document_blake3: String,
}

/// A record that the destination will not take.
pub const DEAD: &str = "dead";
/// A record that got there after it was dead.
pub const DELIVERED: &str = "delivered";

plain_table! {
    /// Collects rows of `dead_letters`.
    builder DeadLettersBuilder over DeadLetterColumnsBuilder of DeadLetterRow
}

columns! {
    lifetime 'a;
    /// One row of `dead_letters`.
    row DeadLetterRow;
    /// Collects the columns of `dead_letters`.
    builder DeadLetterColumnsBuilder;
    /// The log the letter's frame stands in, 32 hex digits.
    log_id: Text<'a>,
    /// The letter's frame in its log.
    offset_sequence: i64,
    /// The letter in its frame, from 0.
    offset_index: i64,
    /// The letter's own id.
    event_id: EventId,
    /// Whose record it is. Partition.
    tenant: Text<'a>,
    /// When its frame was received.
    received_at: TimeUs,
    /// The day of `received_at`. Partition.
    day: Day,
    /// The same as `received_at`.
    time: TimeUs,
    /// `time` in nanoseconds.
    time_unix_nano: i64,
    /// The destination.
    sink: Text<'a>,
    /// `dead`, or `delivered` after a replay; the newest row of a sink and record counts.
    state: Text<'a>,
    /// The record's id.
    record_id: Text<'a>,
    /// The table the record is a row of.
    record_table: Text<'a>,
    /// Where it stands there: the log.
    record_log_id: Text<'a>,
    /// The frame.
    record_sequence: i64,
    /// The record in the frame.
    record_index: i64,
    /// The record's conversation.
    session_id: Option<Text<'a>>,
    /// What the destination said.
    reason: Option<Text<'a>>,
    /// How often it was sent.
    attempts: i64,
    /// The format of the document.
    format: Text<'a>,
    /// The document's length in bytes.
    document_bytes: i64,
    /// The BLAKE3 hash of the document.
    document_blake3: Text<'a>,
}
