//! The commits of one table, one after the other, beside the pipeline.
//!
//! A tail becomes Parquet files, then they are durable, then the Delta commit names them and the
//! position they reach, then it is durable; only then the snapshot changes and the log may
//! recycle. After any error the table is read again, and its `txn` tells whether the commit
//! happened: nothing is ever tried again blindly.

mod exchange;

use std::collections::HashSet;
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use deltalake::DeltaTableError;
use deltalake::kernel::transaction::TransactionError;
use object_store::path::Path;
use parquet::errors::ParquetError;
use seam_schema::ids::Sequence;
use seam_schema::table::Table;
use thiserror::Error;
use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use tokio::time::{sleep, sleep_until};

use crate::delta::{DeltaLog, add_action, checkpoint, log_root};
use crate::durable::DurableStore;
use crate::parquet_file::{WriteTo, WrittenFile, write_tail};
use crate::refresh::Refresh;
use crate::state::{Core, FilesChange, Work};
use crate::tail::SealedTail;

/// The longest pause between two tries.
const BACKOFF_MAX: Duration = Duration::from_secs(5);

/// Why one try did not end in a commit that is known.
#[derive(Debug, Error)]
enum CommitError {
    #[error("cannot write a Parquet file: {0}")]
    Parquet(#[from] ParquetError),
    #[error("cannot commit to the Delta log: {0}")]
    Delta(#[from] DeltaTableError),
    #[error("cannot sync the Delta log: {0}")]
    Sync(#[from] io::Error),
    #[error("a write was interrupted: {0}")]
    Interrupted(#[from] JoinError),
    #[error(
        "the table holds rows of this log up to frame {found}, which this process has not written; is the data folder in use on another machine, or was it copied? a restart goes on from what the table holds"
    )]
    Foreign { found: Sequence },
}

impl CommitError {
    /// Whether trying again can do harm.
    fn is_final(&self) -> bool {
        matches!(self, Self::Foreign { .. })
    }

    /// A full disk is not a fault: the tails wait, then the log, then the clients.
    fn is_out_of_space(&self) -> bool {
        let mut cause: Option<&(dyn Error + 'static)> = Some(self);
        while let Some(error) = cause {
            if error.downcast_ref().is_some_and(seam_disk::is_out_of_space) {
                return true;
            }
            cause = error.source();
        }
        false
    }

    /// Whether only patience helps: an object store that is away or overloaded, or other writers
    /// that were faster. The tails wait, then the log, then the clients.
    fn is_of_the_store(&self) -> bool {
        if let Self::Delta(DeltaTableError::Transaction { source }) = self {
            return !matches!(source, TransactionError::CommitConflict(_));
        }
        if matches!(self, Self::Delta(_)) {
            return true;
        }
        let mut cause: Option<&(dyn Error + 'static)> = Some(self);
        while let Some(error) = cause {
            let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            if error.is::<object_store::Error>()
                || inside.is_some_and(<dyn Error + Send + Sync>::is::<object_store::Error>)
            {
                return true;
            }
            cause = error.source();
        }
        false
    }
}

/// Commits the tails of one table.
pub(crate) struct Committer {
    core: Arc<Core>,
    store: DurableStore,
    table: Table,
    log: DeltaLog,
    /// The version of the table that the snapshot shows.
    shown: u64,
    refresh: Refresh,
    checkpoint: Option<JoinHandle<()>>,
}

impl Committer {
    pub(crate) fn new(core: Arc<Core>, store: DurableStore, table: Table, log: DeltaLog) -> Self {
        let refresh = Refresh::new(core.options.refresh_every.filter(|_| store.is_remote()));
        let shown = log.version();
        Self { core, store, table, log, shown, refresh, checkpoint: None }
    }

    /// Runs until the store is closed or has failed.
    pub(crate) async fn run(mut self) {
        if let Err((doing, error)) = self.work().await {
            let table = self.table.name();
            self.core.fail(format!("cannot {doing} the table `{table}`: {error}"));
            return;
        }
        if let Some(running) = self.checkpoint.take() {
            // It logs its own errors, and nothing depends on it.
            running.await.ok();
        }
    }

    /// An error comes with what was attempted.
    async fn work(&mut self) -> Result<(), (&'static str, CommitError)> {
        let committing = |error| ("commit to", error);
        loop {
            match self.core.next_work(self.table) {
                Work::Commit(tail) => self.commit(&tail).await.map_err(committing)?,
                Work::Serve(request) => {
                    let served = self.serve(request).await;
                    served.map_err(|error| ("tell the files of", error))?;
                }
                Work::WaitUntil(due) => {
                    let due = async {
                        match due {
                            Some(due) => sleep_until(due).await,
                            None => std::future::pending().await,
                        }
                    };
                    tokio::select! {
                        () = self.core.woken(self.table) => {}
                        () = due => {}
                        () = self.refresh.due() => self.refresh().await.map_err(committing)?,
                    }
                }
                Work::End => return Ok(()),
            }
        }
    }

    /// Shows what others have committed. What cannot be read is looked at again later; an error
    /// means that the rows of this log are not this process's own.
    async fn refresh(&mut self) -> Result<(), CommitError> {
        if !self.refresh.look(&mut self.log).await {
            return Ok(());
        }
        let read = self.log.committed(self.core.log_id).await;
        match read.and_then(|found| Ok((found, self.log.files()?))) {
            Ok((found, files)) => {
                self.check_own(found)?;
                self.shown = self.log.version();
                let change = FilesChange::Replaced(files);
                self.core.files_changed(self.table, self.shown, change);
            }
            Err(error) => {
                tracing::warn!(table = self.table.name(), %error, "cannot read the table's files");
            }
        }
        Ok(())
    }

    /// Commits a tail, however many tries it takes within the limit.
    async fn commit(&mut self, tail: &SealedTail) -> Result<(), CommitError> {
        let before = self.log.version();
        let mut pause = self.core.options.commit_backoff;
        let (mut attempt, mut tries) = (1, 0_u32);
        let mut written = None;
        loop {
            let error = match self.try_commit(tail, &mut written).await {
                Ok(change) => {
                    self.shown = self.log.version();
                    self.core.committed(self.table, self.shown, change);
                    self.start_checkpoint(before);
                    return Ok(());
                }
                Err(error) => error,
            };
            let patient =
                error.is_out_of_space() || self.store.is_remote() && error.is_of_the_store();
            tries += 1;
            if tries.is_power_of_two() {
                let table = self.table.name();
                tracing::warn!(table, tries, %error, "a commit did not succeed");
            }
            attempt += u32::from(!patient);
            let given_up = attempt > self.core.options.commit_attempts;
            if self.store.broken().is_some() || error.is_final() || given_up {
                return Err(error);
            }
            sleep(pause).await;
            pause = (pause * 2).min(BACKOFF_MAX);
        }
    }

    /// One try. It first looks whether an earlier one landed after all.
    async fn try_commit(
        &mut self,
        tail: &SealedTail,
        written: &mut Option<Vec<WrittenFile>>,
    ) -> Result<FilesChange, CommitError> {
        let files = match written {
            Some(files) => {
                self.log.reload().await?;
                if self.has_landed(tail, files).await? {
                    self.store.sync_dir(&log_root(self.table))?;
                    return Ok(FilesChange::Replaced(self.log.files()?));
                }
                files
            }
            None => written.insert(self.write(tail).await?),
        };
        if self.log.version() > self.shown {
            // It was read again and could not be shown.
            self.check_own(self.log.committed(self.core.log_id).await?)?;
        }
        let now_ms = self.core.clock.now_ms();
        let adds = files.iter().map(|file| add_action(&file.file, &file.path, true)).collect();
        let added = files.iter().map(|file| Arc::clone(&file.file)).collect();
        let version = self.log.commit(adds, self.core.log_id, tail.through, now_ms).await?;
        if version == self.shown + 1 {
            return Ok(FilesChange::Added(added));
        }
        Ok(FilesChange::Replaced(self.log.files()?))
    }

    /// Whether an earlier try to commit these files did. Derived tables may be sealed twice at one
    /// position, so there the files have to be there, too.
    async fn has_landed(
        &self,
        tail: &SealedTail,
        files: &[WrittenFile],
    ) -> Result<bool, CommitError> {
        let found = self.log.committed(self.core.log_id).await?;
        if found == tail.through && (!self.table.is_derived() || self.are_there(files)?) {
            return Ok(true);
        }
        self.check_own(found)?;
        Ok(false)
    }

    fn are_there(&self, files: &[WrittenFile]) -> Result<bool, CommitError> {
        let there = self.log.files()?;
        let there: HashSet<&Path> = there.iter().map(|file| &file.path).collect();
        Ok(files.iter().all(|file| there.contains(&file.file.path)))
    }

    /// Nothing but what this process has seen can stand in the table.
    fn check_own(&self, found: Sequence) -> Result<(), CommitError> {
        if found == self.core.committed_through(self.table) {
            return Ok(());
        }
        Err(CommitError::Foreign { found })
    }

    /// Writes the Parquet files of a tail, away from the async threads.
    async fn write(&self, tail: &SealedTail) -> Result<Vec<WrittenFile>, CommitError> {
        let (core, store) = (Arc::clone(&self.core), self.store.clone());
        let (table, tail) = (self.table, tail.clone());
        let write = move || {
            let now_ms = core.clock.now_ms();
            let (claims, options) = (&core.claims, &core.options);
            let to = WriteTo { store: &store, claims, options, now_ms };
            write_tail(&to, table, core.log_id, &tail)
        };
        Ok(spawn_blocking(write).await??)
    }

    /// Starts a checkpoint each time the version passes a multiple of the interval, one at a
    /// time. It runs beside the commits, and failing it harms nothing: the next one replaces it.
    fn start_checkpoint(&mut self, before: u64) {
        let interval = self.core.options.checkpoint_commits.max(1);
        let passed = self.log.version() / interval > before / interval;
        let running = self.checkpoint.as_ref().is_some_and(|task| !task.is_finished());
        if !passed || running {
            return;
        }
        let (delta, name) = (self.log.at_this_version(), self.table.name());
        self.checkpoint = Some(tokio::spawn(async move {
            if let Err(error) = checkpoint(&delta).await {
                tracing::warn!(table = name, %error, "cannot write a checkpoint of the Delta log");
            }
        }));
    }
}
