//! The rows of many files in offset order, log after log.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use object_store::ObjectStore;
use seam_schema::ids::{LogId, Sequence};
use seam_schema::table::Table;

use super::cursor::{Cursor, Position, count_while, rows_after};
use crate::error::ReadError;
use crate::read::FileRows;
use crate::snapshot::DataFile;
use crate::sorted::{Sorted, Source, sort};

/// What the windows of merged files may take together, about: the first may take all of it, the
/// second half of it, and so on.
const WINDOWS_BYTES: usize = 64 << 20;

/// The files that are still to be read.
#[derive(Default)]
pub(super) struct Merge {
    logs: VecDeque<LogFiles>,
}

/// The files of one log.
struct LogFiles {
    log_id: LogId,
    schema: SchemaRef,
    reader: Arc<dyn ObjectStore>,
    /// Not opened yet, by their first frame.
    waiting: VecDeque<(Sequence, Arc<DataFile>)>,
    open: Vec<OpenFile>,
}

/// A file, and its next rows that were not given out.
struct OpenFile {
    rows: Rows,
    path: String,
    batch: RecordBatch,
    head: Position,
}

/// What is left of a file, in offset order.
enum Rows {
    /// As it stands there.
    Plain(FileRows),
    /// Its rows are sorted otherwise.
    Merged(Sorted),
}

impl Rows {
    async fn next(&mut self) -> Result<Option<RecordBatch>, ReadError> {
        match self {
            Self::Plain(rows) => rows.next().await,
            Self::Merged(rows) => rows.next().await,
        }
    }
}

impl Merge {
    /// The files that hold rows after the cursor.
    pub(super) fn new(
        table: Table,
        files: &[Arc<DataFile>],
        cursor: &Cursor,
        reader: &Arc<dyn ObjectStore>,
    ) -> Result<Self, ReadError> {
        let mut logs: BTreeMap<LogId, Vec<(Sequence, Arc<DataFile>)>> = BTreeMap::new();
        for file in files {
            let (Some(log_id), Some((first, last))) = (file.log_id, file.sequences()) else {
                let what = "it was not written by seam, so its place in a log is not known";
                return Err(ReadError::Content {
                    path: file.path.to_string(),
                    what: what.to_owned(),
                });
            };
            if cursor.get(log_id).is_none_or(|seen| last >= seen.sequence) {
                logs.entry(log_id).or_default().push((first, Arc::clone(file)));
            }
        }
        let logs = logs.into_iter().map(|(log_id, mut waiting)| {
            waiting.sort_by_key(|(first, _)| *first);
            LogFiles {
                log_id,
                schema: table.schema(),
                reader: Arc::clone(reader),
                waiting: waiting.into(),
                open: Vec::new(),
            }
        });
        Ok(Self { logs: logs.collect() })
    }

    /// The next rows after the cursor, with their log; `None` when all files are read.
    pub(super) async fn next(
        &mut self,
        cursor: &Cursor,
    ) -> Result<Option<(LogId, RecordBatch)>, ReadError> {
        while let Some(log) = self.logs.front_mut() {
            if let Some(batch) = log.next(cursor.get(log.log_id)).await? {
                return Ok(Some((log.log_id, batch)));
            }
            self.logs.pop_front();
        }
        Ok(None)
    }
}

impl LogFiles {
    async fn next(&mut self, seen: Option<Position>) -> Result<Option<RecordBatch>, ReadError> {
        self.open_up_to_head(seen).await?;
        let Some(lowest) = self.lowest() else { return Ok(None) };
        let mut file = self.open.swap_remove(lowest);
        let next_head = self.open.iter().map(|other| other.head).min();
        let next_file = self.waiting.front().map(|(first, _)| *first);
        let is_next = |position: Position| {
            next_head.is_none_or(|head| position < head)
                && next_file.is_none_or(|first| position.sequence < first)
        };
        let count = count_while(&file.batch, is_next).ok_or_else(|| file.without_offsets())?;
        let batch = file.batch.slice(0, count);
        if file.skip(count).await? {
            self.open.push(file);
        }
        Ok(Some(batch))
    }

    fn lowest(&self) -> Option<usize> {
        let heads = self.open.iter().enumerate();
        heads.min_by_key(|(_, file)| file.head).map(|(index, _)| index)
    }

    /// Opens files until none that waits could hold rows before those at hand.
    async fn open_up_to_head(&mut self, seen: Option<Position>) -> Result<(), ReadError> {
        while let Some((first, file)) = self.waiting.front() {
            let head = self.open.iter().map(|file| file.head.sequence).min();
            if head.is_some_and(|head| head < *first) {
                break;
            }
            let source = Source {
                reader: Arc::clone(&self.reader),
                files: vec![Arc::clone(file)],
                schema: Arc::clone(&self.schema),
                window_bytes: WINDOWS_BYTES / (self.open.len() + 1),
                pace: None,
            };
            let opened = OpenFile::open(source, file, seen).await?;
            self.open.extend(opened);
            self.waiting.pop_front();
        }
        Ok(())
    }
}

impl OpenFile {
    /// Opens a file at its first row after `seen`; `None` if it has none.
    async fn open(
        source: Source,
        file: &Arc<DataFile>,
        seen: Option<Position>,
    ) -> Result<Option<Self>, ReadError> {
        let path = file.path.to_string();
        let plain = FileRows::open(&source.reader, file, Arc::clone(&source.schema)).await?;
        let mut rows = if plain.is_sorted() {
            Rows::Merged(by_offset(source, seen).await?)
        } else {
            Rows::Plain(plain)
        };
        while let Some(batch) = rows.next().await? {
            let fresh = rows_after(&batch, seen).ok_or_else(|| without_offsets(&path))?;
            if let Some(head) = Position::of_row(&fresh, 0) {
                return Ok(Some(Self { rows, path, batch: fresh, head }));
            }
        }
        Ok(None)
    }

    fn without_offsets(&self) -> ReadError {
        without_offsets(&self.path)
    }

    /// Moves past rows that were given out; false at the end of the file.
    async fn skip(&mut self, count: usize) -> Result<bool, ReadError> {
        let mut left = self.batch.slice(count, self.batch.num_rows() - count);
        loop {
            if left.num_rows() > 0 {
                self.head = Position::of_row(&left, 0).ok_or_else(|| self.without_offsets())?;
                self.batch = left;
                return Ok(true);
            }
            match self.rows.next().await? {
                Some(batch) => left = batch,
                None => return Ok(false),
            }
        }
    }
}

/// The rows after `seen` of a file, in offset order.
async fn by_offset(source: Source, seen: Option<Position>) -> Result<Sorted, ReadError> {
    let (keys, rows) = source.keys(&["offset_sequence", "offset_index"]).await?;
    let is_new = |row: usize| Position::of_row(&keys, row) > seen;
    let sorted = sort(&keys).map_err(|error| source.content(&error))?;
    let first = sorted.partition_point(|place| !is_new(*place));
    let new = sorted.get(first..).unwrap_or_default().iter();
    let order = new.filter_map(|place| rows.get(*place).copied()).collect();
    Ok(Sorted::new(source, order))
}

fn without_offsets(path: &str) -> ReadError {
    let what = "a batch has no offsets".to_owned();
    ReadError::Content { path: path.to_owned(), what }
}
