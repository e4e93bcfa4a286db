//! Which events come when, over restarts too.

use std::time::Duration;

use seam_schema::ids::{LogId, Sequence};
use seam_schema::table::Table;
use tokio::sync::mpsc;

use super::super::driver::Did;
use super::fake::Fake;
use super::rig::{LONG, Rig, unsettled};

/// What stage 1 has applied is derived, also what came before the start; frames without events
/// move it on.
#[tokio::test(flavor = "multi_thread")]
async fn events_become_rows() {
    let mut rig = Rig::new().await;
    rig.append(&["a", "b", "a"]).await;
    let stitching = rig.spawn();
    let last = rig.append(&["a", "c"]).await;
    assert_eq!(rig.derived(last).await, unsettled(&[("a", 3), ("b", 1), ("c", 1)]));
    let tick = rig.tick(6);
    rig.derived(tick).await;
    assert_eq!((stitching.derived_applied(), stitching.lag_frames()), (tick, 0));
    assert!(stitching.readiness().is_ready() && stitching.is_unsettled());
    assert_eq!(rig.metrics.stitch.events.get(), 5);
    assert!(rig.metrics.stitch.rows(Table::Sessions) >= 3);
    stitching.stop(LONG).await.unwrap();
}

/// The position names whole frames, and no row that was handed over comes from a later one: what
/// is committed with it after a kill is then what the events up to it say.
#[tokio::test(flavor = "multi_thread")]
async fn rows_come_between_frames() {
    let mut rig = Rig::new().await;
    let mut driver = rig.driver();
    let (_orders, mut taken) = mpsc::channel(1);
    let mut sent = Sequence(0);
    let mut told = 0;
    while sent < Sequence(30) {
        // In one batch of rows more frames than one, so that it ends in one that may go on.
        sent = rig.append(&["a", "b", "c"]).await;
        loop {
            let did = tokio::task::block_in_place(|| driver.step(&mut taken, Duration::ZERO));
            let newest = rig.newest_cause().await;
            let position = rig.store.snapshot().derived_applied;
            assert!(newest <= position, "a row of frame {newest} at position {position}");
            told += usize::from(newest < sent && newest > Sequence(0));
            if matches!(did.unwrap(), Did::CaughtUp) && position == sent {
                break;
            }
        }
    }
    assert!(told > 0, "rows were handed over only at the end");
}

/// What is there when it is told to stop is derived first, and is committed when the store
/// closes.
#[tokio::test(flavor = "multi_thread")]
async fn stopping_drains() {
    let mut rig = Rig::new().await;
    for _ in 0..50 {
        rig.append(&["a", "b"]).await;
    }
    rig.spawn().stop(LONG).await.unwrap();
    rig.store.close().await.unwrap();
    assert_eq!(rig.store.derived_committed(), Sequence(100));
    let rig = rig.reopened(super::rig::LOG).await;
    assert_eq!(rig.rows().await, unsettled(&[("a", 50), ("b", 50)]));
}

/// After a crash it goes on where `sessions` was committed: conversations are given back before
/// their next event, and the end is that of an undisturbed run.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on() {
    let mut rig = Rig::new().await;
    let stitching = rig.spawn();
    let derived = rig.append(&["a", "b", "a", "c"]).await;
    rig.derived(derived).await;
    rig.store.flush().await.unwrap();
    let lost = ["a", "d", "b"];
    let newest = rig.append(&lost).await;
    rig.derived(newest).await;
    // The end of a process without an end: what was not committed is gone, the log has it.
    drop(stitching);
    let rig = rig.reopened(super::rig::LOG).await;
    assert_eq!(rig.store.derived_committed(), derived);
    let stitching = rig.spawn();
    rig.append_at(derived.0 + 1, &lost).await;
    let undisturbed = unsettled(&[("a", 3), ("b", 2), ("c", 1), ("d", 1)]);
    assert_eq!(rig.derived(newest).await, undisturbed);
    // Only what was unsettled, and no more than once.
    assert_eq!(rig.metrics.stitch.restored.get(), 3);
    stitching.stop(LONG).await.unwrap();
}

/// A conversation that had to be forgotten is rebuilt from files and tail before its next event.
#[tokio::test(flavor = "multi_thread")]
async fn forgotten_conversations_are_rebuilt() {
    let mut rig = Rig::new().await;
    let stitching = rig.spawn_with(Fake::forgetful);
    for round in 1..=6 {
        let last = rig.append(&["a", "b"]).await;
        assert_eq!(rig.derived(last).await, unsettled(&[("a", round), ("b", round)]));
        if round % 2 == 0 {
            rig.store.flush().await.unwrap();
        }
    }
    assert!(rig.metrics.stitch.restored.get() >= 10);
    stitching.stop(LONG).await.unwrap();
}

/// What an earlier log left underived comes before the events of this one.
#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_log_is_finished_first() {
    let mut rig = Rig::new().await;
    let stitching = rig.spawn();
    let derived = rig.append(&["a", "b"]).await;
    rig.derived(derived).await;
    stitching.stop(LONG).await.unwrap();
    rig.append(&["a", "c"]).await;
    rig.store.flush().await.unwrap();
    let mut rig = rig.reopened(LogId::from_bytes([2; 16])).await;
    let stitching = rig.spawn();
    let last = rig.append(&["c", "d"]).await;
    let all = unsettled(&[("a", 2), ("b", 1), ("c", 2), ("d", 1)]);
    assert_eq!(rig.derived(last).await, all);
    stitching.stop(LONG).await.unwrap();
    rig.store.close().await.unwrap();
    let mut rig = rig.reopened(LogId::from_bytes([2; 16])).await;
    assert_eq!(rig.store.derived_committed(), last);
    let stitching = rig.spawn();
    let last = rig.append(&["c"]).await;
    rig.derived(last).await;
    assert_eq!(rig.metrics.stitch.events.get(), 1, "nothing is derived twice");
    stitching.stop(LONG).await.unwrap();
}
