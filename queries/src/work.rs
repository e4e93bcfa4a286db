//! What the query threads do with a statement that was read: plan, check, run, hand over.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::session_state::SessionState;
use datafusion::physical_plan::execute_stream;
use datafusion::sql::parser::Statement;
use futures::StreamExt;
use tokio::sync::{mpsc, oneshot};

use crate::catalog::{CATALOG, SCHEMA, names};
use crate::error::QueryError;
use crate::guard;
use crate::limits::Limits;

/// What a running statement reports.
#[derive(Debug)]
pub(crate) enum Progress {
    /// Some rows.
    Rows(RecordBatch),
    /// It is over; without this report it broke off.
    Finished(Finished),
}

/// How a statement ended.
#[derive(Debug)]
pub(crate) enum Finished {
    /// All rows were given.
    Done,
    /// It met an error.
    Failed(QueryError),
}

/// Runs a statement. A reader that goes away ends it.
pub(crate) async fn run(
    state: &SessionState,
    statement: Statement,
    limits: &Limits,
    started: oneshot::Sender<Result<SchemaRef, QueryError>>,
    progress: mpsc::Sender<Progress>,
) {
    let (mut rows, schema) = match start(state, statement, limits).await {
        Ok(rows) => {
            let schema = unique_names(&rows.schema());
            (rows, schema)
        }
        Err(error) => {
            // Nobody waits any more: there is nobody to tell.
            drop(started.send(Err(error)));
            return;
        }
    };
    if started.send(Ok(Arc::clone(&schema))).is_err() {
        return;
    }
    while let Some(batch) = rows.next().await {
        let batch = batch.map_err(QueryError::from).and_then(|batch| {
            let (columns, rows) = (batch.columns().to_vec(), batch.num_rows());
            renamed(Arc::clone(&schema), columns, rows)
        });
        let report = match batch {
            Ok(batch) => Progress::Rows(batch),
            Err(error) => Progress::Finished(Finished::Failed(error)),
        };
        let is_over = matches!(report, Progress::Finished(_));
        if progress.send(report).await.is_err() || is_over {
            return;
        }
    }
    drop(progress.send(Progress::Finished(Finished::Done)).await);
}

async fn start(
    state: &SessionState,
    statement: Statement,
    limits: &Limits,
) -> Result<SendableRecordBatchStream, QueryError> {
    let plan =
        state.statement_to_plan(statement).await.map_err(|error| with_names(error.into()))?;
    guard::check_plan(&plan, limits)?;
    let plan = state.create_physical_plan(&plan).await?;
    Ok(execute_stream(plan, state.task_ctx())?)
}

/// Tells somebody who named a table that is not there what there is.
fn with_names(error: QueryError) -> QueryError {
    let QueryError::Invalid(text) = error else { return error };
    let missing = text.strip_prefix("table '").and_then(|rest| rest.strip_suffix("' not found"));
    let Some(missing) = missing else { return QueryError::Invalid(text) };
    let own = format!("{CATALOG}.{SCHEMA}.");
    let missing = missing.strip_prefix(own.as_str()).unwrap_or(missing);
    let names: Vec<String> = names().collect();
    QueryError::Invalid(format!("there is no table `{missing}`; there are {}", names.join(", ")))
}

fn renamed(
    schema: SchemaRef,
    columns: Vec<arrow::array::ArrayRef>,
    rows: usize,
) -> Result<RecordBatch, QueryError> {
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(schema, columns, &options)?)
}

/// The same columns, no two of one name: a row of JSON must not have a key twice.
fn unique_names(schema: &SchemaRef) -> SchemaRef {
    let mut taken: HashSet<String> = HashSet::new();
    let fields = schema.fields().iter().map(|field| {
        let mut name = field.name().clone();
        let mut copy = 2_usize;
        while !taken.insert(name.clone()) {
            name = format!("{}_{copy}", field.name());
            copy += 1;
        }
        Field::clone(field).with_name(name)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}
