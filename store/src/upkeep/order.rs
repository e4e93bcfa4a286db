//! How the rows of a merged file are sorted, and which stay.
//!
//! By conversation and time, so that what is asked for together lies together, and compresses
//! well; where there is no conversation, by what a row is one of many of. `audit` stays in the
//! order of the log. Of a derived table the newest revision of each id stays.

use std::collections::HashMap;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use seam_schema::table::Table;

use crate::fold::ids;
use crate::sorted::{RowAt, sort};

/// The columns by which the rows of a merged file are sorted.
pub(super) fn sort_columns(table: Table) -> &'static [&'static str] {
    match table {
        Table::Events => &["session_id", "time", "offset_sequence", "offset_index"],
        Table::Metrics => &["series_id", "time", "offset_sequence", "offset_index"],
        Table::Audit | Table::DeadLetters => &["offset_sequence", "offset_index"],
        Table::Ledger => &["minute", "agent", "agent_version", "signal", "name"],
        Table::Actions => &["session_id", "revision", "action_id"],
        Table::Turns => &["session_id", "revision", "turn_row_id"],
        Table::Sessions => &["session_id", "revision", "session_row_id"],
        Table::Links => &["session_id", "revision", "link_id"],
        Table::Gaps => &["session_id", "revision", "gap_id"],
    }
}

/// What the footer says of that order; nothing where it is that of the offsets.
pub(super) fn sorted_by(table: Table) -> Option<&'static str> {
    match table {
        Table::Events => Some("session_id,time"),
        Table::Metrics => Some("series_id,time"),
        Table::Ledger => Some("minute"),
        Table::Audit | Table::DeadLetters => None,
        Table::Actions | Table::Turns | Table::Sessions | Table::Links | Table::Gaps => {
            Some("session_id,revision")
        }
    }
}

/// The columns that are read to tell.
pub(super) fn key_columns(table: Table) -> Vec<&'static str> {
    let mut columns = sort_columns(table).to_vec();
    columns.extend(table.is_derived().then_some("retracted"));
    columns
}

/// The rows that a merged file has, in its order; `rows` says where each of the keys stands.
/// Rows that are no more go where `is_all` says that no older revision of them is left.
pub(super) fn order(
    table: Table,
    keys: &RecordBatch,
    rows: &[RowAt],
    is_all: bool,
) -> Result<Vec<RowAt>, ArrowError> {
    let columns = sort_columns(table).iter().map(|name| keys.schema().index_of(name));
    let sorted = sort(&keys.project(&columns.collect::<Result<Vec<_>, _>>()?)?)?;
    let stays = if table.is_derived() { Some(newest(table, keys, is_all)?) } else { None };
    let stays = |place: &usize| stays.as_ref().is_none_or(|stays| stays.get(*place) == Some(&true));
    Ok(sorted.into_iter().filter(stays).filter_map(|place| rows.get(place).copied()).collect())
}

/// Which rows are the newest revision of their id; of equal ones the last.
fn newest(table: Table, keys: &RecordBatch, is_all: bool) -> Result<Vec<bool>, ArrowError> {
    let lacks = |name| ArrowError::SchemaError(format!("`{}` lacks `{name}`", table.name()));
    let revisions = keys.column_by_name("revision");
    let revisions = revisions.and_then(|column| column.as_primitive_opt::<Int64Type>());
    let revisions = revisions.ok_or_else(|| lacks("revision"))?.values();
    let retracted = keys.column_by_name("retracted").and_then(|column| column.as_boolean_opt());
    let retracted = retracted.ok_or_else(|| lacks("retracted"))?;
    let mut newest: HashMap<&str, (i64, usize), foldhash::fast::RandomState> = HashMap::default();
    for ((place, id), revision) in ids(table, keys)?.iter().enumerate().zip(revisions) {
        let held = newest.entry(id.unwrap_or_default()).or_insert((*revision, place));
        if held.0 <= *revision {
            *held = (*revision, place);
        }
    }
    let mut stays = vec![false; keys.num_rows()];
    for (_, place) in newest.into_values() {
        if let Some(stays) = stays.get_mut(place) {
            *stays = !(is_all && retracted.value(place));
        }
    }
    Ok(stays)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use seam_schema::derived::Id;
    use seam_schema::derived::sessions::{SessionRow, SessionsBuilder};

    use super::*;

    /// What stays of rows of (session, revision, retracted), as places.
    fn stays(rows: &[(i64, i64, bool)], is_all: bool) -> Vec<u32> {
        let mut builder = SessionsBuilder::default();
        for (session, revision, retracted) in rows {
            builder.append(&SessionRow {
                tenant: "red".into(),
                revision: *revision,
                retracted: *retracted,
                session_row_id: Id::of("sessions", &[&session.to_string()]),
                session_id: session.to_string().into(),
                ..SessionRow::default()
            });
        }
        let places: Vec<RowAt> =
            (0..u32::try_from(rows.len()).unwrap()).map(|row| RowAt { file: 0, row }).collect();
        let batch = builder.finish().unwrap();
        let order = order(Table::Sessions, &batch, &places, is_all).unwrap();
        order.into_iter().map(|at| at.row).collect()
    }

    /// Of each id the newest revision stays, of equal ones the later, sorted by conversation.
    #[test]
    fn the_newest_revision_stays() {
        let rows = [(2, 5, false), (1, 7, false), (1, 6, false), (2, 5, false), (3, 1, false)];
        assert_eq!(stays(&rows, false), [1, 3, 4]);
        assert_eq!(stays(&rows, true), [1, 3, 4]);
    }

    /// A row that is no more stays as long as an older revision of it may stand elsewhere.
    #[test]
    fn what_is_no_more_goes_last() {
        let rows = [(1, 5, false), (1, 6, true), (2, 5, true), (2, 6, false), (3, 4, true)];
        assert_eq!(stays(&rows, false), [1, 3, 4]);
        assert_eq!(stays(&rows, true), [3]);
        assert_eq!(stays(&[(1, 5, false), (1, 6, true)], true), [0_u32; 0]);
    }
}
