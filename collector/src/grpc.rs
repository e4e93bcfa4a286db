//! OTLP/gRPC: `Export` of the three services, on hyper alone.
//!
//! Why not tonic's server: it decodes every request into owned messages, where Seam stores
//! the bytes as they came; it reserves the length that a frame declares before a byte of it
//! has arrived; and it checks sizes before any codec of ours, answering `OUT_OF_RANGE`,
//! which OTLP clients take for "send it again". What gRPC needs of a unary call is small:
//! five bytes before the message, and the status in trailers. [`tonic::Status`] writes those.
//!
//! Source: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>.

mod message;

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderMap, Method, Request, Response, StatusCode, header};
use bytes::Bytes;
use http_body::Body;
use hyper::service::Service;
use seam_schema::frame::{ContentType, Transport};
use seam_schema::otlp::Signal;

use crate::answer::{Answer, GrpcBody, Refusal, grpc_response};
use crate::credentials::Authenticator;
use crate::decompress::Encoding;
use crate::ingest::{Admission, Ingest};
use crate::listener::Peer;
use crate::otlp_door::OtlpDoor;
use message::read_message;

const PATHS: &str = "the Export methods of the logs, trace and metrics services, version 1";
const CONTENT_TYPES: &str = "application/grpc";

/// Makes the service of each connection.
#[derive(Clone)]
pub struct OtlpGrpc {
    door: Arc<OtlpDoor>,
}

/// The service of one connection.
#[derive(Clone)]
pub struct OtlpGrpcService {
    door: Arc<OtlpDoor>,
    peer: Arc<Peer>,
}

impl OtlpGrpc {
    /// A door in front of `ingest`.
    pub fn new(ingest: Arc<Ingest>, authenticator: Authenticator) -> Self {
        Self { door: Arc::new(OtlpDoor::new(ingest, authenticator, Transport::Grpc)) }
    }

    /// The service for the requests of one peer.
    pub fn service(&self, peer: Arc<Peer>) -> OtlpGrpcService {
        OtlpGrpcService { door: Arc::clone(&self.door), peer }
    }
}

impl<B> Service<Request<B>> for OtlpGrpcService
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
{
    type Response = Response<GrpcBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<B>) -> Self::Future {
        let (door, peer) = (Arc::clone(&self.door), Arc::clone(&self.peer));
        Box::pin(async move {
            let signal = signal(request.uri().path());
            let answer = if is_grpc(request.headers()) {
                in_time(&door, &peer, signal, request).await
            } else {
                Err(Refusal::WrongContentType(CONTENT_TYPES))
            };
            door.count(signal, &answer, &peer);
            let mut response = grpc_response(&answer);
            // No gRPC client is waiting, so the status must be one of HTTP.
            if matches!(answer, Err(Refusal::WrongContentType(_))) {
                *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            }
            Ok(response)
        })
    }
}

/// Gives up when the client does. What the log has got by then stays admitted.
async fn in_time<B>(
    door: &OtlpDoor,
    peer: &Peer,
    signal: Option<Signal>,
    request: Request<B>,
) -> Answer
where
    B: Body<Data = Bytes> + Unpin,
{
    match deadline(request.headers()) {
        None => handle(door, peer, signal, request).await,
        Some(wait) => {
            let handled = tokio::time::timeout(wait, handle(door, peer, signal, request)).await;
            handled.unwrap_or(Err(Refusal::DeadlineExceeded))
        }
    }
}

async fn handle<B>(
    door: &OtlpDoor,
    peer: &Peer,
    signal: Option<Signal>,
    request: Request<B>,
) -> Answer
where
    B: Body<Data = Bytes> + Unpin,
{
    let signal = signal.ok_or(Refusal::UnknownPath(PATHS))?;
    let (head, body) = request.into_parts();
    if head.method != Method::POST {
        return Err(Refusal::WrongMethod);
    }
    let packed = match head.headers.get("grpc-encoding") {
        None => Encoding::Identity,
        Some(name) => {
            name.to_str().ok().and_then(Encoding::parse).ok_or(Refusal::UnknownEncoding)?
        }
    };
    let identity = door.enter(&head.headers, peer)?;
    let message = read_message(body, packed, door.ingest.limits(), door.ingest.budget()).await?;
    let admission = Admission {
        signal,
        transport: Transport::Grpc,
        content_type: ContentType::Protobuf,
        encoding: message.encoding,
        identity,
        peer: peer.address.ip(),
        body: message.body,
    };
    door.ingest.admit(admission).await
}

fn signal(path: &str) -> Option<Signal> {
    match path {
        "/opentelemetry.proto.collector.logs.v1.LogsService/Export" => Some(Signal::Logs),
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export" => Some(Signal::Traces),
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" => Some(Signal::Metrics),
        _ => None,
    }
}

fn is_grpc(headers: &HeaderMap) -> bool {
    let value =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = value.split(';').next().unwrap_or_default().trim();
    name.eq_ignore_ascii_case("application/grpc")
        || name.eq_ignore_ascii_case("application/grpc+proto")
}

/// How long the client waits: at most eight digits and a unit. What is not that is no deadline.
fn deadline(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(count * 3600)),
        "M" => Some(Duration::from_secs(count * 60)),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    /// Deadlines are read in every unit; nonsense is none.
    #[test]
    fn deadlines_are_read() {
        let read = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", text.parse().unwrap());
            deadline(&headers)
        };
        assert_eq!(read("10S"), Some(Duration::from_secs(10)));
        assert_eq!(read("99999999H"), Some(Duration::from_hours(99_999_999)));
        assert_eq!(read("5m"), Some(Duration::from_millis(5)));
        for nonsense in ["", "S", "10", "123456789S", "-1S", "1.5S", "10x"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }
}
