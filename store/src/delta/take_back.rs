//! Taking back what a crash left ahead.
//!
//! A commit of one table may have happened and that of another, which belongs with it, not. The
//! files of the first are taken out again, in one commit that also puts the position back. Their
//! rows come again: whoever asks for this can make them anew.

use std::collections::BTreeMap;

use deltalake::DeltaResult;
use deltalake::kernel::{Action, Remove};
use deltalake::protocol::DeltaOperation;
use seam_schema::ids::{LogId, Sequence};

use super::DeltaLog;
use super::files::Covers;

impl DeltaLog {
    /// Takes out the files that hold frames of a log after the one that is named with it, and
    /// makes that the table's position in the log. Other logs' files stay. Returns how many
    /// files went.
    pub(crate) async fn take_back(
        &mut self,
        ends: &BTreeMap<LogId, Sequence>,
    ) -> DeltaResult<usize> {
        let mut taken = 0;
        for (log_id, end) in ends {
            let ahead = self.written_after(*log_id, *end)?;
            if ahead.is_empty() && self.committed(*log_id).await? <= *end {
                continue;
            }
            taken += ahead.len();
            let actions = ahead.into_iter().map(Action::Remove).collect();
            self.apply(actions, *log_id, *end, DeltaOperation::Delete { predicate: None }).await?;
        }
        Ok(taken)
    }

    /// The files that hold frames of a log after `end`, by their names.
    fn written_after(&self, log_id: LogId, end: Sequence) -> DeltaResult<Vec<Remove>> {
        let log_data = self.delta.snapshot()?.snapshot().try_log_data()?;
        let ahead = log_data.iter().filter(|view| {
            let covers = Covers::of(&view.path());
            covers.is_some_and(|covers| covers.log_id == log_id && covers.through > end)
        });
        Ok(ahead.map(|view| view.remove_action(true)).collect())
    }
}
