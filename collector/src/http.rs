//! OTLP/HTTP: `POST /v1/logs`, `/v1/traces`, `/v1/metrics`.
//!
//! Protobuf or JSON, plain, gzip or zstd, with a declared length or chunked. A request with
//! an `Origin` comes from a web page and is refused: a page must not write into the record.
//!
//! Source: <https://opentelemetry.io/docs/specs/otlp/#otlphttp>.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;

use ::http::{HeaderMap, Method, Request, Response, header};
use bytes::Bytes;
use http_body::Body;
use http_body_util::Full;
use hyper::service::Service;
use seam_schema::frame::{ContentType, Transport};
use seam_schema::otlp::Signal;

use crate::answer::{Answer, BodyFormat, Refusal, http_response};
use crate::body::read_all;
use crate::credentials::Authenticator;
use crate::decompress::Encoding;
use crate::ingest::{Admission, Ingest};
use crate::listener::Peer;
use crate::otlp_door::OtlpDoor;

const PATHS: &str = "POST /v1/logs, /v1/traces and /v1/metrics";
const CONTENT_TYPES: &str = "application/x-protobuf or application/json";

/// Makes the service of each connection.
#[derive(Clone)]
pub struct OtlpHttp {
    door: Arc<OtlpDoor>,
}

/// The service of one connection.
#[derive(Clone)]
pub struct OtlpHttpService {
    door: Arc<OtlpDoor>,
    peer: Arc<Peer>,
}

impl OtlpHttp {
    /// A door in front of `ingest`.
    pub fn new(ingest: Arc<Ingest>, authenticator: Authenticator) -> Self {
        Self { door: Arc::new(OtlpDoor::new(ingest, authenticator, Transport::Http)) }
    }

    /// The service for the requests of one peer.
    pub fn service(&self, peer: Arc<Peer>) -> OtlpHttpService {
        OtlpHttpService { door: Arc::clone(&self.door), peer }
    }
}

impl<B> Service<Request<B>> for OtlpHttpService
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<B>) -> Self::Future {
        let (door, peer) = (Arc::clone(&self.door), Arc::clone(&self.peer));
        Box::pin(async move {
            let signal = signal(request.uri().path());
            // Errors are for people unless the request was protobuf.
            let format = match content_type(request.headers()) {
                Some(ContentType::Protobuf) => BodyFormat::Protobuf,
                Some(ContentType::Json) | None => BodyFormat::Json,
            };
            let answer = handle(&door, &peer, signal, request).await;
            door.count(signal, &answer, &peer);
            Ok(http_response(&answer, format))
        })
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
    if head.headers.contains_key(header::ORIGIN) {
        return Err(Refusal::FromBrowser);
    }
    if head.method != Method::POST {
        return Err(Refusal::WrongMethod);
    }
    let content_type =
        content_type(&head.headers).ok_or(Refusal::WrongContentType(CONTENT_TYPES))?;
    let encoding = encoding(&head.headers).ok_or(Refusal::UnknownEncoding)?;
    let identity = door.enter(&head.headers, peer)?;
    let body = read_all(body, door.ingest.limits(), door.ingest.budget()).await?;
    let admission = Admission {
        signal,
        transport: Transport::Http,
        content_type,
        encoding,
        identity,
        peer: peer.address.ip(),
        body,
    };
    door.ingest.admit(admission).await
}

fn signal(path: &str) -> Option<Signal> {
    match path {
        "/v1/logs" => Some(Signal::Logs),
        "/v1/traces" => Some(Signal::Traces),
        "/v1/metrics" => Some(Signal::Metrics),
        _ => None,
    }
}

/// The content type, whatever its parameters say.
fn content_type(headers: &HeaderMap) -> Option<ContentType> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let name = value.split(';').next().unwrap_or_default().trim();
    if name.eq_ignore_ascii_case("application/x-protobuf") {
        Some(ContentType::Protobuf)
    } else if name.eq_ignore_ascii_case("application/json") {
        Some(ContentType::Json)
    } else {
        None
    }
}

/// The content coding; none is identity, several are more than OTLP allows.
fn encoding(headers: &HeaderMap) -> Option<Encoding> {
    let mut values = headers.get_all(header::CONTENT_ENCODING).iter();
    let Some(value) = values.next() else { return Some(Encoding::Identity) };
    let encoding = Encoding::parse(value.to_str().ok()?);
    encoding.filter(|_| values.next().is_none())
}
