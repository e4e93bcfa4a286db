//! Files in place of others, in one commit.

use std::collections::HashSet;

use deltalake::kernel::transaction::{CommitBuilder, TableReference};
use deltalake::kernel::{Action, Add};
use deltalake::protocol::DeltaOperation;
use deltalake::{DeltaResult, DeltaTableError};
use object_store::path::Path;

use super::{DeltaLog, commit_info, commit_properties, table_root};

/// Why files go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// Their rows stand in the files that come.
    Merged,
    /// Their day is over for good.
    Expired,
}

impl Why {
    fn operation(self) -> DeltaOperation {
        match self {
            Self::Merged => DeltaOperation::Optimize { predicate: None, target_size: 0 },
            Self::Expired => DeltaOperation::Delete { predicate: None },
        }
    }
}

impl DeltaLog {
    /// Takes files out, named below the data folder, and puts others in; returns the new version.
    ///
    /// It fails if anything was committed since this version: two exchanges of the same files
    /// are no conflict to Delta, and would double their rows. An error says nothing about whether
    /// the commit happened.
    pub(crate) async fn exchange(
        &mut self,
        gone: &HashSet<Path>,
        come: Vec<Add>,
        why: Why,
        now_ms: i64,
    ) -> DeltaResult<u64> {
        let operation = why.operation();
        let mut actions = vec![commit_info(&operation, now_ms)];
        actions.extend(self.removes(gone, why, now_ms)?);
        if actions.len() != gone.len() + 1 {
            return Err(DeltaTableError::generic("not all files that should go are there"));
        }
        actions.extend(come.into_iter().map(Action::Add));
        let committed = CommitBuilder::from(commit_properties().with_max_retries(0))
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
    /// What takes out those of the files that are there.
    fn removes(&self, gone: &HashSet<Path>, why: Why, now_ms: i64) -> DeltaResult<Vec<Action>> {
        let root = table_root(self.table);
        let log_data = self.delta.snapshot()?.snapshot().try_log_data()?;
        let gone = log_data.iter().filter(|view| {
            let path = view.object_store_path();
            gone.contains(&root.parts().chain(path.parts()).collect::<Path>())
        });
        let removes = gone.map(|view| {
            let mut remove = view.remove_action(why == Why::Expired);
            remove.deletion_timestamp = Some(now_ms);
            Action::Remove(remove)
        });
        Ok(removes.collect())
    }
}
