//! Where stage 2 goes on after a start, and what of the derived tables is taken back for that.
//!
//! `sessions` is committed after the other derived tables, so its position is the one at which
//! all of them agree. A crash between the commits leaves some ahead. What they say there was
//! derived from events that come again, perhaps in other groups: a row that stood only for a
//! moment would not come again, and nobody would know of it. So those files are taken out.
//!
//! In a data folder every other log is one that the folder had before, and nobody writes it any
//! more. In tables that several collectors fill nobody can tell that: another log's rows may be
//! ahead because its collector is committing right now. So there nothing of other logs is taken
//! over or taken back.

use std::collections::{BTreeMap, BTreeSet};

use deltalake::DeltaResult;
use seam_schema::ids::{LogId, Sequence};
use seam_schema::table::Table;
use tokio::time::sleep;

use crate::delta::DeltaLog;
use crate::error::OpenError;
use crate::follow::{Cursor, Position};
use crate::remote::PAUSES;
use crate::state::Opened;

/// The frames up to which the derived tables agree, per log that stage 2 may go on with.
pub(crate) struct DerivedStart {
    log_id: LogId,
    /// Other logs may have collectors that live.
    shared: bool,
    ends: BTreeMap<LogId, Sequence>,
    /// Logs of which `events` holds rows, all of them derived.
    done: BTreeSet<LogId>,
}

impl DerivedStart {
    /// Reads it from the tables as they were found.
    ///
    /// What an earlier log left underived comes before this log's first derived frame: once this
    /// log has one, every other is done. In shared tables only this log is read.
    pub(crate) async fn read(
        logs: &BTreeMap<Table, DeltaLog>,
        opened: &BTreeMap<Table, Opened>,
        log_id: LogId,
        shared: bool,
    ) -> Result<Self, OpenError> {
        let own = opened.get(&Table::Sessions).map_or(Sequence(0), |opened| opened.committed);
        let ends = BTreeMap::from([(log_id, own)]);
        if shared {
            return Ok(Self { log_id, shared, ends, done: BTreeSet::new() });
        }
        let files = opened.get(&Table::Events).into_iter().flat_map(|opened| &opened.files);
        let mut others: BTreeSet<LogId> = files.filter_map(|file| file.log_id).collect();
        others.remove(&log_id);
        let mut start = Self { log_id, shared, ends, done: others };
        if let Some(sessions) = logs.get(&Table::Sessions).filter(|_| own == Sequence(0)) {
            for other in std::mem::take(&mut start.done) {
                let end = sessions.committed(other).await;
                let end =
                    end.map_err(|source| OpenError::delta("read", Table::Sessions, source))?;
                start.ends.insert(other, end);
            }
        }
        Ok(start)
    }

    /// The position in `events` after which stage 2 goes on.
    pub(crate) fn cursor(&self) -> Cursor {
        let after = |sequence| Position { sequence, index: i64::MAX };
        let mut cursor = Cursor::start();
        for (log_id, end) in &self.ends {
            cursor.set(*log_id, after(*end));
        }
        for log_id in &self.done {
            cursor.set(*log_id, after(Sequence(i64::MAX)));
        }
        if self.shared { cursor.with_others_done() } else { cursor }
    }

    /// Takes out of the derived tables what lies behind those frames.
    pub(crate) async fn take_back(
        &self,
        logs: &mut BTreeMap<Table, DeltaLog>,
        opened: &mut BTreeMap<Table, Opened>,
    ) -> Result<(), OpenError> {
        for table in Table::DERIVED.iter().copied() {
            let (Some(log), Some(opened)) = (logs.get_mut(&table), opened.get_mut(&table)) else {
                continue;
            };
            let failed = |source| OpenError::delta("take back rows of", table, source);
            let files = self.take_back_of(log).await.map_err(failed)?;
            if files > 0 {
                tracing::info!(table = table.name(), files, "took back what a crash left ahead");
            }
            opened.committed = log.committed(self.log_id).await.map_err(failed)?;
            opened.version = log.version();
            opened.files = log.files().map_err(failed)?;
        }
        Ok(())
    }

    /// The same of one table; how many files went. Where others write, a commit of theirs may come
    /// in between, and an answer may be lost: after an error the table is read again.
    async fn take_back_of(&self, log: &mut DeltaLog) -> DeltaResult<usize> {
        for pause in PAUSES.into_iter().filter(|_| self.shared) {
            match log.take_back(&self.ends).await {
                Ok(files) => return Ok(files),
                Err(error) => tracing::info!(%error, "looks again at what is to be taken back"),
            }
            sleep(pause).await;
            log.reload().await?;
        }
        log.take_back(&self.ends).await
    }
}
