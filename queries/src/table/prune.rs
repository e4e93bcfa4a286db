//! Which files a statement has to open.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, UInt64Array};
use arrow::datatypes::{DataType, SchemaRef, TimeUnit};
use datafusion::catalog::Session;
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, DFSchema, Result, ScalarValue};
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::utils::conjunction;
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;
use seam_schema::ids::Tenant;
use seam_schema::table::Table;
use seam_store::{DataFile, StatValue};

/// The files that can hold rows of `tenant` for which all `filters` hold.
pub(crate) fn files(
    table: Table,
    files: &[Arc<DataFile>],
    tenant: Option<&Tenant>,
    filters: &[Expr],
    state: &dyn Session,
) -> Result<Vec<Arc<DataFile>>> {
    let of_tenant =
        |file: &&Arc<DataFile>| tenant.is_none_or(|tenant| file.tenant == tenant.as_str());
    let files: Vec<_> = files.iter().filter(of_tenant).cloned().collect();
    let schema = table.schema();
    let Some(filter) = conjunction(filters.iter().cloned()) else { return Ok(files) };
    let df_schema = DFSchema::try_from(Arc::clone(&schema))?;
    let filter = state.create_physical_expr(filter, &df_schema)?;
    let Ok(predicate) =
        PruningPredicateBuilder::new().with_file_schema(Arc::clone(&schema)).try_build(filter)
    else {
        return Ok(files);
    };
    let keep = predicate.prune(&Bounds { schema, files: &files })?;
    Ok(files.into_iter().zip(keep).filter_map(|(file, keep)| keep.then_some(file)).collect())
}

/// What the Delta log says of the files' columns.
struct Bounds<'a> {
    schema: SchemaRef,
    files: &'a [Arc<DataFile>],
}

/// Which end of a column.
#[derive(Clone, Copy)]
enum End {
    Least,
    Most,
}

impl Bounds<'_> {
    fn ends(&self, column: &Column, end: End) -> Option<ArrayRef> {
        let kind = self.schema.field_with_name(column.name()).ok()?.data_type();
        let values = self.files.iter().map(|file| match column.name() {
            "tenant" => Some(ScalarValue::Utf8(Some(file.tenant.clone()))),
            "day" => Some(ScalarValue::Date32(Some(file.day))),
            name => bound(file, name, end, kind),
        });
        let unknown = ScalarValue::try_from(kind).ok()?;
        ScalarValue::iter_to_array(values.map(|value| value.unwrap_or_else(|| unknown.clone())))
            .ok()
    }
}

fn bound(file: &DataFile, column: &str, end: End, kind: &DataType) -> Option<ScalarValue> {
    let stats = file.stats(column)?;
    let value = match end {
        End::Least => stats.min.as_ref()?,
        End::Most => stats.max.as_ref()?,
    };
    match (value, kind) {
        (StatValue::Int(value), DataType::Int64) => Some(ScalarValue::Int64(Some(*value))),
        (StatValue::TimeUs(value), DataType::Timestamp(TimeUnit::Microsecond, zone)) => {
            Some(ScalarValue::TimestampMicrosecond(Some(*value), zone.clone()))
        }
        (StatValue::Text(text), DataType::Utf8) => Some(ScalarValue::Utf8(Some(text.clone()))),
        _ => None,
    }
}

impl PruningStatistics for Bounds<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.ends(column, End::Least)
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.ends(column, End::Most)
    }

    fn num_containers(&self) -> usize {
        self.files.len()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        let nulls = self.files.iter().map(|file| match column.name() {
            "tenant" | "day" => Some(0),
            name => file.stats(name)?.nulls,
        });
        Some(Arc::new(nulls.collect::<UInt64Array>()))
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        Some(Arc::new(self.files.iter().map(|file| file.rows).collect::<UInt64Array>()))
    }

    fn contained(&self, _: &Column, _: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
