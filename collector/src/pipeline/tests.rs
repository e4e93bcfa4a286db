//! Tests of `pipeline`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

use std::sync::Mutex;

use seam_schema::event::Event;
use seam_schema::ids::LogId;
use seam_schema::normalise::{FrameInput, Mapping, NormaliseError, Rows, Wanted};
use seam_schema::table::Table;
use seam_schema::vocabulary::Kind;
use seam_store::StoreOptions;
use seam_wal::{Frame, Log};

use super::*;
use crate::limits::Limits;
use crate::testing::{Rig, log_options, logs};

/// Long enough for any machine; nothing waits so long unless it fails.
const LONG: Duration = Duration::from_mins(1);

/// Commits nothing by itself.
fn store_options() -> StoreOptions {
    StoreOptions { seal_after: Duration::from_hours(1), ..StoreOptions::default() }
}

async fn store(rig: &Rig) -> Store {
    let log_id = LogId::from_bytes(*rig.log.log_id().as_bytes());
    let end = Sequence(i64::try_from(rig.log.end().get()).unwrap());
    Store::open(Arc::clone(&rig.disk), log_id, end, store_options()).await.unwrap()
}

fn spawn(rig: &Rig, store: &Store, options: PipelineOptions) -> Pipeline {
    let (quarantine, metrics) = (Arc::clone(&rig.quarantine), Arc::clone(&rig.metrics));
    Pipeline::spawn(rig.log.clone(), store.clone(), quarantine, metrics, options).unwrap()
}

async fn append(rig: &Rig, bodies: &[&str]) -> Sequence {
    let (_, sequence) = append_frame(rig, bodies).await;
    sequence
}

async fn append_frame(rig: &Rig, bodies: &[&str]) -> (seam_wal::Receipt, Sequence) {
    use crate::credentials::Identity;
    use crate::ingest::Admission;
    use seam_schema::frame::{ContentType, Transport};

    let bytes = logs(bodies);
    let permit = rig.ingest.budget().take(bytes.len()).unwrap();
    let admission = Admission {
        signal: seam_schema::otlp::Signal::Logs,
        transport: Transport::Grpc,
        content_type: ContentType::Protobuf,
        encoding: crate::Encoding::Identity,
        identity: Identity::local(),
        peer: "127.0.0.1".parse().unwrap(),
        body: crate::Received { bytes, permit },
    };
    let receipt = rig.ingest.admit(admission).await.unwrap();
    let sequence = Sequence(i64::try_from(receipt.sequence().get()).unwrap());
    (receipt, sequence)
}

async fn applied(store: &Store, through: Sequence) {
    assert_eq!(store.wait_applied(through, LONG).await, through);
}

/// Body and kind of every row in the tail of `events`, with its position.
fn rows(store: &Store) -> Vec<(i64, i64, String, Kind)> {
    let snapshot = store.snapshot();
    let mut found = Vec::new();
    for batch in &snapshot.table(Table::Events).unwrap().tail {
        for index in 0..batch.num_rows() {
            let event = Event::read(batch, index);
            let columns = &event.columns;
            let body = columns.body.as_ref().map(ToString::to_string).unwrap_or_default();
            found.push((
                columns.offset_sequence,
                columns.offset_index,
                body,
                columns.kind.unwrap(),
            ));
        }
    }
    found
}

fn bodies(store: &Store) -> Vec<String> {
    rows(store).into_iter().map(|(_, _, body, _)| body).collect()
}

/// Panics where a payload holds the word.
fn poisoned(frame: &FrameInput<'_>, wanted: Wanted, rows: &mut Rows) -> Result<(), NormaliseError> {
    let poison = b"poison";
    let mapped = Mapping::default().normalise(frame, wanted, rows);
    assert!(!frame.payload.windows(poison.len()).any(|word| word == poison), "planted");
    mapped
}

/// What was admitted is visible in order, and committed when the pipeline stops.
#[tokio::test(flavor = "multi_thread")]
async fn frames_become_rows() {
    let rig = Rig::new(Limits::default());
    let tables = store(&rig).await;
    append(&rig, &["a", "b"]).await;
    let pipeline = spawn(&rig, &tables, PipelineOptions::default());
    let last = append(&rig, &["c"]).await;
    applied(&tables, last).await;
    assert_eq!(bodies(&tables), ["a", "b", "c"]);
    assert_eq!((pipeline.applied(), pipeline.lag_frames()), (last, 0));
    assert!(pipeline.readiness().is_ready());
    pipeline.stop(LONG).await.unwrap();
    assert_eq!(rig.metrics.frames_applied.get(), 2);
    assert_eq!(store(&rig).await.committed(Table::Events), last);
}

/// What lies in the log when the pipeline is told to stop is applied and committed first.
#[tokio::test(flavor = "multi_thread")]
async fn stopping_drains_the_log() {
    let rig = Rig::new(Limits::default());
    let tables = store(&rig).await;
    let mut last = Sequence(0);
    for n in 0..50 {
        last = append(&rig, &[&format!("{n}")]).await;
    }
    spawn(&rig, &tables, PipelineOptions::default()).stop(LONG).await.unwrap();
    assert_eq!(store(&rig).await.committed(Table::Events), last);
}

/// A frame whose mapping panics becomes one row of kind `undecoded`, its bytes are kept, it is
/// counted, and all others have their rows, those of its group too.
#[tokio::test(flavor = "multi_thread")]
async fn poison_does_not_stop_the_pipeline() {
    let rig = Rig::new(Limits::default());
    let tables = store(&rig).await;
    for body in ["a", "poison one", "b", "c", "poison two"] {
        append(&rig, &[body, "beside"]).await;
    }
    let options = PipelineOptions { normalise: Arc::new(poisoned), ..PipelineOptions::default() };
    let pipeline = spawn(&rig, &tables, options);
    let last = append(&rig, &["d"]).await;
    applied(&tables, last).await;
    let found: Vec<_> = rows(&tables)
        .into_iter()
        .map(|(frame, index, _, kind)| (frame, index, kind == Kind::Undecoded))
        .collect();
    let plain = |frame, index| (frame, index, false);
    let expected = [
        plain(1, 0),
        plain(1, 1),
        (2, 0, true),
        plain(3, 0),
        plain(3, 1),
        plain(4, 0),
        plain(4, 1),
        (5, 0, true),
        plain(6, 0),
    ];
    assert_eq!(found, expected);
    assert_eq!(rig.metrics.frames_undecoded.get(), 2);
    assert_eq!(rig.quarantine.files(), 2);
    assert!(pipeline.readiness().is_ready());
    pipeline.stop(LONG).await.unwrap();
}

/// Caps cut groups, not frames: whatever they are, the rows are the same.
#[tokio::test(flavor = "multi_thread")]
async fn caps_change_no_rows() {
    let rig = Rig::new(Limits::default());
    let bodies_sent: Vec<_> = (0..20).map(|n| format!("{n}")).collect();
    let mut last = Sequence(0);
    for body in &bodies_sent {
        last = append(&rig, &[body, body]).await;
    }
    let usual = PipelineOptions::default;
    for options in [
        PipelineOptions { group_rows: 1, ..usual() },
        PipelineOptions { group_rows: 5, ..usual() },
        PipelineOptions { group_frames: 3, ..usual() },
        PipelineOptions { group_payload_bytes: 1, ..usual() },
    ] {
        let tables = store(&rig).await;
        let pipeline = spawn(&rig, &tables, options);
        applied(&tables, last).await;
        let expected: Vec<_> =
            bodies_sent.iter().flat_map(|body| [body.clone(), body.clone()]).collect();
        assert_eq!(bodies(&tables), expected);
        pipeline.stop.at_once.store(true, Ordering::Release);
        pipeline.wait_ended().await.unwrap();
    }
}

/// A frame whose meta or act cannot be read has its row as well.
#[tokio::test(flavor = "multi_thread")]
async fn unreadable_frames_have_a_row() {
    let rig = Rig::new(Limits::default());
    let tables = store(&rig).await;
    let (receipt, _) = append_frame(&rig, &["a"]).await;
    let mut reader = rig.log.read(receipt.sequence());
    let mut meta = reader.next().unwrap().unwrap().meta.to_vec();
    meta[1] = 2;
    let internal = Frame { meta: meta.into(), payload: "no act".into() };
    rig.log.append(internal).await.unwrap();
    rig.log.append(Frame { meta: "\u{7f}newer".into(), payload: "secret".into() }).await.unwrap();
    let pipeline = spawn(&rig, &tables, PipelineOptions::default());
    applied(&tables, Sequence(3)).await;
    let kinds: Vec<_> =
        rows(&tables).into_iter().map(|(_, _, _, kind)| kind == Kind::Undecoded).collect();
    assert_eq!(kinds, [false, true, true]);
    assert_eq!(rig.quarantine.files(), 2);
    pipeline.stop(LONG).await.unwrap();
}

/// After a crash each table gets what it lacks and nothing twice: poison stays poison.
#[tokio::test(flavor = "multi_thread")]
async fn replay_gives_each_row_once() {
    let rig = Rig::new(Limits::default());
    let options = PipelineOptions { normalise: Arc::new(poisoned), ..PipelineOptions::default() };
    let tables = store(&rig).await;
    let pipeline = spawn(&rig, &tables, options.clone());
    let last = append(&rig, &["a", "b"]).await;
    applied(&tables, last).await;
    tables.flush().await.unwrap();
    append(&rig, &["poison"]).await;
    let last = append(&rig, &["c"]).await;
    applied(&tables, last).await;
    let before = rows(&tables);
    pipeline.stop.at_once.store(true, Ordering::Release);
    pipeline.wait_ended().await.unwrap();
    drop(pipeline);

    let tables = store(&rig).await;
    assert_eq!(tables.committed(Table::Events), Sequence(1));
    let pipeline = spawn(&rig, &tables, options);
    applied(&tables, last).await;
    assert_eq!(rows(&tables), before);
    assert_eq!(tables.snapshot().table(Table::Events).unwrap().rows(), 4);
    assert_eq!(rig.quarantine.files(), 1);
    pipeline.stop(LONG).await.unwrap();
}

/// The log may recycle what is committed.
#[tokio::test(flavor = "multi_thread")]
async fn committed_frames_are_released() {
    let mut options = log_options();
    options.segment_bytes = 2048;
    let rig = Rig::with_log(Limits::default(), None, options);
    let tables = store(&rig).await;
    let pipeline = spawn(&rig, &tables, PipelineOptions::default());
    let mut last = Sequence(0);
    for n in 0..20 {
        last = append(&rig, &[&format!("{n}{}", "x".repeat(500))]).await;
    }
    applied(&tables, last).await;
    assert_eq!(rig.log.start().get(), 1);
    pipeline.stop(LONG).await.unwrap();
    assert!(rig.log.start().get() > 1);
}

static GATE: Mutex<()> = Mutex::new(());

/// Waits while the test holds the gate.
fn gated(frame: &FrameInput<'_>, wanted: Wanted, rows: &mut Rows) -> Result<(), NormaliseError> {
    drop(GATE.lock().unwrap());
    Mapping::default().normalise(frame, wanted, rows)
}

/// Work that waits without progress takes readiness back; progress gives it again; an ended
/// pipeline is never ready.
#[tokio::test(flavor = "multi_thread")]
async fn stalls_take_readiness_back() {
    let rig = Rig::new(Limits::default());
    let tables = store(&rig).await;
    let options = PipelineOptions {
        normalise: Arc::new(gated),
        stalled_after: Duration::ZERO,
        ..PipelineOptions::default()
    };
    let pipeline = spawn(&rig, &tables, options);
    let (held, holding) = std::sync::mpsc::sync_channel::<()>(1);
    let (release, released) = std::sync::mpsc::sync_channel::<()>(1);
    let holder = std::thread::spawn(move || {
        let gate = GATE.lock().unwrap();
        held.send(()).unwrap();
        released.recv().unwrap();
        drop(gate);
    });
    holding.recv().unwrap();
    let last = append(&rig, &["a"]).await;
    assert!(matches!(pipeline.readiness(), Readiness::Stalled { lag_frames: 1, .. }));
    release.send(()).unwrap();
    holder.join().unwrap();
    applied(&tables, last).await;
    assert!(pipeline.readiness().is_ready());
    pipeline.stop.given.store(true, Ordering::Release);
    pipeline.wait_ended().await.unwrap();
    assert_eq!(pipeline.readiness(), Readiness::Ended);
}

/// The repeat window of a new process holds what the log retains and what the tables hold.
#[tokio::test(flavor = "multi_thread")]
async fn repeat_window_is_rebuilt() {
    use crate::repeat::{Claim, RepeatWindow};
    use seam_schema::frame::FrameMeta;
    use seam_schema::ids::{Principal, ReceivedAt};

    let mut options = log_options();
    options.segment_bytes = 2048;
    let rig = Rig::with_log(Limits::default(), None, options);
    let tables = store(&rig).await;
    for n in 0..20 {
        append(&rig, &[&format!("{n}{}", "x".repeat(500))]).await;
    }
    let frames = rig.frames();
    spawn(&rig, &tables, PipelineOptions::default()).stop(LONG).await.unwrap();
    assert!(rig.log.start().get() > 1, "the tables alone must know the oldest");
    let now = ReceivedAt(frames.last().unwrap().received_at.micros());
    let tables = store(&rig).await;
    let window = RepeatWindow::rebuild(100, &rig.log, &tables, now).await.unwrap();
    assert_eq!(window.len(), 20);
    for frame in frames {
        let digest = FrameMeta::decode(&frame.meta).unwrap().digest;
        assert!(matches!(window.claim(digest, &Principal::default(), now).await, Claim::Repeat));
    }
}
