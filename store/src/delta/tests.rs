//! Tables that an older or another version made.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use deltalake::kernel::{DataType, StructField, StructType};
use seam_disk::PowerCutDisk;
use seam_schema::ids::Sequence;
use seam_schema::table::Table;

use super::open::{create, wanted_columns};
use super::{DeltaLog, add_action};
use crate::OpenError;
use crate::durable::{DurableFiles, DurableStore};
use crate::parquet_file::{WriteTo, write_tail};
use crate::tail::SealedTail;
use crate::testing::*;

fn durable(disk: &PowerCutDisk) -> DurableStore {
    DurableStore::new(Arc::new(DurableFiles::new(Arc::new(disk.clone()))))
}

/// The columns of `events`, each changed or left out by `change`.
fn changed(change: impl Fn(StructField) -> Option<StructField>) -> StructType {
    let fields = wanted_columns(Table::Events).unwrap();
    let fields = fields.fields().cloned().filter_map(change);
    StructType::try_new(fields).unwrap()
}

/// One row of `events` without the column `prompt`.
fn old_row() -> RecordBatch {
    let batch = events_batch(&[EventRow::at(1, 0)]);
    let schema = batch.schema();
    let kept = schema.fields().iter().enumerate();
    let kept = kept.filter(|(_, field)| field.name() != "prompt").map(|(index, _)| index);
    batch.project(&kept.collect::<Vec<_>>()).unwrap()
}

/// Columns that an older version did not have are added in one commit; its rows read as null
/// there, and the next start finds nothing to add.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_columns_are_added_once() {
    let disk = new_disk();
    let store = durable(&disk);
    let old = changed(|field| {
        (!["prompt", "cost_usd"].contains(&field.name().as_str())).then_some(field)
    });
    let delta = create(&store, Table::Events, &old).await.unwrap();
    let mut log = DeltaLog { table: Table::Events, delta };
    let batches = vec![Arc::new(old_row())];
    let tail = SealedTail { batches, first: Sequence(1), through: Sequence(1), seal: 0 };
    let (claims, limits) = (Arc::default(), options());
    let to = WriteTo { store: &store, claims: &claims, options: &limits, now_ms: 0 };
    let written = write_tail(&to, Table::Events, LOG, &tail).unwrap();
    let adds = written.iter().map(|file| add_action(&file.file, &file.path, true)).collect();
    log.commit(adds, LOG, Sequence(1), 0).await.unwrap();
    for _ in 0..2 {
        let store = open(&disk, 1).await.unwrap();
        assert_eq!(store.snapshot().table(Table::Events).unwrap().version, 2);
        let lines = rows(&store.snapshot(), Table::Events).await;
        assert_eq!(lines.len(), 1);
        assert!(!lines.concat().contains(CANARY));
    }
    let store = open(&disk, 1).await.unwrap();
    apply(&store, LOG, 2..=3, 1).await.unwrap();
    store.close().await.unwrap();
    assert!(rows(&store.snapshot(), Table::Events).await.concat().contains(CANARY));
}

/// A column of another type, and one that may hold no nulls where we write some, refuse the
/// table, name the column and change nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_incompatible_table_is_refused() {
    let retyped = |field: StructField| match field.name().as_str() {
        "session_id" => StructField::new("session_id", DataType::LONG, true),
        _ => field,
    };
    let narrowed = |field: StructField| match field.name().as_str() {
        "session_id" => StructField::new("session_id", DataType::STRING, false),
        _ => field,
    };
    for columns in [changed(|field| Some(retyped(field))), changed(|field| Some(narrowed(field)))] {
        let disk = new_disk();
        create(&durable(&disk), Table::Events, &columns).await.unwrap();
        let error = open(&disk, 0).await.err().unwrap();
        assert!(matches!(&error, OpenError::Incompatible { column, .. } if column == "session_id"));
        assert!(error.to_string().contains("nothing was changed"), "{error}");
        let log = DeltaLog::open(&durable(&disk), Table::Events).await.unwrap().unwrap();
        assert_eq!(log.version(), 0);
    }
}

/// The tables can be read by every reader of Delta tables, and bounds are kept for the listed
/// columns only.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_tables_need_no_reader_feature() {
    let disk = new_disk();
    open(&disk, 0).await.unwrap();
    for table in Table::ALL.iter().copied() {
        let log = DeltaLog::open(&durable(&disk), table).await.unwrap().unwrap();
        let state = log.delta.snapshot().unwrap();
        assert_eq!(state.protocol().min_reader_version(), 1);
        assert!(state.protocol().reader_features().is_none());
        let metadata = state.metadata();
        assert_eq!(metadata.partition_columns(), &["tenant", "day"]);
        let bounds = &metadata.configuration()["delta.dataSkippingStatsColumns"];
        assert!(!bounds.contains("prompt"), "{bounds}");
        let listed: Vec<&str> = bounds.split(',').collect();
        let common = if table.is_derived() { "revision" } else { "received_at" };
        let ledger = table == Table::Ledger && listed.contains(&"agent");
        assert!(listed.contains(&common) || ledger, "{bounds}");
    }
}
