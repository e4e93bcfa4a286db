//! What time alone changes.

use std::sync::Arc;
use std::time::Duration;

use seam_schema::frame::{ContentType, FrameKind, FrameMeta, Transport};
use seam_schema::ids::{LogId, Sequence};
use seam_schema::otlp::Signal;
use seam_schema::table::Table;
use seam_store::{Store, StoreOptions};
use seam_wal::Log as _;

use super::super::{Stitching, StitchingOptions};
use super::fake::Fake;
use super::rig::{LONG, Rig};
use crate::credentials::Identity;
use crate::ingest::Admission;
use crate::limits::Limits;
use crate::pipeline::{Pipeline, PipelineOptions};

/// A frame without rows settles what was quiet for long enough, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn quiet_conversations_settle() {
    let mut rig = Rig::new().await;
    let stitching = rig.spawn();
    rig.append(&["a", "b"]).await;
    let early = rig.tick(61);
    assert_eq!(rig.derived(early).await["a"], (1, true));
    assert_eq!(rig.rows().await["b"], (1, false));
    assert!(stitching.is_unsettled());
    let late = rig.tick(62);
    assert_eq!(rig.derived(late).await["b"], (1, true));
    stitching.stop(LONG).await.unwrap();
}

/// What was forgotten before it settled is given back when its time has come, without a new event.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_forgotten_settles() {
    let mut rig = Rig::new().await;
    let stitching = rig.spawn_with(Fake::forgetful);
    let last = rig.append(&["a", "b"]).await;
    assert_eq!(rig.derived(last).await["a"], (1, false));
    let early = rig.tick(61);
    let rows = rig.derived(early).await;
    assert_eq!((rows["a"], rows["b"]), ((1, true), (1, false)));
    let late = rig.tick(62);
    assert_eq!(rig.derived(late).await["b"], (1, true));
    stitching.stop(LONG).await.unwrap();
}

/// What was unsettled before a restart settles after it, without a new event.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_settles_what_was_open() {
    let mut rig = Rig::new().await;
    let stitching = rig.spawn();
    rig.append(&["a", "b"]).await;
    let early = rig.tick(61);
    rig.derived(early).await;
    stitching.stop(LONG).await.unwrap();
    rig.store.close().await.unwrap();
    let mut rig = rig.reopened(super::rig::LOG).await;
    let stitching = rig.spawn();
    let late = rig.tick(70);
    let rows = rig.derived(late).await;
    assert_eq!((rows["a"], rows["b"]), ((1, true), (1, true)));
    assert_eq!(rig.metrics.stitch.restored.get(), 1, "only what was unsettled");
    stitching.stop(LONG).await.unwrap();
}

/// Sends one record.
async fn admit(rig: &crate::testing::Rig, body: &str) {
    let bytes = crate::testing::logs(&[body]);
    let permit = rig.ingest.budget().take(bytes.len()).unwrap();
    let admission = Admission {
        signal: Signal::Logs,
        transport: Transport::Grpc,
        content_type: ContentType::Protobuf,
        encoding: crate::Encoding::Identity,
        identity: Identity::local(),
        peer: "127.0.0.1".parse().unwrap(),
        body: crate::Received { bytes, permit },
    };
    rig.ingest.admit(admission).await.unwrap();
}

/// While something is unsettled ticks are appended to the log; stage 1 makes no rows of them,
/// stage 2 sees time pass.
#[tokio::test(flavor = "multi_thread")]
async fn ticks_pass_the_time() {
    let rig = crate::testing::Rig::new(Limits::default());
    let log_id = LogId::from_bytes(*rig.log.log_id().as_bytes());
    let options = StoreOptions { seal_after: Duration::from_hours(1), ..StoreOptions::default() };
    let store = Store::open(Arc::clone(&rig.disk), log_id, Sequence(0), options).await.unwrap();
    let (quarantine, metrics) = (Arc::clone(&rig.quarantine), Arc::clone(&rig.metrics));
    let pipeline = Pipeline::spawn(
        rig.log.clone(),
        store.clone(),
        quarantine,
        Arc::clone(&metrics),
        PipelineOptions::default(),
    )
    .unwrap();
    let options =
        StitchingOptions { tick_every: Duration::from_millis(5), ..StitchingOptions::default() };
    let stitching =
        Stitching::spawn_with(Some(&rig.log), store.clone(), metrics, options, Fake::default)
            .unwrap();
    assert_eq!(rig.log.end().get(), 0, "nothing is unsettled");
    // Any OTLP request makes an event, of a conversation without a name.
    admit(&rig, "one").await;
    let ticks = Sequence(4);
    assert!(store.wait_derived(ticks, LONG).await >= ticks);
    stitching.stop_ticks();
    let frames = rig.frames();
    let kinds: Vec<FrameKind> =
        frames.iter().map(|frame| FrameMeta::decode(&frame.meta).unwrap().kind).collect();
    assert!(matches!(kinds[0], FrameKind::Otlp(_)));
    assert!(kinds[1..].iter().all(|kind| *kind == FrameKind::Tick), "{kinds:?}");
    pipeline.drain(LONG).await.unwrap();
    let snapshot = store.snapshot();
    assert_eq!(snapshot.table(Table::Events).unwrap().rows(), 1);
    assert_eq!(snapshot.table(Table::Ledger).unwrap().rows(), 1);
    stitching.stop(LONG).await.unwrap();
    pipeline.stop(LONG).await.unwrap();
    assert_eq!(rig.metrics.frames_undecoded.get(), 0);
}
