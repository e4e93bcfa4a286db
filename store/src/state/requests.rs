//! What the task that owns a table's Delta log does for others, between the commits of tails.

use std::sync::Arc;

use seam_schema::table::Table;
use tokio::sync::oneshot;

use super::{Core, TableState};
use crate::delta::{DeltaLog, Why};
use crate::parquet_file::WrittenFile;
use crate::snapshot::DataFile;

/// Something that is to be done.
pub(crate) enum Request {
    /// Files go and others come, in one commit.
    Exchange(Exchange),
    /// The Delta log, read anew: what the one at hand was read from may be gone.
    Adopt(Box<DeltaLog>),
}

/// Files in place of others.
pub(crate) struct Exchange {
    pub(crate) gone: Vec<Arc<DataFile>>,
    pub(crate) come: Vec<WrittenFile>,
    pub(crate) why: Why,
    /// Told how it ended; nothing if the store ends before.
    pub(crate) ended: oneshot::Sender<Exchanged>,
}

/// How an exchange ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Exchanged {
    /// It is done, durably.
    Done,
    /// It was not done: not all of the files that should go are there any more.
    TooLate,
    /// It was not done.
    Failed(String),
}

impl TableState {
    pub(super) fn next_request(&mut self, closing: bool) -> Option<Request> {
        if closing {
            // Whoever waits learns it when what it waits for is dropped.
            self.requests.clear();
        }
        self.requests.pop_front()
    }
}

impl Core {
    /// Hands something to a table's commit task.
    pub(crate) fn request(&self, table: Table, request: Request) {
        let mut state = self.lock();
        if !state.closing
            && let Some(of) = state.tables.get_mut(&table)
        {
            of.requests.push_back(request);
        }
        drop(state);
        self.wake(table);
    }
}
