//! CSV as in RFC 4180.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::json::writer::EncoderOptions;

use super::Encoder;
use super::cells::Cells;
use super::json::options;
use super::plain_types::PlainTypes;
use crate::error::QueryError;

const LINE_END: &[u8] = b"\r\n";

/// The writer.
#[derive(Debug)]
pub(crate) struct Csv {
    types: PlainTypes,
    options: EncoderOptions,
    has_header: bool,
}

impl Csv {
    pub(crate) fn new(schema: &SchemaRef) -> Self {
        Self { types: PlainTypes::of(schema), options: options(), has_header: false }
    }

    fn header(&mut self, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.has_header, true) {
            return;
        }
        for (index, field) in self.types.schema().fields().iter().enumerate() {
            separate(index, out);
            put(Some(field.name()), out);
        }
        out.extend_from_slice(LINE_END);
    }
}

impl Encoder for Csv {
    fn encode(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), QueryError> {
        self.header(out);
        let batch = self.types.apply(batch)?;
        let schema = Arc::clone(self.types.schema());
        let columns = schema.fields().iter().zip(batch.columns());
        let columns = columns.map(|(field, column)| Cells::new(field, column, &self.options));
        let mut columns = columns.collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            for (index, column) in columns.iter_mut().enumerate() {
                separate(index, out);
                put(column.get(row).as_deref(), out);
            }
            out.extend_from_slice(LINE_END);
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), QueryError> {
        self.header(out);
        Ok(())
    }
}

fn separate(index: usize, out: &mut Vec<u8>) {
    if index > 0 {
        out.push(b',');
    }
}

fn put(value: Option<&str>, out: &mut Vec<u8>) {
    let Some(text) = value else { return };
    let quoted = text.is_empty() || text.contains([',', '"', '\r', '\n']);
    if !quoted {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.push(b'"');
    out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    out.push(b'"');
}
