//! The table `gaps`: one row is one hole in what was received.

use crate::derived::{Id, derived_table};
use crate::event::Text;
use crate::table::cell::TimeUs;
use crate::vocabulary::GapKind;

derived_table! {
    /// One row of `gaps`.
    row GapRow;
    /// Collects rows of `gaps`.
    builder GapsBuilder over GapColumnsBuilder;
    id gap_id;
    /// The gap: a hash over tenant, agent, session, kind and where it is.
    gap_id: Id,
    /// The conversation.
    session_id: Text<'a>,
    /// What is missing.
    kind: Option<GapKind>,
    /// The first missing number of the sender's counter.
    from_sequence: Option<i64>,
    /// The last one.
    to_sequence: Option<i64>,
    /// The time of the event that showed it.
    detected_at: Option<TimeUs>,
    /// The particulars: a call's id, a field's name.
    detail: Option<Text<'a>>,
    /// When it was filled after all: on the revision that takes the row back.
    closed_at: Option<TimeUs>,
}
