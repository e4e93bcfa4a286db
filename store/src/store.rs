//! The handle: rows in, snapshots out.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arrow::record_batch::RecordBatch;
use futures::FutureExt;
use seam_disk::Disk;
use seam_schema::ids::{LogId, ReceivedAt, Sequence};
use seam_schema::table::Table;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::commit::Committer;
use crate::delta::DeltaLog;
use crate::derived_start::DerivedStart;
use crate::durable::{DurableFiles, DurableStore};
use crate::error::{OpenError, ReadError, StoreError};
use crate::follow::{Cursor, Follower};
use crate::group::Group;
use crate::options::StoreOptions;
use crate::recent::{self, RecentRequest};
use crate::remote::{self, ObjectStoreOptions};
use crate::settled::SettledFollower;
use crate::snapshot::Snapshot;
use crate::state::{Core, Opened};
use crate::upkeep::{Upkeep, UpkeepCounts};

/// The tables of one data folder, open for writing. Clones share everything.
#[derive(Clone)]
pub struct Store {
    core: Arc<Core>,
    tasks: Arc<Mutex<Vec<JoinHandle<()>>>>,
    /// Nobody keeps up tables that others may fill too: an upload of theirs that is in no commit
    /// yet looks like a leftover.
    upkeep: Option<Arc<tokio::sync::Mutex<Upkeep>>>,
}

impl Store {
    /// Opens the tables for the rows of one log, which ends at `log_end`; makes what is missing.
    ///
    /// `disk` is the data folder, which this process owns. Call it in a multi-threaded Tokio
    /// runtime: commits run there.
    pub async fn open(
        disk: Arc<dyn Disk>,
        log_id: LogId,
        log_end: Sequence,
        options: StoreOptions,
    ) -> Result<Self, OpenError> {
        let files = Arc::new(DurableFiles::new(disk));
        Self::open_on(DurableStore::new(files), log_id, log_end, options).await
    }

    /// As [`Self::open`], with the tables in an object store, which other collectors may fill too,
    /// each from a log of its own. A store that gives no good answer in time is an error.
    pub async fn open_remote(
        tables: &ObjectStoreOptions,
        log_id: LogId,
        log_end: Sequence,
        options: StoreOptions,
    ) -> Result<Self, OpenError> {
        let options = StoreOptions { refresh_every: Some(tables.refresh_every), ..options };
        let remote = remote::open(tables).await?;
        remote::check_conditional_puts(&remote, tables).await?;
        let store = DurableStore::remote(remote);
        Self::open_on(store, log_id, log_end, options).await
    }

    /// Opens the tables wherever they lie.
    pub(crate) async fn open_on(
        store: DurableStore,
        log_id: LogId,
        log_end: Sequence,
        options: StoreOptions,
    ) -> Result<Self, OpenError> {
        let mut logs = BTreeMap::new();
        let mut opened = BTreeMap::new();
        for table in Table::ALL.iter().copied() {
            let mut log = DeltaLog::open_for_writing(&store, table).await?;
            if store.is_remote() && log_end > Sequence(0) {
                let fenced = log.fence(log_id).await;
                fenced.map_err(|source| OpenError::delta("fence", table, source))?;
            }
            opened.insert(table, read_table(&log, table, log_id, log_end).await?);
            logs.insert(table, log);
        }
        let start = DerivedStart::read(&logs, &opened, log_id, store.is_remote()).await?;
        start.take_back(&mut logs, &mut opened).await?;
        let start = start.cursor();
        let core = Arc::new(Core::new(log_id, options, &store, opened, start));
        let tasks = logs.into_iter().map(|(table, log)| {
            let committer = Committer::new(Arc::clone(&core), store.clone(), table, log);
            tokio::spawn(supervise(Arc::clone(&core), committer))
        });
        let mut tasks: Vec<_> = tasks.collect();
        let upkeep = (!store.is_remote()).then(|| Upkeep::new(Arc::clone(&core), store));
        let upkeep = upkeep.map(|upkeep| Arc::new(tokio::sync::Mutex::new(upkeep)));
        let run = |upkeep: &Arc<_>| Upkeep::run(Arc::clone(upkeep), Arc::clone(&core));
        tasks.extend(upkeep.as_ref().map(|upkeep| tokio::spawn(run(upkeep))));
        Ok(Self { core, tasks: Arc::new(Mutex::new(tasks)), upkeep })
    }

    #[cfg(test)]
    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    #[cfg(test)]
    pub(crate) fn upkeep(&self) -> Option<&tokio::sync::Mutex<Upkeep>> {
        self.upkeep.as_deref()
    }

    /// The log whose rows are appended.
    pub fn log_id(&self) -> LogId {
        self.core.log_id
    }

    /// Whether other collectors may fill the same tables at the same time.
    pub fn is_shared(&self) -> bool {
        self.core.shared
    }

    /// The frame up to which a table holds everything of this log durably. What comes after
    /// it has to be appended, what comes before must not.
    pub fn committed(&self, table: Table) -> Sequence {
        self.core.committed_through(table)
    }

    /// Adds the rows of the next frames and publishes one snapshot with them.
    ///
    /// Blocks while too many sealed tails of a table wait for their commit: call it from a
    /// thread of its own, and from one only.
    pub fn append(&self, group: Group) -> Result<(), StoreError> {
        self.core.append(group)
    }

    /// Says that the frames up to `through`, the last of them received at that time, gave no
    /// rows, or none that are missing.
    pub fn mark_applied(&self, through: Sequence, received_at: ReceivedAt) {
        self.core.mark_applied(through, received_at);
    }

    /// Adds rows of the derived tables and says that these tables now show what follows from
    /// the rows of `events` up to the frame `through`; publishes one snapshot with both.
    ///
    /// The same rows may come again, and `through` may stand still. Blocks while too many sealed
    /// tails wait for their commit: call it from a thread of its own, and from one only.
    pub fn append_derived(
        &self,
        through: Sequence,
        rows: &[(Table, RecordBatch)],
    ) -> Result<(), StoreError> {
        self.core.append_derived(through, rows)
    }

    /// The frame of this log up to which the derived tables hold everything durably: what
    /// follows from later frames has to be derived again after a restart.
    pub fn derived_committed(&self) -> Sequence {
        self.core.committed_through(Table::Sessions)
    }

    /// Where the derived tables stood when the store was opened: after the last row of `events`
    /// that they show durably. What other logs left underived comes before this log's first
    /// derived frame, so once this log has one, every other log is done. In tables that several
    /// collectors fill every other log is done: its own collector derives what follows from it.
    pub fn derived_cursor(&self) -> Cursor {
        self.core.derived_start.clone()
    }

    /// The tables as they are now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.core.snapshot()
    }

    /// Tells each new snapshot; some may be skipped.
    pub fn subscribe_snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.core.subscribe_snapshot()
    }

    /// The frame up to which the log may recycle, as it moves: every row that was derived from
    /// it and from those before it is committed.
    pub fn subscribe_released(&self) -> watch::Receiver<Sequence> {
        self.core.subscribe_released()
    }

    /// Waits until a frame is applied, at most so long; returns the frame that is.
    pub async fn wait_applied(&self, sequence: Sequence, at_most: Duration) -> Sequence {
        let mut snapshots = self.core.subscribe_snapshot();
        let reached = snapshots.wait_for(|snapshot| snapshot.applied >= sequence);
        // Late or not, the answer is what is applied by now.
        timeout(at_most, reached).await.ok();
        self.snapshot().applied
    }

    /// As [`Self::wait_applied`], for the derived tables.
    pub async fn wait_derived(&self, sequence: Sequence, at_most: Duration) -> Sequence {
        let mut snapshots = self.core.subscribe_snapshot();
        let reached = snapshots.wait_for(|snapshot| snapshot.derived_applied >= sequence);
        timeout(at_most, reached).await.ok();
        self.snapshot().derived_applied
    }

    /// Commits all that was appended before the call, derived rows too; returns when it is
    /// durable. What stage 2 has not derived yet is not waited for: see [`Self::wait_derived`].
    pub async fn flush(&self) -> Result<(), StoreError> {
        let mut seals = self.core.subscribe_derived_seals();
        let (targets, seal) = self.core.start_flush();
        let mut snapshots = self.core.subscribe_snapshot();
        let mut failures = self.core.subscribe_failure();
        let done = |snapshot: &Arc<Snapshot>| {
            let reached = |table| snapshot.table(table).map(|table| table.committed);
            targets.iter().all(|(table, through)| reached(*table) >= Some(*through))
        };
        let done = async {
            snapshots.wait_for(done).await.ok();
            seals.wait_for(|committed| *committed >= seal).await.ok();
        };
        tokio::select! {
            biased;
            () = done => Ok(()),
            reason = wait_failure(&mut failures) => Err(StoreError::Failed { reason }),
        }
    }

    /// Takes no more rows, commits all there are, and ends the background work.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.core.start_close();
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        for task in tasks {
            // A task that panicked has marked the store as failed.
            task.await.ok();
        }
        match self.core.failure() {
            Some(reason) => Err(StoreError::Failed { reason }),
            None => Ok(()),
        }
    }

    /// Does now what is done to the tables in the background from time to time: drops old days,
    /// merges small files, removes what is no longer needed. Nothing where the tables lie in an
    /// object store.
    pub async fn keep_up(&self) {
        if let Some(upkeep) = &self.upkeep {
            upkeep.lock().await.round().await;
        }
    }

    /// What was done to the tables in the background since the start.
    pub fn upkeep_counts(&self) -> UpkeepCounts {
        self.core.counts.get()
    }

    /// Why the store has stopped, if it has.
    pub fn failure(&self) -> Option<String> {
        self.core.failure()
    }

    /// Waits until the store stops for good; the process has to end then.
    pub async fn wait_failed(&self) -> StoreError {
        let reason = wait_failure(&mut self.core.subscribe_failure()).await;
        StoreError::Failed { reason }
    }

    /// All rows of a table after a cursor, in offset order, and then the new ones as they come.
    pub fn follow(&self, table: Table, cursor: Cursor) -> Result<Follower, ReadError> {
        let (snapshots, failures) = (self.core.subscribe_snapshot(), self.core.subscribe_failure());
        let places = &self.core.places;
        Follower::new(table, cursor, self.core.log_id, snapshots, failures, places)
    }

    /// As [`Self::follow`], without the rows of other collectors that fill the same tables: each
    /// of them sends on what it took in.
    pub fn follow_own(&self, table: Table, cursor: Cursor) -> Result<Follower, ReadError> {
        let cursor = if self.is_shared() { cursor.with_others_done() } else { cursor };
        self.follow(table, cursor)
    }

    /// The settled rows of a derived table whose cause lies after a cursor, as they become final;
    /// of tables that several collectors fill those of the own log. See [`SettledFollower`].
    pub fn follow_settled(
        &self,
        table: Table,
        cursor: Cursor,
    ) -> Result<SettledFollower, ReadError> {
        let (snapshots, failures) = (self.core.subscribe_snapshot(), self.core.subscribe_failure());
        let (log_id, shared) = (self.core.log_id, self.is_shared());
        SettledFollower::new(table, cursor, log_id, shared, snapshots, failures)
    }

    /// The requests of which `events` or `metrics` hold committed rows received since a time
    /// (microseconds since 1970), each once.
    pub async fn recent_requests(&self, since_us: i64) -> Result<Vec<RecentRequest>, ReadError> {
        recent::read(&self.snapshot(), since_us).await
    }
}

/// A commit task that panics is a store that has failed, not one that waits for ever.
async fn supervise(core: Arc<Core>, committer: Committer) {
    if AssertUnwindSafe(committer.run()).catch_unwind().await.is_err() {
        core.fail("a commit task panicked".to_owned());
    }
}

pub(crate) async fn wait_failure(failures: &mut watch::Receiver<Option<String>>) -> String {
    let failed = failures.wait_for(Option::is_some).await.ok();
    failed.and_then(|reason| reason.clone()).unwrap_or_else(|| "it was dropped".to_owned())
}

async fn read_table(
    log: &DeltaLog,
    table: Table,
    log_id: LogId,
    log_end: Sequence,
) -> Result<Opened, OpenError> {
    let failed = |source| OpenError::delta("read", table, source);
    let committed = log.committed(log_id).await.map_err(failed)?;
    if committed > log_end {
        return Err(OpenError::AheadOfLog { table: table.name(), committed, log_id, log_end });
    }
    Ok(Opened { committed, version: log.version(), files: log.files().map_err(failed)? })
}
