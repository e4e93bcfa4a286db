//! A table as statements see it: the committed files and the tail, each row once.
//!
//! Whose rows a statement sees is decided here and nowhere else: a file of another tenant is
//! not opened, a row of another tenant in the tail is filtered out below everything the
//! statement can say. No rewriting of SQL is involved, so no SQL gets around it.

mod files;
mod fold;
#[cfg(test)]
mod merged;
mod prune;
mod tail;

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::union::UnionExec;
use seam_schema::ids::Tenant;
use seam_schema::table::Table;
use seam_store::TableSnapshot;

pub(crate) use self::fold::FoldedTable;

/// One table over one snapshot.
#[derive(Debug)]
pub(crate) struct SnapshotTable {
    table: Table,
    schema: SchemaRef,
    snapshot: Option<Arc<TableSnapshot>>,
    tenant: Option<Tenant>,
}

impl SnapshotTable {
    /// The rows of one tenant, or of all; a table that the snapshot lacks is empty.
    pub(crate) fn new(
        table: Table,
        snapshot: Option<Arc<TableSnapshot>>,
        tenant: Option<Tenant>,
    ) -> Self {
        Self { table, schema: table.schema(), snapshot, tenant }
    }
}

#[async_trait]
impl TableProvider for SnapshotTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// Every filter helps to leave files and pages out, and is checked again on the rows.
    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    /// `limit` is only given where there is no filter.
    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let all = || (0..self.schema.fields().len()).collect();
        let projection: Vec<usize> = projection.cloned().unwrap_or_else(all);
        let tenant = self.tenant.as_ref();
        let (files, batches) = match &self.snapshot {
            Some(snapshot) => {
                let files = prune::files(self.table, &snapshot.files, tenant, filters, state)?;
                (files, snapshot.tail.as_slice())
            }
            None => (Vec::new(), [].as_slice()),
        };
        let mut inputs = Vec::with_capacity(2);
        if !files.is_empty() {
            inputs.push(files::scan(&self.schema, &files, &projection, limit, state)?);
        }
        if !batches.is_empty() || inputs.is_empty() {
            inputs.push(tail::scan(&self.schema, batches, &projection, tenant)?);
        }
        UnionExec::try_new(inputs)
    }
}
