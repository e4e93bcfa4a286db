//! Keeping out what an earlier process of the same log still has on its way.
//!
//! A request outlives the process that made it: in an object store a commit can land after the
//! next process has read the table. It was for the version after the newest that its process knew.
//! So the next process takes a version itself, with nothing in it, before it reads what stands in
//! the table: whatever is still on its way is refused from then on.

use deltalake::DeltaResult;
use deltalake::protocol::{DeltaOperation, SaveMode};
use seam_schema::ids::LogId;
use tokio::time::sleep;

use super::DeltaLog;
use crate::remote::PAUSES;

impl DeltaLog {
    /// Takes the next version, with the position that stands. After an error the table is read
    /// again: a commit that is to be kept out may just have landed, or an answer be lost.
    pub(crate) async fn fence(&mut self, log_id: LogId) -> DeltaResult<()> {
        for pause in PAUSES {
            match self.take_version(log_id).await {
                Ok(()) => return Ok(()),
                Err(error) => tracing::info!(%error, "looks again at what stands in the table"),
            }
            sleep(pause).await;
            self.reload().await?;
        }
        self.take_version(log_id).await
    }

    async fn take_version(&mut self, log_id: LogId) -> DeltaResult<()> {
        let position = self.committed(log_id).await?;
        let mode = SaveMode::Append;
        let operation = DeltaOperation::Write { mode, partition_by: None, predicate: None };
        self.apply(Vec::new(), log_id, position, operation).await?;
        Ok(())
    }
}
