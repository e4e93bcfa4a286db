//! Prints what becomes of captured requests: one JSON object per row, nulls and position left out.
//!
//!     cargo run -p seam-schema --example rows -- tests/fixtures/captures/codex1 [--keep-all]
//!
//! With `--ledger` it prints the lines of the ledger instead: what was stored, what was ignored
//! and by which rule; with `--stitch` the rows of the derived tables.

#![expect(clippy::print_stdout, reason = "it prints what it was asked for")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use seam_schema::event::{AttributeValue, Event};
use seam_schema::frame::{ContentType, FrameKind, FrameMeta, Transport};
use seam_schema::ids::{LogId, Principal, ReceivedAt, RequestDigest, Sequence, Tenant};
use seam_schema::normalise::{FrameInput, Mapping, Rows, Wanted};
use seam_schema::otlp::{Limits, Signal, transcode};
use seam_schema::stitch::{DerivedRows, Moment, StitchOptions, Stitcher};
use serde_json::{Map, Value, json};

const POSITION: &[&str] = &["log_id", "offset_sequence", "offset_index", "tenant", "day"];
const RECEIVED_US: i64 = 1_795_200_000_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let (flags, paths): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let has = |flag: &str| flags.iter().any(|given| given == flag);
    let mapping = Mapping { keep_all: has("--keep-all"), ..Mapping::default() };
    let mut rows = Rows::default();
    let mut sequence = 0;
    for path in paths.iter().map(Path::new) {
        for body in bodies(path)? {
            sequence += 1;
            normalise(&mapping, &body, sequence, &mut rows)?;
        }
    }
    if has("--ledger") {
        for (key, counts) in rows.ledger.lines() {
            println!(
                "{:?} {} {} {:?} ignored={} stored={}",
                key.agent,
                key.signal,
                key.ignored_rule.map_or("-", |rule| rule.as_str()),
                key.name,
                counts.ignored,
                counts.stored
            );
        }
        return Ok(());
    }
    let batch = rows.events.finish()?;
    if has("--stitch") {
        return stitch(&batch);
    }
    for row in 0..batch.num_rows() {
        println!("{}", Value::Object(row_json(&batch, row)));
    }
    Ok(())
}

/// Prints what the stitcher makes of the rows, two minutes after the last of them.
fn stitch(batch: &RecordBatch) -> Result<(), Box<dyn Error>> {
    let mut stitcher = Stitcher::new(StitchOptions::default());
    for fact in stitcher.read(batch) {
        stitcher.apply(fact);
    }
    let mut rows = DerivedRows::default();
    let now = Moment {
        log_id: LogId::from_bytes([0; 16]),
        sequence: Sequence(i64::MAX),
        received_at: ReceivedAt(RECEIVED_US + 120_000_000),
    };
    stitcher.changed(now, &mut rows);
    for (table, batch) in rows.finish()? {
        for row in 0..batch.num_rows() {
            let mut object = row_json(&batch, row);
            object.insert("table".to_owned(), json!(table.name()));
            println!("{}", Value::Object(object));
        }
    }
    Ok(())
}

fn bodies(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        if name.is_some_and(|name| name.starts_with(|first: char| first.is_ascii_digit())) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn normalise(
    mapping: &Mapping,
    path: &Path,
    sequence: i64,
    rows: &mut Rows,
) -> Result<(), Box<dyn Error>> {
    let name = path.to_string_lossy();
    let signal = if name.contains("-logs-") {
        Signal::Logs
    } else if name.contains("-traces-") {
        Signal::Traces
    } else {
        Signal::Metrics
    };
    let mut payload = fs::read(path)?;
    if name.ends_with(".json") {
        payload = transcode(signal, &payload, &Limits::default())?;
    }
    let tenant = Tenant::default();
    let meta = FrameMeta {
        kind: FrameKind::Otlp(signal),
        content_type: ContentType::Protobuf,
        transport: Transport::Http,
        repeat: false,
        relay: false,
        digest: RequestDigest::of(&tenant, signal, &payload),
        tenant,
        principal: Principal::default(),
        peer_address: String::new(),
        certificate_host: String::new(),
    };
    let frame = FrameInput {
        log_id: LogId::from_bytes([0; 16]),
        sequence: Sequence(sequence),
        received_at: ReceivedAt(RECEIVED_US),
        meta: &meta,
        payload: &payload,
    };
    Ok(mapping.normalise(&frame, Wanted::default(), rows)?)
}

fn row_json(batch: &RecordBatch, row: usize) -> Map<String, Value> {
    let schema = batch.schema();
    let mut object = Map::new();
    for (index, field) in schema.fields().iter().enumerate() {
        if POSITION.contains(&field.name().as_str()) {
            continue;
        }
        if let Some(value) = cell(batch, index, row) {
            object.insert(field.name().clone(), value);
        }
    }
    if batch.column_by_name("attributes").is_none() {
        return object;
    }
    let event = Event::read(batch, row);
    let kept: BTreeMap<_, _> = event
        .attributes
        .iter()
        .map(|kept| match &kept.value {
            AttributeValue::Column(_, text) => (kept.key.to_string(), json!(text)),
            AttributeValue::Number(number) => (kept.key.to_string(), json!(number)),
            AttributeValue::Wire(_) => (kept.key.to_string(), Value::Null),
        })
        .collect();
    object.insert("attributes".to_owned(), json!(kept));
    object
}

fn cell(batch: &RecordBatch, column: usize, row: usize) -> Option<Value> {
    let array = batch.column(column);
    if array.is_null(row) {
        return None;
    }
    Some(match array.data_type() {
        DataType::Utf8 => json!(array.as_string::<i32>().value(row)),
        DataType::Int64 => json!(array.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => json!(array.as_primitive::<Float64Type>().value(row)),
        DataType::Boolean => json!(array.as_boolean().value(row)),
        DataType::Timestamp(..) => {
            json!(array.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            match items.as_string_opt::<i32>() {
                Some(texts) => json!(texts.iter().collect::<Vec<_>>()),
                None => json!(items.len()),
            }
        }
        _ => return None,
    })
}
