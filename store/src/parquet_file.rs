//! Rows become a Parquet file: one per tenant and day, durable when the call returns.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{AsArray, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{Date32Type, SchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use object_store::path::Path;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use seam_schema::ids::LogId;
use seam_schema::table::Table;

use crate::columns::{self, BLOOM, PARTITIONS, UNIQUE, present};
use crate::delta::{file_path, table_root};
use crate::durable::{DurableFiles, SteppedFile, disk_path};
use crate::options::StoreOptions;
use crate::snapshot::DataFile;
use crate::stats;
use crate::tail::SealedTail;

/// The Zstandard level: fast, and most of what higher ones give.
const ZSTD_LEVEL: i32 = 1;
/// A row group is closed at this size even if it may hold more rows.
const ROW_GROUP_MAX_BYTES: usize = 64 << 20;
/// How often a file's name may be taken by an earlier try that did not get to its commit.
const ATTEMPTS_MAX: u32 = 1000;

/// A file that was written and is durable, but in no commit yet.
#[derive(Debug, Clone)]
pub(crate) struct WrittenFile {
    /// Where it lies, relative to its table.
    pub(crate) path: Path,
    /// What the snapshot will say of it.
    pub(crate) file: Arc<DataFile>,
}

/// Writes a sealed tail, one file per tenant and day; none if it has no rows. Blocks.
pub(crate) fn write_tail(
    files: &Arc<DurableFiles>,
    table: Table,
    log_id: LogId,
    tail: &SealedTail,
    options: &StoreOptions,
) -> Result<Vec<WrittenFile>, ParquetError> {
    let mut written = Vec::new();
    if tail.batches.is_empty() {
        return Ok(written);
    }
    for ((tenant, day), batches) in split(&tail.to_write(table)?)? {
        let mut attempt = 0;
        let (path, writer) = loop {
            let path = file_path(&tenant, day, log_id, tail.first, tail.through, attempt);
            let path = Path::parse(path).map_err(|error| ParquetError::External(error.into()))?;
            let at = disk_path(&full_path(table, &path));
            match SteppedFile::create(files, &at, options.sync_step_bytes) {
                Ok(writer) => break (path, writer),
                Err(error) if is_taken(&error) && attempt < ATTEMPTS_MAX => attempt += 1,
                Err(error) => return Err(error.into()),
            }
        };
        let rows = batches.iter().map(RecordBatch::num_rows).sum::<usize>() as u64;
        let size_bytes = encode(writer, table, &batches, rows, options)?;
        let file = DataFile {
            path: full_path(table, &path),
            size_bytes,
            rows: Some(rows),
            tenant,
            day,
            log_id: Some(log_id),
            columns: stats::compute(table, &batches),
        };
        written.push(WrittenFile { path, file: Arc::new(file) });
    }
    Ok(written)
}

fn is_taken(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::AlreadyExists
}

fn full_path(table: Table, path: &Path) -> Path {
    table_root(table).parts().chain(path.parts()).collect()
}

type Partitions = BTreeMap<(String, i32), Vec<RecordBatch>>;

/// The rows by tenant and day, in each in the order they had, without the partition columns.
fn split(batches: &[Arc<RecordBatch>]) -> Result<Partitions, ArrowError> {
    let mut partitions = Partitions::new();
    for batch in batches {
        let data = without_partitions(batch)?;
        let mut rows: BTreeMap<(&str, i32), Vec<u32>> = BTreeMap::new();
        let [tenants, days] = PARTITIONS.map(|name| batch.column_by_name(name));
        let (Some(tenants), Some(days)) = (
            tenants.and_then(|column| column.as_string_opt::<i32>()),
            days.and_then(|column| column.as_primitive_opt::<Date32Type>()),
        ) else {
            return Err(ArrowError::SchemaError("a batch has no partition columns".to_owned()));
        };
        for (row, (tenant, day)) in (0_u32..).zip(tenants.iter().zip(days.values())) {
            rows.entry((tenant.unwrap_or_default(), *day)).or_default().push(row);
        }
        for ((tenant, day), rows) in rows {
            let part = if rows.len() == batch.num_rows() {
                data.clone()
            } else {
                take_record_batch(&data, &UInt32Array::from(rows))?
            };
            partitions.entry((tenant.to_owned(), day)).or_default().push(part);
        }
    }
    Ok(partitions)
}

fn without_partitions(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let schema = batch.schema();
    let kept = schema.fields().iter().enumerate();
    let kept = kept.filter(|(_, field)| !PARTITIONS.contains(&field.name().as_str()));
    batch.project(&kept.map(|(index, _)| index).collect::<Vec<_>>())
}

/// Writes the batches and returns the file's length in bytes.
fn encode(
    file: SteppedFile,
    table: Table,
    batches: &[RecordBatch],
    rows: u64,
    options: &StoreOptions,
) -> Result<u64, ParquetError> {
    let Some(schema) = batches.first().map(RecordBatch::schema) else {
        return Err(ParquetError::General("a file without rows".to_owned()));
    };
    let properties = properties(&schema, table, rows, options)?;
    let mut writer = ArrowWriter::try_new(file, schema, Some(properties))?;
    for batch in batches {
        writer.write(batch)?;
    }
    // In two steps: taking the file out of the writer would turn a full disk into a mere text.
    writer.finish()?;
    Ok(writer.inner_mut().finish()?)
}

fn properties(
    schema: &SchemaRef,
    table: Table,
    rows: u64,
    options: &StoreOptions,
) -> Result<WriterProperties, ParquetError> {
    let group_rows = options.row_group_rows;
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("seam ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_max_row_group_row_count(Some(group_rows))
        .set_max_row_group_bytes(Some(ROW_GROUP_MAX_BYTES))
        .set_statistics_enabled(EnabledStatistics::None);
    for column in columns::bounded(schema) {
        let at = ColumnPath::from(column);
        properties = properties.set_column_statistics_enabled(at, EnabledStatistics::Page);
    }
    let distinct = rows.min(group_rows as u64);
    for column in present(&table.schema(), &BLOOM) {
        let at = ColumnPath::from(column);
        properties = properties
            .set_column_bloom_filter_enabled(at.clone(), true)
            .set_column_bloom_filter_max_ndv(at, distinct);
    }
    for column in present(&table.schema(), &UNIQUE) {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(column), false);
    }
    for path in columns::UNIQUE_INSIDE {
        let path = path.iter().map(ToString::to_string).collect();
        properties = properties.set_column_dictionary_enabled(ColumnPath::new(path), false);
    }
    Ok(properties.build())
}
