//! What a statement can name: `seam.public`, the tables and the views, and nothing else.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, CatalogProviderList, SchemaProvider, TableProvider};
use datafusion::common::Result;
use seam_schema::ids::Tenant;
use seam_schema::table::Table;
use seam_store::Snapshot;

use crate::table::{FoldedTable, SnapshotTable};
use crate::views::{View, Views};

/// The only catalog.
pub(crate) const CATALOG: &str = "seam";
/// Its only schema.
pub(crate) const SCHEMA: &str = "public";

/// What a derived table is called with all its revisions.
const REVISIONS: &str = "_revisions";

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    /// The rows of a table; of a derived one the newest revisions.
    Table(Table),
    /// Every row of a derived table, old revisions and retracted ones too.
    Revisions(Table),
    /// A view.
    View(View),
}

impl Name {
    /// Every name.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let tables = Table::ALL.iter().copied().map(Self::Table);
        let revisions = Table::DERIVED.iter().copied().map(Self::Revisions);
        tables.chain(revisions).chain(View::ALL.iter().copied().map(Self::View))
    }

    /// What is called so.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let revisions = || {
            let table = Table::parse(text.strip_suffix(REVISIONS)?)?;
            table.is_derived().then_some(Self::Revisions(table))
        };
        let table = Table::parse(text).map(Self::Table);
        table.or_else(revisions).or_else(|| View::parse(text).map(Self::View))
    }

    /// How it is called.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Table(table) => table.name().to_owned(),
            Self::Revisions(table) => format!("{}{REVISIONS}", table.name()),
            Self::View(view) => view.name().to_owned(),
        }
    }
}

/// The names of all tables and views.
pub(crate) fn names() -> impl Iterator<Item = String> {
    Name::all().map(Name::text)
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

    fn provider(&self, name: Name) -> Result<Arc<dyn TableProvider>> {
        let rows =
            |table| self.snapshot.as_ref().and_then(|snapshot| snapshot.table(table)).cloned();
        let tenant = self.tenant.clone();
        Ok(match name {
            Name::Table(table) => match FoldedTable::new(table, rows(table), tenant.clone()) {
                Some(folded) => Arc::new(folded),
                None => Arc::new(SnapshotTable::new(table, rows(table), tenant)),
            },
            Name::Revisions(table) => Arc::new(SnapshotTable::new(table, rows(table), tenant)),
            Name::View(view) => self.views.over(view, |name| self.provider(name))?,
        })
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
        names().collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        Name::parse(name).map(|name| self.provider(name)).transpose()
    }

    fn table_exist(&self, name: &str) -> bool {
        Name::parse(name).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every name is read back as what it stands for, and is there once.
    #[test]
    fn names_are_read_back() {
        let mut texts: Vec<String> = names().collect();
        assert!(Name::all().all(|name| Name::parse(&name.text()) == Some(name)));
        assert_eq!(Name::parse("events_revisions"), None);
        let count = texts.len();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), count);
    }
}
