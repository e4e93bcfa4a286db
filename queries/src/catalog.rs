//! What a statement can name: `seam.public`, the tables and the views, and nothing else.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, CatalogProviderList, SchemaProvider, TableProvider};
use datafusion::common::Result;
use seam_schema::ids::Tenant;
use seam_schema::table::Table;
use seam_store::Snapshot;

use crate::table::SnapshotTable;
use crate::views::{View, Views};

/// The only catalog.
pub(crate) const CATALOG: &str = "seam";
/// Its only schema.
pub(crate) const SCHEMA: &str = "public";

/// The names of all tables and views.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let tables = Table::ALL.iter().map(|table| table.name());
    tables.chain(View::ALL.iter().map(|view| view.name()))
}

/// The tables of one snapshot as one tenant sees them; list of catalogs, catalog and schema.
///
/// It holds the snapshot, so that no file of it is cleaned away while a statement runs.
#[derive(Debug, Clone)]
pub(crate) struct Tables {
    snapshot: Option<Arc<Snapshot>>,
    tenant: Option<Tenant>,
    views: Arc<Views>,
}

impl Tables {
    /// What is in a snapshot; without one every table is empty.
    pub(crate) fn new(
        snapshot: Option<Arc<Snapshot>>,
        tenant: Option<Tenant>,
        views: Arc<Views>,
    ) -> Self {
        Self { snapshot, tenant, views }
    }

    fn provider(&self, table: Table) -> Arc<dyn TableProvider> {
        let rows = self.snapshot.as_ref().and_then(|snapshot| snapshot.table(table)).cloned();
        Arc::new(SnapshotTable::new(table, rows, self.tenant.clone()))
    }
}

impl CatalogProviderList for Tables {
    fn register_catalog(
        &self,
        _: String,
        _: Arc<dyn CatalogProvider>,
    ) -> Option<Arc<dyn CatalogProvider>> {
        None
    }

    fn catalog_names(&self) -> Vec<String> {
        vec![CATALOG.to_owned()]
    }

    fn catalog(&self, name: &str) -> Option<Arc<dyn CatalogProvider>> {
        (name == CATALOG).then(|| Arc::new(self.clone()) as Arc<dyn CatalogProvider>)
    }
}

impl CatalogProvider for Tables {
    fn schema_names(&self) -> Vec<String> {
        vec![SCHEMA.to_owned()]
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        (name == SCHEMA).then(|| Arc::new(self.clone()) as Arc<dyn SchemaProvider>)
    }
}

#[async_trait]
impl SchemaProvider for Tables {
    fn table_names(&self) -> Vec<String> {
        names().map(str::to_owned).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        if let Some(table) = Table::parse(name) {
            return Ok(Some(self.provider(table)));
        }
        match View::parse(name) {
            Some(view) => self.views.over(view, self.provider(view.table())).map(Some),
            None => Ok(None),
        }
    }

    fn table_exist(&self, name: &str) -> bool {
        names().any(|known| known == name)
    }
}
