//! One merge: some files read, one written, and the one put in place of the others.

use std::sync::Arc;

use arrow::error::ArrowError;
use futures::TryFutureExt as _;
use parquet::errors::ParquetError;
use seam_schema::table::Table;
use seam_schema::table::ledger::{self, Ledger};
use thiserror::Error;
use tokio::sync::oneshot;

use super::order::{key_columns, order, sorted_by};
use super::plan::Run;
use crate::columns::in_files;
use crate::delta::Why;
use crate::durable::DurableStore;
use crate::error::ReadError;
use crate::pace::{Pace, Stop};
use crate::parquet_file::{DataWriter, Holds, WriteTo, WrittenFile, without_partitions};
use crate::read::FileRows;
use crate::snapshot::DataFile;
use crate::sorted::{Sorted, Source};
use crate::state::{Core, Exchange, Exchanged, Request};
use crate::store::wait_failure;

/// Why files were not merged, or a day not dropped. Nothing is lost by it.
#[derive(Debug, Error)]
pub(super) enum UpkeepError {
    #[error("cannot read the files: {0}")]
    Read(#[from] ReadError),
    #[error("cannot sort the rows: {0}")]
    Sort(#[from] ArrowError),
    #[error("cannot write the merged file: {0}")]
    Write(#[from] ParquetError),
    #[error("the commit did not succeed: {0}")]
    Commit(String),
    #[error("somebody else has changed the files meanwhile")]
    TooLate,
    #[error("the store ends")]
    Ending,
}

/// What merging needs.
#[derive(Clone)]
pub(super) struct Merger {
    pub(super) core: Arc<Core>,
    pub(super) store: DurableStore,
    pub(super) stop: Arc<Stop>,
    pub(super) table: Table,
}

impl Merger {
    /// Merges files and commits that. Decodes and encodes on the thread that polls it, which may
    /// block.
    pub(super) async fn merge(&self, run: &Run) -> Result<Option<WrittenFile>, UpkeepError> {
        let come = self.write(run).await?;
        self.exchange(run.files.clone(), come.clone().into_iter().collect(), Why::Merged).await?;
        Ok(come)
    }

    /// Writes the merged file; none if no row stays.
    async fn write(&self, run: &Run) -> Result<Option<WrittenFile>, UpkeepError> {
        let options = &self.core.options;
        let source = Source {
            reader: Arc::new(self.store.clone()),
            files: run.files.clone(),
            schema: self.table.schema(),
            window_bytes: options.upkeep.merge_memory_bytes,
            pace: Some(Pace::new(options.upkeep.read_bytes_per_s, Arc::clone(&self.stop))),
        };
        if self.table == Table::Ledger {
            return self.write_ledger(&source, run).await;
        }
        let (keys, rows) = source.keys(&key_columns(self.table)).await?;
        let order = order(self.table, &keys, &rows, run.is_all)?;
        drop((keys, rows));
        if order.is_empty() {
            return Ok(None);
        }
        let mut writer = self.writer(run, order.len() as u64)?;
        match copy(Sorted::new(source, order), &mut writer).await {
            Ok(()) => Ok(Some(writer.finish()?)),
            Err(error) => {
                writer.abandon(&self.store);
                Err(error)
            }
        }
    }

    /// Lines of the ledger with one key become one; there are few of them.
    async fn write_ledger(
        &self,
        source: &Source,
        run: &Run,
    ) -> Result<Option<WrittenFile>, UpkeepError> {
        let mut sum = Ledger::default();
        for file in &source.files {
            let mut rows = FileRows::open(&source.reader, file, Arc::clone(&source.schema)).await?;
            while let Some(batch) = rows.next().await? {
                sum.merge(ledger::read(&batch));
            }
        }
        let sum = without_partitions(&sum.finish()?)?;
        let mut writer = self.writer(run, sum.num_rows() as u64)?;
        if let Err(error) = writer.write(&sum) {
            writer.abandon(&self.store);
            return Err(error.into());
        }
        Ok(Some(writer.finish()?))
    }

    fn writer(&self, run: &Run, rows: u64) -> Result<DataWriter, UpkeepError> {
        let first = run.files.first();
        let holds = Holds {
            table: self.table,
            tenant: first.map(|file| file.tenant.clone()).unwrap_or_default(),
            day: first.map(|file| file.day).unwrap_or_default(),
            covers: run.covers,
            rows,
            sorted_by: sorted_by(self.table),
        };
        let (options, claims) = (&self.core.options, &self.core.claims);
        let now_ms = self.core.clock.now_ms();
        let to = WriteTo { store: &self.store, claims, options, now_ms };
        let pace = Pace::new(options.upkeep.write_bytes_per_s, Arc::clone(&self.stop));
        Ok(DataWriter::create(&to, holds, in_files(&self.table.schema()), Some(pace))?)
    }

    /// Has files put in place of others.
    pub(super) async fn exchange(
        &self,
        gone: Vec<Arc<DataFile>>,
        come: Vec<WrittenFile>,
        why: Why,
    ) -> Result<(), UpkeepError> {
        let (ended, end) = oneshot::channel();
        let exchange = Exchange { gone, come, why, ended };
        self.core.request(self.table, Request::Exchange(exchange));
        let mut failures = self.core.subscribe_failure();
        let ended = tokio::select! {
            ended = end.map_err(|_| UpkeepError::Ending) => ended?,
            _ = wait_failure(&mut failures) => return Err(UpkeepError::Ending),
        };
        match ended {
            Exchanged::Done => Ok(()),
            Exchanged::TooLate => Err(UpkeepError::TooLate),
            Exchanged::Failed(reason) => Err(UpkeepError::Commit(reason)),
        }
    }
}

async fn copy(mut from: Sorted, to: &mut DataWriter) -> Result<(), UpkeepError> {
    while let Some(batch) = from.next().await? {
        to.write(&without_partitions(&batch)?)?;
    }
    Ok(())
}
