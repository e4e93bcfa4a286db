//! One connection to what is measured, and the answer of one request.
//!
//! gRPC is spoken by hand over HTTP/2: five bytes before the body, a status in the
//! trailers. A generated client would encode and decode messages, and its cost would
//! show in every figure taken on the same two cores.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderValue, TE};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceResponse;
use prost::Message as _;
use tokio::net::TcpStream;

use crate::baseline::Journal;
use crate::bodies::GRPC_PREFIX_BYTES;

const GRPC_PATH: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
const HTTP_PATH: &str = "/v1/logs";
/// Far above what a server may take to answer under overload, so that a hung server ends the run.
const ANSWER_WITHIN: Duration = Duration::from_mins(1);
/// An answer to an export is a few bytes, an error a line.
const ANSWER_LIMIT_BYTES: usize = 64 * 1024;
/// gRPC's OK.
const GRPC_OK: &str = "0";
/// The gRPC codes after which the same request may be sent again: 8 (`RESOURCE_EXHAUSTED`) and 14 (`UNAVAILABLE`) among the
/// codes that OTLP calls retryable; the rest of them no server gives for load.
const GRPC_RETRYABLE: [&str; 2] = ["8", "14"];

/// Where the load goes.
#[derive(Clone)]
pub(crate) enum Target {
    Grpc(SocketAddr),
    Http(SocketAddr),
    /// No server: a file, written and synced.
    Journal(Journal),
}

/// What became of one request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// OK, but for so many records refused by partial success.
    Acknowledged { rejected: u64 },
    /// Not taken.
    Refused { code: String, retryable: bool },
}

/// What one request after the other is sent through.
pub(crate) enum Sender {
    /// Clones share one connection.
    Grpc {
        sender: http2::SendRequest<Full<Bytes>>,
        uri: String,
    },
    /// HTTP/1.1 takes one request at a time, so the connection is not shared.
    Http {
        sender: http1::SendRequest<Full<Bytes>>,
        authority: HeaderValue,
    },
    Journal(Journal),
}

impl Sender {
    /// Another one on the same connection; `None` where that takes one request at a time.
    pub(crate) fn another(&self) -> Option<Self> {
        match self {
            Self::Grpc { sender, uri } => {
                Some(Self::Grpc { sender: sender.clone(), uri: uri.clone() })
            }
            Self::Http { .. } => None,
            Self::Journal(journal) => Some(Self::Journal(journal.clone())),
        }
    }

    /// Sends one framed body and waits for its answer.
    pub(crate) async fn send(&mut self, framed: Bytes) -> anyhow::Result<Answer> {
        let answer = async {
            match self {
                Self::Grpc { sender, uri } => grpc(sender, uri, framed).await,
                Self::Journal(journal) => journal.append(framed).await,
                Self::Http { sender, authority } => {
                    http(sender, authority, framed.slice(GRPC_PREFIX_BYTES.min(framed.len())..))
                        .await
                }
            }
        };
        tokio::time::timeout(ANSWER_WITHIN, answer)
            .await
            .with_context(|| format!("no answer within {} s", ANSWER_WITHIN.as_secs()))?
    }
}

/// Opens `senders` senders over `connections` connections; HTTP/1.1 has a connection per sender.
pub(crate) async fn open(
    target: &Target,
    connections: usize,
    senders: usize,
) -> anyhow::Result<Vec<Sender>> {
    let mut opened = Vec::with_capacity(senders);
    match target {
        Target::Journal(journal) => {
            opened.extend((0..senders).map(|_| Sender::Journal(journal.clone())));
        }
        Target::Http(address) => {
            for _ in 0..senders {
                let sender = http1_connection(*address).await?;
                let authority =
                    HeaderValue::try_from(address.to_string()).context("cannot name the host")?;
                opened.push(Sender::Http { sender, authority });
            }
        }
        Target::Grpc(address) => {
            let mut shared = Vec::with_capacity(connections);
            for _ in 0..connections.clamp(1, senders) {
                shared.push(http2_connection(*address).await?);
            }
            let uri = format!("http://{address}{GRPC_PATH}");
            let clones = shared.iter().cycle().take(senders).cloned();
            opened.extend(clones.map(|sender| Sender::Grpc { sender, uri: uri.clone() }));
        }
    }
    Ok(opened)
}

async fn connect(address: SocketAddr) -> anyhow::Result<TokioIo<TcpStream>> {
    let stream = TcpStream::connect(address)
        .await
        .with_context(|| format!("cannot connect to {address}"))?;
    stream.set_nodelay(true).context("cannot set TCP_NODELAY")?;
    Ok(TokioIo::new(stream))
}

pub(crate) async fn http1_connection(
    address: SocketAddr,
) -> anyhow::Result<http1::SendRequest<Full<Bytes>>> {
    let (sender, connection) = http1::handshake(connect(address).await?)
        .await
        .with_context(|| format!("no HTTP/1.1 at {address}"))?;
    // An error of the connection also ends the request that waits on it, and is told there.
    tokio::spawn(connection);
    Ok(sender)
}

async fn http2_connection(address: SocketAddr) -> anyhow::Result<http2::SendRequest<Full<Bytes>>> {
    let (sender, connection) = http2::handshake(TokioExecutor::new(), connect(address).await?)
        .await
        .with_context(|| format!("no HTTP/2 at {address}"))?;
    tokio::spawn(connection);
    Ok(sender)
}

async fn grpc(
    sender: &mut http2::SendRequest<Full<Bytes>>,
    uri: &str,
    framed: Bytes,
) -> anyhow::Result<Answer> {
    let request = Request::builder()
        .method(Method::POST)
        .uri(uri)
        .header(CONTENT_TYPE, "application/grpc")
        .header(TE, "trailers")
        .body(Full::new(framed))
        .context("cannot make the request")?;
    let response = sender.send_request(request).await.context("the connection broke")?;
    let (head, body) = response.into_parts();
    if head.status != StatusCode::OK {
        return Ok(Answer::Refused {
            code: format!("http {}", head.status.as_u16()),
            retryable: false,
        });
    }
    let body = collect(body).await?;
    let trailers = body.trailers().filter(|trailers| trailers.contains_key("grpc-status"));
    let code = grpc_code(trailers.unwrap_or(&head.headers)).to_owned();
    if code != GRPC_OK {
        let retryable = GRPC_RETRYABLE.contains(&code.as_str());
        return Ok(Answer::Refused { code: format!("grpc {code}"), retryable });
    }
    let framed = body.to_bytes();
    acknowledged(framed.get(GRPC_PREFIX_BYTES..).unwrap_or_default())
}

async fn http(
    sender: &mut http1::SendRequest<Full<Bytes>>,
    authority: &HeaderValue,
    body: Bytes,
) -> anyhow::Result<Answer> {
    let request = Request::builder()
        .method(Method::POST)
        .uri(HTTP_PATH)
        .header(HOST, authority)
        .header(CONTENT_TYPE, "application/x-protobuf")
        .body(Full::new(body))
        .context("cannot make the request")?;
    sender.ready().await.context("the connection broke")?;
    let response = sender.send_request(request).await.context("the connection broke")?;
    let (head, body) = response.into_parts();
    let body = collect(body).await?.to_bytes();
    if head.status == StatusCode::OK {
        return acknowledged(&body);
    }
    let retryable = matches!(head.status.as_u16(), 429 | 502 | 503 | 504);
    Ok(Answer::Refused { code: format!("http {}", head.status.as_u16()), retryable })
}

async fn collect(body: hyper::body::Incoming) -> anyhow::Result<http_body_util::Collected<Bytes>> {
    let body = Limited::new(body, ANSWER_LIMIT_BYTES).collect().await;
    body.map_err(|error| anyhow::anyhow!("cannot read the answer: {error}"))
}

fn grpc_code(headers: &HeaderMap) -> &str {
    headers.get("grpc-status").and_then(|value| value.to_str().ok()).unwrap_or("missing")
}

/// Most servers answer with an empty message, which needs no decoding.
fn acknowledged(message: &[u8]) -> anyhow::Result<Answer> {
    if message.is_empty() {
        return Ok(Answer::Acknowledged { rejected: 0 });
    }
    let response =
        ExportLogsServiceResponse::decode(message).context("the answer is no export response")?;
    let rejected = response.partial_success.map_or(0, |partial| partial.rejected_log_records);
    Ok(Answer::Acknowledged { rejected: u64::try_from(rejected).unwrap_or_default() })
}
