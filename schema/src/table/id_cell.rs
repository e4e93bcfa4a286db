//! Cells that hold ids: written as text straight into the column, without a copy between.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use crate::derived::Id;
use crate::ids::{EventId, LogId, SpanId, TraceId, WriteId};
use crate::table::cell::{Cell, text_builder};

pub(crate) fn push_text(column: &mut StringBuilder, id: &impl WriteId) {
    // Writing to a builder cannot fail; the empty value ends the text.
    let written = id.write_to(column);
    debug_assert!(written.is_ok(), "a text column refused an id");
    column.append_value("");
}

fn read_text<T>(
    column: &dyn Array,
    row: usize,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    let texts = column.as_string_opt::<i32>()?;
    if row < texts.len() && texts.is_valid(row) { parse(texts.value(row)) } else { None }
}

/// Cells of ids.
macro_rules! required_id {
    ($($id:ty),+) => {$(
        impl<'a> Cell<'a> for $id {
            type Builder = StringBuilder;
            const NULLABLE: bool = false;

            fn data_type() -> DataType {
                DataType::Utf8
            }

            text_builder!();

            fn push(&self, column: &mut StringBuilder) {
                push_text(column, self);
            }

            fn finish(column: &mut StringBuilder) -> ArrayRef {
                Arc::new(column.finish())
            }

            fn read(column: &'a dyn Array, row: usize) -> Self {
                read_text(column, row, Self::parse).unwrap_or_default()
            }
        }
    )+};
}

required_id!(EventId, Id, LogId);

/// Cells of ids that may be absent.
macro_rules! optional_id {
    ($($id:ty),+) => {$(
        impl<'a> Cell<'a> for Option<$id> {
            type Builder = StringBuilder;
            const NULLABLE: bool = true;

            fn data_type() -> DataType {
                DataType::Utf8
            }

            text_builder!();

            fn push(&self, column: &mut StringBuilder) {
                match self {
                    Some(id) => push_text(column, id),
                    None => column.append_null(),
                }
            }

            fn finish(column: &mut StringBuilder) -> ArrayRef {
                Arc::new(column.finish())
            }

            fn read(column: &'a dyn Array, row: usize) -> Self {
                read_text(column, row, <$id>::parse)
            }
        }
    )+};
}

optional_id!(TraceId, SpanId, EventId, Id);
