//! Of all revisions of one id the newest.
//!
//! A derived row changes as long as its conversation goes on, so a tail would grow with the
//! number of revisions. It is folded instead: when batches are merged, and again when a tail is
//! written, so that a file holds each id once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use arrow::array::{AsArray, StringArray};
use arrow::compute::{concat_batches, interleave_record_batch};
use arrow::datatypes::Int64Type;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use seam_schema::table::Table;

/// The newest revision of each id, in the order they came; of equal revisions the later row.
///
/// The batches have one schema: all columns of a derived table, or some, with its id column and
/// `revision` among them.
pub(crate) fn newest_revisions(
    table: Table,
    batches: &[&RecordBatch],
) -> Result<Option<RecordBatch>, ArrowError> {
    let Some(first) = batches.first() else { return Ok(None) };
    match without_old(table, batches)? {
        Some(newest) => Ok(Some(newest)),
        None => concat_batches(&first.schema(), batches.iter().copied()).map(Some),
    }
}

/// The newest revision of each id; `None` if that is every row, so that nothing need be copied.
pub(crate) fn without_old(
    table: Table,
    batches: &[&RecordBatch],
) -> Result<Option<RecordBatch>, ArrowError> {
    let kept = kept(table, batches)?;
    kept.map(|kept| interleave_record_batch(batches, &kept)).transpose()
}

/// The newest revision of each id, as batch and row; `None` if that is every row.
fn kept(table: Table, batches: &[&RecordBatch]) -> Result<Option<Vec<(usize, usize)>>, ArrowError> {
    let mut newest: HashMap<&str, (usize, i64), foldhash::fast::RandomState> = HashMap::default();
    let mut kept: Vec<Option<(usize, usize)>> = Vec::new();
    for (at, batch) in batches.iter().enumerate() {
        let ids = ids(table, batch)?;
        let revisions = batch
            .column_by_name("revision")
            .and_then(|column| column.as_primitive_opt::<Int64Type>())
            .ok_or_else(|| lacks(table, "revision"))?;
        for (row, (id, revision)) in ids.iter().zip(revisions.values()).enumerate() {
            match newest.entry(id.unwrap_or_default()) {
                Entry::Occupied(held) if held.get().1 > *revision => continue,
                Entry::Occupied(mut held) => {
                    let (place, _) = held.insert((kept.len(), *revision));
                    if let Some(older) = kept.get_mut(place) {
                        *older = None;
                    }
                }
                Entry::Vacant(free) => {
                    free.insert((kept.len(), *revision));
                }
            }
            kept.push(Some((at, row)));
        }
    }
    let rows: usize = batches.iter().map(|batch| batch.num_rows()).sum();
    let kept: Vec<(usize, usize)> = kept.into_iter().flatten().collect();
    Ok((kept.len() < rows).then_some(kept))
}

/// The ids of the rows of a derived table.
pub(crate) fn ids(table: Table, batch: &RecordBatch) -> Result<&StringArray, ArrowError> {
    let name = table.id_column().unwrap_or_default();
    let column = batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
    column.ok_or_else(|| lacks(table, name))
}

fn lacks(table: Table, column: &str) -> ArrowError {
    ArrowError::SchemaError(format!("rows of `{}` lack the column `{column}`", table.name()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use seam_schema::derived::sessions::SessionRow;

    use super::*;
    use crate::testing::{session_id_of, sessions_batch};

    /// What is left, as (session, revision, events).
    fn fold(batches: &[RecordBatch]) -> Vec<(i64, i64, i64)> {
        let batches: Vec<&RecordBatch> = batches.iter().collect();
        let folded = newest_revisions(Table::Sessions, &batches).unwrap().unwrap();
        (0..folded.num_rows())
            .map(|row| {
                let row = SessionRow::read(&folded, row);
                (session_id_of(&row), row.revision, row.events)
            })
            .collect()
    }

    /// The newest revision is kept wherever it stands, and of equal ones the later.
    #[test]
    fn the_newest_revision_is_kept() {
        let one = sessions_batch(&[(1, 10, 0), (2, 10, 0), (3, 10, 0)]);
        let two = sessions_batch(&[(2, 9, 1), (1, 11, 1), (3, 10, 1)]);
        let three = sessions_batch(&[(1, 12, 2), (1, 11, 3), (4, 1, 2)]);
        assert_eq!(fold(&[one, two, three]), [(2, 10, 0), (3, 10, 1), (1, 12, 2), (4, 1, 2)]);
    }

    /// Rows that are all different stay as they are.
    #[test]
    fn different_ids_are_all_kept() {
        let one = sessions_batch(&[(1, 10, 0), (2, 10, 0)]);
        let two = sessions_batch(&[(3, 1, 0)]);
        assert_eq!(fold(&[one, two]), [(1, 10, 0), (2, 10, 0), (3, 1, 0)]);
        assert!(newest_revisions(Table::Sessions, &[]).unwrap().is_none());
    }
}
