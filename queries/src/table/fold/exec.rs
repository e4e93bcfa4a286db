//! The fold as a step of a plan.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{
    Boundedness, EmissionType, EvaluationType, SchedulingType,
};
use datafusion::physical_plan::filter_pushdown::{
    ChildFilterDescription, ChildPushdownResult, FilterDescription, FilterPushdownPhase,
    FilterPushdownPropagation,
};
use datafusion::physical_plan::stream::{RecordBatchReceiverStream, RecordBatchStreamAdapter};
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning,
    PlanProperties,
};
use futures::StreamExt;
use seam_store::DataFile;

use super::is_shared;
use super::marks::{RETRACTED, REVISION};
use super::order::Order;
use super::stream::Folding;
use crate::table::files;

/// How many batches wait for a slow reader.
const BATCHES_AHEAD: usize = 1;

/// Which columns come out, and by which column is folded.
#[derive(Debug)]
pub(super) struct Shape {
    /// The column with the ids, whether it comes out or not.
    pub(super) id: &'static str,
    /// What comes out, as places in the table.
    pub(super) projection: Vec<usize>,
    /// What comes out.
    pub(super) schema: SchemaRef,
}

/// What is read; partition `n` of each is its `n`th file.
#[derive(Debug, Clone, Default)]
pub(super) struct Inputs {
    /// The rows of [`Order::alone`]: first the columns that come out, then the marks.
    pub(super) alone: Option<Arc<dyn ExecutionPlan>>,
    /// The marks and revisions of [`Order::mixed`].
    pub(super) keys: Option<Arc<dyn ExecutionPlan>>,
    /// The rows of [`Order::mixed`]: first the columns that come out, then marks and revisions.
    pub(super) mixed: Option<Arc<dyn ExecutionPlan>>,
}

/// Gives of each id the newest revision, unless it is retracted.
#[derive(Debug, Clone)]
pub(super) struct FoldExec {
    shape: Arc<Shape>,
    order: Arc<Order>,
    inputs: Inputs,
    properties: Arc<PlanProperties>,
}

impl FoldExec {
    /// A plan that gives columns `projection` of a table.
    pub(super) fn new(
        table: &SchemaRef,
        id: &'static str,
        projection: Vec<usize>,
        order: Order,
        state: &dyn Session,
    ) -> Result<Self> {
        let schema = Arc::new(table.project(&projection)?);
        let marks = [id, RETRACTED];
        let keys: Vec<&str> = marks.into_iter().chain(REVISION).collect();
        let read = |files: &[Arc<DataFile>], first: &[usize], more: &[&str]| {
            let columns = with(table, first, more)?;
            let read = || files::scan_each(table, files, &columns, state);
            (!files.is_empty()).then(read).transpose()
        };
        // Filters reach the keys only by columns that stand there.
        let is_shared = |place: &&usize| is_shared(table.field(**place).name(), id);
        let shared: Vec<usize> = projection.iter().filter(is_shared).copied().collect();
        let inputs = Inputs {
            alone: read(&order.alone, &projection, &marks)?,
            keys: read(&order.mixed, &shared, &keys)?,
            mixed: read(&order.mixed, &projection, &keys)?,
        };
        let parts = order.folds.len().clamp(1, state.config().target_partitions());
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&schema)),
            Partitioning::UnknownPartitioning(parts),
            EmissionType::Incremental,
            Boundedness::Bounded,
        )
        .with_evaluation_type(EvaluationType::Eager)
        .with_scheduling_type(SchedulingType::Cooperative);
        let shape = Arc::new(Shape { id, projection, schema });
        Ok(Self { shape, order: Arc::new(order), inputs, properties: Arc::new(properties) })
    }

    /// The places of columns that all revisions of an id share, among those that come out.
    fn shared(&self) -> HashSet<usize> {
        let fields = self.shape.schema.fields().iter().enumerate();
        let shared = fields.filter(|(_, field)| is_shared(field.name(), self.shape.id));
        shared.map(|(place, _)| place).collect()
    }
}

/// The places of some columns and, behind them, of those of `more` that are not among them.
fn with(table: &Schema, first: &[usize], more: &[&str]) -> Result<Vec<usize>> {
    let mut places = first.to_vec();
    for name in more {
        let place = table.index_of(name)?;
        if !places.contains(&place) {
            places.push(place);
        }
    }
    Ok(places)
}

impl DisplayAs for FoldExec {
    fn fmt_as(&self, kind: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Order { folds, alone, mixed } = self.order.as_ref();
        match kind {
            DisplayFormatType::Default | DisplayFormatType::Verbose => write!(
                f,
                "FoldExec: newest of each {}, days={}, files={}, of them mixed={}",
                self.shape.id,
                folds.len(),
                alone.len() + mixed.len(),
                mixed.len()
            ),
            DisplayFormatType::TreeRender => write!(f, "newest of each {}", self.shape.id),
        }
    }
}

impl ExecutionPlan for FoldExec {
    fn name(&self) -> &'static str {
        "FoldExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        let Inputs { alone, keys, mixed } = &self.inputs;
        [alone, keys, mixed].into_iter().flatten().collect()
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false; self.children().len()]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut new = Self::clone(&self);
        let mut children = children.into_iter();
        let Inputs { alone, keys, mixed } = &mut new.inputs;
        for input in [alone, keys, mixed].into_iter().flatten() {
            let files = input.output_partitioning().partition_count();
            match children.next() {
                Some(child) if child.output_partitioning().partition_count() == files => {
                    *input = child;
                }
                _ => return internal_err!("a fold needs each file as a partition of its own"),
            }
        }
        Ok(Arc::new(new))
    }

    /// Begins to read when the first rows are asked for: by then a join may know which.
    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let (shape, order) = (Arc::clone(&self.shape), Arc::clone(&self.order));
        let (inputs, parts) =
            (self.inputs.clone(), self.properties.output_partitioning().partition_count());
        let schema = Arc::clone(&shape.schema);
        let rows = async move {
            let mut rows =
                RecordBatchReceiverStream::builder(Arc::clone(&shape.schema), BATCHES_AHEAD);
            let folding = Folding::new(shape, inputs, context, rows.tx());
            rows.spawn(folding.run(order, partition, parts));
            rows.build()
        };
        let rows = futures::stream::once(rows).flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, rows)))
    }

    /// Lets through what holds for all revisions of an id or for none.
    fn gather_filters_for_pushdown(
        &self,
        _: FilterPushdownPhase,
        filters: Vec<Arc<dyn PhysicalExpr>>,
        _: &ConfigOptions,
    ) -> Result<FilterDescription> {
        let mut description = FilterDescription::new();
        for child in self.children() {
            let child = ChildFilterDescription::from_child_with_allowed_indices(
                &filters,
                self.shared(),
                child,
            )?;
            description = description.with_child(child);
        }
        Ok(description)
    }

    /// The tail is not filtered here: whoever asks has to look at the rows again.
    fn handle_child_pushdown_result(
        &self,
        _: FilterPushdownPhase,
        result: ChildPushdownResult,
        _: &ConfigOptions,
    ) -> Result<FilterPushdownPropagation<Arc<dyn ExecutionPlan>>> {
        Ok(FilterPushdownPropagation::all_unsupported(result))
    }
}
