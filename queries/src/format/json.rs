//! JSON: an array of row objects, or a row object to a line.

use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::{FieldRef, SchemaRef};
use arrow::json::writer::{EncoderOptions, NullableEncoder, make_encoder};

use super::Encoder;
use super::plain_types::PlainTypes;
use crate::error::QueryError;

const TIME: &str = "%Y-%m-%dT%H:%M:%S%.6fZ";
const LOCAL_TIME: &str = "%H:%M:%S%.6f";

/// How the values of all text formats are written.
pub(crate) fn options() -> EncoderOptions {
    EncoderOptions::default()
        .with_explicit_nulls(true)
        .with_date_format("%Y-%m-%d".to_owned())
        .with_timestamp_format(TIME.to_owned())
        .with_timestamp_tz_format(TIME.to_owned())
        .with_time_format(LOCAL_TIME.to_owned())
}

/// Writes the values of one column as JSON.
pub(crate) struct JsonColumn<'a>(NullableEncoder<'a>);

impl<'a> JsonColumn<'a> {
    pub(crate) fn new(
        field: &'a FieldRef,
        column: &'a dyn Array,
        options: &'a EncoderOptions,
    ) -> Result<Self, QueryError> {
        Ok(Self(make_encoder(field, column, options)?))
    }

    pub(crate) fn write(&mut self, row: usize, out: &mut Vec<u8>) {
        if self.0.is_null(row) {
            out.extend_from_slice(b"null");
        } else {
            self.0.encode(row, out);
        }
    }
}

/// What stands around the rows.
#[derive(Debug, Clone, Copy)]
struct Frame {
    start: &'static [u8],
    between: &'static [u8],
    end: &'static [u8],
    end_if_empty: &'static [u8],
}

const ARRAY: Frame = Frame { start: b"[", between: b",\n ", end: b"]\n", end_if_empty: b"[]\n" };
const LINES: Frame = Frame { start: b"", between: b"\n", end: b"\n", end_if_empty: b"" };

/// The writer of both kinds.
#[derive(Debug)]
pub(crate) struct Json {
    frame: Frame,
    types: PlainTypes,
    options: EncoderOptions,
    /// `"name":` of each column, after `{` or `,`.
    keys: Vec<Vec<u8>>,
    has_rows: bool,
}

impl Json {
    pub(crate) fn array(schema: &SchemaRef) -> Self {
        Self::new(ARRAY, schema)
    }

    pub(crate) fn lines(schema: &SchemaRef) -> Self {
        Self::new(LINES, schema)
    }

    fn new(frame: Frame, schema: &SchemaRef) -> Self {
        let key = |(index, field): (usize, &FieldRef)| {
            let name = serde_json::Value::String(field.name().clone());
            let before = if index == 0 { '{' } else { ',' };
            format!("{before}{name}:").into_bytes()
        };
        let keys = schema.fields().iter().enumerate().map(key).collect();
        Self { frame, types: PlainTypes::of(schema), options: options(), keys, has_rows: false }
    }
}

impl Encoder for Json {
    fn encode(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), QueryError> {
        let batch = self.types.apply(batch)?;
        let schema = Arc::clone(self.types.schema());
        let columns = schema.fields().iter().zip(batch.columns());
        let columns = columns.map(|(field, column)| JsonColumn::new(field, column, &self.options));
        let mut columns = columns.collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            out.extend_from_slice(if self.has_rows {
                self.frame.between
            } else {
                self.frame.start
            });
            self.has_rows = true;
            for (key, column) in self.keys.iter().zip(&mut columns) {
                out.extend_from_slice(key);
                column.write(row, out);
            }
            out.extend_from_slice(if self.keys.is_empty() { b"{}" } else { b"}" });
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), QueryError> {
        let end = if self.has_rows { self.frame.end } else { self.frame.end_if_empty };
        out.extend_from_slice(end);
        Ok(())
    }
}
