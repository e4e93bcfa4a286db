//! What is derived again, beside what the tables hold: where they differ, and the revisions that
//! make it good.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Int64Array, RecordBatch, StringArray,
};
use arrow::compute::interleave_record_batch;
use arrow::datatypes::{Date32Type, Int64Type};
use arrow::error::ArrowError;
use seam_schema::ids::{LogId, Sequence};
use seam_schema::table::Table;

use crate::fold::ids;

/// The columns that say how a revision came about, not what it says. All revisions of a row keep
/// the day of the first.
const NOT_COMPARED: [&str; 6] =
    ["day", "revision", "caused_by_log", "caused_by_sequence", "caused_by_index", SUPERSEDES];
/// Which settled revision a row replaces.
const SUPERSEDES: &str = "supersedes";

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The tables do not have it.
    New,
    /// They have it, and it says something else.
    Changed,
    /// They have it, and there is no such row.
    Retracted,
}

impl Change {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Retracted => "retracted",
        }
    }
}

/// One row in which they differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Whose it is.
    pub tenant: String,
    /// The row's id.
    pub id: String,
    /// The conversation it belongs to.
    pub session_id: String,
    /// What became of it.
    pub change: Change,
    /// The columns that say something else, in the order of the table.
    pub columns: Vec<String>,
}

/// What the new revisions name as their cause.
#[derive(Debug, Clone, Copy)]
pub struct Cause {
    /// When the frame was received, in microseconds since 1970.
    pub received_us: i64,
    /// Its log.
    pub log_id: LogId,
    /// Its number there.
    pub sequence: Sequence,
}

/// Compares rows of a derived table, each id once on either side and all columns present. Gives
/// the differences, and for each of them, in the same order, the row's next revision.
pub fn differing(
    table: Table,
    known: Option<&RecordBatch>,
    derived: Option<&RecordBatch>,
    cause: Cause,
) -> Result<(Vec<Difference>, Option<RecordBatch>), ArrowError> {
    let empty = RecordBatch::new_empty(table.schema());
    let sides = Sides::new(table, known.unwrap_or(&empty), derived.unwrap_or(&empty))?;
    let mut found = Vec::new();
    let mut next = Next::default();
    for row in 0..sides.derived.num_rows() {
        if sides.derived_retracted.value(row) {
            continue;
        }
        let held = sides.known_at.get(sides.derived_ids.value(row)).copied();
        let (change, columns) = match held.filter(|held| !sides.known_retracted.value(*held)) {
            None => (Change::New, Vec::new()),
            Some(held) => (Change::Changed, sides.columns(held, row)),
        };
        if change == Change::New || !columns.is_empty() {
            found.push(sides.difference(sides.derived, row, change, columns)?);
            next.push((1, row), held, false);
        }
    }
    let derived: std::collections::HashSet<&str> = sides.derived_ids.iter().flatten().collect();
    for row in 0..sides.known.num_rows() {
        if !sides.known_retracted.value(row) && !derived.contains(sides.known_ids.value(row)) {
            found.push(sides.difference(sides.known, row, Change::Retracted, Vec::new())?);
            next.push((0, row), Some(row), true);
        }
    }
    if found.is_empty() {
        return Ok((found, None));
    }
    let batch = next.build(&sides, cause)?;
    Ok((found, Some(batch)))
}

/// Both sides, their columns at hand.
struct Sides<'b> {
    known: &'b RecordBatch,
    derived: &'b RecordBatch,
    known_ids: &'b StringArray,
    derived_ids: &'b StringArray,
    known_retracted: &'b BooleanArray,
    derived_retracted: &'b BooleanArray,
    known_at: HashMap<&'b str, usize>,
}

impl<'b> Sides<'b> {
    fn new(
        table: Table,
        known: &'b RecordBatch,
        derived: &'b RecordBatch,
    ) -> Result<Self, ArrowError> {
        let known_ids = ids(table, known)?;
        let rows = known_ids.iter().flatten().enumerate();
        Ok(Self {
            known,
            derived,
            known_ids,
            derived_ids: ids(table, derived)?,
            known_retracted: retracted(known)?,
            derived_retracted: retracted(derived)?,
            known_at: rows.map(|(row, id)| (id, row)).collect(),
        })
    }

    /// The columns in which two rows differ.
    fn columns(&self, known: usize, derived: usize) -> Vec<String> {
        let schema = self.derived.schema();
        let names = schema.fields().iter().map(|field| field.name());
        names
            .filter(|name| !NOT_COMPARED.contains(&name.as_str()))
            .filter(|name| {
                let cell = |batch: &RecordBatch, row| {
                    batch.column_by_name(name).map(|column| column.slice(row, 1))
                };
                cell(self.known, known) != cell(self.derived, derived)
            })
            .cloned()
            .collect()
    }

    fn difference(
        &self,
        batch: &RecordBatch,
        row: usize,
        change: Change,
        columns: Vec<String>,
    ) -> Result<Difference, ArrowError> {
        let ids = if std::ptr::eq(batch, self.known) { self.known_ids } else { self.derived_ids };
        let text = |name| {
            let column =
                batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
            column.map(|texts| texts.value(row).to_owned()).ok_or_else(|| lacks(name))
        };
        let (tenant, session_id) = (text("tenant")?, text("session_id")?);
        Ok(Difference { tenant, id: ids.value(row).to_owned(), session_id, change, columns })
    }
}

fn retracted(batch: &RecordBatch) -> Result<&BooleanArray, ArrowError> {
    let column = batch.column_by_name("retracted").and_then(|column| column.as_boolean_opt());
    column.ok_or_else(|| lacks("retracted"))
}

fn lacks(column: &str) -> ArrowError {
    ArrowError::SchemaError(format!("derived rows lack the column `{column}`"))
}

/// The next revisions of rows.
#[derive(Default)]
struct Next {
    /// Side (0 known, 1 derived) and row.
    rows: Vec<(usize, usize)>,
    /// The row that is known, if there is one.
    known: Vec<Option<usize>>,
    retracted: Vec<bool>,
}

impl Next {
    fn push(&mut self, row: (usize, usize), known: Option<usize>, retracted: bool) {
        self.rows.push(row);
        self.known.push(known);
        self.retracted.push(retracted);
    }

    fn build(&self, sides: &Sides<'_>, cause: Cause) -> Result<RecordBatch, ArrowError> {
        let batch = interleave_record_batch(&[sides.known, sides.derived], &self.rows)?;
        let column = |batch: &RecordBatch, name: &str| {
            batch.column_by_name(name).cloned().ok_or_else(|| lacks(name))
        };
        let (days, known_days) = (column(&batch, "day")?, column(sides.known, "day")?);
        let known_revisions = column(sides.known, "revision")?;
        let known_revisions = known_revisions.as_primitive::<Int64Type>();
        let days = self.known.iter().zip(days.as_primitive::<Date32Type>().values());
        let days = days.map(|(known, day)| {
            known.map_or(*day, |known| known_days.as_primitive::<Date32Type>().value(known))
        });
        // Later than what is known, and not earlier than what has caused it.
        let revisions = self.known.iter().map(|known| {
            let after = known.map(|known| known_revisions.value(known).saturating_add(1));
            after.unwrap_or(cause.received_us).max(cause.received_us)
        });
        let rows = self.rows.len();
        let log = cause.log_id.to_string();
        let mut changed: HashMap<&str, ArrayRef> = HashMap::from([
            ("day", Arc::new(Date32Array::from_iter_values(days)) as ArrayRef),
            ("revision", Arc::new(Int64Array::from_iter_values(revisions)) as ArrayRef),
            ("retracted", Arc::new(BooleanArray::from(self.retracted.clone())) as ArrayRef),
            ("caused_by_sequence", Arc::new(Int64Array::from_value(cause.sequence.0, rows)) as _),
            ("caused_by_index", Arc::new(Int64Array::from_value(i64::MAX, rows)) as ArrayRef),
        ]);
        let logs = StringArray::from_iter_values(std::iter::repeat_n(log, rows));
        changed.insert("caused_by_log", Arc::new(logs));
        if let Some(supersedes) = self.superseded(sides)? {
            changed.insert(SUPERSEDES, Arc::new(supersedes));
        }
        let schema = batch.schema();
        let columns = schema.fields().iter().zip(batch.columns());
        let columns = columns
            .map(|(field, column)| {
                changed.remove(field.name().as_str()).unwrap_or_else(|| Arc::clone(column))
            })
            .collect();
        RecordBatch::try_new(schema, columns)
    }

    /// The settled revisions that the next ones replace: the one that is known, or what it replaced
    /// itself. Nothing for a table that does not say so.
    fn superseded(&self, sides: &Sides<'_>) -> Result<Option<Int64Array>, ArrowError> {
        let Some(replaced) = sides.known.column_by_name(SUPERSEDES) else { return Ok(None) };
        let column = |name: &str| sides.known.column_by_name(name).ok_or_else(|| lacks(name));
        let (revisions, settled) = (column("revision")?, column("settled")?);
        let (revisions, replaced) =
            (revisions.as_primitive::<Int64Type>(), replaced.as_primitive::<Int64Type>());
        let settled = settled.as_boolean();
        let of = |known: usize| {
            if settled.value(known) {
                return Some(revisions.value(known));
            }
            replaced.is_valid(known).then(|| replaced.value(known))
        };
        Ok(Some(self.known.iter().map(|known| known.and_then(of)).collect()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use seam_schema::derived::sessions::SessionRow;

    use super::*;
    use crate::testing::{LOG, session_id_of, sessions_batch};

    const CAUSE: Cause = Cause { received_us: 50, log_id: LOG, sequence: Sequence(7) };

    /// What is new, says something else or is gone has a next revision; what is the same has none.
    #[test]
    fn differences_have_a_next_revision() {
        let known = sessions_batch(&[(1, 10, 5), (2, 90, 5), (3, 10, 5)]);
        let derived = sessions_batch(&[(1, 0, 5), (2, 0, 6), (4, 0, 1)]);
        let (found, next) =
            differing(Table::Sessions, Some(&known), Some(&derived), CAUSE).unwrap();
        let told: Vec<_> = found
            .iter()
            .map(|found| (found.session_id.as_str(), found.change, found.columns.concat()))
            .collect();
        let events = "events".to_owned();
        assert_eq!(
            told,
            [
                ("2", Change::Changed, events),
                ("4", Change::New, String::new()),
                ("3", Change::Retracted, String::new())
            ]
        );
        let next = next.unwrap();
        let rows: Vec<_> = (0..next.num_rows())
            .map(|row| SessionRow::read(&next, row))
            .map(|row| (session_id_of(&row), row.revision, row.events, row.retracted))
            .collect();
        assert_eq!(rows, [(2, 91, 6, false), (4, 50, 1, false), (3, 50, 5, true)]);
    }

    /// A retracted row that is derived again is new, and equal sides have no difference.
    #[test]
    fn a_second_look_finds_nothing() {
        let known = sessions_batch(&[(1, 10, 5), (3, 10, 5)]);
        let derived = sessions_batch(&[(1, 0, 5)]);
        let (_, gone) = differing(Table::Sessions, Some(&known), Some(&derived), CAUSE).unwrap();
        let gone = gone.unwrap();
        let (none, next) = differing(Table::Sessions, Some(&gone), None, CAUSE).unwrap();
        assert!(none.is_empty() && next.is_none());
        let again = sessions_batch(&[(3, 0, 5)]);
        let (found, _) = differing(Table::Sessions, Some(&gone), Some(&again), CAUSE).unwrap();
        assert_eq!(found.first().unwrap().change, Change::New);
        let (none, _) = differing(Table::Sessions, Some(&known), Some(&known), CAUSE).unwrap();
        assert!(none.is_empty());
    }

    /// A next revision names the settled one that it replaces.
    #[test]
    fn a_next_revision_names_what_it_replaces() {
        use seam_schema::derived::Id;
        use seam_schema::derived::actions::{ActionRow, ActionsBuilder};

        let actions = |rows: &[(&str, i64, bool, Option<i64>, &'static str)]| {
            let mut builder = ActionsBuilder::default();
            for (id, revision, settled, supersedes, tool) in rows {
                builder.append(&ActionRow {
                    tenant: "red".into(),
                    revision: *revision,
                    settled: *settled,
                    supersedes: *supersedes,
                    action_id: Id::of("action", &[id]),
                    tool: Some((*tool).into()),
                    ..ActionRow::default()
                });
            }
            builder.finish().unwrap()
        };
        let known = actions(&[
            ("a", 10, true, None, "was"),
            ("b", 20, false, Some(15), "was"),
            ("c", 30, true, Some(25), "same"),
        ]);
        let derived = actions(&[
            ("a", 0, true, None, "is"),
            ("b", 0, true, None, "is"),
            ("c", 0, true, None, "same"),
            ("d", 0, true, None, "new"),
        ]);
        let (_, next) = differing(Table::Actions, Some(&known), Some(&derived), CAUSE).unwrap();
        let next = next.unwrap();
        let rows: Vec<_> = (0..next.num_rows())
            .map(|row| ActionRow::read(&next, row))
            .map(|row| (row.tool.unwrap().into_owned(), row.supersedes))
            .collect();
        let was = |tool: &str, replaced| (tool.to_owned(), replaced);
        assert_eq!(rows, [was("is", Some(10)), was("is", Some(15)), was("new", None)]);
    }
}
