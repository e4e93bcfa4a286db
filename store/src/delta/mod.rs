//! One table as a Delta table: opened, created, widened, read and committed to.
//!
//! Format: the Delta transaction log protocol, reader version 1, so that every reader of Delta
//! tables understands it. Each commit carries the log position it reaches in its `txn` action
//! (application `seam:<log_id>`, version = sequence), in the same atomic step as the rows.

mod exchange;
mod fence;
mod files;
mod history;
mod open;
mod past;
mod take_back;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use deltalake::kernel::transaction::{CommitBuilder, CommitProperties, TableReference};
use deltalake::kernel::{Action, Add, Transaction};
use deltalake::logstore::{LogStoreRef, StorageConfig, default_logstore};
use deltalake::protocol::{DeltaOperation, SaveMode};
use deltalake::{DeltaResult, DeltaTable, DeltaTableError, checkpoints};
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt as _};
use seam_schema::ids::{LogId, Sequence};
use seam_schema::table::Table;
use url::Url;

pub(crate) use self::exchange::Why;
pub(crate) use self::files::{Covers, add_action, file_path};
pub(crate) use self::past::version_of;
use crate::columns::PARTITIONS;
use crate::durable::DurableStore;
use crate::snapshot::DataFile;

/// How often a commit may find that another writer of the table was faster.
const REBASE_MAX: usize = 15;

/// A Delta table that was loaded, and the newest version of it that this process knows.
pub(crate) struct DeltaLog {
    table: Table,
    delta: DeltaTable,
}

/// Where a table lies in the data folder.
pub(crate) fn table_root(table: Table) -> Path {
    Path::from_iter(["tables", table.name()])
}

/// Where the Delta log of a table lies in the data folder.
pub(crate) fn log_root(table: Table) -> Path {
    table_root(table).join("_delta_log")
}

/// Delta's view of the table's folder. The data folder is the root of the store, so the URL names
/// no place on this machine; its scheme is one that Delta does not treat as the local file system.
fn log_store(table: Table, store: &DurableStore) -> DeltaResult<LogStoreRef> {
    let root: Arc<dyn ObjectStore> = Arc::new(store.clone());
    let prefixed = PrefixStore::new(store.clone(), table_root(table));
    let url = format!("seam://data/{}/", table_root(table));
    let url = Url::parse(&url).map_err(|_| DeltaTableError::InvalidTableLocation(url))?;
    Ok(default_logstore(Arc::new(prefixed), root, &url, &StorageConfig::default()))
}

/// Nothing beside the commit itself happens in a commit: an error after it would look like one
/// of it.
fn commit_properties() -> CommitProperties {
    CommitProperties::default()
        .with_max_retries(REBASE_MAX)
        .with_create_checkpoint(false)
        .with_cleanup_expired_logs(Some(false))
}

/// What a commit says of itself; its time is the one the table's history is kept by.
fn commit_info(operation: &DeltaOperation, now_ms: i64) -> Action {
    let mut info = operation.get_commit_info();
    info.timestamp = Some(now_ms);
    Action::CommitInfo(info)
}

fn app_id(log_id: LogId) -> String {
    format!("seam:{log_id}")
}

impl DeltaLog {
    /// The version this process knows.
    pub(crate) fn version(&self) -> u64 {
        self.delta.version().unwrap_or_default()
    }

    /// The files of that version.
    pub(crate) fn files(&self) -> DeltaResult<Vec<Arc<DataFile>>> {
        let log_data = self.delta.snapshot()?.snapshot().try_log_data()?;
        Ok(log_data.iter().map(|view| Arc::new(files::data_file(self.table, &view))).collect())
    }

    /// The frame up to which the table holds everything of a log; 0 if nothing.
    pub(crate) async fn committed(&self, log_id: LogId) -> DeltaResult<Sequence> {
        let log_store = self.delta.log_store();
        let state = self.delta.snapshot()?;
        let version = state.transaction_version(log_store.as_ref(), app_id(log_id)).await?;
        Ok(Sequence(version.unwrap_or(0)))
    }

    /// Whether another writer has committed since; asks for one object only.
    pub(crate) async fn is_behind(&self) -> object_store::Result<bool> {
        let next = format!("_delta_log/{:020}.json", self.version() + 1);
        let store = self.delta.log_store().object_store(None);
        match store.head(&Path::from(next)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Reads what was committed since.
    pub(crate) async fn reload(&mut self) -> DeltaResult<()> {
        self.delta.update_state().await
    }

    /// Commits files and the position that they reach; returns the new version. An error says
    /// nothing about whether the commit happened.
    pub(crate) async fn commit(
        &mut self,
        adds: Vec<Add>,
        log_id: LogId,
        through: Sequence,
        now_ms: i64,
    ) -> DeltaResult<u64> {
        let operation = DeltaOperation::Write {
            mode: SaveMode::Append,
            partition_by: Some(PARTITIONS.map(str::to_owned).to_vec()),
            predicate: None,
        };
        let mut actions = vec![commit_info(&operation, now_ms)];
        actions.extend(adds.into_iter().map(Action::Add));
        self.apply(actions, log_id, through, operation).await
    }

    /// Commits actions, and with them the table's position in a log; returns the new version.
    async fn apply(
        &mut self,
        actions: Vec<Action>,
        log_id: LogId,
        through: Sequence,
        operation: DeltaOperation,
    ) -> DeltaResult<u64> {
        let position = Transaction::new(app_id(log_id), through.0);
        let properties = commit_properties().with_application_transaction(position);
        let committed = CommitBuilder::from(properties)
            .with_actions(actions)
            .build(
                Some(self.delta.snapshot()? as &dyn TableReference),
                self.delta.log_store(),
                operation,
            )
            .await?;
        let version = committed.version();
        self.delta.state = Some(committed.snapshot);
        Ok(version)
    }

    /// The table as it is now, for a checkpoint outside the way of the commits.
    pub(crate) fn at_this_version(&self) -> DeltaTable {
        self.delta.clone()
    }
}

/// Writes a Delta checkpoint: later opens read it in place of the commits before it.
pub(crate) async fn checkpoint(table: &DeltaTable) -> DeltaResult<()> {
    checkpoints::create_checkpoint(table, None).await
}
