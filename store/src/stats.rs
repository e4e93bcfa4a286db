//! The bounds of a file's columns: computed from rows, written into and read from the Delta log.
//!
//! Format: the `stats` of an `add` action, Delta protocol, "Per-file Statistics".

use arrow::array::{Array, AsArray};
use arrow::compute::{max, max_string, min, min_string};
use arrow::datatypes::{DataType, Int64Type, TimeUnit, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use chrono::{DateTime, SecondsFormat};
use seam_schema::table::Table;
use serde_json::{Map, Value, json};

use crate::columns::{SKIPPING, present};
use crate::snapshot::{ColumnStats, StatValue};

/// The longest text that becomes a bound. A longer one is cut for the lower bound; for the
/// upper one it gives none.
const TEXT_MAX_BYTES: usize = 64;

/// The bounds of the skipping columns over the batches of one file, as they come.
pub(crate) struct Bounds {
    columns: Vec<ColumnStats>,
    has_upper: Vec<bool>,
}

impl Bounds {
    /// Of a file without rows.
    pub(crate) fn new(table: Table) -> Self {
        let schema = table.schema();
        let none = |column| ColumnStats { column, min: None, max: None, nulls: Some(0) };
        let columns: Vec<_> = present(&schema, &SKIPPING).map(none).collect();
        Self { has_upper: vec![true; columns.len()], columns }
    }

    /// Takes in some rows.
    pub(crate) fn push(&mut self, batch: &RecordBatch) {
        for (stats, has_upper) in self.columns.iter_mut().zip(&mut self.has_upper) {
            let Some(array) = batch.column_by_name(stats.column) else { continue };
            let (low, high) = bounds(array.as_ref());
            let high = high.and_then(upper_bound);
            *has_upper &= high.is_some() || low.is_none();
            stats.nulls = stats.nulls.map(|nulls| nulls + array.null_count() as u64);
            stats.min = smaller(stats.min.take(), low.map(lower_bound));
            stats.max = stats.max.take().max(high);
        }
    }

    /// What they come to.
    pub(crate) fn finish(mut self) -> Vec<ColumnStats> {
        for (stats, has_upper) in self.columns.iter_mut().zip(self.has_upper) {
            if !has_upper {
                stats.max = None;
            }
        }
        self.columns
    }
}

fn bounds(array: &dyn Array) -> (Option<StatValue>, Option<StatValue>) {
    match array.data_type() {
        DataType::Int64 => {
            let values = array.as_primitive::<Int64Type>();
            (min(values).map(StatValue::Int), max(values).map(StatValue::Int))
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            let values = array.as_primitive::<TimestampMicrosecondType>();
            (min(values).map(StatValue::TimeUs), max(values).map(StatValue::TimeUs))
        }
        DataType::Utf8 => {
            let values = array.as_string::<i32>();
            let text = |text: &str| StatValue::Text(text.to_owned());
            (min_string(values).map(text), max_string(values).map(text))
        }
        _ => (None, None),
    }
}

fn smaller(one: Option<StatValue>, other: Option<StatValue>) -> Option<StatValue> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

fn lower_bound(value: StatValue) -> StatValue {
    match value {
        StatValue::Text(mut text) if text.len() > TEXT_MAX_BYTES => {
            text.truncate(text.floor_char_boundary(TEXT_MAX_BYTES));
            StatValue::Text(text)
        }
        value => value,
    }
}

fn upper_bound(value: StatValue) -> Option<StatValue> {
    match &value {
        StatValue::Text(text) if text.len() > TEXT_MAX_BYTES => None,
        _ => Some(value),
    }
}

/// The `stats` text of an `add` action.
pub(crate) fn to_json(rows: u64, columns: &[ColumnStats]) -> String {
    let mut low = Map::new();
    let mut high = Map::new();
    let mut nulls = Map::new();
    for stats in columns {
        if let Some(value) = stats.min.as_ref().and_then(write_value) {
            low.insert(stats.column.to_owned(), value);
        }
        if let Some(value) = stats.max.as_ref().and_then(write_value) {
            high.insert(stats.column.to_owned(), value);
        }
        if let Some(count) = stats.nulls {
            nulls.insert(stats.column.to_owned(), count.into());
        }
    }
    json!({ "numRecords": rows, "minValues": low, "maxValues": high, "nullCount": nulls })
        .to_string()
}

fn write_value(value: &StatValue) -> Option<Value> {
    Some(match value {
        StatValue::Int(value) => (*value).into(),
        StatValue::Text(text) => text.as_str().into(),
        StatValue::TimeUs(value) => {
            let time = DateTime::from_timestamp_micros(*value)?;
            time.to_rfc3339_opts(SecondsFormat::Micros, true).into()
        }
    })
}

/// How many rows a file has, and the bounds of its columns, as its `add` action says.
pub(crate) fn from_json(table: Table, text: &str) -> (Option<u64>, Vec<ColumnStats>) {
    let Ok(stats) = serde_json::from_str::<Value>(text) else {
        return (None, Vec::new());
    };
    let schema = table.schema();
    let columns = present(&schema, &SKIPPING)
        .map(|column| {
            let of = |part: &str| stats.get(part).and_then(|values| values.get(column));
            let is_time = schema
                .field_with_name(column)
                .is_ok_and(|field| matches!(field.data_type(), DataType::Timestamp(..)));
            ColumnStats {
                column,
                min: of("minValues").and_then(|value| read_value(value, is_time)),
                max: of("maxValues").and_then(|value| read_value(value, is_time)).map(end_of_ms),
                nulls: of("nullCount").and_then(Value::as_u64),
            }
        })
        .collect();
    (stats.get("numRecords").and_then(Value::as_u64), columns)
}

fn read_value(value: &Value, is_time: bool) -> Option<StatValue> {
    match value {
        Value::Number(number) => number.as_i64().map(StatValue::Int),
        Value::String(text) if is_time => {
            let time = DateTime::parse_from_rfc3339(text).ok()?;
            Some(StatValue::TimeUs(time.timestamp_micros()))
        }
        Value::String(text) => Some(StatValue::Text(text.clone())),
        _ => None,
    }
}

/// Checkpoints may keep times in milliseconds only, so an upper bound reaches to the end of its
/// millisecond.
fn end_of_ms(value: StatValue) -> StatValue {
    match value {
        StatValue::TimeUs(value) => {
            StatValue::TimeUs(value.saturating_sub(value.rem_euclid(1000)).saturating_add(999))
        }
        value => value,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use crate::testing::{EventRow, events_batch};

    fn batch(session: &str, received_at: i64) -> RecordBatch {
        events_batch(&[EventRow { session: session.into(), received_at, ..EventRow::at(7, 0) }])
    }

    fn compute(table: Table, batches: &[RecordBatch]) -> Vec<ColumnStats> {
        let mut bounds = Bounds::new(table);
        for batch in batches {
            bounds.push(batch);
        }
        bounds.finish()
    }

    fn of<'a>(columns: &'a [ColumnStats], name: &str) -> &'a ColumnStats {
        columns.iter().find(|stats| stats.column == name).unwrap()
    }

    /// What is written is read back, times at worst to the end of their millisecond.
    #[test]
    fn bounds_survive_the_delta_log() {
        let columns = compute(Table::Events, &[batch("b", 5_001), batch("a", 7_001)]);
        let (rows, read) = from_json(Table::Events, &to_json(2, &columns));
        assert_eq!(rows, Some(2));
        assert_eq!(of(&read, "session_id"), of(&columns, "session_id"));
        assert_eq!(of(&read, "received_at").min, Some(StatValue::TimeUs(5_001)));
        assert_eq!(of(&read, "received_at").max, Some(StatValue::TimeUs(7_999)));
    }

    /// A long text gives a lower bound that is not above it, and no upper one.
    #[test]
    fn long_texts_are_cut_to_a_true_bound() {
        let long = "ä".repeat(100);
        let columns = compute(Table::Events, &[batch(&long, 1), batch("zz", 1)]);
        let stats = of(&columns, "session_id");
        assert_eq!(stats.min, Some(StatValue::Text("zz".to_owned())));
        assert_eq!(stats.max, None);
        let columns = compute(Table::Events, &[batch(&long, 1)]);
        let Some(StatValue::Text(low)) = &of(&columns, "session_id").min else { unreachable!() };
        assert!(low.len() <= TEXT_MAX_BYTES && long.starts_with(low.as_str()));
    }
}
