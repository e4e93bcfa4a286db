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
use object_store::path::Path;
use parquet::errors::ParquetError;
use seam_schema::table::Table;
use thiserror::Error;
use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use tokio::time::{sleep, sleep_until};

use crate::delta::{DeltaLog, add_action, checkpoint, log_root};
use crate::durable::{DurableFiles, disk_path};
use crate::parquet_file::{WriteTo, WrittenFile, write_tail};
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
}

impl CommitError {
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
}

/// Commits the tails of one table.
pub(crate) struct Committer {
    core: Arc<Core>,
    files: Arc<DurableFiles>,
    table: Table,
    log: DeltaLog,
    checkpoint: Option<JoinHandle<()>>,
}

impl Committer {
    pub(crate) fn new(
        core: Arc<Core>,
        files: Arc<DurableFiles>,
        table: Table,
        log: DeltaLog,
    ) -> Self {
        Self { core, files, table, log, checkpoint: None }
    }

    /// Runs until the store is closed or has failed.
    pub(crate) async fn run(mut self) {
        loop {
            match self.core.next_work(self.table) {
                Work::Commit(tail) => {
                    if let Err(error) = self.commit(&tail).await {
                        let table = self.table.name();
                        self.core.fail(format!("cannot commit to the table `{table}`: {error}"));
                        return;
                    }
                }
                Work::Serve(request) => {
                    if let Err(error) = self.serve(request).await {
                        let table = self.table.name();
                        self.core.fail(format!(
                            "cannot tell which files the table `{table}` has: {error}"
                        ));
                        return;
                    }
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
                    }
                }
                Work::End => break,
            }
        }
        if let Some(running) = self.checkpoint.take() {
            // It logs its own errors, and nothing depends on it.
            running.await.ok();
        }
    }

    /// Commits a tail, however many tries it takes within the limit.
    async fn commit(&mut self, tail: &SealedTail) -> Result<(), CommitError> {
        let before = self.log.version();
        let mut pause = self.core.options.commit_backoff;
        let mut attempt = 1;
        let mut written = None;
        loop {
            let error = match self.try_commit(tail, &mut written).await {
                Ok(change) => {
                    self.core.committed(self.table, self.log.version(), change);
                    self.start_checkpoint(before);
                    return Ok(());
                }
                Err(error) => error,
            };
            let out_of_space = error.is_out_of_space();
            tracing::warn!(table = self.table.name(), attempt, %error, "a commit did not succeed");
            attempt += u32::from(!out_of_space);
            if self.files.broken().is_some() || attempt > self.core.options.commit_attempts {
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
                    self.files.sync_dir(&disk_path(&log_root(self.table)))?;
                    return Ok(FilesChange::Replaced(self.log.files()?));
                }
                files
            }
            None => written.insert(self.write(tail).await?),
        };
        let before = self.log.version();
        let now_ms = self.core.clock.now_ms();
        let adds = files.iter().map(|file| add_action(&file.file, &file.path, true)).collect();
        let added = files.iter().map(|file| Arc::clone(&file.file)).collect();
        let version = self.log.commit(adds, self.core.log_id, tail.through, now_ms).await?;
        if version == before + 1 {
            return Ok(FilesChange::Added(added));
        }
        Ok(FilesChange::Replaced(self.log.files()?))
    }

    /// Whether an earlier try to commit these files did. Derived tables may be sealed twice at one
    /// position, so there the files say so.
    async fn has_landed(
        &self,
        tail: &SealedTail,
        files: &[WrittenFile],
    ) -> Result<bool, CommitError> {
        if !self.table.is_derived() {
            return Ok(self.log.committed(self.core.log_id).await? >= tail.through);
        }
        let there = self.log.files()?;
        let there: HashSet<&Path> = there.iter().map(|file| &file.path).collect();
        Ok(files.iter().all(|file| there.contains(&file.file.path)))
    }

    /// Writes the Parquet files of a tail, away from the async threads.
    async fn write(&self, tail: &SealedTail) -> Result<Vec<WrittenFile>, CommitError> {
        let (core, files) = (Arc::clone(&self.core), Arc::clone(&self.files));
        let (table, tail) = (self.table, tail.clone());
        let write = move || {
            let now_ms = core.clock.now_ms();
            let (claims, options) = (&core.claims, &core.options);
            let to = WriteTo { files: &files, claims, options, now_ms };
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
