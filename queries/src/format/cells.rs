//! Values as bare text, for CSV and for people: what JSON writes, texts without their quotes.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, FieldRef};
use arrow::json::writer::EncoderOptions;

use super::json::JsonColumn;
use crate::error::QueryError;

/// The values of one column.
pub(crate) enum Cells<'a> {
    /// Texts, as they are.
    Texts(StringArray),
    /// Everything else, as JSON.
    Json {
        /// Writes them.
        column: JsonColumn<'a>,
        /// What tells null.
        array: &'a dyn Array,
    },
}

impl<'a> Cells<'a> {
    pub(crate) fn new(
        field: &'a FieldRef,
        array: &'a ArrayRef,
        options: &'a EncoderOptions,
    ) -> Result<Self, QueryError> {
        match array.data_type() {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                let texts = cast(array, &DataType::Utf8)?;
                Ok(Self::Texts(texts.as_string::<i32>().clone()))
            }
            _ => {
                let array: &dyn Array = Arc::as_ref(array);
                Ok(Self::Json { column: JsonColumn::new(field, array, options)?, array })
            }
        }
    }

    /// One value; `None` for null, and for a number that JSON has no way to write.
    pub(crate) fn get(&mut self, row: usize) -> Option<Cow<'_, str>> {
        match self {
            Self::Texts(texts) => texts.is_valid(row).then(|| Cow::Borrowed(texts.value(row))),
            Self::Json { column, array } => {
                let mut bytes = Vec::new();
                column.write(row, &mut bytes);
                let text = String::from_utf8_lossy(&bytes);
                if text == "null" {
                    return None;
                }
                let quoted = !array.data_type().is_nested();
                let bare = quoted.then(|| text.strip_prefix('"')?.strip_suffix('"')).flatten();
                Some(Cow::Owned(bare.unwrap_or(&text).to_owned()))
            }
        }
    }
}
