//! Settled rows of a derived table, each given once it is final.

use std::collections::BTreeSet;

use arrow::record_batch::RecordBatch;
use futures::FutureExt;
use seam_schema::derived::Id;
use seam_schema::derived::actions::{ActionRow, ActionsBuilder};
use seam_schema::ids::{LogId, Sequence};
use seam_schema::table::Table;
use seam_schema::table::cell::Day;

use crate::testing::*;
use crate::{Cursor, Settled, SettledFollower, Store};

/// Rows from (action, frame, revision, settled).
fn actions(rows: &[(i64, i64, i64, bool)]) -> Vec<(Table, RecordBatch)> {
    let mut builder = ActionsBuilder::default();
    for (action, frame, revision, settled) in rows {
        builder.append(&ActionRow {
            tenant: "red".into(),
            day: Day(0),
            revision: *revision,
            settled: *settled,
            caused_by_log: LOG,
            caused_by_sequence: *frame,
            action_id: Id::of("actions", &[&action.to_string()]),
            session_id: action.to_string().into(),
            ..ActionRow::default()
        });
    }
    vec![(Table::Actions, builder.finish().unwrap())]
}

/// What is given until it has caught up: (action, frame, revision).
async fn given(follower: &mut SettledFollower) -> (Vec<(i64, i64, i64)>, i64) {
    let mut found = Vec::new();
    loop {
        match follower.step().await.unwrap() {
            Settled::Rows(batch) => {
                for row in 0..batch.num_rows() {
                    let row = ActionRow::read(&batch, row);
                    assert!(row.settled);
                    let action = row.session_id.parse().unwrap();
                    found.push((action, row.caused_by_sequence, row.revision));
                }
            }
            Settled::CaughtUp(ends) => {
                let own = ends.iter().find(|end| end.log_id == LOG).unwrap();
                return (found, own.sequence.0);
            }
        }
    }
}

fn follow(store: &Store, cursor: Cursor) -> SettledFollower {
    store.follow_settled(Table::Actions, cursor).unwrap()
}

/// A row is given when it is settled and committed with `sessions`, in the order of the frames
/// that caused it, and once; a revision that follows it is given too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settled_rows_are_given_once_they_are_final() {
    let store = open(&new_disk(), 0).await.unwrap();
    let mut follower = follow(&store, Cursor::start());
    assert_eq!(given(&mut follower).await, (vec![], 0));
    let rows = [(1, 3, 30, true), (2, 2, 20, true), (3, 3, 30, false)];
    store.append_derived(Sequence(4), &actions(&rows)).unwrap();
    assert!(follower.step().now_or_never().is_none(), "nothing of it is committed");
    store.flush().await.unwrap();
    assert_eq!(given(&mut follower).await, (vec![(2, 2, 20), (1, 3, 30)], 3));
    assert!(follower.step().now_or_never().is_none());
    store.append_derived(Sequence(7), &actions(&[(3, 6, 60, true), (1, 7, 70, true)])).unwrap();
    store.flush().await.unwrap();
    assert_eq!(given(&mut follower).await, (vec![(3, 6, 60), (1, 7, 70)], 6));
    // Rows that come later and name the last frame as their cause, as those of a restitch.
    store.append_derived(Sequence(7), &actions(&[(2, 7, 71, true)])).unwrap();
    store.flush().await.unwrap();
    assert_eq!(given(&mut follower).await, (vec![(2, 7, 71)], 6));
}

/// Who goes on from a cursor gets what the last frame gave again, and everything after it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_goes_on_before_the_last_frame() {
    let disk = new_disk();
    let store = open(&disk, 0).await.unwrap();
    let rows: Vec<_> = (1..=9).map(|frame| (frame, frame, frame * 10, true)).collect();
    store.append_derived(Sequence(9), &actions(&rows)).unwrap();
    store.flush().await.unwrap();
    let mut follower = follow(&store, Cursor::start());
    let (all, done) = given(&mut follower).await;
    assert_eq!((all.len(), done), (9, 8));
    let end =
        |last| seam_schema::ids::Offset { log_id: LOG, sequence: Sequence(last), index: i64::MAX };
    let (rest, _) = given(&mut follow(&store, [end(done)].into_iter().collect())).await;
    assert_eq!(rest, [(9, 9, 90)]);
    let (rest, _) = given(&mut follow(&store, [end(4)].into_iter().collect())).await;
    let actions: BTreeSet<i64> = rest.iter().map(|(action, ..)| *action).collect();
    assert_eq!(actions, (5..=9).collect());
    store.close().await.unwrap();
}

/// A backlog of many files is given in parts, each row once and in order, also of a frame whose
/// rows stand in two files.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backlog_is_given_in_parts() {
    let store = open(&new_disk(), 0).await.unwrap();
    let mut wanted = Vec::new();
    for round in 0..12 {
        let frame = round * 10;
        // The last frame of a file comes again in the next one, as a restitch would name it.
        let rows = [
            (3 * round, frame.max(1), 2 * round, true),
            (3 * round + 1, frame + 10, 2 * round + 1, true),
        ];
        wanted.extend(rows.map(|(action, frame, revision, _)| (action, frame, revision)));
        store.append_derived(Sequence(frame + 10), &actions(&rows)).unwrap();
        store.flush().await.unwrap();
        if round % 3 == 2 {
            store.append_derived(Sequence(frame + 15), &actions(&[])).unwrap();
        }
    }
    store.append_derived(Sequence(200), &actions(&[(99, 200, 99, true)])).unwrap();
    store.flush().await.unwrap();
    wanted.push((99, 200, 99));
    for part_rows in [1, 2, 5, 1000] {
        let mut follower = follow(&store, Cursor::start()).in_parts(part_rows);
        let (found, done) = given(&mut follower).await;
        assert_eq!((found, done), (wanted.clone(), 199), "parts of {part_rows}");
        assert!(follower.step().now_or_never().is_none());
    }
}

/// What is behind a cursor is counted in files and in memory.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backlog_is_counted() {
    let store = open(&new_disk(), 0).await.unwrap();
    apply_events(&store, LOG, 1..=12, 3).await.unwrap();
    store.flush().await.unwrap();
    apply_events(&store, LOG, 13..=18, 3).await.unwrap();
    let rows = |frames: std::ops::RangeInclusive<i64>| -> u64 {
        frames.map(|frame| u64::try_from(events_of(frame)).unwrap()).sum()
    };
    let snapshot = store.snapshot();
    let events = snapshot.table(Table::Events).unwrap();
    let at = |frame: i64| -> Cursor {
        let end =
            seam_schema::ids::Offset { log_id: LOG, sequence: Sequence(frame), index: i64::MAX };
        [end].into_iter().collect()
    };
    let all = events.backlog(&Cursor::start(), None);
    assert_eq!(all.rows, rows(1..=18));
    assert_eq!(all.oldest_us, Some(EventRow::at(1, 0).received_at));
    assert!(all.bytes > 0);
    assert_eq!(events.backlog(&at(12), None).rows, rows(13..=18));
    let last = events.backlog(&at(17), None);
    assert_eq!((last.rows, last.oldest_us), (rows(18..=18), Some(EventRow::at(18, 0).received_at)));
    assert_eq!(events.backlog(&at(18), None), crate::Backlog::default());
    let other = Some(LogId::from_bytes([1; 16]));
    assert_eq!(events.backlog(&Cursor::start(), other).rows, 0);
}
