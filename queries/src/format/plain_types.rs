//! Brings columns to the types that the text formats write.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef, TimeUnit};

use crate::error::QueryError;

/// Columns whose times are microseconds in UTC, also within lists, maps and structs, and which
/// are not dictionaries.
#[derive(Debug)]
pub(crate) struct PlainTypes {
    schema: SchemaRef,
    as_they_are: bool,
}

impl PlainTypes {
    pub(crate) fn of(schema: &SchemaRef) -> Self {
        let fields: Vec<FieldRef> = schema.fields().iter().map(plain_field).collect();
        let plain = Arc::new(Schema::new(fields));
        let as_they_are = plain.fields() == schema.fields();
        Self { schema: plain, as_they_are }
    }

    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(crate) fn apply(&self, batch: &RecordBatch) -> Result<RecordBatch, QueryError> {
        if self.as_they_are {
            return Ok(batch.clone());
        }
        let fields = self.schema.fields().iter();
        let columns = batch.columns().iter().zip(fields).map(|(column, field)| {
            if column.data_type() == field.data_type() {
                return Ok(Arc::clone(column));
            }
            cast(column, field.data_type())
        });
        let columns = columns.collect::<Result<Vec<ArrayRef>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let schema = Arc::clone(&self.schema);
        Ok(RecordBatch::try_new_with_options(schema, columns, &options)?)
    }
}

fn plain_field(field: &FieldRef) -> FieldRef {
    let plain = plain(field.data_type());
    if plain == *field.data_type() {
        return Arc::clone(field);
    }
    // A time that does not fit into microseconds becomes null.
    Arc::new(Field::new(field.name(), plain, true))
}

fn plain(kind: &DataType) -> DataType {
    match kind {
        DataType::Timestamp(..) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        DataType::Dictionary(_, values) => plain(values),
        DataType::List(item) => DataType::List(plain_field(item)),
        DataType::LargeList(item) => DataType::LargeList(plain_field(item)),
        DataType::FixedSizeList(item, length) => {
            DataType::FixedSizeList(plain_field(item), *length)
        }
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(plain_field).collect()),
        DataType::Map(entries, sorted) => DataType::Map(plain_field(entries), *sorted),
        other => other.clone(),
    }
}
