//! Statements that mean harm, and what becomes of them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::time::Duration;

use crate::testing::{Fixture, ask};
use crate::{Engine, Limits, QueryError};

/// An engine with little room and much time.
async fn engine() -> (Fixture, Engine) {
    let fixture = Fixture::with_rows().await;
    let limits = Limits {
        deadline: Duration::from_mins(5),
        rows: 10_000,
        memory_bytes: 32 * 1024 * 1024,
        value_bytes: 1024 * 1024,
        ..Limits::default()
    };
    let engine = fixture.engine(limits).await;
    (fixture, engine)
}

/// What would change anything is refused as such.
#[tokio::test(flavor = "multi_thread")]
async fn what_changes_something_is_refused() {
    let (_fixture, engine) = engine().await;
    for sql in [
        "create table t (a int)",
        "create table t as select * from events",
        "create view v as select 1",
        "create or replace view prompts as select 1",
        "create schema s",
        "create database d",
        "create external table t stored as csv location '/etc/passwd'",
        "create external table t stored as parquet location 's3://bucket/x'",
        "create unbounded external table t (a int) stored as csv location '/dev/zero'",
        "create function f(int) returns int as 'x'",
        "create index i on events (kind)",
        "drop table events",
        "drop view prompts",
        "drop schema public cascade",
        "alter table events add column x int",
        "insert into events select * from events",
        "insert into audit values (1)",
        "update events set tenant = 'default'",
        "delete from events",
        "truncate table events",
        "merge into events using prompts on true when matched then delete",
        "copy events to '/tmp/x.csv'",
        "copy (select 1) to '/tmp/x.parquet' stored as parquet",
        "copy events from '/etc/passwd'",
        "set datafusion.execution.target_partitions = 10000",
        "set datafusion.catalog.information_schema = false",
        "reset datafusion.execution.batch_size",
        "prepare p as select 1",
        "execute p",
        "deallocate p",
        "begin",
        "commit",
        "grant all on events to public",
        "vacuum events",
        "use other",
        "load 'x.so'",
        "call f()",
        "explain insert into events select * from events",
        "explain analyze delete from events",
        "explain copy events to '/tmp/x.csv'",
    ] {
        let error = ask(&engine, sql).await.unwrap_err();
        assert!(matches!(error, QueryError::ReadOnly { .. }), "{sql}: {error:?}");
    }
    assert_eq!(ask(&engine, "select count(*) from events").await.unwrap(), "10");
}

/// Nothing outside the tables can be named: no files, no addresses, no functions that read.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_else_can_be_named() {
    let (_fixture, engine) = engine().await;
    for sql in [
        "select * from '/etc/passwd'",
        "select * from \"/etc/passwd\"",
        "select * from '/etc/passwd.csv'",
        "select * from 'file:///etc/passwd'",
        "select * from 'https://example.org/x.parquet'",
        "select * from 's3://bucket/x.parquet'",
        "select * from seam.private.events",
        "select * from datafusion.public.events",
        "select * from keys",
        "select * from read_csv('/etc/passwd')",
        "select * from parquet_metadata('x')",
        "select * from metadata_cache()",
        "select * from generate_series(1, 10)",
        "select * from range(10)",
        "select generate_series(1, 10)",
        "select range(1, 1000000000000)",
        "select unnest(gen_series(1, 10))",
        "select levenshtein('a', 'b')",
        "select load_extension('x')",
        "select * into copy_of_events from events",
        "with x as (insert into events select * from events) select * from x",
        "with recursive t as (select 1 as n union all select n + 1 from t) select * from t",
    ] {
        let error = ask(&engine, sql).await.unwrap_err();
        let refused = matches!(error, QueryError::Invalid(_) | QueryError::ReadOnly { .. });
        assert!(refused, "{sql}: {error:?}");
    }
}

/// What is not one statement of bounded size and depth is refused before it costs anything.
#[tokio::test(flavor = "multi_thread")]
async fn size_and_depth_are_bounded() {
    let (_fixture, engine) = engine().await;
    let doubling: Vec<String> = (1..40)
        .map(|level| {
            format!("t{level} as (select * from t{0} union all select * from t{0})", level - 1)
        })
        .collect();
    let cases = [
        (String::new(), "empty_statement"),
        (";;".to_owned(), "empty_statement"),
        ("select 1; drop table events".to_owned(), "several_statements"),
        ("select 1; select 2".to_owned(), "several_statements"),
        (format!("select '{}'", "x".repeat(70_000)), "statement_too_long"),
        (format!("select {}", "(".repeat(60_000)), "statement_too_complex"),
        (format!("select {}1{}", "(".repeat(500), ")".repeat(500)), "invalid_statement"),
        (format!("select {} true", "not ".repeat(1_000)), "invalid_statement"),
        (format!("select {}1", "- ".repeat(1_000)), "invalid_statement"),
        (format!("select 1{}", "+1".repeat(30_000)), "statement_too_complex"),
        (format!("select 1 where true{}", " or true".repeat(5_000)), "statement_too_complex"),
        (format!("select 1{}", " union all select 1".repeat(2_500)), "statement_too_complex"),
        (
            format!("select {}1{}", "case when true then ".repeat(900), " end".repeat(900)),
            "invalid_statement",
        ),
        (
            format!("{}select 1{}", "select * from (".repeat(400), ")".repeat(400)),
            "invalid_statement",
        ),
        (
            format!("with t0 as (select 1), {} select count(*) from t39", doubling.join(", ")),
            "statement_too_complex",
        ),
    ];
    for (sql, code) in cases {
        let error = ask(&engine, &sql).await.unwrap_err();
        assert_eq!(error.code(), code, "{}: {error}", sql.chars().take(60).collect::<String>());
    }
}

/// Long but honest statements are answered: nothing that passes the limits overflows a stack.
#[tokio::test(flavor = "multi_thread")]
async fn honest_long_statements_are_answered() {
    let (_fixture, engine) = engine().await;
    let sum = format!("select 1{}", "+1".repeat(900));
    assert_eq!(ask(&engine, &sum).await.unwrap(), "901");
    let either = format!("select count(*) from events where false{}", " or kind = 'x'".repeat(400));
    assert_eq!(ask(&engine, &either).await.unwrap(), "0");
    let among =
        format!("select count(*) from events where session_id in ('s1'{})", ", 'x'".repeat(9_000));
    assert_eq!(ask(&engine, &among).await.unwrap(), "7");
    let union = format!("select count(*) from (select 1{})", " union all select 1".repeat(150));
    assert_eq!(ask(&engine, &union).await.unwrap(), "151");
    let twice = |level: i32| {
        format!("t{level} as (select * from t{0} union all select * from t{0})", level - 1)
    };
    let parts: Vec<String> = (1..7).map(twice).collect();
    let doubled = format!("with t0 as (select 1), {} select count(*) from t6", parts.join(", "));
    assert_eq!(ask(&engine, &doubled).await.unwrap(), "64");
}

/// What would fill the memory meets a limit first.
#[tokio::test(flavor = "multi_thread")]
async fn memory_is_bounded() {
    let (_fixture, engine) = engine().await;
    let doubled = |double: &str| {
        let levels: Vec<String> = (1..40)
            .map(|level| format!("t{level} as (select {double} as s from t{})", level - 1))
            .collect();
        format!(
            "with t0 as (select prompt as s from events), {} select max(length(s)) from t39",
            levels.join(", ")
        )
    };
    for sql in [
        "select repeat('x', 1000000000)".to_owned(),
        "select length(repeat(prompt, 1000000000)) from events".to_owned(),
        "select repeat(repeat(repeat('x', 1000), 1000), 1000)".to_owned(),
        "select lpad('x', 2000000000, 'y')".to_owned(),
        "select rpad(prompt, 100000000) from events".to_owned(),
        "select array_repeat(1, 1000000000)".to_owned(),
        "select array_resize([1], 1000000000, 0)".to_owned(),
        format!("select replace(repeat('a', 30000), 'a', '{}')", "b".repeat(30_000)),
        format!("select regexp_replace(repeat('a', 30000), 'a', '{}', 'g')", "b".repeat(30_000)),
        doubled("s || s"),
        doubled("concat(s, s)"),
        doubled("replace(s, 't', 'tttttttt')"),
        doubled("encode(s, 'hex')"),
    ] {
        let error = ask(&engine, &sql).await.unwrap_err();
        let bounded = matches!(error, QueryError::OverLimit(_));
        assert!(bounded, "{}: {error:?}", sql.chars().take(60).collect::<String>());
    }
}

/// What would never end meets the deadline or the memory limit, and then really stops: there is
/// one turn here, and each statement gets it after the one before.
#[tokio::test(flavor = "multi_thread")]
async fn time_is_bounded() {
    let fixture = Fixture::with_rows().await;
    let limits = Limits {
        deadline: Duration::from_secs(4),
        memory_bytes: 32 * 1024 * 1024,
        concurrent: 1,
        turn: Duration::from_mins(2),
        ..Limits::default()
    };
    let engine = fixture.engine(limits).await;
    for sql in [
        format!("select count(*) from {}", crossed(12)),
        format!("select count(*) from {} where e0.prompt || e8.prompt like '%never%'", crossed(9)),
        format!("select e0.event_id, count(*) from {} group by e0.event_id", crossed(10)),
        format!("select e0.event_id, e9.event_id from {} order by 1, 2", crossed(10)),
    ] {
        let error = ask(&engine, &sql).await.unwrap_err();
        let ended = matches!(error, QueryError::Deadline { .. } | QueryError::OverLimit(_));
        assert!(ended, "{sql}: {error:?}");
    }
    assert_eq!(ask(&engine, "select 1").await.unwrap(), "1");
}

/// What gives rows without end is cut.
#[tokio::test(flavor = "multi_thread")]
async fn rows_are_bounded() {
    let (_fixture, engine) = engine().await;
    let capped = ask(&engine, &format!("select 1 from {}", crossed(5))).await.unwrap();
    assert_eq!(capped.lines().count(), 10_000);
}

/// `events` so many times, each row with each.
fn crossed(times: usize) -> String {
    let tables: Vec<String> = (0..times).map(|index| format!("events e{index}")).collect();
    tables.join(", ")
}
