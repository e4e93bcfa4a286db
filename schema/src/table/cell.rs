//! How one value becomes one cell of a column, and back.
//!
//! The type of a field decides the type of its column: `Option` is a column with nulls,
//! an enum of [`crate::vocabulary`] is a string. Nothing here is unsigned, a dictionary or
//! a view: every reader of Delta tables understands the columns.

use std::borrow::Cow;

use arrow_array::builder::{
    BooleanBuilder, Date32Builder, Float64Builder, Int64Builder, ListBuilder, MapBuilder,
    MapFieldNames, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, Field, TimeUnit};
use std::sync::Arc;

/// A point in time: microseconds since 1970, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TimeUs(pub i64);

/// A day: days since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Day(pub i32);

/// An enum whose values stand in the tables as texts.
pub trait Word: Copy {
    /// The text.
    fn text(self) -> &'static str;
    /// The value of a text, if this version knows it.
    fn of(text: &str) -> Option<Self>;
}

/// One cell of a column.
pub trait Cell<'a>: Sized + Default {
    /// What collects the cells of a column.
    type Builder: Default;
    /// Whether the column has nulls.
    const NULLABLE: bool;
    /// The Arrow type of the column.
    fn data_type() -> DataType;
    /// Collects about so many cells, with about so many bytes of text in all.
    fn builder(_cells: usize, _text_bytes: usize) -> Self::Builder {
        Self::Builder::default()
    }
    /// The bytes of text that were collected.
    fn text_bytes(_column: &Self::Builder) -> usize {
        0
    }
    /// Adds this cell to a column.
    fn push(&self, column: &mut Self::Builder);
    /// Ends a column.
    fn finish(column: &mut Self::Builder) -> ArrayRef;
    /// Reads a cell back; the default where the column has another type or a null.
    fn read(column: &'a dyn Array, row: usize) -> Self;
    /// The text of this cell, where it holds one that a sender may have written.
    fn text(&mut self) -> Option<&mut Cow<'a, str>> {
        None
    }
}

/// The type of every time column.
pub fn time_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// How much some columns held when they were last ended: as much may come again.
#[derive(Debug, Default)]
pub struct Sizes {
    /// What was collected since.
    new_rows: usize,
    rows: usize,
    text_bytes: Vec<usize>,
}

impl Sizes {
    /// Few rows say nothing of many.
    const ROWS_LEAST: usize = 64;
    /// Room is made for so many rows at most …
    const ROWS_MOST: usize = 64 << 10;
    /// … and for so many bytes of text in a column.
    const TEXT_BYTES_MOST: usize = 4 << 20;

    /// Counts a row.
    pub(crate) fn row(&mut self) {
        self.new_rows += 1;
    }

    /// The columns end, with so many bytes of text in each.
    pub(crate) fn end(&mut self, text_bytes: impl IntoIterator<Item = usize>) {
        self.rows = std::mem::take(&mut self.new_rows);
        self.text_bytes.clear();
        self.text_bytes.extend(text_bytes);
    }

    /// So many times as much: rows, and bytes of text per column. Nothing if too little is known.
    pub(crate) fn times(&self, times: f64) -> Option<(usize, impl Iterator<Item = usize>)> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a size to begin with; the result has bounds"
        )]
        let scaled = move |size: usize, most: usize| ((size as f64 * times) as usize).min(most);
        let bytes = self.text_bytes.iter();
        let bytes = bytes.map(move |bytes| scaled(*bytes, Self::TEXT_BYTES_MOST));
        let rows = scaled(self.rows, Self::ROWS_MOST);
        (self.rows >= Self::ROWS_LEAST).then_some((rows, bytes))
    }
}

/// Columns that are collected again and again.
pub trait Collects {
    /// Makes room for about so many times what they held last time. They have to be empty.
    fn expect(&mut self, times: f64);
}

macro_rules! text_builder {
    () => {
        fn builder(cells: usize, text_bytes: usize) -> StringBuilder {
            StringBuilder::with_capacity(cells, text_bytes)
        }

        fn text_bytes(column: &StringBuilder) -> usize {
            column.values_slice().len()
        }
    };
}
pub(crate) use text_builder;

fn text_at(column: &dyn Array, row: usize) -> Option<&str> {
    let texts = column.as_string_opt::<i32>()?;
    (row < texts.len() && texts.is_valid(row)).then(|| texts.value(row))
}

impl<'a> Cell<'a> for Option<Cow<'a, str>> {
    type Builder = StringBuilder;
    const NULLABLE: bool = true;

    fn data_type() -> DataType {
        DataType::Utf8
    }

    text_builder!();

    fn push(&self, column: &mut StringBuilder) {
        column.append_option(self.as_deref());
    }

    fn finish(column: &mut StringBuilder) -> ArrayRef {
        Arc::new(column.finish())
    }

    fn read(column: &'a dyn Array, row: usize) -> Self {
        text_at(column, row).map(Cow::Borrowed)
    }

    fn text(&mut self) -> Option<&mut Cow<'a, str>> {
        self.as_mut()
    }
}

impl<'a> Cell<'a> for Cow<'a, str> {
    type Builder = StringBuilder;
    const NULLABLE: bool = false;

    fn data_type() -> DataType {
        DataType::Utf8
    }

    text_builder!();

    fn push(&self, column: &mut StringBuilder) {
        column.append_value(self);
    }

    fn finish(column: &mut StringBuilder) -> ArrayRef {
        Arc::new(column.finish())
    }

    fn read(column: &'a dyn Array, row: usize) -> Self {
        Cow::Borrowed(text_at(column, row).unwrap_or_default())
    }

    fn text(&mut self) -> Option<&mut Cow<'a, str>> {
        Some(self)
    }
}

impl<'a, W: Word> Cell<'a> for Option<W> {
    type Builder = StringBuilder;
    const NULLABLE: bool = true;

    fn data_type() -> DataType {
        DataType::Utf8
    }

    text_builder!();

    fn push(&self, column: &mut StringBuilder) {
        column.append_option(self.map(Word::text));
    }

    fn finish(column: &mut StringBuilder) -> ArrayRef {
        Arc::new(column.finish())
    }

    fn read(column: &'a dyn Array, row: usize) -> Self {
        text_at(column, row).and_then(W::of)
    }
}

/// Cells whose builder takes a plain value.
macro_rules! plain_cell {
    ($($value:ty, $inner:expr, $back:expr, $builder:ty, $arrow:ty, $data_type:expr;)+) => {$(
        impl<'a> Cell<'a> for Option<$value> {
            type Builder = $builder;
            const NULLABLE: bool = true;

            fn data_type() -> DataType {
                $data_type
            }

            fn builder(cells: usize, _: usize) -> Self::Builder {
                <$builder>::with_capacity(cells)
            }

            fn push(&self, column: &mut Self::Builder) {
                column.append_option(self.map($inner));
            }

            fn finish(column: &mut Self::Builder) -> ArrayRef {
                let array = column.finish();
                Arc::new(array)
            }

            fn read(column: &'a dyn Array, row: usize) -> Self {
                let values = column.as_primitive_opt::<$arrow>()?;
                (row < values.len() && values.is_valid(row)).then(|| $back(values.value(row)))
            }
        }

        impl<'a> Cell<'a> for $value {
            type Builder = $builder;
            const NULLABLE: bool = false;

            fn data_type() -> DataType {
                $data_type
            }

            fn builder(cells: usize, _: usize) -> Self::Builder {
                <$builder>::with_capacity(cells)
            }

            fn push(&self, column: &mut Self::Builder) {
                column.append_value($inner(*self));
            }

            fn finish(column: &mut Self::Builder) -> ArrayRef {
                <Option<$value> as Cell<'_>>::finish(column)
            }

            fn read(column: &'a dyn Array, row: usize) -> Self {
                <Option<$value> as Cell<'_>>::read(column, row).unwrap_or_default()
            }
        }
    )+};
}

/// A builder of times that knows its zone.
#[derive(Debug)]
pub struct TimeBuilder(TimestampMicrosecondBuilder);

impl Default for TimeBuilder {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

impl TimeBuilder {
    fn with_capacity(cells: usize) -> Self {
        Self(TimestampMicrosecondBuilder::with_capacity(cells).with_timezone("UTC"))
    }

    fn append_option(&mut self, value: Option<i64>) {
        self.0.append_option(value);
    }

    fn append_value(&mut self, value: i64) {
        self.0.append_value(value);
    }

    fn finish(&mut self) -> arrow_array::TimestampMicrosecondArray {
        self.0.finish()
    }
}

plain_cell! {
    i64, |v: i64| v, |v: i64| v, Int64Builder, Int64Type, DataType::Int64;
    f64, |v: f64| v, |v: f64| v, Float64Builder, Float64Type, DataType::Float64;
    TimeUs, |v: TimeUs| v.0, TimeUs, TimeBuilder, TimestampMicrosecondType, time_type();
    Day, |v: Day| v.0, Day, Date32Builder, Date32Type, DataType::Date32;
}

impl<'a> Cell<'a> for Option<bool> {
    type Builder = BooleanBuilder;
    const NULLABLE: bool = true;

    fn data_type() -> DataType {
        DataType::Boolean
    }

    fn push(&self, column: &mut BooleanBuilder) {
        column.append_option(*self);
    }

    fn finish(column: &mut BooleanBuilder) -> ArrayRef {
        Arc::new(column.finish())
    }

    fn read(column: &'a dyn Array, row: usize) -> Self {
        let values = column.as_boolean_opt()?;
        (row < values.len() && values.is_valid(row)).then(|| values.value(row))
    }
}

/// Cells that hold a list of numbers.
macro_rules! list_cell {
    ($($value:ty, $builder:ty, $arrow:ty, $data_type:expr;)+) => {$(
        impl<'a> Cell<'a> for Option<Vec<$value>> {
            type Builder = ListBuilder<$builder>;
            const NULLABLE: bool = true;

            fn data_type() -> DataType {
                DataType::List(Arc::new(Field::new("item", $data_type, true)))
            }

            fn push(&self, column: &mut Self::Builder) {
                match self {
                    Some(values) => {
                        column.values().append_slice(values);
                        column.append(true);
                    }
                    None => column.append(false),
                }
            }

            fn finish(column: &mut Self::Builder) -> ArrayRef {
                Arc::new(column.finish())
            }

            fn read(column: &'a dyn Array, row: usize) -> Self {
                let lists = column.as_list_opt::<i32>()?;
                if row >= lists.len() || lists.is_null(row) {
                    return None;
                }
                let values = lists.value(row);
                Some(values.as_primitive_opt::<$arrow>()?.values().to_vec())
            }
        }
    )+};
}

list_cell! {
    i64, Int64Builder, Int64Type, DataType::Int64;
    f64, Float64Builder, Float64Type, DataType::Float64;
}

/// How often each of a few named things happened: a Map<String, Int64>.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts(pub Vec<(String, i64)>);

/// A builder of counts with the field names that Parquet gives a map.
#[derive(Debug)]
pub struct CountsBuilder(MapBuilder<StringBuilder, Int64Builder>);

impl Default for CountsBuilder {
    fn default() -> Self {
        Self(MapBuilder::new(Some(map_names()), StringBuilder::new(), Int64Builder::new()))
    }
}

/// The names of a map's fields, as Parquet has them.
pub(crate) fn map_names() -> MapFieldNames {
    MapFieldNames {
        entry: "key_value".to_owned(),
        key: "key".to_owned(),
        value: "value".to_owned(),
    }
}

/// The type of a map from strings to `value`.
pub(crate) fn map_type(value: DataType) -> DataType {
    let fields = vec![Field::new("key", DataType::Utf8, false), Field::new("value", value, true)];
    DataType::Map(Arc::new(Field::new_struct("key_value", fields, false)), false)
}

impl<'a> Cell<'a> for Option<Counts> {
    type Builder = CountsBuilder;
    const NULLABLE: bool = true;

    fn data_type() -> DataType {
        map_type(DataType::Int64)
    }

    fn push(&self, column: &mut CountsBuilder) {
        for (key, value) in self.iter().flat_map(|counts| &counts.0) {
            column.0.keys().append_value(key);
            column.0.values().append_value(*value);
        }
        // Keys and values are appended in pairs, so a row always ends well.
        let ended = column.0.append(self.is_some());
        debug_assert!(ended.is_ok(), "a map column lost a key or a value");
    }

    fn finish(column: &mut CountsBuilder) -> ArrayRef {
        Arc::new(column.0.finish())
    }

    fn read(column: &'a dyn Array, row: usize) -> Self {
        let map = column.as_map_opt()?;
        if row >= map.len() || map.is_null(row) {
            return None;
        }
        let entries = map.value(row);
        let keys = entries.column(0).as_string_opt::<i32>()?;
        let values = entries.column(1).as_primitive_opt::<Int64Type>()?;
        let pairs = keys.iter().zip(values.iter());
        Some(Counts(pairs.filter_map(|(key, value)| Some((key?.to_owned(), value?))).collect()))
    }
}

/// The name of a column: the name of its field, without the mark of a raw identifier.
pub(crate) fn column_name(field: &'static str) -> &'static str {
    field.strip_prefix("r#").unwrap_or(field)
}

/// Declares a row, the builder of its columns and the reader of its cells.
///
/// The fields of the row are the columns, in order. `clear` sets every cell back.
macro_rules! columns {
    (
        lifetime $lt:lifetime;
        $(#[$rowmeta:meta])* row $row:ident;
        $(#[$buildermeta:meta])* builder $builder:ident;
        $($(#[$meta:meta])* $name:ident: $cell:ty),+ $(,)?
    ) => {
        $(#[$rowmeta])*
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct $row<$lt> {
            $($(#[$meta])* pub $name: $cell,)+
        }

        impl<$lt> $row<$lt> {
            /// The columns, in order.
            pub fn fields() -> Vec<arrow_schema::Field> {
                vec![$(arrow_schema::Field::new(
                    $crate::table::cell::column_name(stringify!($name)),
                    <$cell as $crate::table::cell::Cell<$lt>>::data_type(),
                    <$cell as $crate::table::cell::Cell<$lt>>::NULLABLE,
                ),)+]
            }

            /// Reads a row back from a batch; a column that is missing reads as null.
            pub fn read(batch: &$lt arrow_array::RecordBatch, row: usize) -> Self {
                Self::read_at(batch, &Self::places(batch), row)
            }

            /// Where the columns stand in a batch: what [`Self::read_at`] needs. Looking them up
            /// costs more than reading a row.
            pub fn places(batch: &arrow_array::RecordBatch) -> Vec<Option<usize>> {
                let schema = batch.schema_ref();
                vec![$(schema
                    .index_of($crate::table::cell::column_name(stringify!($name)))
                    .ok(),)+]
            }

            /// Reads a row back from a batch whose [`Self::places`] are known.
            pub fn read_at(
                batch: &$lt arrow_array::RecordBatch,
                places: &[Option<usize>],
                row: usize,
            ) -> Self {
                let mut places = places.iter();
                let mut next = || {
                    let place = places.next().copied().flatten()?;
                    batch.columns().get(place).map(std::convert::AsRef::as_ref)
                };
                // The fields are made in the order of the columns.
                Self {
                    $($name: next().map_or_else(Default::default, |column| {
                        <$cell as $crate::table::cell::Cell<$lt>>::read(column, row)
                    }),)+
                }
            }

            /// Hands over every text of the row, with the name of its column.
            pub fn texts(
                &mut self,
                each: &mut dyn FnMut(&'static str, &mut std::borrow::Cow<$lt, str>),
            ) {
                $(if let Some(text) = $crate::table::cell::Cell::<$lt>::text(&mut self.$name) {
                    each($crate::table::cell::column_name(stringify!($name)), text);
                })+
            }
        }

        impl<$lt> $row<$lt> {
            /// Hands over every text of the row, as [`Self::texts`] does; one that is not to be
            /// kept becomes null, or empty where null cannot be.
            pub fn retain_texts(
                &mut self,
                keep: &mut dyn FnMut(&'static str, &mut std::borrow::Cow<$lt, str>) -> bool,
            ) {
                $(if $crate::table::cell::Cell::<$lt>::text(&mut self.$name).is_some_and(|text| {
                    !keep($crate::table::cell::column_name(stringify!($name)), text)
                }) {
                    self.$name = Default::default();
                })+
            }
        }

        $(#[$buildermeta])*
        #[derive(Debug, Default)]
        struct $builder<$lt> {
            $($name: <$cell as $crate::table::cell::Cell<$lt>>::Builder,)+
            collected: $crate::table::cell::Sizes,
        }

        impl<$lt> $builder<$lt> {
            fn append(&mut self, row: &$row<'_>) {
                $($crate::table::cell::Cell::push(&row.$name, &mut self.$name);)+
                self.collected.row();
            }

            fn finish(&mut self) -> Vec<arrow_array::ArrayRef> {
                self.collected.end([
                    $(<$cell as $crate::table::cell::Cell<$lt>>::text_bytes(&self.$name),)+
                ]);
                vec![$(<$cell as $crate::table::cell::Cell<$lt>>::finish(&mut self.$name),)+]
            }
        }

        impl<$lt> $crate::table::cell::Collects for $builder<$lt> {
            fn expect(&mut self, times: f64) {
                let Some((rows, mut bytes)) = self.collected.times(times) else { return };
                $(self.$name = <$cell as $crate::table::cell::Cell<$lt>>::builder(
                    rows,
                    bytes.next().unwrap_or_default(),
                );)+
            }
        }
    };
}
pub(crate) use columns;

#[cfg(test)]
mod tests {
    use super::*;

    /// Room is made for as much as there was, within bounds, and not on the word of a few rows.
    #[test]
    fn sizes_are_a_guess_with_bounds() {
        let mut sizes = Sizes::default();
        assert!(sizes.times(1.0).is_none());
        (0..100).for_each(|_| sizes.row());
        sizes.end([1_000, 1 << 40]);
        let (rows, bytes) =
            sizes.times(1.5).map_or((0, Vec::new()), |(rows, bytes)| (rows, bytes.collect()));
        assert_eq!((rows, bytes), (150, vec![1_500, Sizes::TEXT_BYTES_MOST]));
        sizes.row();
        sizes.end([10]);
        assert!(sizes.times(1.0).is_none());
    }
}
