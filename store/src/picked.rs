//! The events of a snapshot that a [`Pick`] wants, from its files and its tail.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread::available_parallelism;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::ObjectStore;
use seam_schema::ids::LogId;
use seam_schema::table::Table;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use crate::error::{ReadError, StoreError};
use crate::follow::{Cursor, Position};
use crate::pick::Pick;
use crate::read::FileRows;
use crate::snapshot::{DataFile, Snapshot};

impl Snapshot {
    /// What `read` makes of the named columns of the events that are wanted among those at or
    /// before a cursor: an item for each file and tail batch, with its rows in the order they have
    /// there; each row once. A log that the cursor does not name has none.
    ///
    /// Several files are read at once, on threads of their own, and a few rows at a time: memory
    /// is held for what `read` makes of them, and not for all columns.
    pub(crate) async fn picked_events<T: Send + 'static>(
        &self,
        seen: &Cursor,
        columns: &[&str],
        may_hold: impl Fn(&DataFile, Position) -> bool,
        pick: impl Fn(Position) -> Pick,
        read: fn(&RecordBatch) -> Vec<T>,
    ) -> Result<Vec<Vec<T>>, ReadError> {
        let Some(events) = self.table(Table::Events) else { return Ok(Vec::new()) };
        let (indices, schema) = projection(columns);
        let mut reads = Vec::new();
        for file in events.files.iter() {
            let Some(last) = file.log_id.and_then(|log_id| seen.get(log_id)) else { continue };
            if may_hold(file, last) {
                let (reader, file) = (Arc::clone(self.reader()), Arc::clone(file));
                reads.push(read_file(reader, file, Arc::clone(&schema), pick(last), read));
            }
        }
        let at_once = available_parallelism().map_or(1, NonZero::get);
        let mut found: Vec<_> = stream::iter(reads).buffered(at_once).try_collect().await?;
        for batch in &events.tail {
            let Some(last) = log_of(batch).and_then(|log_id| seen.get(log_id)) else { continue };
            let picked =
                pick(last).of_batch(batch, &indices).map_err(|error| ReadError::Content {
                    path: Table::Events.name().to_owned(),
                    what: error.to_string(),
                })?;
            found.extend(picked.as_ref().map(read));
        }
        found.retain(|rows| !rows.is_empty());
        Ok(found)
    }
}

/// What is made of the wanted rows of one file.
async fn read_file<T: Send + 'static>(
    reader: Arc<dyn ObjectStore>,
    file: Arc<DataFile>,
    schema: SchemaRef,
    pick: Pick,
    read: fn(&RecordBatch) -> Vec<T>,
) -> Result<Vec<T>, ReadError> {
    let runtime = Handle::current();
    let made = spawn_blocking(move || {
        runtime.block_on(async {
            let mut made = Vec::new();
            if let Some(mut rows) = FileRows::open_picked(&reader, &file, schema, &pick).await? {
                while let Some(batch) = rows.next().await? {
                    made.append(&mut read(&batch));
                }
            }
            Ok(made)
        })
    });
    match made.await {
        Ok(made) => made,
        // What panics here is the caller's.
        Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
        Err(_) => Err(StoreError::Closing.into()),
    }
}

/// The named columns of `events`: their places, and what they are together.
fn projection(columns: &[&str]) -> (Vec<usize>, SchemaRef) {
    let schema = Table::Events.schema();
    let fields = schema.fields().iter().enumerate();
    let fields = fields.filter(|(_, field)| columns.contains(&field.name().as_str()));
    let (indices, fields): (Vec<usize>, Vec<_>) =
        fields.map(|(index, field)| (index, Arc::clone(field))).unzip();
    (indices, Arc::new(Schema::new(fields)))
}

/// The log of a batch of the tail: all its rows are of one.
fn log_of(batch: &RecordBatch) -> Option<LogId> {
    let logs = batch.column_by_name("log_id")?.as_string_opt::<i32>()?;
    LogId::parse((!logs.is_empty()).then(|| logs.value(0))?)
}
