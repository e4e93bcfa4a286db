//! One statement in, one answer out.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::sql::parser::Statement as Parsed;
use object_store::ObjectStore;
use seam_schema::ids::Tenant;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout, timeout_at};

use crate::catalog::Tables;
use crate::error::QueryError;
use crate::guard;
use crate::limits::Limits;
use crate::needs::{self, Needs};
use crate::runtime::QueryRuntime;
use crate::session::Sessions;
use crate::source::{Lag, SnapshotSource};
use crate::work::{self, Finished, Progress};

/// How many batches wait for a slow reader.
const BATCHES_AHEAD: usize = 2;

/// A statement and who asks.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The SQL.
    pub sql: String,
    /// Whose rows it sees; `None` is everybody's.
    pub tenant: Option<Tenant>,
}

/// Answers statements, a bounded number at a time, on threads of its own.
#[derive(Debug)]
pub struct Engine {
    source: Arc<dyn SnapshotSource>,
    sessions: Arc<Sessions>,
    turns: Arc<Semaphore>,
    runtime: QueryRuntime,
    limits: Arc<Limits>,
}

impl Engine {
    /// Starts the threads and plans the views.
    pub async fn new(source: Arc<dyn SnapshotSource>, limits: Limits) -> Result<Self, QueryError> {
        let runtime = QueryRuntime::start(limits.threads())
            .map_err(|error| QueryError::Internal(format!("no threads for queries: {error}")))?;
        let sessions = Arc::new(Sessions::new(&limits).await?);
        let turns = Arc::new(Semaphore::new(limits.concurrent));
        Ok(Self { source, sessions, turns, runtime, limits: Arc::new(limits) })
    }

    /// The limits it holds.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Runs a statement until its first rows can be read.
    ///
    /// Dropping the answer stops the statement.
    pub async fn run(&self, statement: Statement) -> Result<Answer, QueryError> {
        // What is wrong on its face needs neither a turn nor the tables.
        if statement.sql.len() > self.limits.sql_bytes {
            let (bytes, limit) = (statement.sql.len(), self.limits.sql_bytes);
            return Err(QueryError::TooLong { bytes, limit });
        }
        let (read, needs) = self.read(statement.sql).await?;
        let (snapshot, lag) = self.source.snapshot_at_log_end(needs, self.limits.visible).await;
        let reader = Arc::clone(snapshot.reader());
        let tables = Tables::new(Some(snapshot), statement.tenant, self.sessions.views());
        self.run_over(read, tables, reader, lag).await
    }

    /// Reads the text, on a thread whose stack is deep enough, and tells what it needs.
    async fn read(&self, sql: String) -> Result<(Parsed, Needs), QueryError> {
        let (views, limits) = (self.sessions.views(), Arc::clone(&self.limits));
        let handle = self.runtime.handle().ok_or_else(stopped)?;
        let reading = handle.spawn(async move {
            let statement = guard::parse(&sql, &limits)?;
            let needs = needs::of(&statement, &views)?;
            Ok((statement, needs))
        });
        reading.await.unwrap_or_else(|_| Err(broke_off()))
    }

    async fn run_over(
        &self,
        statement: Parsed,
        tables: Tables,
        reader: Arc<dyn ObjectStore>,
        lag: Lag,
    ) -> Result<Answer, QueryError> {
        let turn = self.turn().await?;
        let deadline = Instant::now() + self.limits.deadline;
        let (started, start) = oneshot::channel();
        let (progress, batches) = mpsc::channel(BATCHES_AHEAD);
        let sessions = Arc::clone(&self.sessions);
        let limits = Arc::clone(&self.limits);
        let handle = self.runtime.handle().ok_or_else(stopped)?;
        let worker = handle.spawn(async move {
            // The turn ends when the work does, not when the reader goes: what cannot be
            // stopped at once still counts.
            let _turn: OwnedSemaphorePermit = turn;
            let state = sessions.open(tables, reader);
            work::run(&state, statement, &limits, started, progress).await;
        });
        let stop = StopOnDrop(worker.abort_handle());
        let schema = match timeout_at(deadline, start).await {
            Ok(Ok(schema)) => schema?,
            Ok(Err(_)) => return Err(broke_off()),
            Err(_) => return Err(QueryError::Deadline { after: self.limits.deadline }),
        };
        Ok(Answer {
            schema,
            lag,
            batches,
            deadline,
            after: self.limits.deadline,
            rows: 0,
            rows_left: self.limits.rows,
            truncated: false,
            ended: false,
            stop,
        })
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit, QueryError> {
        let turn = Arc::clone(&self.turns).acquire_owned();
        match timeout(self.limits.turn, turn).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) => Err(stopped()),
            Err(_) => Err(QueryError::Busy { running: self.limits.concurrent }),
        }
    }
}

fn stopped() -> QueryError {
    QueryError::Internal("the server is stopping".to_owned())
}

fn broke_off() -> QueryError {
    QueryError::Internal("the engine broke off; the server's log says why".to_owned())
}

#[derive(Debug)]
struct StopOnDrop(AbortHandle);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The rows of a statement, as they come.
#[derive(Debug)]
pub struct Answer {
    schema: SchemaRef,
    lag: Lag,
    batches: mpsc::Receiver<Progress>,
    deadline: Instant,
    after: Duration,
    rows: u64,
    rows_left: u64,
    truncated: bool,
    ended: bool,
    stop: StopOnDrop,
}

impl Answer {
    /// The columns. Every name is there once: a second `kind` is `kind_2`.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// How far the tables it was answered from are behind the log.
    pub fn lag(&self) -> Lag {
        self.lag
    }

    /// How many rows were given so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Whether there were more rows than an answer may have; known at its end.
    pub fn truncated(&self) -> bool {
        self.truncated
    }

    /// The next rows; `None` at the end. After an error there is nothing more.
    pub async fn next(&mut self) -> Result<Option<RecordBatch>, QueryError> {
        while !self.ended {
            let progress = match timeout_at(self.deadline, self.batches.recv()).await {
                Ok(Some(progress)) => progress,
                Ok(None) => Progress::Finished(Finished::Failed(broke_off())),
                Err(_) => {
                    let error = QueryError::Deadline { after: self.after };
                    Progress::Finished(Finished::Failed(error))
                }
            };
            match progress {
                Progress::Rows(batch) if batch.num_rows() == 0 => {}
                Progress::Rows(batch) => return Ok(self.take(batch)),
                Progress::Finished(finished) => {
                    self.end();
                    if let Finished::Failed(error) = finished {
                        return Err(error);
                    }
                }
            }
        }
        Ok(None)
    }

    /// Counts rows, and cuts the answer where it has enough.
    fn take(&mut self, batch: RecordBatch) -> Option<RecordBatch> {
        let rows = batch.num_rows() as u64;
        let kept = rows.min(self.rows_left);
        self.rows += kept;
        self.rows_left -= kept;
        if kept == rows {
            return Some(batch);
        }
        self.truncated = true;
        self.end();
        let kept = usize::try_from(kept).unwrap_or(usize::MAX);
        (kept > 0).then(|| batch.slice(0, kept))
    }

    fn end(&mut self) {
        self.ended = true;
        self.stop.0.abort();
    }
}

#[cfg(test)]
mod tests;
