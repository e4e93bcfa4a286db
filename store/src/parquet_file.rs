//! Rows become Parquet files: each of one tenant and day, durable when it is finished.

use std::collections::BTreeMap;
use std::io;
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
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use seam_schema::ids::LogId;
use seam_schema::table::Table;

use crate::claims::{Claim, Claims};
use crate::columns::{self, BLOOM, PARTITIONS, UNIQUE, present};
use crate::delta::{Covers, file_path, table_root};
use crate::durable::{DurableStore, TableFile};
use crate::options::StoreOptions;
use crate::pace::Pace;
use crate::snapshot::DataFile;
use crate::stats::Bounds;
use crate::tail::SealedTail;

/// The Zstandard level: fast, and most of what higher ones give.
const ZSTD_LEVEL: i32 = 1;
/// A row group is closed at this size even if it may hold more rows.
const ROW_GROUP_MAX_BYTES: usize = 64 << 20;
/// How often a file's name may be taken by an earlier try that did not get to its commit.
const ATTEMPTS_MAX: u32 = 1000;
/// The key in a file's footer under which the columns stand that its rows are sorted by; it is
/// missing where the rows are in offset order.
pub(crate) const ORDER_KEY: &str = "seam.order";

/// A file that was written and is durable, but in no commit yet.
#[derive(Debug, Clone)]
pub(crate) struct WrittenFile {
    /// Where it lies, relative to its table.
    pub(crate) path: Path,
    /// What the snapshot will say of it.
    pub(crate) file: Arc<DataFile>,
    /// Nobody takes it for a leftover while this is held.
    _claim: Arc<Claim>,
}

/// Where files are written, and how.
pub(crate) struct WriteTo<'a> {
    pub(crate) store: &'a DurableStore,
    pub(crate) claims: &'a Arc<Claims>,
    pub(crate) options: &'a StoreOptions,
    /// The time, for the files written: milliseconds since 1970.
    pub(crate) now_ms: i64,
}

/// What a file will hold.
pub(crate) struct Holds {
    pub(crate) table: Table,
    pub(crate) tenant: String,
    pub(crate) day: i32,
    pub(crate) covers: Covers,
    /// How many rows at most.
    pub(crate) rows: u64,
    /// The columns its rows are sorted by; `None` where they are in offset order.
    pub(crate) sorted_by: Option<&'static str>,
}

/// Writes a sealed tail, one file per tenant and day; none if it has no rows. Blocks.
pub(crate) fn write_tail(
    to: &WriteTo<'_>,
    table: Table,
    log_id: LogId,
    tail: &SealedTail,
) -> Result<Vec<WrittenFile>, ParquetError> {
    let mut written = Vec::new();
    if tail.batches.is_empty() {
        return Ok(written);
    }
    let covers = Covers { log_id, first: tail.first, through: tail.through };
    for ((tenant, day), batches) in split(&tail.to_write(table)?)? {
        let rows = batches.iter().map(RecordBatch::num_rows).sum::<usize>() as u64;
        let holds = Holds { table, tenant, day, covers, rows, sorted_by: None };
        let Some(schema) = batches.first().map(RecordBatch::schema) else { continue };
        let mut writer = DataWriter::create(to, holds, schema, None)?;
        for batch in &batches {
            writer.write(batch)?;
        }
        written.push(writer.finish()?);
    }
    Ok(written)
}

/// Writes one file of a table, batch by batch.
pub(crate) struct DataWriter {
    writer: ArrowWriter<Sink>,
    path: Path,
    claim: Claim,
    holds: Holds,
    rows: u64,
    bounds: Bounds,
    now_ms: i64,
}

impl DataWriter {
    /// Creates the file, for rows of a schema without the partition columns, under a free name;
    /// `pace` slows the writing down.
    pub(crate) fn create(
        to: &WriteTo<'_>,
        holds: Holds,
        schema: SchemaRef,
        pace: Option<Pace>,
    ) -> Result<Self, ParquetError> {
        let mut attempt = to.store.first_attempt()?;
        let (path, claim, file) = loop {
            let path = file_path(&holds.tenant, holds.day, &holds.covers, attempt);
            let path = Path::parse(path).map_err(|error| ParquetError::External(error.into()))?;
            let full = full_path(holds.table, &path);
            let claim = to.claims.claim(full.clone());
            match to.store.create(&full, to.options.sync_step_bytes) {
                Ok(file) => break (path, claim, file),
                Err(error) if is_taken(&error) && attempt < ATTEMPTS_MAX => attempt += 1,
                Err(error) => return Err(error.into()),
            }
        };
        let properties = properties(&schema, &holds, to.options)?;
        let writer = ArrowWriter::try_new(Sink { file, pace }, schema, Some(properties))?;
        let bounds = Bounds::new(holds.table);
        Ok(Self { writer, path, claim, holds, rows: 0, bounds, now_ms: to.now_ms })
    }

    /// Adds rows.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<(), ParquetError> {
        self.rows += batch.num_rows() as u64;
        self.bounds.push(batch);
        self.writer.write(batch)
    }

    /// Removes what was written, as far as the disk lets it: the rest is removed as a leftover.
    pub(crate) fn abandon(self, store: &DurableStore) {
        let path = full_path(self.holds.table, &self.path);
        drop(self.writer);
        store.remove_begun(&path).ok();
    }

    /// Makes the file durable.
    pub(crate) fn finish(mut self) -> Result<WrittenFile, ParquetError> {
        if self.rows == 0 {
            return Err(ParquetError::General("a file without rows".to_owned()));
        }
        // In two steps: taking the file out of the writer would turn a full disk into a mere text.
        self.writer.finish()?;
        let size_bytes = self.writer.inner_mut().file.finish()?;
        let file = DataFile {
            path: full_path(self.holds.table, &self.path),
            size_bytes,
            rows: Some(self.rows),
            tenant: self.holds.tenant,
            day: self.holds.day,
            log_id: Some(self.holds.covers.log_id),
            written_at_ms: self.now_ms,
            columns: self.bounds.finish(),
        };
        Ok(WrittenFile { path: self.path, file: Arc::new(file), _claim: Arc::new(self.claim) })
    }
}

/// A file that may be written slowly.
struct Sink {
    file: TableFile,
    pace: Option<Pace>,
}

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(pace) = &self.pace {
            pace.spend(bytes.len() as u64)?;
        }
        io::Write::write(&mut self.file, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::Write::flush(&mut self.file)
    }
}

fn is_taken(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AlreadyExists
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

/// A batch as files hold it.
pub(crate) fn without_partitions(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let schema = batch.schema();
    let kept = schema.fields().iter().enumerate();
    let kept = kept.filter(|(_, field)| !PARTITIONS.contains(&field.name().as_str()));
    batch.project(&kept.map(|(index, _)| index).collect::<Vec<_>>())
}

fn properties(
    schema: &SchemaRef,
    holds: &Holds,
    options: &StoreOptions,
) -> Result<WriterProperties, ParquetError> {
    let order = |columns: &str| KeyValue::new(ORDER_KEY.to_owned(), columns.to_owned());
    let group_rows = options.row_group_rows;
    let mut properties = WriterProperties::builder()
        .set_created_by(concat!("seam ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_key_value_metadata(holds.sorted_by.map(|columns| vec![order(columns)]))
        .set_max_row_group_row_count(Some(group_rows))
        .set_max_row_group_bytes(Some(ROW_GROUP_MAX_BYTES))
        .set_statistics_enabled(EnabledStatistics::None);
    for column in columns::bounded(schema) {
        let at = ColumnPath::from(column);
        properties = properties.set_column_statistics_enabled(at, EnabledStatistics::Page);
    }
    let distinct = holds.rows.min(group_rows as u64);
    for column in present(schema, &BLOOM) {
        let at = ColumnPath::from(column);
        properties = properties
            .set_column_bloom_filter_enabled(at.clone(), true)
            .set_column_bloom_filter_max_ndv(at, distinct);
    }
    for column in present(schema, &UNIQUE) {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(column), false);
    }
    for path in columns::UNIQUE_INSIDE {
        let path = path.iter().map(ToString::to_string).collect();
        properties = properties.set_column_dictionary_enabled(ColumnPath::new(path), false);
    }
    Ok(properties.build())
}
