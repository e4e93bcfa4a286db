//! Conversations derived again.

use seam_schema::derived::Id;
use seam_schema::derived::sessions::{SessionRow, SessionsBuilder};
use seam_schema::ids::Tenant;
use seam_schema::table::Table;
use seam_schema::vocabulary::Agent;
use seam_store::differ::Change;

use super::super::{RestitchError, RestitchRequest, Stitching};
use super::rig::{LONG, Rig, SECOND, unsettled};

/// Puts rows into `sessions` that the events do not cause.
fn falsify(rig: &Rig, rows: &[(&str, i64)]) {
    let mut builder = SessionsBuilder::default();
    for (session, events) in rows {
        builder.append(&SessionRow {
            tenant: "default".into(),
            revision: 900 * SECOND,
            session_row_id: Id::of("sessions", &["default", session]),
            session_id: (*session).into(),
            agent: Some(Agent::Codex),
            events: *events,
            ..SessionRow::default()
        });
    }
    let rows = [(Table::Sessions, builder.finish().unwrap())];
    rig.store.append_derived(rig.store.snapshot().derived_applied, &rows).unwrap();
}

/// What was found: session, change, columns.
async fn restitch(
    stitching: &Stitching,
    request: RestitchRequest,
) -> Vec<(String, Change, String)> {
    let report = stitching.restitch(request).await.unwrap();
    let mut found: Vec<_> = report
        .differences
        .into_iter()
        .map(|(table, found)| {
            assert_eq!(table, Table::Sessions);
            (found.session_id, found.change, found.columns.join(" "))
        })
        .collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

/// Rows that differ are reported and, unless it is a dry run, put right; a second look finds
/// nothing.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_rows_are_found_and_put_right() {
    let mut rig = Rig::new().await;
    let stitching = rig.spawn();
    let last = rig.append(&["a", "b", "a", "c"]).await;
    let right = unsettled(&[("a", 2), ("b", 1), ("c", 1)]);
    assert_eq!(rig.derived(last).await, right);
    let all = RestitchRequest { since_us: Some(0), ..RestitchRequest::default() };
    assert_eq!(restitch(&stitching, all.clone()).await, []);
    falsify(&rig, &[("a", 7), ("ghost", 3)]);
    let dry = RestitchRequest { dry_run: true, ..all.clone() };
    let wanted = [
        ("a".to_owned(), Change::Changed, "events".to_owned()),
        ("ghost".to_owned(), Change::Retracted, String::new()),
    ];
    assert_eq!(restitch(&stitching, dry).await, wanted);
    assert_eq!(rig.rows().await["a"], (7, false), "a dry run writes nothing");
    assert_eq!(restitch(&stitching, all.clone()).await, wanted);
    assert_eq!(rig.rows().await, right);
    assert_eq!(restitch(&stitching, all).await, []);
    stitching.stop(LONG).await.unwrap();
}

/// Only what was named is derived again.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_named_are_derived_again() {
    let mut rig = Rig::new().await;
    let stitching = rig.spawn();
    let last = rig.append(&["a", "b"]).await;
    rig.derived(last).await;
    falsify(&rig, &[("a", 7), ("b", 7)]);
    let of = |session: &str| RestitchRequest {
        session: Some(session.to_owned()),
        ..RestitchRequest::default()
    };
    let foreign = RestitchRequest { tenant: Some(Tenant::new("other").unwrap()), ..of("a") };
    let refused = stitching.restitch(foreign).await.unwrap_err();
    assert!(matches!(refused, RestitchError::NoSession), "{refused}");
    let found = restitch(&stitching, of("a")).await;
    assert_eq!(found, [("a".to_owned(), Change::Changed, "events".to_owned())]);
    assert_eq!(rig.rows().await, unsettled(&[("a", 1), ("b", 7)]));
    let late = RestitchRequest { since_us: Some(901 * SECOND), ..RestitchRequest::default() };
    assert_eq!(restitch(&stitching, late).await, []);
    stitching.stop(LONG).await.unwrap();
}
