//! The rows of one table that are in no file yet.
//!
//! Groups of one row are common: an agent sends small batches. A record batch costs some
//! kilobytes whatever is in it, so batches are merged in tiers, eight of one size into one of
//! the next; each row is copied a few times at most, and a few dozen batches hold any tail.
//!
//! Of a derived table each id needs one row only: as soon as there are twice as many rows as ids,
//! all batches are folded into one.

use std::collections::HashSet;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::ArrayRef;
use arrow::compute::concat_batches;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use seam_schema::ids::Sequence;
use seam_schema::table::{Table, ledger};
use tokio::time::Instant;

use crate::fold::{ids, newest_revisions, without_old};

/// How many batches of one tier become one of the next.
const TIER_WIDTH: usize = 8;
/// A batch with more rows is merged no further.
const MERGE_MAX_ROWS: usize = 8 << 10;
/// A batch with more bytes is merged no further.
const MERGE_MAX_BYTES: usize = 16 << 20;
/// A batch with fewer rows is cut to the memory it needs.
const SHRINK_MAX_ROWS: usize = 1 << 10;

/// A tail that still takes rows.
#[derive(Debug, Clone)]
pub(crate) struct OpenTail {
    table: Table,
    chunks: Vec<Chunk>,
    bytes: usize,
    span: Option<Span>,
    /// Of a derived table the ids of its rows, hashed. Copies of the tail share them: one that
    /// is thrown away leaves a few too many, and the next fold comes a little later.
    ids: Arc<Mutex<Ids>>,
}

/// Hashes of ids: only counted, so a collision does no harm.
type Ids = HashSet<u64, foldhash::fast::RandomState>;

/// A tail that takes no more rows: what the next commit writes.
#[derive(Debug, Clone)]
pub(crate) struct SealedTail {
    /// Its rows, in offset order.
    pub(crate) batches: Vec<Arc<RecordBatch>>,
    /// The frame before which everything of this table is in earlier tails.
    pub(crate) first: Sequence,
    /// The frame up to which everything of this table is in this tail or in earlier ones.
    pub(crate) through: Sequence,
    /// Which seal of the derived tables it belongs to, from 1; 0 for other tables.
    pub(crate) seal: u64,
}

/// The frames a tail covers, and when its first row came.
#[derive(Debug, Clone, Copy)]
struct Span {
    first: Sequence,
    through: Sequence,
    since: Instant,
}

#[derive(Debug, Clone)]
struct Chunk {
    batch: Arc<RecordBatch>,
    bytes: usize,
}

impl Chunk {
    fn new(batch: RecordBatch) -> Self {
        let bytes = batch.get_array_memory_size();
        Self { batch: Arc::new(batch), bytes }
    }

    /// Batches of one tier are merged; `None` for one that is large enough.
    fn tier(&self) -> Option<u32> {
        let rows = self.batch.num_rows().max(1);
        (rows <= MERGE_MAX_ROWS && self.bytes <= MERGE_MAX_BYTES)
            .then(|| rows.ilog2() / TIER_WIDTH.ilog2())
    }
}

impl OpenTail {
    pub(crate) fn new(table: Table) -> Self {
        Self { table, chunks: Vec::new(), bytes: 0, span: None, ids: Arc::default() }
    }

    /// Adds the rows of the frames `first` to `through`.
    pub(crate) fn push(
        &mut self,
        batch: RecordBatch,
        first: Sequence,
        through: Sequence,
    ) -> Result<(), ArrowError> {
        let span = self.span.get_or_insert(Span { first, through, since: Instant::now() });
        span.through = through;
        self.note_ids(&batch)?;
        self.chunks.push(Chunk::new(shrink(batch)?));
        while let Some(start) = self.mergeable() {
            let merged = self.merge(start)?;
            self.chunks.truncate(start);
            self.chunks.push(Chunk::new(merged));
        }
        self.bytes = self.chunks.iter().map(|chunk| chunk.bytes).sum();
        Ok(())
    }

    fn note_ids(&self, batch: &RecordBatch) -> Result<(), ArrowError> {
        if self.table.is_derived() {
            let mut known = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
            let hasher = foldhash::fast::FixedState::default();
            let ids = ids(self.table, batch)?.iter();
            known.extend(ids.map(|id| hasher.hash_one(id.unwrap_or_default())));
        }
        Ok(())
    }

    /// Where the batches begin that are to be merged: the newest, if enough of them are of one
    /// tier, and all, if half of their rows are old revisions.
    fn mergeable(&self) -> Option<usize> {
        if self.table.is_derived() && self.chunks.len() > 1 {
            let rows: usize = self.chunks.iter().map(|chunk| chunk.batch.num_rows()).sum();
            let ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner).len();
            if rows >= 2 * ids {
                return Some(0);
            }
        }
        let start = self.chunks.len().checked_sub(TIER_WIDTH)?;
        let newest = self.chunks.get(start..)?;
        let tier = newest.first()?.tier()?;
        newest.iter().all(|chunk| chunk.tier() == Some(tier)).then_some(start)
    }

    /// One batch instead of those from `start` on. Lines of the ledger are summed, revisions
    /// folded.
    fn merge(&self, start: usize) -> Result<RecordBatch, ArrowError> {
        let batches: Vec<&RecordBatch> =
            self.chunks.iter().skip(start).map(|chunk| chunk.batch.as_ref()).collect();
        compact(self.table, &batches)
    }

    /// The Arrow memory it holds.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The frame before which it holds nothing, if it holds anything.
    pub(crate) fn first(&self) -> Option<Sequence> {
        self.span.map(|span| span.first)
    }

    /// The frame up to which it holds everything, if it holds anything.
    pub(crate) fn through(&self) -> Option<Sequence> {
        self.span.map(|span| span.through)
    }

    /// When its first row came, if it holds anything.
    pub(crate) fn since(&self) -> Option<Instant> {
        self.span.map(|span| span.since)
    }

    /// Its rows, in offset order.
    pub(crate) fn batches(&self) -> impl Iterator<Item = Arc<RecordBatch>> {
        self.chunks.iter().map(|chunk| Arc::clone(&chunk.batch))
    }

    /// Takes everything out; of a derived table as a part of the numbered seal.
    pub(crate) fn seal(&mut self, seal: u64) -> Option<SealedTail> {
        let span = self.span.take()?;
        self.bytes = 0;
        self.ids = Arc::default();
        let batches = std::mem::take(&mut self.chunks).into_iter().map(|chunk| chunk.batch);
        let (first, through) = (span.first, span.through);
        Some(SealedTail { batches: batches.collect(), first, through, seal })
    }
}

/// Some batches of a table as one: as they are, summed in the ledger, folded where rows have
/// revisions.
fn compact(table: Table, batches: &[&RecordBatch]) -> Result<RecordBatch, ArrowError> {
    if table == Table::Ledger {
        return sum_ledger(batches.iter().copied());
    }
    if table.is_derived()
        && let Some(folded) = newest_revisions(table, batches)?
    {
        return Ok(folded);
    }
    concat_batches(&table.schema(), batches.iter().copied())
}

impl SealedTail {
    /// What a commit writes: lines of the ledger summed, the newest revision of each id, the rows
    /// of other tables as they are.
    pub(crate) fn to_write(&self, table: Table) -> Result<Vec<Arc<RecordBatch>>, ArrowError> {
        if table != Table::Ledger && !table.is_derived() {
            return Ok(self.batches.clone());
        }
        let batches: Vec<&RecordBatch> = self.batches.iter().map(AsRef::as_ref).collect();
        if table.is_derived() {
            let newest = without_old(table, &batches)?;
            return Ok(newest.map_or_else(|| self.batches.clone(), |batch| vec![Arc::new(batch)]));
        }
        Ok(vec![Arc::new(compact(table, &batches)?)])
    }
}

/// All lines of the ledger with equal keys summed, as one batch.
pub(crate) fn sum_ledger<'a>(
    batches: impl IntoIterator<Item = &'a RecordBatch>,
) -> Result<RecordBatch, ArrowError> {
    let mut sum = ledger::Ledger::default();
    for batch in batches {
        sum.merge(ledger::read(batch));
    }
    sum.finish()
}

/// A small batch comes from builders that reserved for a thousand rows: give that back.
fn shrink(batch: RecordBatch) -> Result<RecordBatch, ArrowError> {
    if batch.num_rows() >= SHRINK_MAX_ROWS {
        return Ok(batch);
    }
    let schema = batch.schema();
    let (_, columns, _) = batch.into_parts();
    let columns = columns.into_iter().map(|mut column: ArrayRef| {
        arrow::array::Array::shrink_to_fit(&mut column);
        column
    });
    RecordBatch::try_new(schema, columns.collect())
}
