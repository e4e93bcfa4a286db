//! Statements over merged files answer as over those that went into them.

use std::time::Duration;

use arrow::array::RecordBatch;
use seam_schema::derived::Id;
use seam_schema::derived::sessions::{SessionRow, SessionsBuilder};
use seam_schema::ids::Sequence;
use seam_schema::table::Table;
use seam_schema::table::cell::Day;
use seam_store::UpkeepOptions;

use crate::testing::{DAY_US, Fixture, NEW_YEAR_US, Row, ask_text};
use crate::{Engine, Limits};

/// 2026-01-01, in days since 1970.
const NEW_YEAR: i32 = 20_454;

const STATEMENTS: &[&str] = &[
    "select offset_sequence, tenant, day, session_id, prompt from events order by 1",
    "select offset_sequence from events where session_id = 's1' order by 1",
    "select offset_sequence, prompt from events where day = '2026-01-02' order by 1",
    "select offset_sequence from events where offset_sequence between 5 and 17 order by 1",
    "select count(*), min(received_at), max(received_at) from events",
    "select session_id, revision, events from sessions order by 1",
    "select session_id, events from sessions where events > 6 order by 1",
    "select session_id from sessions where session_id in ('s1', 's4') order by 1",
    "select count(*) from sessions",
];

/// Everything is merged as soon as it is there, and what was merged goes at once.
fn at_once() -> UpkeepOptions {
    UpkeepOptions {
        merge_after: Duration::ZERO,
        merge_anyway_after: Duration::ZERO,
        clean_up_every: Duration::ZERO,
        history_kept: Duration::ZERO,
        ..UpkeepOptions::default()
    }
}

/// What step `step` says of five conversations; `s4` is taken back in the end, and `s3` for a
/// while.
fn sessions(step: i64) -> RecordBatch {
    let mut builder = SessionsBuilder::default();
    for number in (1..=5).filter(|number| (step + number) % 3 != 0) {
        let session = format!("s{number}");
        builder.append(&SessionRow {
            tenant: "default".into(),
            day: Day(NEW_YEAR + i32::try_from(number % 2).unwrap()),
            revision: step * 10 + number,
            retracted: (number == 4 && step > 5) || (number == 3 && step % 4 == 0),
            session_row_id: Id::of("sessions", &[&session]),
            session_id: session.into(),
            events: step,
            ..SessionRow::default()
        });
    }
    builder.finish().unwrap()
}

/// Step after step, each with a commit: events of three days and two tenants, and conversations.
async fn fill(fixture: &mut Fixture, steps: std::ops::RangeInclusive<i64>) {
    for step in steps {
        let row = |tenant, session| Row {
            tenant,
            session,
            received_us: NEW_YEAR_US + step % 3 * DAY_US + step,
            ..Row::at(0)
        };
        fixture.append(vec![row("default", "s1"), row("other", "s2"), row("default", "s3")]);
        let through = Sequence(step * 3);
        fixture.store.append_derived(through, &[(Table::Sessions, sessions(step))]).unwrap();
        fixture.store.flush().await.unwrap();
    }
}

async fn answers(engine: &Engine) -> Vec<String> {
    let mut answers = Vec::new();
    for tenant in [None, Some("default"), Some("other")] {
        for sql in STATEMENTS {
            answers.push(ask_text(engine, tenant, sql).await.unwrap());
        }
    }
    answers
}

fn files(fixture: &Fixture, table: Table) -> usize {
    fixture.store.snapshot().table(table).unwrap().files.len()
}

/// Nothing that can be asked shows whether files were merged, in full, in part, or not at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn merged_files_answer_alike() {
    let mut merged = Fixture::keeping_up(at_once()).await;
    let mut plain = Fixture::new().await;
    fill(&mut merged, 1..=12).await;
    fill(&mut plain, 1..=12).await;
    let before = merged.engine(Limits::default()).await;
    merged.store.keep_up().await;
    assert_eq!(files(&merged, Table::Events), 6);
    assert_eq!(files(&merged, Table::Sessions), 2);
    let wanted = answers(&plain.engine(Limits::default()).await).await;
    assert!(wanted.iter().filter(|answer| !answer.is_empty()).count() > 20);
    assert_eq!(answers(&merged.engine(Limits::default()).await).await, wanted);
    // Who has a snapshot from before still reads the files from before.
    assert_eq!(answers(&before).await, wanted);
    drop(before);
    fill(&mut merged, 13..=15).await;
    fill(&mut plain, 13..=15).await;
    let wanted = answers(&plain.engine(Limits::default()).await).await;
    assert_eq!(answers(&merged.engine(Limits::default()).await).await, wanted);
    merged.store.keep_up().await;
    assert_eq!(answers(&merged.engine(Limits::default()).await).await, wanted);
    assert_eq!(merged.store.upkeep_counts().failures, 0);
}
