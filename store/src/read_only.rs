//! Tables that another process may own, for reading.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use seam_schema::ids::Sequence;
use seam_schema::table::Table;

use crate::data_folder::DataFolder;
use crate::delta::DeltaLog;
use crate::durable::{DurableFiles, DurableStore};
use crate::error::OpenError;
use crate::remote::{self, ObjectStoreOptions};
use crate::snapshot::{Progress, Snapshot, TableSnapshot};
use crate::tables_at;

/// The tables in a folder.
pub(crate) async fn open(root: &Path) -> Result<Snapshot, OpenError> {
    let disk = DataFolder::open_shared(root)?;
    tables_at::check_own(disk.as_ref(), root)?;
    read(DurableStore::new(Arc::new(DurableFiles::read_only(disk)))).await
}

/// The tables in an object store.
pub(crate) async fn open_remote(options: &ObjectStoreOptions) -> Result<Snapshot, OpenError> {
    let snapshot = read(DurableStore::remote(remote::open(options).await?)).await?;
    if Table::ALL.iter().any(|table| snapshot.table(*table).is_some()) {
        return Ok(snapshot);
    }
    let what = "there are no tables of seam".to_owned();
    Err(OpenError::ObjectStore { at: options.url.to_string(), what })
}

/// Each table at its newest version; a table that was never made is left out.
async fn read(store: DurableStore) -> Result<Snapshot, OpenError> {
    let mut tables = BTreeMap::new();
    for table in Table::ALL.iter().copied() {
        let Some(log) = DeltaLog::open(&store, table).await? else { continue };
        let files = Arc::new(log.files().map_err(|source| OpenError::Delta {
            doing: "read",
            table: table.name(),
            source: Box::new(source),
        })?);
        let (version, committed) = (log.version(), Sequence(0));
        let snapshot = TableSnapshot { version, committed, files, tail: Vec::new() };
        tables.insert(table, Arc::new(snapshot));
    }
    Ok(Snapshot::new(Progress::NOTHING, tables, Arc::new(store)))
}
