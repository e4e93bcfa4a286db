//! The fold itself: rows in, newest revisions out.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::SchemaRef;
use datafusion::common::{Result, exec_datafusion_err, internal_datafusion_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::ExecutionPlan;
use futures::StreamExt;
use tokio::sync::mpsc::Sender;
use tokio::task::coop::consume_budget;

use super::counted::Counted;
use super::exec::{Inputs, Shape};
use super::marks::{Marks, Revision, Revisions};
use super::order::{Order, Step, TailRows};

/// The folding of some of the days and tenants of a table.
pub(super) struct Folding {
    shape: Arc<Shape>,
    inputs: Inputs,
    context: Arc<TaskContext>,
    output: Sender<Result<RecordBatch>>,
    /// The ids of the steps before, of the fold that is read.
    seen: Counted<()>,
    /// The newest revisions in the step that is read, if its rows are mixed.
    newest: Counted<Revision>,
}

impl Folding {
    /// Gives its rows to `output`.
    pub(super) fn new(
        shape: Arc<Shape>,
        inputs: Inputs,
        context: Arc<TaskContext>,
        output: Sender<Result<RecordBatch>>,
    ) -> Self {
        let (seen, newest) = (Counted::new(&context), Counted::new(&context));
        Self { shape, inputs, context, output, seen, newest }
    }

    /// Folds every `of`th tenant and day, from the `part`th on.
    pub(super) async fn run(mut self, order: Arc<Order>, part: usize, of: usize) -> Result<()> {
        for fold in order.folds.iter().skip(part).step_by(of) {
            self.seen.clear();
            for (index, step) in fold.steps.iter().enumerate() {
                // Nobody asks for the ids of the last step.
                let remember = index + 1 < fold.steps.len();
                match step {
                    Step::Alone(file) => self.alone(*file, remember).await?,
                    Step::Mixed { tail, files } => self.mixed(tail, files, remember).await?,
                }
            }
        }
        Ok(())
    }

    /// Gives the rows of a file that holds each id once.
    async fn alone(&mut self, file: usize, remember: bool) -> Result<()> {
        let mut batches = self.open(self.inputs.alone.as_ref(), file)?;
        while let Some(batch) = batches.next().await.transpose()? {
            let marks = Marks::of(&batch, self.shape.id)?;
            if remember {
                self.seen.reserve(batch.num_rows())?;
            }
            let mut kept = Vec::with_capacity(batch.num_rows());
            for (row, index) in (0_u32..).zip(0..batch.num_rows()) {
                let id = marks.id(index);
                let is_new =
                    if remember { self.seen.insert(id, ()) } else { !self.seen.contains(&id) };
                if is_new && !marks.is_retracted(index) {
                    kept.push(row);
                }
            }
            self.give(batch.columns(), batch.num_rows(), kept).await?;
        }
        Ok(())
    }

    /// Gives the newest rows of sources that hold revisions in any order.
    async fn mixed(&mut self, tail: &[TailRows], files: &[usize], remember: bool) -> Result<()> {
        self.newest.clear();
        for TailRows { batch, rows } in tail {
            self.compare(batch, rows.iter().copied())?;
            consume_budget().await;
        }
        for file in files {
            let mut batches = self.open(self.inputs.keys.as_ref(), *file)?;
            while let Some(batch) = batches.next().await.transpose()? {
                self.compare(&batch, all_rows(&batch))?;
            }
        }
        // Of rows that claim to be one revision the last that was appended counts.
        for TailRows { batch, rows } in tail.iter().rev() {
            let kept = self.choose(batch, rows.iter().rev().copied(), remember)?;
            let columns = batch.project(&self.shape.projection)?;
            for kept in kept.chunks(self.context.session_config().batch_size()) {
                self.give(columns.columns(), batch.num_rows(), kept.to_vec()).await?;
            }
        }
        for file in files {
            let mut batches = self.open(self.inputs.mixed.as_ref(), *file)?;
            while let Some(batch) = batches.next().await.transpose()? {
                let kept = self.choose(&batch, all_rows(&batch), remember)?;
                self.give(batch.columns(), batch.num_rows(), kept).await?;
            }
        }
        self.newest.clear();
        Ok(())
    }

    /// Notes the newest revision of each id that no step before had.
    fn compare(&mut self, batch: &RecordBatch, rows: impl Iterator<Item = u32>) -> Result<()> {
        let (marks, revisions) = (Marks::of(batch, self.shape.id)?, Revisions::of(batch)?);
        self.newest.reserve(batch.num_rows())?;
        for row in rows.map(|row| row as usize) {
            let (id, revision) = (marks.id(row), revisions.at(row));
            if self.seen.contains(&id) {
                continue;
            }
            if self.newest.get(&id).is_none_or(|newest| *newest < revision) {
                self.newest.insert(id, revision);
            }
        }
        Ok(())
    }

    /// The rows that are the newest revision of an id which was not given yet.
    fn choose(
        &mut self,
        batch: &RecordBatch,
        rows: impl Iterator<Item = u32>,
        remember: bool,
    ) -> Result<Vec<u32>> {
        let (marks, revisions) = (Marks::of(batch, self.shape.id)?, Revisions::of(batch)?);
        if remember {
            self.seen.reserve(batch.num_rows())?;
        }
        let mut kept = Vec::new();
        for row in rows {
            let index = row as usize;
            let id = marks.id(index);
            if self.newest.get(&id) != Some(&revisions.at(index)) {
                continue;
            }
            self.newest.remove(&id);
            if remember {
                self.seen.insert(id, ());
            }
            if !marks.is_retracted(index) {
                kept.push(row);
            }
        }
        Ok(kept)
    }

    /// One file of an input.
    fn open(
        &self,
        input: Option<&Arc<dyn ExecutionPlan>>,
        file: usize,
    ) -> Result<SendableRecordBatchStream> {
        let input = input.ok_or_else(|| internal_datafusion_err!("a fold lacks an input"))?;
        input.execute(file, Arc::clone(&self.context))
    }

    /// Hands over some rows of a batch, of which the first columns are wanted.
    async fn give(&self, columns: &[ArrayRef], rows: usize, kept: Vec<u32>) -> Result<()> {
        if kept.is_empty() {
            return Ok(());
        }
        let schema = &self.shape.schema;
        let wanted = columns.iter().take(schema.fields().len());
        let batch = if kept.len() == rows && kept.is_sorted() {
            batch(schema, wanted.cloned().collect(), rows)?
        } else {
            let kept = UInt32Array::from(kept);
            let columns = wanted.map(|column| take(column, &kept, None));
            batch(schema, columns.collect::<Result<_, _>>()?, kept.len())?
        };
        let given = self.output.send(Ok(batch)).await;
        given.map_err(|_| exec_datafusion_err!("nobody reads any more"))
    }
}

fn all_rows(batch: &RecordBatch) -> impl Iterator<Item = u32> + use<> {
    (0_u32..).take(batch.num_rows())
}

/// A batch that may have no columns.
fn batch(schema: &SchemaRef, columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}
