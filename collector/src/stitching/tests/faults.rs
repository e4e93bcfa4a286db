//! A stitcher that fails stops nobody else.

use super::fake::{LATE_POISON, POISON, UNRESTORABLE};
use super::rig::{LONG, Rig, unsettled};

/// A conversation whose events cannot be applied is left out; all others are derived, those of
/// the same batch too, before and after.
#[tokio::test(flavor = "multi_thread")]
async fn poison_is_left_out() {
    let mut rig = Rig::new().await;
    let stitching = rig.spawn();
    let last = rig.append(&["a", "b", POISON, "a"]).await;
    assert_eq!(rig.derived(last).await, unsettled(&[("a", 2), ("b", 1)]));
    assert_eq!(rig.metrics.stitch.faults.get(), 1);
    let last = rig.append(&[POISON, "b", POISON]).await;
    assert_eq!(rig.derived(last).await, unsettled(&[("a", 2), ("b", 2)]));
    // What is known to fail is not tried again.
    assert_eq!(rig.metrics.stitch.faults.get(), 1);
    assert_eq!(rig.metrics.stitch.conversations_left_out.get(), 1);
    assert_eq!(rig.metrics.stitch.left_out.get(), 3);
    assert!(stitching.readiness().is_ready());
    stitching.stop(LONG).await.unwrap();
}

/// The same where it shows only when rows are made.
#[tokio::test(flavor = "multi_thread")]
async fn late_poison_is_left_out() {
    let mut rig = Rig::new().await;
    let stitching = rig.spawn();
    rig.append(&["a", "b"]).await;
    let last = rig.append(&["a", LATE_POISON, "c"]).await;
    assert_eq!(rig.derived(last).await, unsettled(&[("a", 2), ("b", 1), ("c", 1)]));
    let last = rig.append(&["c", LATE_POISON]).await;
    assert_eq!(rig.derived(last).await, unsettled(&[("a", 2), ("b", 1), ("c", 2)]));
    stitching.stop(LONG).await.unwrap();
}

/// A conversation that cannot be given back does not hold up the start, nor the others.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_given_back_is_left_out() {
    let mut rig = Rig::new().await;
    let stitching = rig.spawn();
    let last = rig.append(&["a", UNRESTORABLE, "b"]).await;
    rig.derived(last).await;
    stitching.stop(LONG).await.unwrap();
    rig.store.close().await.unwrap();
    let mut rig = rig.reopened(super::rig::LOG).await;
    let stitching = rig.spawn();
    let last = rig.append(&["a", UNRESTORABLE, "b"]).await;
    let wanted = unsettled(&[("a", 2), (UNRESTORABLE, 1), ("b", 2)]);
    assert_eq!(rig.derived(last).await, wanted);
    let tick = rig.tick(1000);
    let rows = rig.derived(tick).await;
    assert_eq!((rows["a"], rows[UNRESTORABLE]), ((2, true), (1, false)));
    stitching.stop(LONG).await.unwrap();
}
