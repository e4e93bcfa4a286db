//! What keeps the tables small and quick to open: merging, retention, clean-up.
//!
//! In rounds, one thing at a time and beside everything else. First whole days that are over for
//! good are dropped by a commit ([`retention`]). Then neighbouring small files are merged
//! ([`plan`], [`merge`]), one file at a time over all tables, on a thread of low priority, at a
//! bounded speed. Where a table has changed, its Delta log is cleaned up and the files that
//! nobody needs are removed ([`clean_up`]).
//!
//! What a crash leaves, by where it comes:
//! - in a merged file, or before its commit: a file that no commit names; it is removed;
//! - after the commit: the old files, which no version names; they are removed when old enough;
//! - while removing: some of them, for the next round.
//!
//! Rows are in exactly one file of every version, whatever happens.

mod clean_up;
mod counts;
mod merge;
mod order;
mod plan;
mod retention;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::thread::Builder;

use object_store::path::Path;
use seam_schema::ids::{LogId, Sequence};
use seam_schema::table::Table;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout;

pub(crate) use self::counts::Counting;
pub use self::counts::UpkeepCounts;
use self::counts::add;
use self::merge::{Merger, UpkeepError};
use self::plan::{Facts, Run, next_run};
use crate::delta::Why;
use crate::durable::DurableStore;
use crate::snapshot::DataFile;
use crate::state::Core;

/// How much nicer than the rest of the process the merging thread is.
#[cfg(target_os = "linux")]
const NICE: i32 = 15;

/// Keeps the tables of a store in order.
pub(crate) struct Upkeep {
    core: Arc<Core>,
    store: DurableStore,
    /// Files that could not be read: they are left alone until the next start.
    unreadable: HashSet<Path>,
    cleaned: BTreeMap<Table, Cleaned>,
}

/// The last clean-up of a table.
struct Cleaned {
    at_ms: i64,
    /// The version after which nothing was left that has to go later.
    done: Option<u64>,
}

impl Upkeep {
    pub(crate) fn new(core: Arc<Core>, store: DurableStore) -> Self {
        Self { core, store, unreadable: HashSet::new(), cleaned: BTreeMap::new() }
    }

    /// Works in rounds until the store ends.
    pub(crate) async fn run(upkeep: Arc<tokio::sync::Mutex<Self>>, core: Arc<Core>) {
        while timeout(core.options.upkeep.every, core.stop.wait()).await.is_err() {
            upkeep.lock().await.round().await;
        }
    }

    /// One round.
    pub(crate) async fn round(&mut self) {
        self.expire().await;
        self.merge_all().await;
        for table in Table::ALL.iter().copied() {
            if !self.core.stop.is_stopped() && self.core.failure().is_none() {
                self.clean_up(table).await;
            }
        }
    }

    fn merger(&self, table: Table) -> Merger {
        Merger {
            core: Arc::clone(&self.core),
            store: self.store.clone(),
            stop: Arc::clone(&self.core.stop),
            table,
        }
    }

    /// The files of a table, as everybody sees them now.
    fn files(&self, table: Table) -> Arc<Vec<Arc<DataFile>>> {
        let snapshot = self.core.snapshot();
        snapshot.table(table).map(|of| Arc::clone(&of.files)).unwrap_or_default()
    }

    fn failed(&self, doing: &'static str, table: Table, error: &dyn std::fmt::Display) {
        add(&self.core.counts.failures, 1);
        tracing::warn!(table = table.name(), %error, "cannot {doing}; it is tried again");
    }

    /// Drops the days that are over.
    async fn expire(&self) {
        let received = Table::ALL.iter().copied().filter(|table| !table.is_derived());
        let days: BTreeSet<i32> = received
            .flat_map(|table| self.files(table).iter().map(|file| file.day).collect::<Vec<_>>())
            .collect();
        let (now_ms, options) = (self.core.clock.now_ms(), &self.core.options.upkeep);
        let first = retention::first_kept(&days, now_ms, options.retention_days);
        let Some(first) = first else { return };
        for table in Table::ALL.iter().copied() {
            let files = self.files(table);
            let gone: Vec<_> = files.iter().filter(|file| file.day < first).cloned().collect();
            if gone.is_empty() {
                continue;
            }
            let days: BTreeSet<_> =
                gone.iter().map(|file| (file.tenant.clone(), file.day)).collect();
            let files = gone.len() as u64;
            match self.merger(table).exchange(gone, Vec::new(), Why::Expired).await {
                Ok(()) => {
                    add(&self.core.counts.expired_days, days.len() as u64);
                    add(&self.core.counts.expired_files, files);
                    tracing::info!(
                        table = table.name(),
                        days = days.len(),
                        files,
                        "dropped days that are over"
                    );
                }
                Err(UpkeepError::Ending) => return,
                Err(error) => self.failed("drop old days", table, &error),
            }
        }
    }

    /// Merges until nothing is worth it any more; the tables take turns.
    async fn merge_all(&mut self) {
        let mut left: BTreeSet<Table> = Table::ALL.iter().copied().collect();
        while !left.is_empty() {
            for table in left.clone() {
                if self.core.stop.is_stopped() || self.core.failure().is_some() {
                    return;
                }
                if !self.merge_one(table).await {
                    left.remove(&table);
                }
            }
        }
    }

    /// One merge; false if there is none, or it did not succeed.
    async fn merge_one(&mut self, table: Table) -> bool {
        let Some(run) = self.plan(table) else { return false };
        let merger = self.merger(table);
        let (files, bytes) = (run.files.len() as u64, size(&run.files));
        let paths: Vec<Path> = run.files.iter().map(|file| file.path.clone()).collect();
        let ended = aside(async move { merger.merge(&run).await }).await;
        let counts = &self.core.counts;
        match ended.unwrap_or(Err(UpkeepError::Ending)) {
            Ok(written) => {
                let written = written.map_or(0, |written| written.file.size_bytes);
                add(&counts.merges, 1);
                add(&counts.merged_files, files);
                add(&counts.merged_bytes, bytes);
                add(&counts.written_bytes, written);
                tracing::debug!(table = table.name(), files, bytes, written, "merged files");
                true
            }
            Err(UpkeepError::Ending) => false,
            Err(_) if self.core.stop.is_stopped() => false,
            Err(error) => {
                if matches!(error, UpkeepError::Read(_)) {
                    self.unreadable.extend(paths);
                }
                // A file may be left over.
                if let Some(cleaned) = self.cleaned.get_mut(&table) {
                    cleaned.done = None;
                }
                self.failed("merge files", table, &error);
                false
            }
        }
    }

    fn plan(&self, table: Table) -> Option<Run> {
        let core = &self.core;
        let sessions = core.committed_through(Table::Sessions);
        let settled = |log_id: LogId| {
            if log_id == core.log_id {
                return sessions;
            }
            core.derived_start.get(log_id).map_or(Sequence(0), |last| last.sequence)
        };
        let facts = Facts {
            table,
            options: &core.options.upkeep,
            now_ms: core.clock.now_ms(),
            have_passed: &|log_id, through| core.places.have_passed(table, log_id, through),
            settled: &settled,
            unreadable: &self.unreadable,
        };
        next_run(&self.files(table), &facts)
    }

    /// Removes what a table does not need any more, if it has changed or something was too
    /// young before, and not in every round: the table is opened for it.
    async fn clean_up(&mut self, table: Table) {
        let version = self.core.snapshot().table(table).map(|of| of.version);
        let (now_ms, every) = (self.core.clock.now_ms(), self.core.options.upkeep.clean_up_every);
        let is_due = self.cleaned.get(&table).is_none_or(|last| {
            let passed = u128::try_from(now_ms - last.at_ms).unwrap_or(0);
            passed >= every.as_millis() && (last.done.is_none() || last.done != version)
        });
        if !is_due {
            return;
        }
        let (core, store) = (Arc::clone(&self.core), self.store.clone());
        let cleaned = aside(async move { clean_up::clean_up(&core, &store, table).await }).await;
        let done = match cleaned {
            Some(Ok(true)) => version,
            Some(Ok(false)) => None,
            Some(Err(_)) if self.core.stop.is_stopped() => return,
            Some(Err(error)) => {
                self.failed("clean up", table, &error);
                None
            }
            None => return,
        };
        self.cleaned.insert(table, Cleaned { at_ms: now_ms, done });
    }
}

/// Does work on a thread of low priority; nothing if it panics or the thread cannot be had.
async fn aside<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Option<T> {
    let (ended, end) = oneshot::channel();
    let runtime = Handle::current();
    let started = Builder::new().name("seam-upkeep".to_owned()).spawn(move || {
        be_nice();
        // Whoever waits may have gone.
        ended.send(runtime.block_on(work)).ok();
    });
    if let Err(error) = started {
        tracing::warn!(%error, "cannot start a thread for the upkeep of the tables");
        return None;
    }
    end.await.ok()
}

#[cfg(target_os = "linux")]
fn be_nice() {
    if let Err(error) = rustix::process::nice(NICE) {
        tracing::debug!(%error, "cannot lower the priority of the upkeep thread");
    }
}

#[cfg(not(target_os = "linux"))]
fn be_nice() {}

fn size(files: &[Arc<DataFile>]) -> u64 {
    files.iter().map(|file| file.size_bytes).sum()
}
