//! Reading the files of a snapshot as rows of their table.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, StringArray, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{Field, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, RowSelection};
use parquet::arrow::async_reader::{
    AsyncFileReader, ParquetRecordBatchStream, ParquetRecordBatchStreamBuilder,
};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};

use crate::error::ReadError;
use crate::parquet_file::ORDER_KEY;
use crate::pick::Pick;
use crate::snapshot::DataFile;

/// How many rows are decoded at a time.
const BATCH_ROWS: usize = 1 << 10;

/// The rows of one file, in the order they have there, a batch at a time.
pub(crate) struct FileRows {
    file: Arc<DataFile>,
    schema: SchemaRef,
    batches: ParquetRecordBatchStream<FileBytes>,
    is_sorted: bool,
}

impl FileRows {
    /// Opens a file to read the columns of `schema`, which are some or all of its table's.
    pub(crate) async fn open(
        reader: &Arc<dyn ObjectStore>,
        file: &Arc<DataFile>,
        schema: SchemaRef,
    ) -> Result<Self, ReadError> {
        let failed = |source| ReadError::Parquet { path: file.path.to_string(), source };
        let builder = builder(reader, file).await.map_err(failed)?;
        let is_sorted = is_sorted(builder.metadata());
        let batches = project(builder, &schema).build().map_err(failed)?;
        Ok(Self { file: Arc::clone(file), schema, batches, is_sorted })
    }

    /// As [`Self::open`], for some rows only.
    pub(crate) async fn open_selected(
        reader: &Arc<dyn ObjectStore>,
        file: &Arc<DataFile>,
        schema: SchemaRef,
        rows: RowSelection,
    ) -> Result<Self, ReadError> {
        let failed = |source| ReadError::Parquet { path: file.path.to_string(), source };
        let builder = builder(reader, file).await.map_err(failed)?;
        let builder = project(builder, &schema).with_row_selection(rows);
        let batches = builder.build().map_err(failed)?;
        Ok(Self { file: Arc::clone(file), schema, batches, is_sorted: false })
    }

    /// Whether the rows are in another order than that of their offsets.
    pub(crate) fn is_sorted(&self) -> bool {
        self.is_sorted
    }

    /// As [`Self::open`], for the picked rows only; `None` if the file's bloom filters say that
    /// it has none.
    pub(crate) async fn open_picked(
        reader: &Arc<dyn ObjectStore>,
        file: &Arc<DataFile>,
        schema: SchemaRef,
        pick: &Pick,
    ) -> Result<Option<Self>, ReadError> {
        let failed = |source| ReadError::Parquet { path: file.path.to_string(), source };
        let mut builder = builder(reader, file).await.map_err(failed)?;
        let mut groups = Vec::new();
        for group in 0..builder.metadata().num_row_groups() {
            if pick.may_be_in(&mut builder, group).await.map_err(failed)? {
                groups.push(group);
            }
        }
        if groups.is_empty() {
            return Ok(None);
        }
        let is_sorted = is_sorted(builder.metadata());
        let filter = pick.row_filter(&builder);
        let builder = project(builder, &schema).with_row_groups(groups).with_row_filter(filter);
        let batches = builder.build().map_err(failed)?;
        Ok(Some(Self { file: Arc::clone(file), schema, batches, is_sorted }))
    }

    /// The next rows; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<RecordBatch>, ReadError> {
        let path = || self.file.path.to_string();
        let Some(batch) = self.batches.next().await else { return Ok(None) };
        let batch = batch.map_err(|source| ReadError::Parquet { path: path(), source })?;
        let whole = complete(&batch, &self.file, &self.schema);
        whole
            .map(Some)
            .map_err(|error| ReadError::Content { path: path(), what: error.to_string() })
    }
}

fn is_sorted(metadata: &ParquetMetaData) -> bool {
    let keys = metadata.file_metadata().key_value_metadata();
    keys.is_some_and(|keys| keys.iter().any(|pair| pair.key == ORDER_KEY))
}

async fn builder(
    reader: &Arc<dyn ObjectStore>,
    file: &Arc<DataFile>,
) -> ParquetResult<RowsBuilder> {
    let source = FileBytes { store: Arc::clone(reader), file: Arc::clone(file) };
    ParquetRecordBatchStreamBuilder::new(source).await
}

fn project(builder: RowsBuilder, schema: &SchemaRef) -> RowsBuilder {
    let names = schema.fields().iter().map(|field| field.name().as_str());
    let mask = ProjectionMask::columns(builder.parquet_schema(), names);
    builder.with_projection(mask).with_batch_size(BATCH_ROWS)
}

/// Rows of a file as rows of `schema`: the partition columns come from the file's folder, and a
/// column that is younger than the file is null.
fn complete(
    batch: &RecordBatch,
    file: &DataFile,
    schema: &SchemaRef,
) -> Result<RecordBatch, ArrowError> {
    let rows = batch.num_rows();
    let column = |field: &Arc<Field>| -> Result<ArrayRef, ArrowError> {
        Ok(match (field.name().as_str(), batch.column_by_name(field.name())) {
            ("tenant", _) => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(
                file.tenant.as_str(),
                rows,
            ))),
            ("day", _) => Arc::new(Date32Array::from_value(file.day, rows)),
            (_, Some(column)) if column.data_type() == field.data_type() => Arc::clone(column),
            (_, Some(column)) => cast(column, field.data_type())?,
            (_, None) => new_null_array(field.data_type(), rows),
        })
    };
    let columns = schema.fields().iter().map(column).collect::<Result<_, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
}

/// Reads the rows of one file.
pub(crate) type RowsBuilder = ParquetRecordBatchStreamBuilder<FileBytes>;

/// The bytes of one file in the store.
pub(crate) struct FileBytes {
    store: Arc<dyn ObjectStore>,
    file: Arc<DataFile>,
}

fn external(error: object_store::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}

impl AsyncFileReader for FileBytes {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, ParquetResult<Bytes>> {
        let read = async move { self.store.get_range(&self.file.path, range).await };
        read.map(|bytes| bytes.map_err(external)).boxed()
    }

    fn get_byte_ranges(
        &mut self,
        ranges: Vec<Range<u64>>,
    ) -> BoxFuture<'_, ParquetResult<Vec<Bytes>>> {
        let read = async move { self.store.get_ranges(&self.file.path, &ranges).await };
        read.map(|bytes| bytes.map_err(external)).boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        _: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, ParquetResult<Arc<ParquetMetaData>>> {
        let size_bytes = self.file.size_bytes;
        async move {
            let metadata = ParquetMetaDataReader::new().load_and_finish(self, size_bytes).await?;
            Ok(Arc::new(metadata))
        }
        .boxed()
    }
}
