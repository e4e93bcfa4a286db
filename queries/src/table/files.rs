//! Reading the committed files.

use std::sync::Arc;

use arrow::datatypes::{DataType, FieldRef, Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::{Result, ScalarValue, plan_datafusion_err};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::physical_plan::{ExecutionPlan, Partitioning};
use seam_store::DataFile;

use crate::registry::tables_url;

/// The columns that no file holds: they are in the file's place in the table.
pub(crate) const PARTITIONS: [&str; 2] = ["tenant", "day"];

/// Footers are small: one read brings all of most files' metadata.
const FOOTER_BYTES: usize = 64 * 1024;

/// A plan that reads columns `projection` of `schema` from the files.
///
/// A column that a file lacks because it is older reads as null.
pub(crate) fn scan(
    schema: &SchemaRef,
    files: &[Arc<DataFile>],
    projection: &[usize],
    limit: Option<usize>,
    state: &dyn Session,
) -> Result<Arc<dyn ExecutionPlan>> {
    let files: Vec<_> = files.iter().map(|file| partitioned(file)).collect();
    let groups = FileGroup::new(files).split_files(state.config().target_partitions());
    let config = config(schema, groups, projection, state)?.with_limit(limit);
    Ok(DataSourceExec::from_data_source(config.build()))
}

/// As [`scan`], but partition `n` of the plan is the `n`th file, whatever the optimizer does.
pub(crate) fn scan_each(
    schema: &SchemaRef,
    files: &[Arc<DataFile>],
    projection: &[usize],
    state: &dyn Session,
) -> Result<Arc<dyn ExecutionPlan>> {
    let groups: Vec<_> = files.iter().map(|file| FileGroup::new(vec![partitioned(file)])).collect();
    // A declared partitioning keeps files from being cut, moved, and read by other partitions.
    let declared = Partitioning::UnknownPartitioning(groups.len());
    let config = config(schema, groups, projection, state)?;
    let config = config.with_output_partitioning(Some(declared));
    Ok(DataSourceExec::from_data_source(config.build()))
}

fn config(
    schema: &SchemaRef,
    groups: Vec<FileGroup>,
    projection: &[usize],
    state: &dyn Session,
) -> Result<FileScanConfigBuilder> {
    let files_schema = FilesSchema::of(schema);
    let indices = projection.iter().map(|index| files_schema.index_of(schema, *index));
    let indices = indices.collect::<Result<Vec<_>>>()?;
    let source = ParquetSource::new(files_schema.table)
        .with_table_parquet_options(state.default_table_options().parquet)
        .with_metadata_size_hint(FOOTER_BYTES);
    FileScanConfigBuilder::new(tables_url()?, Arc::new(source))
        .with_file_groups(groups)
        .with_projection_indices(Some(indices))
}

fn partitioned(file: &DataFile) -> PartitionedFile {
    let mut partitioned = PartitionedFile::new(String::new(), file.size_bytes);
    partitioned.object_meta.location = file.path.clone();
    partitioned.with_partition_values(vec![
        ScalarValue::Utf8(Some(file.tenant.clone())),
        ScalarValue::Date32(Some(file.day)),
    ])
}

/// A table's columns as the reader of files wants them: the partitions at the end.
struct FilesSchema {
    table: TableSchema,
}

impl FilesSchema {
    fn of(schema: &Schema) -> Self {
        let fields = schema.fields();
        let in_files = fields.iter().filter(|field| !is_partition(field)).cloned();
        let in_files: Schema = Schema::new(in_files.collect::<Vec<FieldRef>>());
        let partition = |name: &&str| fields.iter().find(|field| field.name() == name).cloned();
        let partitions: Vec<FieldRef> = PARTITIONS.iter().filter_map(partition).collect();
        let table = TableSchema::builder(Arc::new(in_files)).with_table_partition_cols(partitions);
        Self { table: table.build() }
    }

    /// Where the column at `index` of `schema` stands here.
    fn index_of(&self, schema: &Schema, index: usize) -> Result<usize> {
        let name = schema.fields().get(index).map(|field| field.name().as_str());
        name.and_then(|name| self.table.table_schema().index_of(name).ok()).ok_or_else(|| {
            plan_datafusion_err!("cannot read column {index}: the table has no such column")
        })
    }
}

fn is_partition(field: &FieldRef) -> bool {
    PARTITIONS.contains(&field.name().as_str())
        && matches!(field.data_type(), DataType::Utf8 | DataType::Date32)
}
