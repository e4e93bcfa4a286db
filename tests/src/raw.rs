//! Requests as bytes: what no well-behaved client would send.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use prost::Message as _;
use tokio::runtime::Runtime;

use crate::server::Server;

/// A client of one server's doors.
pub struct Client {
    runtime: Runtime,
    http: reqwest::Client,
    h2: reqwest::Client,
    grpc_to: SocketAddr,
    http_to: SocketAddr,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Answer {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl Client {
    /// A client of a running server.
    pub fn of(server: &Server) -> anyhow::Result<Self> {
        let timeout = Duration::from_mins(1);
        Ok(Self {
            runtime: Runtime::new()?,
            http: reqwest::Client::builder().timeout(timeout).build()?,
            h2: reqwest::Client::builder().timeout(timeout).http2_prior_knowledge().build()?,
            grpc_to: server.grpc_addr(),
            http_to: server.http_addr(),
        })
    }

    /// Posts bytes to OTLP/HTTP.
    pub fn post(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> anyhow::Result<Answer> {
        let mut request = self.http.post(format!("http://{}{path}", self.http_to)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.runtime.block_on(async {
            let response = request.send().await?;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            Ok(Answer { status, headers, body: response.bytes().await? })
        })
    }

    /// Gets a page of any listener.
    pub fn page(&self, url: &str) -> anyhow::Result<String> {
        self.runtime.block_on(async { Ok(self.http.get(url).send().await?.text().await?) })
    }

    /// Posts one protobuf body of logs.
    pub fn post_logs(&self, body: Vec<u8>) -> anyhow::Result<Answer> {
        self.post("/v1/logs", &[("content-type", "application/x-protobuf")], body)
    }

    /// Calls the gRPC logs service with one message as it is, and gives the gRPC status.
    pub fn grpc_logs(&self, message: &[u8]) -> anyhow::Result<tonic::Status> {
        let channel = tonic::transport::Endpoint::from_shared(format!("http://{}", self.grpc_to))?;
        let path = http::uri::PathAndQuery::from_static(
            "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        );
        let message = Bytes::copy_from_slice(message);
        self.runtime.block_on(async {
            let mut grpc = tonic::client::Grpc::new(channel.connect().await?);
            grpc.ready().await?;
            let request = tonic::Request::new(message);
            match grpc.unary(request, path, RawCodec).await {
                Ok(_) => Ok(tonic::Status::ok("")),
                Err(status) => Ok(status),
            }
        })
    }

    /// Posts a hand-made gRPC frame and gives the HTTP answer.
    pub fn grpc_frame(&self, headers: &[(&str, &str)], frame: Vec<u8>) -> anyhow::Result<Answer> {
        let url = format!(
            "http://{}/opentelemetry.proto.collector.logs.v1.LogsService/Export",
            self.grpc_to
        );
        let mut request = self.h2.post(url).header("te", "trailers").body(frame);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.runtime.block_on(async {
            let response = request.send().await?;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            Ok(Answer { status, headers, body: response.bytes().await? })
        })
    }
}

/// A request with one log record that has one attribute.
pub fn one_record(id: &str, record: LogRecord) -> Vec<u8> {
    let mut record = record;
    record.attributes.push(KeyValue {
        key: "test.id".to_owned(),
        value: Some(AnyValue { value: Some(any_value::Value::StringValue(id.to_owned())) }),
        ..KeyValue::default()
    });
    request(vec![record]).encode_to_vec()
}

/// A request with log records.
pub fn request(log_records: Vec<LogRecord>) -> ExportLogsServiceRequest {
    let scope_logs = vec![ScopeLogs { log_records, ..ScopeLogs::default() }];
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }],
    }
}

/// Bytes in, bytes out.
#[derive(Debug, Clone, Copy)]
pub struct RawCodec;

impl tonic::codec::Codec for RawCodec {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl tonic::codec::Encoder for RawCodec {
    type Item = Bytes;
    type Error = tonic::Status;

    fn encode(
        &mut self,
        item: Bytes,
        out: &mut tonic::codec::EncodeBuf<'_>,
    ) -> Result<(), tonic::Status> {
        bytes::BufMut::put(out, item);
        Ok(())
    }
}

impl tonic::codec::Decoder for RawCodec {
    type Item = Bytes;
    type Error = tonic::Status;

    fn decode(
        &mut self,
        source: &mut tonic::codec::DecodeBuf<'_>,
    ) -> Result<Option<Bytes>, tonic::Status> {
        use bytes::Buf as _;
        Ok(Some(source.copy_to_bytes(source.remaining())))
    }
}
