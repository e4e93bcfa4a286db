//! The rows of some files in another order than the files have.
//!
//! The order is known before: who asks has read the columns that decide it. The rows come window
//! after window; for each window every file is read again, only the rows that are in it. So
//! memory holds one window, however large the files are; what is paid for that is one reading per
//! window, of which most files need one.

use std::ops::Range;
use std::sync::Arc;

use arrow::compute::{SortColumn, concat_batches, interleave_record_batch, lexsort_to_indices};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use object_store::ObjectStore;
use parquet::arrow::arrow_reader::RowSelection;

use crate::error::ReadError;
use crate::pace::Pace;
use crate::read::FileRows;
use crate::snapshot::DataFile;

/// A window is not made smaller than this, whatever its rows take.
const WINDOW_MIN_ROWS: usize = 256;
/// The first window; the next ones follow from what it took.
const WINDOW_FIRST_ROWS: usize = 16 << 10;
/// The columns that say the order are so small a part of a file, about.
const KEYS_PART: u64 = 8;
/// How many rows are given out at once.
const OUT_ROWS: usize = 4 << 10;

/// A row of some files: which file, and which of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RowAt {
    pub(crate) file: u32,
    pub(crate) row: u32,
}

/// What is read, and how.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) reader: Arc<dyn ObjectStore>,
    pub(crate) files: Vec<Arc<DataFile>>,
    pub(crate) schema: SchemaRef,
    /// How many bytes of Arrow memory a window may take.
    pub(crate) window_bytes: usize,
    /// How fast it may be read.
    pub(crate) pace: Option<Pace>,
}

/// The places of rows sorted by all columns of their keys, one after the other; nulls first.
pub(crate) fn sort(keys: &RecordBatch) -> Result<Vec<usize>, ArrowError> {
    let columns = keys.columns().iter();
    let columns = columns.map(|values| SortColumn { values: Arc::clone(values), options: None });
    let sorted = lexsort_to_indices(&columns.collect::<Vec<_>>(), None)?;
    Ok(sorted.values().iter().map(|place| *place as usize).collect())
}

/// Gives the rows out, in order.
pub(crate) struct Sorted {
    source: Source,
    order: Vec<RowAt>,
    given: usize,
    window_rows: usize,
    window: Option<Window>,
}

/// The rows of one window.
struct Window {
    batches: Vec<RecordBatch>,
    /// Where they stand, in order: batch and row.
    places: Vec<(usize, usize)>,
    given: usize,
}

impl Source {
    /// Some columns of all rows, file after file, and where each row stands.
    pub(crate) async fn keys(
        &self,
        columns: &[&str],
    ) -> Result<(RecordBatch, Vec<RowAt>), ReadError> {
        let fields = columns.iter().filter_map(|name| self.schema.field_with_name(name).ok());
        let schema = Arc::new(Schema::new(fields.cloned().collect::<Vec<_>>()));
        let (mut batches, mut rows) = (Vec::new(), Vec::new());
        for (file, of) in (0_u32..).zip(&self.files) {
            self.spend(of, of.size_bytes / KEYS_PART)?;
            let mut found = FileRows::open(&self.reader, of, Arc::clone(&schema)).await?;
            let mut row = 0;
            while let Some(batch) = found.next().await? {
                for _ in 0..batch.num_rows() {
                    rows.push(RowAt { file, row });
                    row += 1;
                }
                batches.push(batch);
            }
        }
        let whole = concat_batches(&schema, &batches);
        Ok((whole.map_err(|error| self.content(&error))?, rows))
    }

    /// Waits until so many bytes of a file may be read.
    fn spend(&self, file: &DataFile, bytes: u64) -> Result<(), ReadError> {
        let spent = self.pace.as_ref().map_or(Ok(()), |pace| pace.spend(bytes));
        spent.map_err(|error| ReadError::Content {
            path: file.path.to_string(),
            what: error.to_string(),
        })
    }

    /// An error of Arrow as one of the first file's content.
    pub(crate) fn content(&self, error: &ArrowError) -> ReadError {
        let path = self.files.first().map(|file| file.path.to_string()).unwrap_or_default();
        ReadError::Content { path, what: error.to_string() }
    }

    /// The rows of one file that a window has, in the file's order; how many bytes they take is
    /// added to `bytes`. `None` if that is more than a window may take.
    async fn rows(
        &self,
        file: &Arc<DataFile>,
        rows: &[u32],
        bytes: &mut usize,
        may_stop: bool,
    ) -> Result<Option<Vec<RecordBatch>>, ReadError> {
        self.spend(file, file.size_bytes)?;
        let selection = selection(rows);
        let schema = Arc::clone(&self.schema);
        let mut found = FileRows::open_selected(&self.reader, file, schema, selection).await?;
        let mut batches = Vec::new();
        while let Some(batch) = found.next().await? {
            *bytes += batch.get_array_memory_size();
            if may_stop && *bytes > self.window_bytes {
                return Ok(None);
            }
            batches.push(batch);
        }
        Ok(Some(batches))
    }
}

/// Ascending rows as the reader of files wants them.
fn selection(rows: &[u32]) -> RowSelection {
    let ranges = rows.chunk_by(|row, next| row + 1 == *next).filter_map(|run| {
        let (first, last) = (*run.first()? as usize, *run.last()? as usize);
        Some(first..last + 1)
    });
    let end = rows.last().map_or(0, |last| *last as usize + 1);
    RowSelection::from_consecutive_ranges(ranges, end)
}

impl Sorted {
    /// The rows of `source` that `order` names, in that order.
    pub(crate) fn new(source: Source, order: Vec<RowAt>) -> Self {
        Self { source, order, given: 0, window_rows: WINDOW_FIRST_ROWS, window: None }
    }

    /// The next rows; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<RecordBatch>, ReadError> {
        loop {
            if let Some(window) = &mut self.window {
                if let Some(batch) = window.next().map_err(|error| self.source.content(&error))? {
                    return Ok(Some(batch));
                }
                self.window = None;
            }
            if self.given == self.order.len() {
                return Ok(None);
            }
            self.window = self.read_window().await?;
        }
    }

    /// The next window; `None` if it has to be smaller.
    async fn read_window(&mut self) -> Result<Option<Window>, ReadError> {
        let end = self.order.len().min(self.given + self.window_rows);
        let rows = self.order.get(self.given..end).unwrap_or_default();
        let mut wanted = rows.to_vec();
        wanted.sort_unstable();
        let (mut bytes, mut batches) = (0, Vec::new());
        let may_stop = self.window_rows > WINDOW_MIN_ROWS;
        for of_file in wanted.chunk_by(|one, next| one.file == next.file) {
            let Some(file) = of_file.first().and_then(|at| self.source.files.get(at.file as usize))
            else {
                continue;
            };
            let of_file: Vec<u32> = of_file.iter().map(|at| at.row).collect();
            let read = self.source.rows(file, &of_file, &mut bytes, may_stop).await?;
            let Some(read) = read else {
                self.window_rows = (self.window_rows / 2).max(WINDOW_MIN_ROWS);
                return Ok(None);
            };
            batches.extend(read);
        }
        let places = places(&wanted, rows, &batches);
        let Some(places) = places else {
            let what = "a file has fewer rows than before";
            return Err(self.source.content(&ArrowError::ComputeError(what.to_owned())));
        };
        self.window_rows = next_rows(self.window_rows, rows.len(), bytes, self.source.window_bytes);
        self.given = end;
        Ok(Some(Window { batches, places, given: 0 }))
    }
}

/// How many rows the next window has, by what these took: three quarters of what would fit.
fn next_rows(now: usize, rows: usize, bytes: usize, budget: usize) -> usize {
    let fits = rows.saturating_mul(budget) / bytes.max(1);
    (fits / 4 * 3).clamp(WINDOW_MIN_ROWS, now.saturating_mul(8))
}

/// Where the rows of a window stand in batches that hold them sorted by file and row.
fn places(
    sorted: &[RowAt],
    wanted: &[RowAt],
    batches: &[RecordBatch],
) -> Option<Vec<(usize, usize)>> {
    let places = batches.iter().enumerate();
    let places = places.flat_map(|(at, batch)| (0..batch.num_rows()).map(move |row| (at, row)));
    let places: Vec<(usize, usize)> = places.collect();
    if places.len() != sorted.len() {
        return None;
    }
    let place = |at: &RowAt| places.get(sorted.binary_search(at).ok()?).copied();
    wanted.iter().map(place).collect()
}

impl Window {
    fn next(&mut self) -> Result<Option<RecordBatch>, ArrowError> {
        let range: Range<usize> = self.given..self.places.len().min(self.given + OUT_ROWS);
        let Some(places) = self.places.get(range.clone()).filter(|places| !places.is_empty())
        else {
            return Ok(None);
        };
        let batches: Vec<&RecordBatch> = self.batches.iter().collect();
        let batch = interleave_record_batch(&batches, places)?;
        self.given = range.end;
        Ok(Some(batch))
    }
}
