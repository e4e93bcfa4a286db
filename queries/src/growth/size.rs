//! How large the arguments of a call are.

use arrow::array::{Array, ArrayRef, AsArray, OffsetSizeTrait};
use arrow::compute::{cast, max};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::ColumnarValue;

/// What is known of one argument over all rows of a call.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Argument {
    /// The largest value, in bytes.
    pub(crate) bytes: u128,
    /// The smallest text, in bytes.
    pub(crate) least: u128,
    /// The largest number; 0 for anything that is none, or below it.
    pub(crate) number: u128,
}

impl Argument {
    pub(crate) fn of(value: &ColumnarValue) -> Result<Self> {
        match value {
            ColumnarValue::Array(array) => Self::of_array(array),
            ColumnarValue::Scalar(scalar) => Self::of_array(&ScalarValue::to_array(scalar)?),
        }
    }

    fn of_array(array: &ArrayRef) -> Result<Self> {
        Ok(match array.data_type() {
            DataType::Utf8 => Self::of_offsets(array.as_string::<i32>().value_offsets()),
            DataType::LargeUtf8 => Self::of_offsets(array.as_string::<i64>().value_offsets()),
            DataType::Utf8View => {
                let lengths = array.as_string_view().lengths();
                Self::of_lengths(lengths.map(u128::from))
            }
            other if other.is_integer() => {
                let largest = max(cast(array, &DataType::Int64)?.as_primitive::<Int64Type>());
                let number = u128::try_from(largest.unwrap_or(0)).unwrap_or(0);
                Self { bytes: 8, least: 8, number }
            }
            other if other.primitive_width().is_some() => {
                let width = other.primitive_width().unwrap_or(0) as u128;
                Self { bytes: width, least: width, number: 0 }
            }
            // A list, a map or a struct: no value is larger than all of them together.
            _ => Self { bytes: slice_bytes(array)? as u128, least: 0, number: 0 },
        })
    }

    fn of_offsets<O: OffsetSizeTrait>(offsets: &[O]) -> Self {
        let ends = offsets.iter().skip(1);
        let lengths =
            offsets.iter().zip(ends).map(|(start, end)| end.as_usize() - start.as_usize());
        Self::of_lengths(lengths.map(|length| length as u128))
    }

    fn of_lengths(lengths: impl Iterator<Item = u128>) -> Self {
        let bounds = lengths.fold(None, |bounds: Option<(u128, u128)>, length| {
            let (least, most) = bounds.unwrap_or((length, length));
            Some((least.min(length), most.max(length)))
        });
        let (least, bytes) = bounds.unwrap_or_default();
        Self { bytes, least, number: 0 }
    }
}

/// The bytes of the rows of an array, whatever else its buffers hold.
pub(crate) fn slice_bytes(array: &ArrayRef) -> Result<usize> {
    Ok(array.to_data().get_slice_memory_size()?)
}
