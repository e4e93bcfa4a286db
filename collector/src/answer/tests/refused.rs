//! What is refused for good: the undecodable, the unknown, the strange. And the empty, which is not.

use ::http::{Request, StatusCode};
use bytes::Bytes;
use http_body_util::Full;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use prost::Message;
use seam_schema::frame::FrameMeta;
use seam_store::DataFolder;
use tonic::Code;

use super::{expect, post, retries};
use crate::credentials::Door;
use crate::limits::Limits;
use crate::testing::{Rig, grpc, grpc_raw, http, logs};

fn deep_value(depth: usize) -> Bytes {
    let mut value = AnyValue { value: Some(Value::StringValue("deep".to_owned())) };
    for _ in 0..depth {
        value = AnyValue { value: Some(Value::ArrayValue(ArrayValue { values: vec![value] })) };
    }
    let log_records = vec![LogRecord { body: Some(value), ..LogRecord::default() }];
    let scope_logs = vec![ScopeLogs { log_records, ..ScopeLogs::default() }];
    let request = ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }],
    };
    let bytes = request.encode_to_vec().into();
    // Ten thousand levels are too many for a recursive drop as well.
    std::mem::forget(request);
    bytes
}

/// Garbage, a truncated message, values nested too deep: for good, and kept in quarantine.
#[test]
fn undecodable_requests_are_kept_aside() {
    // Encoding a value ten thousand levels deep takes a deep stack.
    let deep = std::thread::Builder::new()
        .stack_size(256 << 20)
        .spawn(|| deep_value(10_000))
        .unwrap()
        .join()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let rig = Rig::new(Limits::default());
        let doors = rig.open().await;
        let whole = logs(&["whole"]);
        for body in [Bytes::from_static(b"\xff\xfe garbage"), whole.slice(..whole.len() - 2), deep]
        {
            let before = rig.quarantine.files();
            let reply =
                expect(&doors, body, &[], Code::InvalidArgument, StatusCode::BAD_REQUEST).await;
            assert!(!retries(&reply));
            assert_eq!(rig.quarantine.files(), before + 2);
        }
        let reply = http(
            doors.http,
            post("/v1/logs", "{\"resourceLogs\":7}", &[("content-type", "application/json")]),
        )
        .await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        let told: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(told["code"], 3);
        assert_eq!(rig.metrics.undecodable.get(), 7);
        assert!(rig.frames().is_empty());
    });
}

/// No credential that is known, and one for another door: for good. A right one is taken, and
/// tenant and principal come from it.
#[tokio::test]
async fn credentials_are_asked_for() {
    let rig = Rig::new(Limits::default());
    let doors = rig.open().await;
    let (otlp, api) = (rig.token("sender", Door::Otlp), rig.token("reader", Door::Api));
    for wrong in ["Bearer seam_otlp_00", "Bearer", "Basic eDp5", ""] {
        let headers = [("authorization", wrong)];
        let reply =
            expect(&doors, logs(&["x"]), &headers, Code::Unauthenticated, StatusCode::UNAUTHORIZED)
                .await;
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    }
    let bearer = format!("Bearer {api}");
    let headers = [("authorization", bearer.as_str())];
    expect(&doors, logs(&["x"]), &headers, Code::PermissionDenied, StatusCode::FORBIDDEN).await;
    let bearer = format!("bearer {otlp}");
    assert_eq!(
        grpc(doors.grpc, logs(&["x"]), &[("authorization", &bearer)], None).await.code,
        Code::Ok
    );
    let frames = rig.frames();
    let meta = FrameMeta::decode(&frames[0].meta).unwrap();
    assert_eq!((meta.tenant.as_str(), meta.principal.as_str()), ("acme", "sender"));
    assert_eq!(meta.peer_address, "127.0.0.1");
}

/// A revoked token ends at once.
#[tokio::test]
async fn revoked_tokens_end_at_once() {
    let rig = Rig::new(Limits::default());
    let doors = rig.open().await;
    let bearer = format!("Bearer {}", rig.token("sender", Door::Otlp));
    let headers = [("authorization", bearer.as_str())];
    assert_eq!(grpc(doors.grpc, logs(&["x"]), &headers, None).await.code, Code::Ok);
    let disk = DataFolder::open_shared(rig.dir.path()).unwrap();
    let command =
        crate::credentials::TokenStore::open(seam_store::keys::Keys::new(disk), rig.dir.path())
            .unwrap();
    command.revoke("sender").unwrap();
    expect(&doors, logs(&["x"]), &headers, Code::Unauthenticated, StatusCode::UNAUTHORIZED).await;
}

/// What is not OTLP is told so: path, method, content type, content coding, a web page.
#[tokio::test]
async fn strangers_are_told_what_is_served() {
    let rig = Rig::new(Limits::default());
    let doors = rig.open().await;
    let reply = http(doors.http, post("/v1/other", "", &[])).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    let reply = http(doors.http, Request::get("/v1/logs").body(Full::default()).unwrap()).await;
    assert_eq!(
        (reply.status, reply.header("allow")),
        (StatusCode::METHOD_NOT_ALLOWED, Some("POST"))
    );
    let reply = http(doors.http, post("/v1/logs", "", &[("content-type", "text/plain")])).await;
    assert_eq!(reply.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let reply = http(doors.http, post("/v1/logs", "", &[("content-encoding", "br")])).await;
    assert_eq!(
        (reply.status, reply.header("accept-encoding")),
        (StatusCode::UNSUPPORTED_MEDIA_TYPE, Some("identity, gzip, zstd"))
    );
    let reply =
        http(doors.http, post("/v1/logs", logs(&["x"]), &[("origin", "http://localhost")])).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert!(rig.frames().is_empty());
}

/// The same over gRPC: unknown method and coding are `UNIMPLEMENTED`, another protocol is 415,
/// and what is not one whole message is `INVALID_ARGUMENT`.
#[tokio::test]
async fn strange_calls_are_refused() {
    const LOGS: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
    let rig = Rig::new(Limits::default());
    let doors = rig.open().await;
    let url = |path: &str| format!("http://{}{path}", doors.grpc);
    let message = [&[0, 0, 0, 0, 0][..]].concat();
    let grpc_type = ("content-type", "application/grpc");
    let call = |path: &str, body: Vec<u8>, headers: &[(&str, &str)]| {
        let mut request = Request::post(url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        grpc_raw(doors.grpc, request.body(Full::new(body.into())).unwrap())
    };
    let ok = StatusCode::OK;
    assert_eq!(call(LOGS, message.clone(), &[grpc_type]).await, (ok, Some(Code::Ok)));
    assert_eq!(
        call("/other/Export", message.clone(), &[grpc_type]).await,
        (ok, Some(Code::Unimplemented))
    );
    let snappy = [grpc_type, ("grpc-encoding", "snappy")];
    assert_eq!(call(LOGS, message.clone(), &snappy).await, (ok, Some(Code::Unimplemented)));
    let (status, _) = call(LOGS, message.clone(), &[("content-type", "application/json")]).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    for body in
        [vec![], vec![0, 0], vec![0, 0, 0, 0, 9, 1], [message.clone(), message.clone()].concat()]
    {
        assert_eq!(
            call(LOGS, body.clone(), &[grpc_type]).await,
            (ok, Some(Code::InvalidArgument)),
            "{body:?}"
        );
    }
    assert_eq!(
        call(LOGS, vec![0, 0xff, 0xff, 0xff, 0xff], &[grpc_type]).await,
        (ok, Some(Code::ResourceExhausted))
    );
    let hurried = [grpc_type, ("grpc-timeout", "0n")];
    assert_eq!(call(LOGS, message, &hurried).await, (ok, Some(Code::DeadlineExceeded)));
}

/// An empty body is an empty message: acknowledged from a frame of its own, on every way.
#[tokio::test]
async fn empty_bodies_have_a_frame() {
    let rig = Rig::new(Limits::default());
    let doors = rig.open().await;
    assert_eq!(grpc(doors.grpc, Bytes::new(), &[], None).await.code, Code::Ok);
    for (path, content_type, coding) in [
        ("/v1/logs", "application/x-protobuf", "identity"),
        ("/v1/traces", "application/json", "identity"),
        ("/v1/metrics", "application/x-protobuf", "gzip"),
    ] {
        let headers = [("content-type", content_type), ("content-encoding", coding)];
        assert_eq!(http(doors.http, post(path, "", &headers)).await.status, StatusCode::OK);
    }
    let frames = rig.frames();
    assert_eq!(frames.len(), 4);
    assert!(frames.iter().all(|frame| frame.payload.is_empty()));
}
