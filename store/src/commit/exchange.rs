//! Files in place of others: what merging and retention ask for.
//!
//! The same task makes it that commits the tails, so the two never meet; a tail that comes
//! meanwhile waits for one small commit. It fails if anybody else has committed, and after any
//! error the table is read again and its files tell what happened.

use std::collections::HashSet;
use std::sync::Arc;

use object_store::path::Path;
use tokio::time::sleep;

use super::{BACKOFF_MAX, CommitError, Committer};
use crate::delta::{add_action, log_root};
use crate::state::{Exchange, Exchanged, FilesChange, Request};

impl Committer {
    /// Does what was asked for. An error says that it is not known what the table is now.
    pub(super) async fn serve(&mut self, request: Request) -> Result<(), CommitError> {
        match request {
            Request::Exchange(exchange) => {
                let before = self.log.version();
                let ended = self.exchange(&exchange).await?;
                self.start_checkpoint(before);
                // Whoever asked may have gone.
                exchange.ended.send(ended).ok();
            }
            Request::Adopt(mut log) => {
                if log.version() < self.log.version() {
                    log.reload().await?;
                }
                if log.version() >= self.log.version() {
                    self.log = *log;
                }
            }
        }
        Ok(())
    }

    async fn exchange(&mut self, exchange: &Exchange) -> Result<Exchanged, CommitError> {
        let gone: HashSet<Path> = exchange.gone.iter().map(|file| file.path.clone()).collect();
        let mut pause = self.core.options.commit_backoff;
        for attempt in 1..=self.core.options.commit_attempts.max(1) {
            let Some(error) = self.try_exchange(exchange, &gone).await else {
                return Ok(Exchanged::Done);
            };
            tracing::warn!(table = self.table.name(), attempt, %error, "an exchange of files did not succeed");
            if let Some(broken) = self.store.broken() {
                return Err(CommitError::Sync(std::io::Error::other(broken.to_owned())));
            }
            let there = self.look().await?;
            let come = || exchange.come.iter().map(|file| &file.file.path);
            if come().all(|path| there.contains(path)) && gone.is_disjoint(&there) {
                self.store.sync_dir(&log_root(self.table))?;
                return Ok(Exchanged::Done);
            }
            if !gone.is_subset(&there) {
                return Ok(Exchanged::TooLate);
            }
            if attempt == self.core.options.commit_attempts || error.is_out_of_space() {
                return Ok(Exchanged::Failed(error.to_string()));
            }
            sleep(pause).await;
            pause = (pause * 2).min(BACKOFF_MAX);
        }
        Ok(Exchanged::Failed("it was not tried".to_owned()))
    }

    /// One try; the error if it did not succeed for sure.
    async fn try_exchange(
        &mut self,
        exchange: &Exchange,
        gone: &HashSet<Path>,
    ) -> Option<CommitError> {
        let come = exchange.come.iter();
        let adds = come.map(|file| add_action(&file.file, &file.path, false)).collect();
        let now_ms = self.core.clock.now_ms();
        if let Err(error) = self.log.exchange(gone, adds, exchange.why, now_ms).await {
            return Some(error.into());
        }
        let come = exchange.come.iter().map(|file| Arc::clone(&file.file)).collect();
        let change = FilesChange::Exchanged { gone: gone.clone(), come };
        self.shown = self.log.version();
        self.core.files_changed(self.table, self.shown, change);
        None
    }

    /// Reads the table again, shows what it is now, and gives its files.
    async fn look(&mut self) -> Result<HashSet<Path>, CommitError> {
        let mut pause = self.core.options.commit_backoff;
        let mut attempt = 1;
        while let Err(error) = self.log.reload().await {
            attempt += 1;
            if attempt > self.core.options.commit_attempts {
                return Err(error.into());
            }
            sleep(pause).await;
            pause = (pause * 2).min(BACKOFF_MAX);
        }
        let files = self.log.files()?;
        let there = files.iter().map(|file| file.path.clone()).collect();
        self.shown = self.log.version();
        self.core.files_changed(self.table, self.shown, FilesChange::Replaced(files));
        Ok(there)
    }
}
