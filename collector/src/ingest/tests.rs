//! Tests of `ingest`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use bytes::Bytes;
use futures::FutureExt;

use super::*;
use crate::testing::{Rig, gzip, logs, small_log_options};

const MIB: usize = 1 << 20;

fn admission(
    rig: &Rig,
    content_type: ContentType,
    encoding: Encoding,
    bytes: impl Into<Bytes>,
) -> Admission {
    let bytes = bytes.into();
    let permit = rig.ingest.budget().take(bytes.len()).unwrap();
    Admission {
        signal: Signal::Logs,
        transport: Transport::Http,
        content_type,
        encoding,
        identity: Identity::local(),
        peer: "127.0.0.1".parse().unwrap(),
        body: Received { bytes, permit },
    }
}

fn plain(rig: &Rig, bytes: Bytes) -> Admission {
    admission(rig, ContentType::Protobuf, Encoding::Identity, bytes)
}

fn flags(rig: &Rig) -> Vec<bool> {
    rig.frames().iter().map(|frame| FrameMeta::decode(&frame.meta).unwrap().repeat).collect()
}

/// Twenty equal requests at once: all are acknowledged, one is stored, and it stands first.
#[tokio::test(flavor = "multi_thread")]
async fn equal_requests_at_once_are_stored_once() {
    let rig = Rig::new(Limits::default());
    let requests = (0..20).map(|_| {
        let ingest = Arc::clone(&rig.ingest);
        let admission = plain(&rig, logs(&["same"]));
        tokio::spawn(async move { ingest.admit(admission).await })
    });
    for request in requests.collect::<Vec<_>>() {
        request.await.unwrap().unwrap();
    }
    let flags = flags(&rig);
    assert_eq!((flags.len(), flags[0]), (20, false));
    assert!(flags[1..].iter().all(|repeat| *repeat));
    assert_eq!(rig.metrics.repeats.get(), 19);
}

/// A refused request is no repeat: what is sent again is stored.
#[tokio::test]
async fn refused_requests_are_stored_when_sent_again() {
    let rig = Rig::with_log(Limits::default(), None, small_log_options());
    let message = |n: usize| logs(&[format!("{n} {}", "x".repeat(2000)).as_str()]);
    let (mut taken, mut newest) = (0, None);
    let refused = loop {
        match rig.ingest.admit(plain(&rig, message(taken))).await {
            Ok(receipt) => newest = Some(receipt.sequence()),
            Err(refused) => break refused,
        }
        taken += 1;
    };
    assert_eq!(refused, Refusal::OverBudget(Resource::Log));
    rig.log.release(newest.unwrap());
    rig.ingest.admit(plain(&rig, message(taken))).await.unwrap();
    let frames = rig.frames();
    let last = frames.last().unwrap();
    assert_eq!(last.payload, message(taken));
    assert!(!FrameMeta::decode(&last.meta).unwrap().repeat);
}

/// A client that hangs up after its frame went to the log, and sends again: a repeat.
#[tokio::test]
async fn abandoned_requests_are_remembered() {
    let rig = Rig::new(Limits::default());
    let mut abandoned = Box::pin(rig.ingest.admit(plain(&rig, logs(&["same"]))));
    let answered = abandoned.as_mut().now_or_never();
    drop(abandoned);
    assert!(answered.is_none_or(|answer| answer.is_ok()));
    rig.ingest.admit(plain(&rig, logs(&["same"]))).await.unwrap();
    assert_eq!(flags(&rig), [false, true]);
    assert_eq!(rig.ingest.budget().used_bytes(), 0);
}

/// A request in JSON is stored as the protobuf message it stands for, and is the same request.
#[tokio::test]
async fn json_is_the_same_request() {
    let rig = Rig::new(Limits::default());
    let json =
        r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"one"}}]}]}]}"#;
    rig.ingest.admit(admission(&rig, ContentType::Json, Encoding::Identity, json)).await.unwrap();
    rig.ingest.admit(plain(&rig, logs(&["one"]))).await.unwrap();
    let frames = rig.frames();
    assert_eq!(frames[0].payload, logs(&["one"]));
    assert_eq!(FrameMeta::decode(&frames[0].meta).unwrap().content_type, ContentType::Json);
    assert_eq!(flags(&rig), [false, true]);
}

/// A logs request of so many bytes of empty records.
fn empty_records_of(bytes: usize) -> Vec<u8> {
    let mut message = [0x12, 0].repeat(bytes / 2);
    for tag in [0x12, 0x0a] {
        let mut head = vec![tag];
        prost::encoding::encode_varint(message.len() as u64, &mut head);
        message.splice(0..0, head);
    }
    message
}

/// 65 KB of gzip that stand for 64 MiB of empty records, and as many of zstd: refused for
/// good, within the budget, and nothing is held afterwards.
#[tokio::test]
async fn bombs_are_refused_within_the_budget() {
    let rig = Rig::new(Limits::default());
    let message = empty_records_of(64 * MIB - 64);
    let bodies = [
        (Encoding::Gzip, gzip(&message)),
        (Encoding::Zstd, zstd::encode_all(&message[..], 3).unwrap().into()),
    ];
    for (encoding, body) in bodies {
        assert!(body.len() < 70_000, "{}", body.len());
        let refused =
            rig.ingest.admit(admission(&rig, ContentType::Protobuf, encoding, body)).await;
        assert!(
            matches!(refused, Err(Refusal::TooLarge { size: Size::Estimated, .. })),
            "{refused:?}"
        );
    }
    let beyond = gzip(&empty_records_of(65 * MIB));
    let refused =
        rig.ingest.admit(admission(&rig, ContentType::Protobuf, Encoding::Gzip, beyond)).await;
    assert!(
        matches!(refused, Err(Refusal::TooLarge { size: Size::Decompressed, .. })),
        "{refused:?}"
    );
    let peak = rig.ingest.budget().peak_bytes();
    assert!(peak <= 64 * MIB + 100_000, "{peak}");
    assert_eq!(rig.ingest.budget().used_bytes(), 0);
}

/// A hundred bombs at once never hold more than the budget; each is refused, for good or for now.
#[tokio::test(flavor = "multi_thread")]
async fn bombs_at_once_stay_within_the_budget() {
    let rig =
        Rig::new(Limits { max_body_bytes: MIB, memory_budget_bytes: 3 * MIB, ..Limits::default() });
    let body = zstd::encode_all(&vec![0; 16 * MIB][..], 3).unwrap();
    let bombs = (0..100).map(|_| {
        let ingest = Arc::clone(&rig.ingest);
        let admission = admission(&rig, ContentType::Protobuf, Encoding::Zstd, body.clone());
        tokio::spawn(async move { ingest.admit(admission).await })
    });
    for bomb in bombs.collect::<Vec<_>>() {
        let refused = bomb.await.unwrap().unwrap_err();
        assert!(
            matches!(refused, Refusal::TooLarge { .. } | Refusal::OverBudget(Resource::Memory)),
            "{refused:?}"
        );
    }
    assert!(rig.ingest.budget().peak_bytes() <= 3 * MIB);
    assert_eq!(rig.ingest.budget().used_bytes(), 0);
}

/// Records are counted when they are durable, and not when they are refused.
#[tokio::test]
async fn records_are_counted_when_durable() {
    let rig = Rig::new(Limits::default());
    rig.ingest.admit(plain(&rig, logs(&["a", "b", "c"]))).await.unwrap();
    rig.ingest.admit(plain(&rig, Bytes::from_static(b"\xff"))).await.unwrap_err();
    assert_eq!(rig.metrics.records(Signal::Logs), 3);
    assert_eq!(rig.metrics.undecodable.get(), 1);
}
