//! Tests of `answer`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::sync::Arc;

use ::http::{Request, StatusCode};
use bytes::Bytes;
use http_body_util::Full;
use prost::Message;
use seam_disk::power_cut::{Fault, FaultError};
use seam_disk::{Disk, Op, PowerCutDisk};
use seam_schema::frame::Transport;
use seam_schema::otlp::Signal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tonic::Code;
use tonic::codec::CompressionEncoding;

use super::*;
use crate::credentials::Door;
use crate::limits::Limits;
use crate::testing::{
    Doors, HttpReply, Rig, empty_records, grpc, gzip, http, log_options, logs, small_log_options,
};

mod refused;

fn post(path: &str, body: impl Into<Bytes>, headers: &[(&str, &str)]) -> Request<Full<Bytes>> {
    let mut request = Request::post(path).header("host", "localhost");
    if !headers.iter().any(|(name, _)| *name == "content-type") {
        request = request.header("content-type", "application/x-protobuf");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Full::new(body.into())).unwrap()
}

/// The same message through both doors: codes as expected, retry hints on both or on neither.
async fn expect(
    doors: &Doors,
    message: Bytes,
    headers: &[(&str, &str)],
    code: Code,
    status: StatusCode,
) -> HttpReply {
    let over_grpc = grpc(doors.grpc, message.clone(), headers, None).await;
    let over_http = http(doors.http, post("/v1/logs", message, headers)).await;
    assert_eq!((over_grpc.code, over_http.status), (code, status), "{over_grpc:?} {over_http:?}");
    let retry = over_http.header("retry-after").map(|seconds| seconds.parse::<u64>().unwrap());
    assert_eq!(over_grpc.retry_seconds.is_some(), retry.is_some(), "{over_grpc:?} {over_http:?}");
    for seconds in over_grpc.retry_seconds.into_iter().chain(retry) {
        assert!((1..=30).contains(&seconds), "{seconds}");
    }
    let told = tonic_types::Status::decode(&over_http.body[..]).unwrap();
    assert_eq!(told.code, code as i32);
    assert_eq!(told.details.is_empty(), retry.is_none());
    over_http
}

fn retries(reply: &HttpReply) -> bool {
    reply.header("retry-after").is_some()
}

/// Durable: `OK` and an empty message, 200 and no byte (`{}` in JSON), from a frame in the log.
#[tokio::test]
async fn durable_requests_are_acknowledged() {
    let rig = Rig::new(Limits::default());
    let doors = rig.open().await;
    let reply = grpc(doors.grpc, logs(&["one"]), &[], None).await;
    assert_eq!((reply.code, reply.message), (Code::Ok, Some(Bytes::new())));
    let reply = http(doors.http, post("/v1/logs", logs(&["two"]), &[])).await;
    assert_eq!((reply.status, reply.body), (StatusCode::OK, Bytes::new()));
    assert_eq!(reply.headers.get("content-type").unwrap(), "application/x-protobuf");
    let json =
        r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"three"}}]}]}]}"#;
    let reply = http(
        doors.http,
        post("/v1/logs", json, &[("content-type", "application/json; charset=utf-8")]),
    )
    .await;
    assert_eq!((reply.status, &reply.body[..]), (StatusCode::OK, &b"{}"[..]));
    assert_eq!(reply.headers.get("content-type").unwrap(), "application/json");
    let payloads: Vec<_> = rig.frames().into_iter().map(|frame| frame.payload).collect();
    assert_eq!(payloads, [logs(&["one"]), logs(&["two"]), logs(&["three"])]);
    assert_eq!(rig.metrics.records(Signal::Logs), 3);
    assert_eq!(rig.ingest.budget().used_bytes(), 0);
}

/// Every packing on both doors gives the same bytes in the log.
#[tokio::test]
async fn packed_requests_are_unpacked() {
    let rig = Rig::new(Limits::default());
    let doors = rig.open().await;
    let message = |n: usize| logs(&[&format!("packed {n}")]);
    for (n, packed) in
        [CompressionEncoding::Gzip, CompressionEncoding::Zstd].into_iter().enumerate()
    {
        assert_eq!(grpc(doors.grpc, message(n), &[], Some(packed)).await.code, Code::Ok);
    }
    let zstd = zstd::encode_all(&message(3)[..], 3).unwrap();
    for (body, coding) in
        [(gzip(&message(2)), "gzip"), (zstd.into(), "zstd"), (message(4), "identity")]
    {
        let reply = http(doors.http, post("/v1/logs", body, &[("content-encoding", coding)])).await;
        assert_eq!(reply.status, StatusCode::OK, "{coding}");
    }
    let payloads: Vec<_> = rig.frames().into_iter().map(|frame| frame.payload).collect();
    assert_eq!(payloads, (0..5).map(message).collect::<Vec<_>>());
}

/// Over the memory budget: come back later.
#[tokio::test]
async fn full_memory_sends_clients_away() {
    let rig = Rig::new(Limits { memory_budget_bytes: 100, ..Limits::default() });
    let doors = rig.open().await;
    let message = logs(&["x".repeat(200).as_str()]);
    let reply =
        expect(&doors, message, &[], Code::Unavailable, StatusCode::SERVICE_UNAVAILABLE).await;
    assert!(retries(&reply));
    assert_eq!(rig.metrics.requests(Transport::Http, Some(Signal::Logs), Reason::MemoryFull), 1);
    assert_eq!(rig.ingest.budget().used_bytes(), 0);
}

/// A full log: come back later, and nothing was taken.
#[tokio::test]
async fn full_logs_send_clients_away() {
    let rig = Rig::with_log(Limits::default(), None, small_log_options());
    let doors = rig.open().await;
    let message = |n: usize| logs(&[format!("{n} {}", "x".repeat(2000)).as_str()]);
    let mut taken = 0;
    while grpc(doors.grpc, message(taken), &[], None).await.code == Code::Ok {
        taken += 1;
    }
    let reply =
        expect(&doors, message(99), &[], Code::Unavailable, StatusCode::SERVICE_UNAVAILABLE).await;
    assert!(retries(&reply));
    assert_eq!(rig.metrics.requests(Transport::Grpc, Some(Signal::Logs), Reason::LogFull), 2);
    assert_eq!(rig.frames().len(), taken);
}

/// A log that fails under a request: no acknowledgement, and the data is still wanted.
#[tokio::test]
async fn failed_logs_acknowledge_nothing() {
    let disk = PowerCutDisk::new();
    let rig = Rig::with_log(
        Limits::default(),
        Some(Arc::new(disk.clone()) as Arc<dyn Disk>),
        log_options(),
    );
    let doors = rig.open().await;
    disk.plant(Fault::new(FaultError::Eio).on(Op::SyncData).times(u64::MAX));
    let reply =
        expect(&doors, logs(&["one"]), &[], Code::Unavailable, StatusCode::SERVICE_UNAVAILABLE)
            .await;
    assert!(retries(&reply));
    assert_eq!(rig.metrics.requests(Transport::Http, Some(Signal::Logs), Reason::LogFailed), 1);
    assert_eq!(rig.ingest.remembered(), 0);
}

/// Shutting down, whether the doors know it already or only the log: come back later.
#[tokio::test]
async fn shutting_down_sends_clients_away() {
    let rig = Rig::new(Limits::default());
    let doors = rig.open().await;
    rig.log.close();
    let reply =
        expect(&doors, logs(&["one"]), &[], Code::Unavailable, StatusCode::SERVICE_UNAVAILABLE)
            .await;
    assert!(retries(&reply));
    rig.ingest.close();
    let reply =
        expect(&doors, logs(&["two"]), &[], Code::Unavailable, StatusCode::SERVICE_UNAVAILABLE)
            .await;
    assert!(retries(&reply));
    assert_eq!(rig.metrics.requests(Transport::Grpc, Some(Signal::Logs), Reason::ShuttingDown), 2);
}

/// One principal beyond its rate: come back later, and the others do not notice.
#[tokio::test]
async fn rates_are_limited_by_principal() {
    let rig = Rig::new(Limits { principal_bytes_per_second: Some(1), ..Limits::default() });
    let doors = rig.open().await;
    let token = rig.token("greedy", Door::Otlp);
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    assert_eq!(
        grpc(doors.grpc, logs(&["a first long request"]), &headers, None).await.code,
        Code::Ok
    );
    let reply = expect(
        &doors,
        logs(&["two"]),
        &headers,
        Code::ResourceExhausted,
        StatusCode::TOO_MANY_REQUESTS,
    )
    .await;
    assert!(retries(&reply));
    assert_eq!(grpc(doors.grpc, logs(&["of another"]), &[], None).await.code, Code::Ok);
}

/// Too large on the wire, too large after decompression, too costly in memory: for good.
#[tokio::test]
async fn large_requests_are_refused_for_good() {
    let rig =
        Rig::new(Limits { max_body_bytes: 10_000, max_rows_bytes: 100_000, ..Limits::default() });
    let doors = rig.open().await;
    let large = StatusCode::PAYLOAD_TOO_LARGE;
    let wire = logs(&["x".repeat(10_001).as_str()]);
    let reply = expect(&doors, wire.clone(), &[], Code::ResourceExhausted, large).await;
    assert!(!retries(&reply));
    let reply = expect(&doors, empty_records(1000), &[], Code::ResourceExhausted, large).await;
    assert!(!retries(&reply));
    let packed = grpc(doors.grpc, wire.clone(), &[], Some(CompressionEncoding::Gzip)).await;
    assert_eq!((packed.code, packed.retry_seconds), (Code::ResourceExhausted, None));
    let reply =
        http(doors.http, post("/v1/logs", gzip(&wire), &[("content-encoding", "gzip")])).await;
    assert_eq!((reply.status, retries(&reply)), (large, false));
    assert!(rig.frames().is_empty());
    assert_eq!(rig.ingest.budget().used_bytes(), 0);
}

/// A body that does not come is given up: come back later, over another connection.
#[tokio::test]
async fn slow_bodies_are_sent_away() {
    let limits = Limits { body_grace: Duration::from_millis(50), ..Limits::default() };
    let rig = Rig::new(limits);
    let doors = rig.open().await;
    let mut stream = tokio::net::TcpStream::connect(doors.http).await.unwrap();
    let head = "POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut told = Vec::new();
    stream.read_to_end(&mut told).await.unwrap();
    let told = String::from_utf8(told).unwrap();
    assert!(told.starts_with("HTTP/1.1 503") && told.contains("retry-after: "), "{told}");
    assert_eq!(rig.ingest.budget().used_bytes(), 0);
}

/// Every hint lies between 1 and 30 seconds, and they are scattered.
#[test]
fn hints_are_scattered() {
    let full = Refusal::OverBudget(Resource::Log);
    let hints: Vec<_> = (0..100).map(|_| full.retry_after().unwrap().as_secs()).collect();
    assert!(hints.iter().all(|seconds| (1..=30).contains(seconds)));
    assert!(hints.iter().any(|seconds| *seconds != hints[0]));
    let limited = Refusal::RateLimited { retry_after: Duration::from_hours(1) };
    assert!(limited.retry_after().unwrap() <= Duration::from_secs(30));
}
