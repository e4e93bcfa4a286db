//! Opening a table: creating it, and adding the columns it lacks.
//!
//! Nothing is renamed, dropped or retyped. A table that this version cannot write is refused.

use deltalake::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake::kernel::{StructField, StructType};
use deltalake::operations::create::CreateBuilder;
use deltalake::{DeltaResult, DeltaTable, DeltaTableError};
use seam_schema::table::Table;
use tokio::time::sleep;

use super::{DeltaLog, commit_properties, log_root, log_store};
use crate::columns::{PARTITIONS, SKIPPING, present};
use crate::durable::DurableStore;
use crate::error::OpenError;
use crate::remote::PAUSES;

impl DeltaLog {
    /// Opens a table, whatever its columns are; `None` if there is none.
    pub(crate) async fn open(
        store: &DurableStore,
        table: Table,
    ) -> Result<Option<Self>, OpenError> {
        let failed = |source| OpenError::delta("read", table, source);
        let mut delta = DeltaTable::new(log_store(table, store).map_err(failed)?);
        if !delta.verify_deltatable_existence().await.map_err(failed)? {
            return Ok(None);
        }
        delta.load().await.map_err(failed)?;
        Ok(Some(Self { table, delta }))
    }

    /// Opens a table for writing: creates it, or adds the columns it lacks. Where others may do
    /// the same at the same time, or an answer may be lost, whoever is refused looks again.
    pub(crate) async fn open_for_writing(
        store: &DurableStore,
        table: Table,
    ) -> Result<Self, OpenError> {
        let wanted =
            wanted_columns(table).map_err(|source| OpenError::delta("create", table, source))?;
        for pause in PAUSES.into_iter().filter(|_| store.is_remote()) {
            match Self::open_once(store, table, &wanted).await {
                Err(error @ OpenError::Delta { .. }) => {
                    tracing::info!(table = table.name(), %error, "looks at the table again");
                    sleep(pause).await;
                }
                opened => return opened,
            }
        }
        Self::open_once(store, table, &wanted).await
    }

    async fn open_once(
        store: &DurableStore,
        table: Table,
        wanted: &StructType,
    ) -> Result<Self, OpenError> {
        let Some(mut log) = Self::open(store, table).await? else {
            let delta = create(store, table, wanted).await;
            let delta = delta.map_err(|source| OpenError::delta("create", table, source))?;
            return Ok(Self { table, delta });
        };
        // The last commit may have been made in a process that died before it synced the folder.
        log.sync_log(store)?;
        let missing = log.missing_columns(wanted)?;
        if !missing.is_empty() {
            let added = log.delta.clone().add_columns().with_fields(missing);
            let added = added.with_commit_properties(commit_properties()).await;
            log.delta =
                added.map_err(|source| OpenError::delta("add columns to", table, source))?;
        }
        Ok(log)
    }

    fn sync_log(&self, store: &DurableStore) -> Result<(), OpenError> {
        let dir = log_root(self.table);
        let synced = store.remove_unfinished(&dir).and_then(|()| store.sync_dir(&dir));
        synced
            .map_err(|source| OpenError::delta("sync", self.table, DeltaTableError::Io { source }))
    }

    /// The wanted columns that the table lacks.
    fn missing_columns(&self, wanted: &StructType) -> Result<Vec<StructField>, OpenError> {
        let state = self.delta.snapshot();
        let found = state.map_err(|source| OpenError::delta("read", self.table, source))?.schema();
        let mut missing = Vec::new();
        for field in wanted.fields() {
            match found.field(field.name()) {
                Some(there) if fits(there, field) => {}
                Some(there) => return Err(self.incompatible(field, &describe(there))),
                None if field.is_nullable() => missing.push(field.clone()),
                None => return Err(self.incompatible(field, "missing")),
            }
        }
        Ok(missing)
    }

    fn incompatible(&self, wanted: &StructField, found: &str) -> OpenError {
        OpenError::Incompatible {
            table: self.table.name(),
            column: wanted.name().clone(),
            found: found.to_owned(),
            wanted: describe(wanted),
        }
    }
}

/// Whether rows of `wanted` can be written into `there`.
fn fits(there: &StructField, wanted: &StructField) -> bool {
    there.data_type() == wanted.data_type() && (there.is_nullable() || !wanted.is_nullable())
}

fn describe(field: &StructField) -> String {
    let nulls = if field.is_nullable() { "" } else { " not null" };
    format!("{}{nulls}", field.data_type())
}

pub(super) fn wanted_columns(table: Table) -> DeltaResult<StructType> {
    Ok(table.schema().as_ref().try_into_kernel()?)
}

pub(super) async fn create(
    store: &DurableStore,
    table: Table,
    columns: &StructType,
) -> DeltaResult<DeltaTable> {
    let skipping: Vec<&str> = present(&table.schema(), &SKIPPING).collect();
    let bounds = ("delta.dataSkippingStatsColumns", Some(skipping.join(",")));
    CreateBuilder::new()
        .with_log_store(log_store(table, store)?)
        .with_table_name(table.name())
        .with_columns(columns.fields().cloned())
        .with_partition_columns(PARTITIONS)
        .with_configuration([bounds])
        .with_commit_properties(commit_properties())
        .await
}
