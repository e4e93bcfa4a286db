//! A gRPC client (tonic's channel) and an HTTP client (hyper's connection).

use std::net::SocketAddr;

use bytes::{Buf, BufMut, Bytes};
use http::uri::PathAndQuery;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::{AsciiMetadataKey, MetadataValue};
use tonic::transport::Endpoint;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// The path of the logs service.
const LOGS: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

/// What came back over gRPC.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct GrpcReply {
    pub(crate) code: Code,
    /// The delay of `RetryInfo`, in seconds.
    pub(crate) retry_seconds: Option<u64>,
    /// The message, if there is one.
    pub(crate) message: Option<Bytes>,
}

/// What came back over HTTP.
#[derive(Debug)]
pub(crate) struct HttpReply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl HttpReply {
    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// Sends a message to the logs service as a real gRPC client does.
pub(crate) async fn grpc(
    address: SocketAddr,
    message: Bytes,
    metadata: &[(&str, &str)],
    packed: Option<CompressionEncoding>,
) -> GrpcReply {
    let channel =
        Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
    let mut client = tonic::client::Grpc::new(channel);
    if let Some(packed) = packed {
        client = client.send_compressed(packed);
    }
    client.ready().await.unwrap();
    let mut request = tonic::Request::new(message);
    for (name, value) in metadata {
        let name: AsciiMetadataKey = name.parse().unwrap();
        request.metadata_mut().insert(name, MetadataValue::try_from(*value).unwrap());
    }
    match client.unary(request, PathAndQuery::from_static(LOGS), RawCodec).await {
        Ok(response) => {
            GrpcReply { code: Code::Ok, retry_seconds: None, message: Some(response.into_inner()) }
        }
        Err(status) => reply(&status),
    }
}

fn reply(status: &Status) -> GrpcReply {
    let retry = status.get_details_retry_info().and_then(|info| info.retry_delay);
    GrpcReply {
        code: status.code(),
        retry_seconds: retry.map(|delay| delay.as_secs()),
        message: None,
    }
}

/// Sends bytes to a gRPC door as they are, whatever they are.
pub(crate) async fn grpc_raw(
    address: SocketAddr,
    request: Request<Full<Bytes>>,
) -> (StatusCode, Option<Code>) {
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    let response = sender.send_request(request).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let trailers =
        response.into_body().collect().await.unwrap().trailers().cloned().unwrap_or_default();
    let code = Status::from_header_map(&headers).or_else(|| Status::from_header_map(&trailers));
    (status, code.map(|status| status.code()))
}

/// Sends a request over a connection of its own.
pub(crate) async fn http(address: SocketAddr, request: Request<Full<Bytes>>) -> HttpReply {
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut sender, connection) = http1::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let response = sender.send_request(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    HttpReply { status: head.status, headers: head.headers, body }
}

/// Bytes in, bytes out.
#[derive(Debug, Clone, Copy)]
struct RawCodec;

impl Codec for RawCodec {
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

impl Encoder for RawCodec {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put(item);
        Ok(())
    }
}

impl Decoder for RawCodec {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}
