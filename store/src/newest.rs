//! The newest revisions of a derived table, all of them or those of some conversations.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use seam_schema::stitch::Name;
use seam_schema::table::Table;

use crate::error::ReadError;
use crate::fold::newest_revisions;
use crate::pick::Pick;
use crate::read::FileRows;
use crate::snapshot::Snapshot;

/// So many rows are collected beyond those that were left by the last fold.
const FOLD_ROWS: usize = 64 << 10;

impl Snapshot {
    /// The newest revision of each row of a derived table, retracted ones too, with the named
    /// columns besides its id and `revision`; all columns where none is named. `None` if there
    /// is no row, or no such table.
    pub async fn newest_revisions(
        &self,
        table: Table,
        columns: &[&str],
    ) -> Result<Option<RecordBatch>, ReadError> {
        self.newest(table, columns, None).await
    }

    /// The same of the rows of some conversations of one tenant, with all columns.
    pub async fn newest_revisions_of(
        &self,
        table: Table,
        tenant: &str,
        sessions: &[Name],
    ) -> Result<Option<RecordBatch>, ReadError> {
        self.newest(table, &[], Some((tenant, sessions))).await
    }

    async fn newest(
        &self,
        table: Table,
        columns: &[&str],
        of: Option<(&str, &[Name])>,
    ) -> Result<Option<RecordBatch>, ReadError> {
        let Some(state) = self.table(table) else { return Ok(None) };
        let (indices, schema) = projection(table, columns);
        let pick = of.map(|(tenant, sessions)| pick(tenant, sessions));
        let mut folding = Folding { table, batches: Vec::new(), rows: 0, kept: 0 };
        for file in state.files.iter() {
            if of.is_some_and(|(tenant, _)| tenant != file.tenant) {
                continue;
            }
            let schema = Arc::clone(&schema);
            let rows = match &pick {
                Some(pick) => {
                    FileRows::open_picked(self.reader(), file, schema, &pick.of_files).await?
                }
                None => Some(FileRows::open(self.reader(), file, schema).await?),
            };
            let Some(mut rows) = rows else { continue };
            while let Some(batch) = rows.next().await? {
                folding.push(batch).map_err(|error| content(table, &error))?;
            }
        }
        for batch in &state.tail {
            let batch = match &pick {
                Some(pick) => pick.of_tail.of_batch(batch, &indices),
                None => batch.project(&indices).map(Some),
            };
            let pushed = batch.and_then(|batch| batch.map_or(Ok(()), |batch| folding.push(batch)));
            pushed.map_err(|error| content(table, &error))?;
        }
        folding.fold().map_err(|error| content(table, &error))?;
        Ok(folding.batches.pop().filter(|batch| batch.num_rows() > 0))
    }
}

fn content(table: Table, error: &ArrowError) -> ReadError {
    ReadError::Content { path: table.name().to_owned(), what: error.to_string() }
}

fn projection(table: Table, columns: &[&str]) -> (Vec<usize>, SchemaRef) {
    let schema = table.schema();
    let wanted = |name: &str| {
        columns.is_empty()
            || columns.contains(&name)
            || name == "revision"
            || table.id_column() == Some(name)
    };
    let fields = schema.fields().iter().enumerate();
    let (indices, fields): (Vec<usize>, Vec<_>) = fields
        .filter(|(_, field)| wanted(field.name()))
        .map(|(index, field)| (index, Arc::clone(field)))
        .unzip();
    (indices, Arc::new(Schema::new(fields)))
}

/// The rows of some conversations: files have their tenant in their path, a tail in a column.
struct Picks {
    of_files: Pick,
    of_tail: Pick,
}

fn pick(tenant: &str, sessions: &[Name]) -> Picks {
    let wanted: Arc<HashSet<Name>> = Arc::new(sessions.iter().cloned().collect());
    let pick = |tenant: Option<Name>| {
        let wanted = Arc::clone(&wanted);
        let keep = move |batch: &RecordBatch| -> BooleanArray {
            let column = |name: &str| batch.column_by_name(name)?.as_string_opt::<i32>();
            let (sessions, tenants) = (column("session_id"), column("tenant"));
            let keep = |row: usize| {
                let is_of = sessions.is_some_and(|ids| wanted.contains(ids.value(row)));
                let tenant_of = tenants.map(|names| names.value(row));
                is_of && (tenant.is_none() || tenant_of == tenant.as_deref())
            };
            (0..batch.num_rows()).map(|row| Some(keep(row))).collect()
        };
        Pick {
            columns: vec!["session_id"],
            any_of: vec![("session_id", sessions.to_vec())],
            keep: Arc::new(keep),
        }
    };
    Picks { of_files: pick(None), of_tail: pick(Some(tenant.into())) }
}

/// Collects batches and folds them now and then, so that it never holds much more than is left
/// in the end.
struct Folding {
    table: Table,
    batches: Vec<RecordBatch>,
    rows: usize,
    /// How many rows the last fold left.
    kept: usize,
}

impl Folding {
    fn push(&mut self, batch: RecordBatch) -> Result<(), ArrowError> {
        self.rows += batch.num_rows();
        self.batches.push(batch);
        if self.rows > self.kept * 2 + FOLD_ROWS { self.fold() } else { Ok(()) }
    }

    fn fold(&mut self) -> Result<(), ArrowError> {
        let folded = newest_revisions(self.table, &self.batches.iter().collect::<Vec<_>>())?;
        self.batches = folded.into_iter().collect();
        self.kept = self.batches.iter().map(RecordBatch::num_rows).sum();
        self.rows = self.kept;
        Ok(())
    }
}
