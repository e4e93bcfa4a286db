//! A few rows out of many, wherever they lie.

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use arrow::record_batch::RecordBatch;
use seam_schema::ids::{LogId, Offset, Sequence};
use seam_schema::stitch::{HistoryKey, Name};
use seam_schema::table::Table;
use seam_schema::vocabulary::Agent;

use crate::testing::*;
use crate::{Cursor, Store};

const COLUMNS: [&str; 4] = ["event_id", "log_id", "offset_sequence", "tenant"];

fn key(tenant: &str, session: i64) -> HistoryKey {
    let id = format!("session-{session}").into();
    HistoryKey { tenant: tenant.into(), agent: Agent::Codex, id, trace: false }
}

fn seen(log_id: LogId, through: i64) -> Cursor {
    Cursor::from_iter([Offset { log_id, sequence: Sequence(through), index: i64::MAX }])
}

/// The frames whose rows are found, each row counted.
async fn frames(store: &Store, keys: &[HistoryKey], seen: &Cursor) -> Vec<i64> {
    let whole = |batch: &RecordBatch| vec![batch.clone()];
    let batches = store.snapshot().events_of(keys, seen, &COLUMNS, whole).await.unwrap();
    let mut found = Vec::new();
    for batch in batches.into_iter().flatten() {
        assert_eq!(batch.num_columns(), COLUMNS.len());
        let column = batch.column_by_name("offset_sequence").unwrap();
        found.extend(column.as_primitive::<Int64Type>().values());
    }
    found.sort_unstable();
    found
}

/// What is to be found: the rows of these sessions of a tenant up to a frame.
fn wanted(tenant: &str, sessions: &[i64], through: i64) -> Vec<i64> {
    let frames = (1..=through).filter(|frame| sessions.contains(&(frame % 5)));
    let frames = frames.filter(|frame| EventRow::at(*frame, 0).tenant == tenant);
    frames.flat_map(|frame| (0..events_of(frame)).map(move |_| frame)).collect()
}

/// Events are found in many files and in the tail, each once, and none of what comes after the
/// cursor, of other sessions, tenants or agents.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_found_in_files_and_tail() {
    let store = open(&new_disk(), 0).await.unwrap();
    for first in [1, 21, 41] {
        apply_events(&store, LOG, first..=first + 19, 4).await.unwrap();
        store.flush().await.unwrap();
    }
    apply_events(&store, LOG, 61..=80, 4).await.unwrap();
    for through in [0, 1, 30, 60, 70, 80] {
        let one = frames(&store, &[key("red", 2)], &seen(LOG, through)).await;
        assert_eq!(one, wanted("red", &[2], through), "through {through}");
        let keys = [key("red", 2), key("red", 4), key("blue", 2)];
        let mut both = wanted("red", &[2, 4], through);
        both.extend(wanted("blue", &[2], through));
        both.sort_unstable();
        assert_eq!(frames(&store, &keys, &seen(LOG, through)).await, both);
    }
    let foreign = HistoryKey { agent: Agent::Gemini, ..key("red", 2) };
    let unknown = HistoryKey { id: "session".into(), ..key("red", 2) };
    let trace = HistoryKey { trace: true, ..key("red", 2) };
    for none in [foreign, unknown, trace] {
        assert_eq!(frames(&store, &[none], &seen(LOG, 80)).await, [0_i64; 0]);
    }
    assert_eq!(frames(&store, &[], &seen(LOG, 80)).await, [0_i64; 0]);
    assert_eq!(frames(&store, &[key("red", 2)], &seen(OTHER_LOG, 80)).await, [0_i64; 0]);
}

/// The cursor cuts inside a frame as well, and rows of other logs have a bound of their own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_log_has_its_bound() {
    let disk = new_disk();
    let store = open_with(&disk, OTHER_LOG, 0, options()).await.unwrap();
    apply_events(&store, OTHER_LOG, 1..=10, 10).await.unwrap();
    store.close().await.unwrap();
    let store = open(&disk, 0).await.unwrap();
    apply_events(&store, LOG, 1..=10, 10).await.unwrap();
    let at = |log_id, sequence, index| Offset { log_id, sequence: Sequence(sequence), index };
    // Frame 5 has three rows.
    let cursor = Cursor::from_iter([at(LOG, 5, 1), at(OTHER_LOG, 9, 0)]);
    assert_eq!(frames(&store, &[key("red", 0)], &cursor).await, [5, 5, 5, 5, 5]);
    let session = HistoryKey { tenant: "blue".into(), ..key("red", 3) };
    assert_eq!(frames(&store, &[session], &cursor).await, [8, 8, 8]);
}

/// The newest revision of each row is found, of all conversations or of some.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn newest_revisions_are_found() {
    let store = open(&new_disk(), 0).await.unwrap();
    for first in [1, 21, 41] {
        apply(&store, LOG, first..=first + 19, 4).await.unwrap();
        store.flush().await.unwrap();
    }
    apply(&store, LOG, 61..=63, 1).await.unwrap();
    let snapshot = store.snapshot();
    let columns = ["session_id", "events"];
    let all = snapshot.newest_revisions(Table::Sessions, &columns).await.unwrap().unwrap();
    assert_eq!((all.num_rows(), all.num_columns()), (5, 4));
    let counts = all.column_by_name("events").unwrap().as_primitive::<Int64Type>().values();
    assert_eq!(counts.iter().sum::<i64>(), 63);
    let sessions: [Name; 1] = ["session-3".into()];
    let of = async |tenant, table| {
        let found = snapshot.newest_revisions_of(table, tenant, &sessions).await.unwrap();
        found.map_or(0, |batch| batch.num_rows())
    };
    assert_eq!(of("red", Table::Sessions).await, 1);
    assert_eq!(of("red", Table::Links).await, 13);
    assert_eq!(of("blue", Table::Sessions).await, 0);
    assert!(snapshot.newest_revisions(Table::Gaps, &[]).await.unwrap().is_some());
}

/// Where stage 2 goes on: behind what is derived, and in other logs only if this one has nothing
/// derived yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_derived_cursor_names_every_log() {
    let disk = new_disk();
    let store = open_with(&disk, OTHER_LOG, 0, options()).await.unwrap();
    apply(&store, OTHER_LOG, 1..=6, 6).await.unwrap();
    store.flush().await.unwrap();
    apply_events(&store, OTHER_LOG, 7..=10, 4).await.unwrap();
    store.close().await.unwrap();
    let at = |log_id, through| Offset { log_id, sequence: Sequence(through), index: i64::MAX };
    let store = open(&disk, 0).await.unwrap();
    let begin = Cursor::from_iter([at(LOG, 0), at(OTHER_LOG, 6)]);
    assert_eq!(store.derived_cursor(), begin);
    apply(&store, LOG, 1..=3, 3).await.unwrap();
    store.close().await.unwrap();
    let store = open(&disk, 3).await.unwrap();
    let later = Cursor::from_iter([at(LOG, 3), at(OTHER_LOG, i64::MAX)]);
    assert_eq!(store.derived_cursor(), later);
}

/// Spans that name no conversation are found by their traces, up to the cursor and as far back as
/// asked, in files and in the tail.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nameless_events_are_found() {
    let store = open(&new_disk(), 0).await.unwrap();
    for frame in 1..=12 {
        let mut group = group(&store, LOG, frame..=frame);
        if frame % 3 == 0 {
            let nameless = EventRow { session: String::new(), ..EventRow::at(frame, 0) };
            group.rows = vec![(Table::Events, events_batch(&[nameless]))];
        }
        store.append(group).unwrap();
        if frame == 7 {
            store.flush().await.unwrap();
        }
    }
    for (through, since, frames) in
        [(12, 1, vec![3, 6, 9, 12]), (11, 6, vec![6, 9]), (2, 1, vec![]), (12, 13, vec![])]
    {
        let since_us = EventRow::at(since, 0).received_at;
        let found = store.snapshot().nameless_events(&seen(LOG, through), since_us).await.unwrap();
        let mut told: Vec<(String, String)> = Vec::new();
        for batch in &found {
            let text = |name: &str, row| {
                batch.column_by_name(name).unwrap().as_string::<i32>().value(row).to_owned()
            };
            told.extend(
                (0..batch.num_rows()).map(|row| (text("tenant", row), text("trace_id", row))),
            );
        }
        told.sort_by(|(_, one), (_, other)| one.cmp(other));
        let wanted: Vec<_> = frames
            .iter()
            .map(|frame| (EventRow::at(*frame, 0).tenant, format!("{frame:02x}").repeat(16)))
            .collect();
        assert_eq!(told, wanted, "through {through}, since {since}");
    }
    let other = store.snapshot().nameless_events(&seen(OTHER_LOG, 12), 0).await.unwrap();
    assert!(other.iter().all(|batch| batch.num_rows() == 0));
}
