//! Tests of `engine`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arrow::array::RecordBatch;
use seam_schema::table::Table;
use seam_schema::vocabulary::Kind;

use crate::testing::{DAY_US, Fixture, NEW_YEAR_US, Row, ask, ask_as, ask_text};
use crate::{Limits, QueryError, Statement, View};

/// A row in a file and a row in the tail are each there once, whatever is asked of them.
#[tokio::test(flavor = "multi_thread")]
async fn each_row_is_seen_once() {
    let fixture = Fixture::with_rows().await;
    let engine = fixture.engine(Limits::default()).await;
    assert_eq!(ask(&engine, "select count(*) from events").await.unwrap(), "10");
    let sequences = ask(&engine, "select offset_sequence from events order by 1").await.unwrap();
    assert_eq!(sequences, "1\n2\n3\n4\n5\n6\n7\n8\n9\n10");
    let kinds = "select kind, count(*) from seam.public.events group by kind order by kind";
    assert_eq!(ask(&engine, kinds).await.unwrap(), "error,1\nnetwork,1\nprompt,6\ntool_result,2");
    assert_eq!(ask(&engine, "select count(*) from metrics").await.unwrap(), "0");
    fixture.store.flush().await.unwrap();
    let engine = fixture.engine(Limits::default()).await;
    assert_eq!(
        ask(&engine, "select count(*), count(distinct event_id) from events").await.unwrap(),
        "10,10"
    );
}

/// Columns come back in the table's order with the table's types, partitions included, from
/// files as from the tail.
#[tokio::test(flavor = "multi_thread")]
async fn all_columns_come_back_as_they_were_put_in() {
    let mut fixture = Fixture::new().await;
    let rows = vec![Row::at(0), Row { kind: Kind::ToolResult, ..Row::at(1) }];
    fixture.append(rows.clone());
    let engine = fixture.engine(Limits::default()).await;
    let sql = "select * from events order by offset_sequence";
    let (from_tail, _) = ask_as(&engine, None, sql).await.unwrap();
    fixture.store.flush().await.unwrap();
    let engine = fixture.engine(Limits::default()).await;
    let (from_file, answer) = ask_as(&engine, None, sql).await.unwrap();
    let schema = seam_schema::event::schema();
    let concat = |batches| arrow::compute::concat_batches(&schema, batches).unwrap();
    assert_eq!(answer.schema().fields(), schema.fields());
    assert_eq!(concat(&from_tail), concat(&from_file));
    assert_eq!(
        ask(&engine, "select day, tenant from events limit 1").await.unwrap(),
        "2026-01-01,default"
    );
    assert_eq!(
        ask(&engine, "select attributes['k'] from events where offset_sequence = 1").await.unwrap(),
        "text 0"
    );
}

/// Filters hold for files and tail alike, also on columns that are in no file.
#[tokio::test(flavor = "multi_thread")]
async fn filters_hold_for_files_and_tail() {
    let fixture = Fixture::with_rows().await;
    let engine = fixture.engine(Limits::default()).await;
    for (filter, count) in [
        ("tenant = 'other'", 5),
        ("day >= '2026-01-03'", 6),
        ("kind = 'prompt' and session_id = 's2'", 3),
        ("session_id in ('s1', 'nobody') and kind <> 'prompt'", 4),
        ("received_at < '2026-01-02T00:00:00Z'", 2),
        ("offset_sequence between 6 and 7", 2),
        ("prompt like 'text%' and mcp_server is null", 6),
        ("attributes['k'] = 'text 0'", 10),
        ("false", 0),
    ] {
        let sql = format!("select count(*) from events where {filter}");
        assert_eq!(ask(&engine, &sql).await.unwrap(), count.to_string(), "{filter}");
    }
    assert_eq!(ask(&engine, "select 1 from events limit 3").await.unwrap(), "1\n1\n1");
}

/// Files that cannot hold a wanted row are not in the plan: by partition, by time, by offset,
/// by session.
#[tokio::test(flavor = "multi_thread")]
async fn filters_leave_files_out() {
    let fixture = Fixture::with_rows().await;
    let engine = fixture.engine(Limits::default()).await;
    for (filter, files) in [
        ("true", 6),
        ("tenant = 'default'", 3),
        ("day = '2026-01-02'", 2),
        ("received_at >= '2026-01-03T00:00:00Z'", 2),
        ("time < '2026-01-02T00:00:00Z'", 2),
        ("offset_sequence > 4", 2),
        ("session_id = 's2'", 3),
        ("session_id = 's2' and day = '2026-01-01'", 1),
        ("kind = 'tool_result'", 0),
        ("agent = 'gemini'", 0),
    ] {
        let sql = format!("explain select prompt from events where {filter}");
        let plan = ask(&engine, &sql).await.unwrap();
        assert_eq!(plan.matches(".parquet").count(), files, "{filter}: {plan}");
    }
}

/// The reader of files gets the filter itself, so that bloom filters and pages count.
#[tokio::test(flavor = "multi_thread")]
async fn filters_reach_the_reader_of_files() {
    let fixture = Fixture::with_rows().await;
    let engine = fixture.engine(Limits::default()).await;
    let plan =
        ask(&engine, "explain select prompt from events where session_id = 's2'").await.unwrap();
    let scan = plan.lines().find(|line| line.contains(".parquet")).unwrap();
    assert!(scan.contains("predicate=session_id@"), "{plan}");
    assert!(scan.contains("projection=[prompt]"), "{plan}");
    let plan = ask(&engine, "explain select prompt from events limit 1").await.unwrap();
    assert!(plan.contains("limit=1"), "{plan}");
}

/// No SQL shows a tenant the rows of another: not by joins, subqueries, views, unions, filters
/// that say otherwise, aggregates, or what describes the tables.
#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_sees_its_own_rows() {
    let fixture = Fixture::with_rows().await;
    let engine = fixture.engine(Limits::default()).await;
    for (sql, rows) in [
        ("select count(*) from events", "5"),
        ("select count(*) from events where tenant = 'other' or true", "5"),
        ("select count(*) from events where tenant = 'other'", "0"),
        ("select distinct tenant from events", "default"),
        (
            "select max(tenant) from (select * from events union all select * from events)",
            "default",
        ),
        (
            "select count(*) from events a full join events b on a.tenant <> b.tenant where a.tenant is not null",
            "5",
        ),
        ("select (select count(*) from events e where e.tenant = 'other')", "0"),
        ("with tenant as (select * from seam.public.events) select count(*) from tenant", "5"),
        ("select count(*) from mcp_calls", "1"),
        ("select count(*) from errors", "0"),
        (
            "select count(*) from tool_results where exists (select 1 from events where tenant = 'other')",
            "0",
        ),
        ("select max(c) from (select count(*) over () c from events)", "5"),
    ] {
        assert_eq!(ask_text(&engine, Some("default"), sql).await.unwrap(), rows, "{sql}");
    }
    for sql in [
        "explain select * from events",
        "explain analyze select count(*) from events",
        "explain verbose select * from events where tenant = 'x'",
        "select * from information_schema.columns",
        "show tables",
    ] {
        let text = ask_text(&engine, Some("default"), sql).await.unwrap();
        assert!(!text.contains("tenant=other"), "{sql}: {text}");
    }
    assert_eq!(
        ask_text(&engine, Some("nobody"), "select count(*) from events").await.unwrap(),
        "0"
    );
}

/// Each view gives the rows that its comment promises, and has such a comment.
#[tokio::test(flavor = "multi_thread")]
async fn views_answer_what_they_say() {
    let mut fixture = Fixture::new().await;
    let row = |kind| Row { kind, ..Row::at(0) };
    fixture.append(Kind::ALL.iter().copied().map(row).collect());
    let engine = fixture.engine(Limits::default()).await;
    for (view, kinds) in [
        ("prompts", "prompt"),
        ("approvals", "approval"),
        ("tool_results", "tool_result"),
        ("mcp_calls", "tool_result"),
        ("network_decisions", "network"),
        ("model_requests", "model_request"),
        ("errors", "error\nother\nspan"),
    ] {
        let sql = format!("select kind from {view} order by kind");
        assert_eq!(ask(&engine, &sql).await.unwrap(), kinds, "{view}");
    }
    for view in View::ALL {
        assert!(view.sql().starts_with("-- ") && view.sql().contains('?'), "{}", view.name());
    }
}

/// The tables can be looked at from within.
#[tokio::test(flavor = "multi_thread")]
async fn tables_describe_themselves() {
    let engine = Fixture::new().await.engine(Limits::default()).await;
    let names =
        "select table_name from information_schema.tables where table_schema = 'public' order by 1";
    let names = ask(&engine, names).await.unwrap();
    assert_eq!(
        names.lines().count(),
        Table::ALL.len() + Table::DERIVED.len() + View::ALL.len(),
        "{names}"
    );
    assert!(ask(&engine, "describe events").await.unwrap().contains("session_id,Utf8,YES"));
    assert!(ask(&engine, "show columns from prompts").await.unwrap().contains("prompt_origin"));
    let shown = ask(&engine, "show tables").await.unwrap();
    for name in ["network_decisions", "actions", "actions_revisions", "denied_network"] {
        assert!(shown.contains(&format!(",{name},")), "{shown}");
    }
    let columns = ask(&engine, "describe gaps_revisions").await.unwrap();
    assert_eq!(ask(&engine, "describe gaps").await.unwrap(), columns);
}

/// What is wrong is said in words that help.
#[tokio::test(flavor = "multi_thread")]
async fn errors_help() {
    let engine = Fixture::new().await.engine(Limits::default()).await;
    let said = async |sql| ask(&engine, sql).await.unwrap_err().to_string();
    let text = said("select * from evnts").await;
    assert!(text.starts_with("there is no table `evnts`; there are events, metrics"), "{text}");
    let text = said("select sesion_id from events").await;
    assert!(text.contains("sesion_id") && text.contains("session_id"), "{text}");
    let text = said("select lenght('x')").await;
    assert!(text.contains("Did you mean 'length'"), "{text}");
    let text = said("selec 1").await;
    assert!(text.starts_with("expected: an SQL statement"), "{text}");
    let text = said("select 1/0").await;
    assert!(text.contains("divide by zero"), "{text}");
    let text = said("update events set kind = 'x'").await;
    assert!(text.starts_with("cannot run UPDATE: this door is read-only"), "{text}");
}

/// An answer ends at the row cap and says so; one that just fits does not.
#[tokio::test(flavor = "multi_thread")]
async fn answers_are_cut_at_the_cap() {
    let fixture = Fixture::with_rows().await;
    for (cap, rows, truncated) in [(9, 9, true), (10, 10, false)] {
        let engine = fixture.engine(Limits { rows: cap, ..Limits::default() }).await;
        let (batches, answer) = ask_as(&engine, None, "select * from events").await.unwrap();
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), rows);
        assert_eq!((answer.rows(), answer.truncated()), (rows as u64, truncated));
    }
}

/// Columns of one name get names of their own.
#[tokio::test(flavor = "multi_thread")]
async fn names_are_unique() {
    let fixture = Fixture::with_rows().await;
    let engine = fixture.engine(Limits::default()).await;
    let sql = "select a.kind, b.kind, 1 as kind_2 from events a join events b using (event_id)";
    let (_, answer) = ask_as(&engine, None, sql).await.unwrap();
    let names: Vec<&str> =
        answer.schema().fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["kind", "kind_2", "kind_2_2"]);
}

/// A statement that finds all turns taken is told so, and gets one when an answer is dropped.
#[tokio::test(flavor = "multi_thread")]
async fn turns_are_few_and_come_back() {
    let limits = Limits { concurrent: 1, turn: Duration::from_millis(1), ..Limits::default() };
    let fixture = Fixture::with_rows().await;
    let engine = fixture.engine(limits).await;
    let endless =
        "select a.event_id from events a, events b, events c, events d, events e, events f";
    let statement = Statement { sql: endless.to_owned(), tenant: None };
    let running = engine.run(statement).await.unwrap();
    assert!(matches!(ask(&engine, "select 1").await, Err(QueryError::Busy { running: 1 })));
    drop(running);
    loop {
        match ask(&engine, "select 1").await {
            Ok(row) => break assert_eq!(row, "1"),
            Err(QueryError::Busy { .. }) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
}

/// Sorting more than the memory limit goes through the spill folder, and what is left there by
/// a killed process is removed at the start.
#[tokio::test(flavor = "multi_thread")]
async fn sorts_spill_into_their_folder() {
    let mut fixture = Fixture::new().await;
    for _ in 0..40 {
        let row = |index: i64| Row { text: format!("{index} ").repeat(400), ..Row::at(0) };
        fixture.append((0..500).map(row).collect());
    }
    let spill = tempfile::tempdir().unwrap();
    let left = spill.path().join("datafusion-left");
    std::fs::create_dir(&left).unwrap();
    let memory_bytes = 32 * 1024 * 1024;
    let small = Limits { memory_bytes, threads: 1, ..Limits::default() };
    let sql = "select offset_sequence, prompt from events order by prompt, offset_sequence";
    let failed = ask_as(&fixture.engine(small.clone()).await, None, sql).await;
    assert!(matches!(failed, Err(QueryError::OverLimit(_))));
    let spilling = Limits { spill_folder: Some(spill.path().to_owned()), ..small };
    let engine = fixture.engine(spilling).await;
    assert!(!left.exists());
    let (_, answer) = ask_as(&engine, None, sql).await.unwrap();
    assert_eq!(answer.rows(), 20_000);
}

/// `now()` is the time of the statement.
#[tokio::test(flavor = "multi_thread")]
async fn now_is_now() {
    let engine = Fixture::new().await.engine(Limits::default()).await;
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let before = clock();
    let now: u128 = ask(&engine, "select cast(now() as bigint)").await.unwrap().parse().unwrap();
    assert!((before..=clock()).contains(&now));
}

/// The days of the fixture are the days the tests name.
#[test]
fn new_year_is_new_year() {
    assert_eq!(NEW_YEAR_US / DAY_US, 20_454);
}
