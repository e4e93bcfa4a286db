//! Reading the rows that are in no file yet.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::Result;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{Column, binary, lit};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExecBuilder;
use seam_schema::ids::Tenant;

/// A plan that reads columns `projection` of `schema` from the batches.
///
/// The columns are shared with the snapshot, not copied.
pub(crate) fn scan(
    schema: &SchemaRef,
    batches: &[Arc<RecordBatch>],
    projection: &[usize],
    tenant: Option<&Tenant>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let Some(tenant) = tenant else {
        return memory(schema, batches, projection.to_vec());
    };
    // The filter reads `tenant`, whether the statement asks for that column or not.
    let mut columns = projection.to_vec();
    columns.push(schema.index_of("tenant")?);
    let input = memory(schema, batches, columns)?;
    let last = projection.len();
    let own = binary(
        Arc::new(Column::new("tenant", last)),
        Operator::Eq,
        lit(tenant.as_str()),
        &input.schema(),
    )?;
    let filter = FilterExecBuilder::new(own, input).apply_projection(Some((0..last).collect()))?;
    Ok(Arc::new(filter.build()?))
}

fn memory(
    schema: &SchemaRef,
    batches: &[Arc<RecordBatch>],
    columns: Vec<usize>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let batches: Vec<RecordBatch> = batches.iter().map(|batch| batch.as_ref().clone()).collect();
    let exec = MemorySourceConfig::try_new_exec(&[batches], Arc::clone(schema), Some(columns))?;
    Ok(exec)
}
