//! The tables of a folder that another process may own.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use seam_schema::ids::Sequence;
use seam_schema::table::Table;

use crate::data_folder::DataFolder;
use crate::delta::DeltaLog;
use crate::durable::{DurableFiles, DurableStore};
use crate::error::OpenError;
use crate::snapshot::{Progress, Snapshot, TableSnapshot};

/// Each table at its newest version; a table that was never made is left out.
pub(crate) async fn open(root: &Path) -> Result<Snapshot, OpenError> {
    let disk = DataFolder::open_shared(root)?;
    let store = DurableStore::new(Arc::new(DurableFiles::read_only(disk)));
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
