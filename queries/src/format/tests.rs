//! Tests of `format`.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, DictionaryArray, Float64Array, Int64Array,
    ListArray, MapBuilder, RecordBatch, StringArray, StringBuilder, StructArray,
    TimestampMicrosecondArray, TimestampNanosecondArray, UInt64Array,
};
use arrow::datatypes::{Field, Int32Type, Int64Type};

use super::Format;

/// Two rows of every kind of value that an answer can hold, and their extremes.
fn specimens() -> RecordBatch {
    let mut map = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    map.keys().append_value("a \"key\"");
    map.values().append_value("line\nbreak");
    map.keys().append_value("b");
    map.values().append_null();
    map.append(true).unwrap();
    map.append(true).unwrap();
    let micros = TimestampMicrosecondArray::from(vec![Some(1_767_225_600_000_001), Some(-1)]);
    let nanos = TimestampNanosecondArray::from(vec![Some(1_767_225_600_123_456_789), None]);
    let list = vec![Some(vec![Some(1), None, Some(3)]), Some(vec![])];
    let member: ArrayRef = Arc::new(nanos.clone());
    let record = StructArray::from(vec![(
        Arc::new(Field::new("at", member.data_type().clone(), true)),
        member,
    )]);
    let words: DictionaryArray<Int32Type> = vec!["x", "x"].into_iter().collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("int", Arc::new(Int64Array::from(vec![Some(i64::MAX), Some(i64::MIN)]))),
        ("unsigned", Arc::new(UInt64Array::from(vec![Some(u64::MAX), None]))),
        ("float", Arc::new(Float64Array::from(vec![0.1, f64::NAN]))),
        ("far", Arc::new(Float64Array::from(vec![f64::INFINITY, 1e300]))),
        ("bool", Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("text", Arc::new(StringArray::from(vec![Some("a,\"b\"\r\n\u{1b}[31m é"), Some("")]))),
        ("null", Arc::new(StringArray::from(vec![None::<&str>, None]))),
        ("utc", Arc::new(micros.with_timezone("UTC"))),
        ("berlin", Arc::new(nanos.clone().with_timezone("+01:00"))),
        ("naive", Arc::new(nanos)),
        ("day", Arc::new(Date32Array::from(vec![Some(20_454), Some(-1)]))),
        ("bytes", Arc::new(BinaryArray::from(vec![b"\x00\xff".as_ref(), b""]))),
        ("list", Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(list))),
        ("map", Arc::new(map.finish())),
        ("struct", Arc::new(record)),
        ("word", Arc::new(words)),
    ];
    RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap()
}

fn written(format: Format, batches: &[RecordBatch]) -> Vec<u8> {
    let schema = batches.first().unwrap().schema();
    let mut encoder = format.encoder(&schema).unwrap();
    let mut out = Vec::new();
    for batch in batches {
        encoder.encode(batch, &mut out).unwrap();
    }
    encoder.finish(&mut out).unwrap();
    out
}

fn text(format: Format, batches: &[RecordBatch]) -> String {
    String::from_utf8(written(format, batches)).unwrap()
}

/// JSON is what the documentation of [`super`] says, for every kind of value.
#[test]
fn json_is_golden() {
    let json = text(Format::Json, &[specimens()]);
    insta::assert_snapshot!(json);
    let rows: Vec<serde_json::Map<String, serde_json::Value>> =
        serde_json::from_str(&json).unwrap();
    assert!(rows.iter().all(|row| row.len() == specimens().num_columns()));
}

/// NDJSON is the rows of JSON, a row to a line.
#[test]
fn ndjson_is_the_rows_of_json() {
    let lines = text(Format::Ndjson, &[specimens()]);
    let rows: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let json: Vec<serde_json::Value> =
        serde_json::from_str(&text(Format::Json, &[specimens()])).unwrap();
    assert_eq!(rows, json);
    assert!(lines.ends_with('\n'));
}

/// CSV quotes what needs it, tells null from the empty text, and writes nested values as JSON.
#[test]
fn csv_is_golden() {
    insta::assert_snapshot!(
        text(Format::Csv, &[specimens()]).replace("\r\n", "␍␊\n").replace('\u{1b}', "␛")
    );
}

/// The table shows control characters instead of sending them.
#[test]
fn table_is_golden() {
    let table = text(Format::Table, &[specimens()]);
    assert!(!table.contains('\u{1b}'));
    insta::assert_snapshot!(table);
}

/// Long values are cut in the table, and only there; a bare count has one row.
#[test]
fn table_cuts_long_values() {
    let long = "ä".repeat(500);
    let column: ArrayRef = Arc::new(StringArray::from(vec![long.as_str()]));
    let batch = RecordBatch::try_from_iter([("long", column)]).unwrap();
    let table = text(Format::Table, std::slice::from_ref(&batch));
    assert!(table.contains('…') && table.ends_with("(1 row)\n"));
    assert!(table.lines().all(|line| line.chars().count() <= 130));
    assert!(text(Format::Csv, &[batch]).contains(&long));
}

/// The Arrow stream reads back as what was written, types and all.
#[test]
fn arrow_reads_back() {
    let batches = [specimens(), specimens()];
    let bytes = written(Format::Arrow, &batches);
    let reader = arrow::ipc::reader::StreamReader::try_new(bytes.as_slice(), None).unwrap();
    let read: Vec<RecordBatch> = reader.map(|batch| batch.unwrap()).collect();
    assert_eq!(read, batches);
}

/// The text does not depend on how the rows were cut into batches, and no rows make an answer too.
#[test]
fn batches_do_not_show() {
    let whole = specimens();
    let parts = [whole.slice(0, 1), whole.slice(0, 0), whole.slice(1, 1)];
    for format in [Format::Json, Format::Ndjson, Format::Csv, Format::Table] {
        assert_eq!(
            text(format, &parts),
            text(format, std::slice::from_ref(&whole)),
            "{}",
            format.name()
        );
    }
    let none = [whole.slice(0, 0)];
    assert_eq!(text(Format::Json, &none), "[]\n");
    assert_eq!(text(Format::Ndjson, &none), "");
    assert_eq!(text(Format::Csv, &none).lines().count(), 1);
    assert!(text(Format::Table, &none).ends_with("(0 rows)\n"));
}

/// Every format is found by its name and by its media type.
#[test]
fn formats_have_names() {
    for format in Format::ALL.iter().copied() {
        assert_eq!(Format::parse(format.name()), Some(format));
        let media_type = format.content_type().split(';').next().unwrap();
        assert_eq!(Format::of_content_type(media_type), Some(format));
    }
    assert_eq!(Format::parse("xml"), None);
}
