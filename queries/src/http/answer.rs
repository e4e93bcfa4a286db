//! Sending rows, and recording how that ended.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::RecordBatch;
use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response, StatusCode};
use futures::stream;
use tokio::sync::{mpsc, oneshot};

use super::refuse::Refusal;
use super::{DERIVED_LAG_HEADER, DOOR, LAG_HEADER, ROW_CAP_HEADER, TRUNCATED_HEADER};
use crate::audit::{Audit, Caller, Ending, act};
use crate::engine::Answer;
use crate::error::QueryError;
use crate::format::{Encoder, Format};
use crate::source::Lag;

/// What is collected before the headers go out. An answer up to this size has a status that
/// says how it ended; a longer one can only be broken off.
const HEAD_BYTES: usize = 64 * 1024;
/// How many rows are encoded at a time: rows can be long, and a piece is held whole.
const ENCODED_ROWS: usize = 128;
/// How many pieces wait for a slow client.
const PIECES_AHEAD: usize = 2;

/// Who asked what and when, to be recorded when it has ended.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) audit: Arc<dyn Audit>,
    pub(crate) caller: Caller,
    pub(crate) sql: String,
    pub(crate) began: Instant,
}

impl Record {
    async fn end(&self, rows: u64, ending: &Ending<'_>) -> Result<(), QueryError> {
        let act = act(DOOR, &self.sql, rows, self.began.elapsed(), ending);
        self.audit.record(&self.caller, act).await.map_err(|error| {
            tracing::error!(%error, "cannot record a statement in the audit");
            QueryError::Internal("the statement could not be recorded in the audit".to_owned())
        })
    }

    /// Records a statement that gave an error; what to tell the client.
    pub(crate) async fn failed(&self, rows: u64, error: QueryError) -> Refusal {
        let told = match self.end(rows, &Ending::Failed(&error)).await {
            Ok(()) => error,
            Err(unrecorded) => unrecorded,
        };
        Refusal::from(&told)
    }
}

/// How an answer goes out.
#[derive(Debug)]
pub(crate) enum Pump {
    /// It failed before anything was sent.
    Refused(Refusal),
    /// It is all here.
    Whole { bytes: Vec<u8>, lag: Lag, truncated: bool },
    /// Its beginning is here; the rest follows.
    Long { pieces: mpsc::Receiver<Result<Bytes, io::Error>>, lag: Lag },
}

/// An answer on its way into bytes.
#[derive(Debug)]
struct Writing {
    answer: Answer,
    encoder: Box<dyn Encoder>,
    record: Record,
    /// Rows that were read and not yet written.
    rest: Option<RecordBatch>,
}

impl Pump {
    /// Collects the beginning of an answer.
    pub(crate) async fn start(answer: Answer, format: Format, record: Record) -> Self {
        let lag = answer.lag();
        let encoder = match format.encoder(answer.schema()) {
            Ok(encoder) => encoder,
            Err(error) => return Self::Refused(record.failed(0, error).await),
        };
        // A task of its own: a client that goes away must not keep the end from the record.
        let (head, started) = oneshot::channel();
        tokio::spawn(Writing { answer, encoder, record, rest: None }.run(lag, head));
        let broke_off = || QueryError::Internal("the answer broke off".to_owned());
        started.await.unwrap_or_else(|_| Self::Refused(Refusal::from(&broke_off())))
    }

    /// The response.
    pub(crate) fn into_response(self, format: Format, row_cap: u64) -> Response<Body> {
        let (body, lag, truncated) = match self {
            Self::Refused(refusal) => return refusal.into_response(),
            Self::Whole { bytes, lag, truncated } => (Body::from(bytes), lag, truncated),
            Self::Long { pieces, lag } => (Body::from_stream(into_stream(pieces)), lag, false),
        };
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::OK;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
        headers.insert(LAG_HEADER, HeaderValue::from(lag.frames));
        headers.insert(DERIVED_LAG_HEADER, HeaderValue::from(lag.derived_frames));
        headers.insert(ROW_CAP_HEADER, HeaderValue::from(row_cap));
        if truncated {
            headers.insert(TRUNCATED_HEADER, HeaderValue::from_static("true"));
        }
        response
    }
}

fn into_stream(
    pieces: mpsc::Receiver<Result<Bytes, io::Error>>,
) -> impl futures::Stream<Item = Result<Bytes, io::Error>> {
    stream::unfold(
        pieces,
        |mut pieces| async move { pieces.recv().await.map(|piece| (piece, pieces)) },
    )
}

/// How far the writing got.
enum Piece {
    /// There is more.
    More,
    /// That was all.
    Last,
}

impl Writing {
    /// Writes until enough is there for a piece, or to the end.
    async fn piece(&mut self, out: &mut Vec<u8>) -> Result<Piece, QueryError> {
        while out.len() < HEAD_BYTES {
            let batch = match self.rest.take() {
                Some(batch) => Some(batch),
                None => self.answer.next().await?,
            };
            let Some(batch) = batch else {
                self.encoder.finish(out)?;
                return Ok(Piece::Last);
            };
            let rows = batch.num_rows().min(ENCODED_ROWS);
            self.encoder.encode(&batch.slice(0, rows), out)?;
            if rows < batch.num_rows() {
                self.rest = Some(batch.slice(rows, batch.num_rows() - rows));
            }
        }
        Ok(Piece::More)
    }

    async fn run(mut self, lag: Lag, mut head: oneshot::Sender<Pump>) {
        let mut bytes = Vec::new();
        let piece = tokio::select! {
            piece = self.piece(&mut bytes) => piece,
            () = head.closed() => return self.left().await,
        };
        let pump = match piece {
            Ok(Piece::More) => return self.long(bytes, lag, head).await,
            Ok(Piece::Last) => {
                let truncated = self.answer.truncated();
                match self.record.end(self.answer.rows(), &Ending::Done { truncated }).await {
                    Ok(()) => Pump::Whole { bytes, lag, truncated },
                    Err(error) => Pump::Refused(Refusal::from(&error)),
                }
            }
            Err(error) => Pump::Refused(self.record.failed(self.answer.rows(), error).await),
        };
        // A client that left meanwhile gets nothing; its statement is recorded.
        drop(head.send(pump));
    }

    /// Sends a long answer piece by piece. Whatever goes wrong now breaks the body off.
    async fn long(mut self, first: Vec<u8>, lag: Lag, head: oneshot::Sender<Pump>) {
        let (sender, pieces) = mpsc::channel(PIECES_AHEAD);
        if head.send(Pump::Long { pieces, lag }).is_err() {
            return self.left().await;
        }
        let mut bytes = first;
        loop {
            if sender.send(Ok(Bytes::from(std::mem::take(&mut bytes)))).await.is_err() {
                return self.left().await;
            }
            let piece = tokio::select! {
                piece = self.piece(&mut bytes) => piece,
                () = sender.closed() => return self.left().await,
            };
            let broken = match piece {
                Ok(Piece::More) => continue,
                Ok(Piece::Last) => self.last(&sender, bytes).await.err(),
                Err(error) => {
                    self.record.failed(self.answer.rows(), error).await;
                    Some(io::Error::other("the statement failed"))
                }
            };
            if let Some(broken) = broken {
                drop(sender.send(Err(broken)).await);
            }
            return;
        }
    }

    /// Records the end, and only then sends it.
    async fn last(
        &mut self,
        sender: &mpsc::Sender<Result<Bytes, io::Error>>,
        bytes: Vec<u8>,
    ) -> Result<(), io::Error> {
        let truncated = self.answer.truncated();
        let recorded = self.record.end(self.answer.rows(), &Ending::Done { truncated }).await;
        recorded.map_err(io::Error::other)?;
        if truncated {
            return Err(io::Error::other("the answer has more rows than it may have"));
        }
        // A client that left got all but the last piece.
        drop(sender.send(Ok(Bytes::from(bytes))).await);
        Ok(())
    }

    async fn left(&mut self) {
        // A failure to record is logged; there is nobody left to tell.
        drop(self.record.end(self.answer.rows(), &Ending::Left).await);
    }
}
