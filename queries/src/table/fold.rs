//! A derived table as statements see it: of each id the newest revision, unless it is retracted.
//!
//! All revisions of an id share its tenant and day, so each of these is folded by itself
//! ([`order`]): its rows are read from the newest file to the oldest, and what was seen before
//! is left out ([`stream`]). Only filters that hold for all revisions of an id or for none
//! leave files out below the fold; all others are applied to what comes out of it.

mod counted;
mod exec;
mod marks;
mod order;
mod stream;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use seam_schema::ids::Tenant;
use seam_schema::table::Table;
use seam_store::TableSnapshot;

use self::exec::FoldExec;
use self::order::Order;
use super::prune;

/// Beside the id itself, what all revisions of one id have in common.
const SHARED: [&str; 3] = ["tenant", "day", "session_id"];

/// Whether all revisions of an id have the same in this column.
fn is_shared(column: &str, id: &str) -> bool {
    column == id || SHARED.contains(&column)
}

/// The newest revisions of one table over one snapshot.
#[derive(Debug)]
pub(crate) struct FoldedTable {
    table: Table,
    id: &'static str,
    schema: SchemaRef,
    snapshot: Option<Arc<TableSnapshot>>,
    tenant: Option<Tenant>,
}

impl FoldedTable {
    /// The rows of one tenant, or of all; `None` for a table that has no revisions.
    pub(crate) fn new(
        table: Table,
        snapshot: Option<Arc<TableSnapshot>>,
        tenant: Option<Tenant>,
    ) -> Option<Self> {
        let id = table.id_column()?;
        Some(Self { table, id, schema: table.schema(), snapshot, tenant })
    }

    fn holds_for_all_revisions(&self, filter: &Expr) -> bool {
        filter.column_refs().iter().all(|column| is_shared(column.name(), self.id))
    }
}

#[async_trait]
impl TableProvider for FoldedTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        let supports = |filter: &&Expr| {
            if self.holds_for_all_revisions(filter) {
                TableProviderFilterPushDown::Inexact
            } else {
                TableProviderFilterPushDown::Unsupported
            }
        };
        Ok(filters.iter().map(supports).collect())
    }

    /// The limit counts rows after the fold: it is left to the plan above.
    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let all = || (0..self.schema.fields().len()).collect();
        let projection: Vec<usize> = projection.cloned().unwrap_or_else(all);
        let tenant = self.tenant.as_ref();
        let order = match &self.snapshot {
            Some(snapshot) => {
                let files = prune::files(self.table, &snapshot.files, tenant, filters, state)?;
                Order::of(files, &snapshot.tail, tenant)?
            }
            None => Order::default(),
        };
        Ok(Arc::new(FoldExec::new(&self.schema, self.id, projection, order, state)?))
    }
}
