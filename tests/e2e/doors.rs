//! Bad input at the doors: each gets its answer, and nothing that was good is lost.

use std::io::Write as _;

use anyhow::Context as _;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, any_value};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use prost::Message as _;
use seam_tests::server::Server;
use tonic::Code;

use seam_tests::raw::{Client, one_record, request};

const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
const JSON: (&str, &str) = ("content-type", "application/json");

/// Guarantees: garbage and truncated bodies are refused for good, over both doors, and kept aside.
#[test]
fn garbage_and_truncated_bodies_are_refused() -> anyhow::Result<()> {
    let server = Server::start()?;
    let client = Client::of(&server)?;
    let good = one_record("whole", LogRecord::default());
    let truncated = good.get(..good.len() - 3).context("a body")?.to_vec();
    for body in [b"garbage that is no protobuf".to_vec(), truncated] {
        assert_eq!(client.post_logs(body.clone())?.status, 400);
        assert_eq!(client.grpc_logs(&body)?.code(), Code::InvalidArgument);
    }
    assert_eq!(client.post("/v1/logs", &[JSON], b"{\"resourceLogs\":[".to_vec())?.status, 400);
    assert_eq!(client.post_logs(good)?.status, 200, "the door still works");
    assert_eq!(server.number("select count(*) from events")?, 1);
    let kept = std::fs::read_dir(server.data().join("quarantine"))?.count();
    assert!(kept > 0, "what could not be decoded is kept");
    Ok(())
}

/// Guarantees: a body over the limit is refused without a hint to retry, over both doors.
#[test]
fn over_long_bodies_are_refused() -> anyhow::Result<()> {
    let options = seam_tests::server::Options {
        config: "[limits]\nbody_bytes = 100000\n".to_owned(),
        ..Default::default()
    };
    let server = Server::start_with(seam_tests::server::Folder::fresh()?, &options)?;
    let client = Client::of(&server)?;
    let body = AnyValue { value: Some(any_value::Value::StringValue("x".repeat(200_000))) };
    let long =
        request(vec![LogRecord { body: Some(body), ..LogRecord::default() }]).encode_to_vec();
    let answer = client.post_logs(long.clone())?;
    assert_eq!(answer.status, 413);
    assert_eq!(answer.header("retry-after"), None);
    let status = client.grpc_logs(&long)?;
    assert_eq!(status.code(), Code::ResourceExhausted);
    let hint = tonic_types::StatusExt::get_details_retry_info(&status);
    assert!(hint.is_none(), "a client must not try again");
    Ok(())
}

/// The resident memory of a process, in KiB: now, or at its peak.
fn memory_kib(server: &Server, field: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid()))?;
    let line = status.lines().find(|line| line.starts_with(field)).context("a line")?;
    Ok(line.split_whitespace().nth(1).context("a number")?.parse()?)
}

/// Guarantees: 64 KB that decompress to 64 MiB of empty records cost no more memory than the budget.
#[test]
fn gzip_of_empty_records_stays_within_the_budget() -> anyhow::Result<()> {
    let budget_mib = 160;
    let options = seam_tests::server::Options {
        config: format!("[limits]\nmemory_bytes = {}\n", budget_mib << 20),
        ..Default::default()
    };
    let server = Server::start_with(seam_tests::server::Folder::fresh()?, &options)?;
    let client = Client::of(&server)?;
    let records = vec![[0x12_u8, 0x00]; 33_000_000].concat();
    let mut scope = vec![0x12];
    prost::encoding::encode_varint(records.len() as u64, &mut scope);
    scope.extend_from_slice(&records);
    let mut body = vec![0x0a];
    prost::encoding::encode_varint(scope.len() as u64, &mut body);
    body.extend_from_slice(&scope);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&body)?;
    let bomb = gzip.finish()?;
    assert!(bomb.len() < 100_000, "{} bytes", bomb.len());
    let before = memory_kib(&server, "VmRSS")?;
    let answer = client.post("/v1/logs", &[PROTOBUF, ("content-encoding", "gzip")], bomb)?;
    assert_eq!(answer.status, 413);
    let growth = memory_kib(&server, "VmHWM")?.saturating_sub(before);
    assert!(growth < budget_mib * 1024, "memory grew by {growth} KiB");
    Ok(())
}

/// Guarantees: a zstd bomb is refused when it passes the limit, not after.
#[test]
fn zstd_bombs_are_refused() -> anyhow::Result<()> {
    let server = Server::start()?;
    let client = Client::of(&server)?;
    let bomb = zstd::encode_all(std::io::repeat(0).take_bytes(1 << 30), 19)?;
    let before = memory_kib(&server, "VmRSS")?;
    let answer = client.post("/v1/logs", &[PROTOBUF, ("content-encoding", "zstd")], bomb)?;
    assert_eq!(answer.status, 413);
    let growth = memory_kib(&server, "VmHWM")?.saturating_sub(before);
    assert!(growth < 3 * 64 * 1024, "memory grew by {growth} KiB");
    Ok(())
}

/// `std::io::Read::take` under a name that does not hide iterators' `take`.
trait TakeBytes: std::io::Read + Sized {
    fn take_bytes(self, bytes: u64) -> std::io::Take<Self> {
        self.take(bytes)
    }
}

impl<R: std::io::Read> TakeBytes for R {}

/// A value nested this deep, encoded without recursion.
fn nested(depth: usize) -> Vec<u8> {
    let mut value = Vec::new();
    for _ in 0..depth {
        let mut array = vec![0x0a];
        prost::encoding::encode_varint(value.len() as u64, &mut array);
        array.append(&mut value);
        value = vec![0x2a];
        prost::encoding::encode_varint(array.len() as u64, &mut value);
        value.append(&mut array);
    }
    value
}

/// Guarantees: values nested 10,000 deep are refused, in protobuf and in JSON; 20 deep is stored.
#[test]
fn deep_values_are_refused() -> anyhow::Result<()> {
    let server = Server::start()?;
    let client = Client::of(&server)?;
    let wrap = |value: Vec<u8>| {
        let mut bytes = value;
        for tag in [0x2a_u8, 0x12, 0x12, 0x0a] {
            let mut outer = vec![tag];
            prost::encoding::encode_varint(bytes.len() as u64, &mut outer);
            outer.append(&mut bytes);
            bytes = outer;
        }
        bytes
    };
    assert_eq!(client.post_logs(wrap(nested(10_000)))?.status, 400);
    assert_eq!(client.grpc_logs(&wrap(nested(10_000)))?.code(), Code::InvalidArgument);
    let deep = format!(
        "{{\"resourceLogs\":[{{\"scopeLogs\":[{{\"logRecords\":[{{\"body\":{}{}}}]}}]}}]}}",
        "{\"arrayValue\":{\"values\":[".repeat(10_000),
        "]}}".repeat(10_000)
    );
    assert_eq!(client.post("/v1/logs", &[JSON], deep.into_bytes())?.status, 400);
    assert_eq!(client.post_logs(wrap(nested(20)))?.status, 200);
    assert_eq!(server.number("select count(*) from events")?, 1);
    Ok(())
}

/// Guarantees: hostile values are stored as they are: times at both ends, NUL, an unknown field.
#[test]
fn hostile_values_are_stored() -> anyhow::Result<()> {
    let server = Server::start()?;
    let client = Client::of(&server)?;
    let times = [0, 1, 9_223_372_036_854_775_807, u64::MAX];
    for (index, time) in times.into_iter().enumerate() {
        let record = LogRecord { time_unix_nano: time, ..LogRecord::default() };
        assert_eq!(
            client.post_logs(one_record(&format!("time-{index}"), record))?.status,
            200,
            "{time}"
        );
    }
    let text = "a\0b\u{1b}[31m\nc";
    let body = AnyValue { value: Some(any_value::Value::StringValue(text.to_owned())) };
    client.post_logs(one_record("nul", LogRecord { body: Some(body), ..LogRecord::default() }))?;
    let mut unknown = one_record("unknown", LogRecord::default());
    unknown.extend_from_slice(&[0xfa, 0x3f, 0x03, b'n', b'e', b'w']);
    assert_eq!(client.grpc_logs(&unknown)?.code(), Code::Ok);
    let values = ArrayValue { values: vec![AnyValue::default(); 3] };
    let array = AnyValue { value: Some(any_value::Value::ArrayValue(values)) };
    client
        .post_logs(one_record("array", LogRecord { body: Some(array), ..LogRecord::default() }))?;
    server.flush()?;
    assert_eq!(server.number("select count(*) from events")?, 7);
    let rows = server.sql_json("select body from events where attributes['test.id'] = 'nul'")?;
    assert_eq!(rows[0]["body"], text);
    let days = server.number("select count(distinct day) from events")?;
    assert!(days <= 2, "a client's clock must not choose partitions");
    let sources = server.number("select count(*) from events where time_source = 'received'")?;
    assert!(sources >= 1, "a record without a time has its receive time");
    Ok(())
}

/// Guarantees: invalid UTF-8 is stored with U+FFFD and marked.
#[test]
fn invalid_utf8_is_stored_and_marked() -> anyhow::Result<()> {
    let server = Server::start()?;
    let client = Client::of(&server)?;
    let mut body = one_record("bad \u{1}\u{1} end", LogRecord::default());
    let at = body.windows(2).position(|pair| pair == [1, 1]).context("the mark")?;
    body[at] = 0xff;
    body[at + 1] = 0xfe;
    assert_eq!(client.post_logs(body)?.status, 200);
    let rows = server.sql_json("select attributes from events")?;
    assert_eq!(rows[0]["attributes"]["test.id"], "bad \u{fffd}\u{fffd} end");
    assert_eq!(rows[0]["attributes"]["otlp.invalid_utf8"], "true");
    Ok(())
}

/// Guarantees: a wrong content type, method, path or encoding and a browser's `Origin` are refused.
#[test]
fn wrong_requests_are_refused() -> anyhow::Result<()> {
    let server = Server::start()?;
    let client = Client::of(&server)?;
    let good = || one_record("x", LogRecord::default());
    assert_eq!(client.post("/v1/logs", &[("content-type", "text/plain")], good())?.status, 415);
    assert_eq!(client.post("/v1/logs", &[], good())?.status, 415);
    assert_eq!(client.post("/v1/nothing", &[PROTOBUF], good())?.status, 404);
    let encoding = ("content-encoding", "br");
    assert_eq!(client.post("/v1/logs", &[PROTOBUF, encoding], good())?.status, 415);
    let origin = ("origin", "https://example.org");
    assert_eq!(client.post("/v1/logs", &[PROTOBUF, origin], good())?.status, 403);
    let frame = client.grpc_frame(&[("content-type", "application/json")], good())?;
    assert_eq!(frame.status, 415);
    assert_eq!(server.number("select count(*) from events")?, 0);
    Ok(())
}

/// Guarantees: an empty body is a request without records: acknowledged, and no row.
#[test]
fn empty_bodies_are_acknowledged() -> anyhow::Result<()> {
    let server = Server::start()?;
    let client = Client::of(&server)?;
    let answer = client.post_logs(Vec::new())?;
    assert_eq!((answer.status, answer.body.len()), (200, 0), "an empty ExportLogsServiceResponse");
    assert_eq!(client.post("/v1/traces", &[PROTOBUF], Vec::new())?.status, 200);
    let answer = client.post("/v1/metrics", &[JSON], b"{}".to_vec())?;
    assert_eq!((answer.status, answer.body.as_ref()), (200, b"{}".as_slice()));
    assert_eq!(client.grpc_logs(&[])?.code(), Code::Ok);
    assert_eq!(server.number("select count(*) from events")?, 0);
    Ok(())
}

/// Guarantees: the peculiarities of real JSON exporters come out as the same row.
#[test]
fn json_peculiarities_are_understood() -> anyhow::Result<()> {
    let server = Server::start()?;
    let client = Client::of(&server)?;
    let record = |id: &str, number: &str| {
        format!(
            "{{\"resourceLogs\":[{{\"scopeLogs\":[{{\"schemaUrl\":\"\",\"logRecords\":[{{\"timeUnixNano\":\"1700000000000000000\",\
             \"body\":null,\"traceId\":\"\",\"flags\":0,\"futureField\":{{\"a\":[1]}},\"attributes\":[\
             {{\"key\":\"test.id\",\"value\":{{\"stringValue\":\"{id}\"}}}},{{\"key\":\"n\",\"value\":{{\"intValue\":{number}}}}},\
             {{\"key\":\"empty\",\"value\":{{}}}}]}}]}}]}}]}}"
        )
    };
    for (id, number) in [("text", "\"200\""), ("number", "200")] {
        assert_eq!(client.post("/v1/logs", &[JSON], record(id, number).into_bytes())?.status, 200);
    }
    let rows = server.sql_json(
        "select attributes['n'] as n, attribute_types['n'] as t, attribute_types['empty'] as e, trace_id from events",
    )?;
    for row in rows.as_array().context("rows")? {
        assert_eq!((row["n"].as_str(), row["t"].as_str()), (Some("200"), Some("int")), "{row}");
        assert_eq!(row["e"], "empty");
        assert!(row["trace_id"].is_null());
    }
    assert_eq!(rows.as_array().context("rows")?.len(), 2);
    Ok(())
}
