//! Reading a few rows out of many: row groups are left out by their bloom filters, then only the
//! columns that decide are read for every row, and the others for the rows that are wanted.

use std::sync::Arc;

use arrow::array::BooleanArray;
use arrow::compute::filter_record_batch;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowPredicateFn, RowFilter};
use parquet::errors::Result as ParquetResult;
use seam_schema::stitch::Name;

use crate::read::RowsBuilder;

/// Says which rows of a batch are wanted; the batch has the columns of [`Pick::columns`].
pub(crate) type Keep = Arc<dyn Fn(&RecordBatch) -> BooleanArray + Send + Sync>;

/// Which rows are wanted.
#[derive(Clone)]
pub(crate) struct Pick {
    /// The columns that decide.
    pub(crate) columns: Vec<&'static str>,
    /// A wanted row has one of the values in one of these columns; where no column is listed,
    /// nothing is known of that.
    pub(crate) any_of: Vec<(&'static str, Vec<Name>)>,
    /// Decides.
    pub(crate) keep: Keep,
}

impl Pick {
    /// Whether a row group may hold wanted rows, by its bloom filters.
    pub(crate) async fn may_be_in(
        &self,
        builder: &mut RowsBuilder,
        group: usize,
    ) -> ParquetResult<bool> {
        if self.any_of.is_empty() {
            return Ok(true);
        }
        for (column, values) in self.any_of.iter().filter(|(_, values)| !values.is_empty()) {
            let columns = builder.parquet_schema().columns().iter();
            let at = columns.map(|column| column.path().string());
            let Some(at) = at.into_iter().position(|path| path == *column) else { return Ok(true) };
            let Some(bloom) = builder.get_row_group_column_bloom_filter(group, at).await? else {
                return Ok(true);
            };
            if values.iter().any(|value| bloom.check(value.as_str())) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(crate) fn row_filter(&self, builder: &RowsBuilder) -> RowFilter {
        let columns = self.columns.iter().copied();
        let mask = ProjectionMask::columns(builder.parquet_schema(), columns);
        let keep = Arc::clone(&self.keep);
        let predicate = ArrowPredicateFn::new(mask, move |batch| Ok(keep(&batch)));
        RowFilter::new(vec![Box::new(predicate)])
    }

    /// The wanted rows of a batch in memory, with the columns at these places, if there are any.
    pub(crate) fn of_batch(
        &self,
        batch: &RecordBatch,
        columns: &[usize],
    ) -> Result<Option<RecordBatch>, ArrowError> {
        let wanted = (self.keep)(batch);
        if wanted.true_count() == 0 {
            // Most batches have none: not even the columns of an empty one are made.
            return Ok(None);
        }
        filter_record_batch(&batch.project(columns)?, &wanted).map(Some)
    }
}
