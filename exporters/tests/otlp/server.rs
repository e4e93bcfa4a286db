//! A strict OTLP server: decodes every request with another library, counts what it took, and
//! fails as it is told.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::BoxBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{HeaderMap, HeaderValue};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;
use tokio::net::TcpListener;
use tonic::Code;
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::events::text;

/// What is done with a request, instead of looking at it.
#[derive(Debug, Clone)]
pub(crate) enum Play {
    /// A gRPC code; with a `RetryInfo`.
    Grpc(Code, Option<Duration>),
    /// An HTTP status; with `Retry-After` in seconds.
    Http(u16, Option<u64>),
    /// The connection ends before the answer; what was sent counts as taken.
    ResetAfterTaking,
    /// HTTP 200 with a body of this type; nothing is taken.
    Says(Option<&'static str>, Vec<u8>),
    /// No answer.
    Silence,
}

/// What is done with records that say `poison`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Poison {
    /// Others are taken, and their number is told.
    Counted,
    /// The whole request is refused as wrong.
    Invalid,
    /// The server fails at it.
    Fails,
}

#[derive(Debug)]
struct State {
    plays: VecDeque<Play>,
    poison: Poison,
    authorization: Option<String>,
    taken: BTreeMap<String, usize>,
    requests: usize,
    max_bytes: usize,
    fail_every: usize,
}

/// A running server; it ends with its runtime.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<State>>,
}

type Answer = Response<BoxBody<Bytes, std::io::Error>>;

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let state = State {
            plays: VecDeque::new(),
            poison: Poison::Counted,
            authorization: None,
            taken: BTreeMap::new(),
            requests: 0,
            max_bytes: usize::MAX,
            fail_every: 0,
        };
        let address = listener.local_addr().unwrap();
        let server = Self { address, state: Arc::new(Mutex::new(state)) };
        let accepting = server.clone();
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let server = accepting.clone();
                tokio::spawn(async move {
                    let service = hyper::service::service_fn(move |request| {
                        let server = server.clone();
                        async move { server.answer(request).await }
                    });
                    let http = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                    drop(http.serve_connection(TokioIo::new(socket), service).await);
                });
            }
        });
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What is done with the next requests.
    pub(crate) fn play(&self, plays: impl IntoIterator<Item = Play>) {
        self.state.lock().unwrap().plays.extend(plays);
    }

    pub(crate) fn poison(&self, poison: Poison) {
        self.state.lock().unwrap().poison = poison;
    }

    /// Of so many requests about one fails, without a reason; none, for 0.
    pub(crate) fn fail_every(&self, requests: usize) {
        self.state.lock().unwrap().fail_every = requests;
    }

    /// Larger requests are refused, in bytes of protobuf.
    pub(crate) fn at_most(&self, bytes: usize) {
        self.state.lock().unwrap().max_bytes = bytes;
    }

    /// Only these are let in.
    pub(crate) fn authorize(&self, value: &str) {
        self.state.lock().unwrap().authorization = Some(value.to_owned());
    }

    /// How often each id was taken.
    pub(crate) fn taken(&self) -> BTreeMap<String, usize> {
        self.state.lock().unwrap().taken.clone()
    }

    pub(crate) fn requests(&self) -> usize {
        self.state.lock().unwrap().requests
    }

    /// `Err` resets the connection.
    async fn answer(&self, request: Request<Incoming>) -> Result<Answer, std::io::Error> {
        let (head, body) = request.into_parts();
        let is_grpc = head.headers["content-type"] == "application/grpc";
        let body = body.collect().await.map_err(std::io::Error::other)?.to_bytes();
        let authorization = head.headers.get("authorization").map(|value| value.to_str().unwrap());
        let message = unpack(is_grpc, &head.headers, &body);
        let play = {
            let mut state = self.state.lock().unwrap();
            state.requests += 1;
            let wanted = state.authorization.as_deref();
            if wanted.is_some() && wanted != authorization {
                Some(if is_grpc {
                    Play::Grpc(Code::Unauthenticated, None)
                } else {
                    Play::Http(401, None)
                })
            } else if fails(state.requests, state.fail_every) {
                Some(if is_grpc { Play::Grpc(Code::Internal, None) } else { Play::Http(500, None) })
            } else {
                state.plays.pop_front()
            }
        };
        match play {
            Some(Play::Grpc(code, after)) => Ok(grpc(code, after)),
            Some(Play::Http(status, after)) => Ok(http(status, after)),
            Some(Play::Says(kind, body)) => {
                let mut answer = plain(200, body.into());
                let kind = kind.map(HeaderValue::from_static);
                answer.headers_mut().extend(kind.map(|kind| (hyper::header::CONTENT_TYPE, kind)));
                Ok(answer)
            }
            Some(Play::Silence) => std::future::pending().await,
            Some(Play::ResetAfterTaking) => {
                drop(self.take(is_grpc, head.uri.path(), &message));
                Err(std::io::Error::other("reset"))
            }
            None => Ok(self.take(is_grpc, head.uri.path(), &message)),
        }
    }

    fn take(&self, is_grpc: bool, path: &str, message: &[u8]) -> Answer {
        let ids = ids(path, message);
        let mut state = self.state.lock().unwrap();
        if message.len() > state.max_bytes {
            return if is_grpc { grpc(Code::ResourceExhausted, None) } else { http(413, None) };
        }
        let bad = ids.iter().filter(|(_, poison)| *poison).count();
        if bad > 0 && state.poison != Poison::Counted {
            return match (state.poison, is_grpc) {
                (Poison::Invalid, true) => grpc(Code::InvalidArgument, None),
                (Poison::Invalid, false) => http(400, None),
                (_, true) => grpc(Code::Internal, None),
                (_, false) => http(500, None),
            };
        }
        for (id, poison) in ids {
            if !poison {
                *state.taken.entry(id).or_default() += 1;
            }
        }
        // Both signals have the same response.
        let mut response = Vec::new();
        if bad > 0 {
            let mut partial = Vec::new();
            prost::encoding::int64::encode(1, &i64::try_from(bad).unwrap(), &mut partial);
            prost::encoding::string::encode(
                2,
                &"the secret of the record".to_owned(),
                &mut partial,
            );
            prost::encoding::bytes::encode(1, &partial, &mut response);
        }
        if is_grpc { grpc_ok(&response) } else { plain(200, response.into()) }
    }
}

/// Whether a request is one of those that fail; scattered, but the same in each run.
fn fails(request: usize, every: usize) -> bool {
    let scattered = request.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    every > 0 && scattered.is_multiple_of(every)
}

/// The request message, whatever is around it.
fn unpack(is_grpc: bool, headers: &HeaderMap, body: &[u8]) -> Vec<u8> {
    let (gzipped, message) = if is_grpc {
        let length = u32::from_be_bytes(body[1..5].try_into().unwrap());
        assert_eq!(body.len(), 5 + usize::try_from(length).unwrap());
        (body[0] == 1, &body[5..])
    } else {
        assert_eq!(headers["content-type"], "application/x-protobuf");
        (headers.get("content-encoding").is_some_and(|value| value == "gzip"), body)
    };
    let mut plain = Vec::new();
    if gzipped {
        flate2::read::GzDecoder::new(message).read_to_end(&mut plain).unwrap();
    } else {
        plain.extend_from_slice(message);
    }
    plain
}

/// Ids in a request, in order, and whether each is poison.
fn ids(path: &str, message: &[u8]) -> Vec<(String, bool)> {
    let id = |attributes: &[_]| {
        let id = text(attributes, "seam.event_id").unwrap_or("canary").to_owned();
        (id, text(attributes, "poison").is_some())
    };
    if path.ends_with("LogsService/Export") || path == "/v1/logs" {
        let request = ExportLogsServiceRequest::decode(message).unwrap();
        let scopes = request.resource_logs.iter().flat_map(|group| &group.scope_logs);
        scopes.flat_map(|scope| &scope.log_records).map(|one| id(&one.attributes)).collect()
    } else {
        assert!(path.ends_with("TraceService/Export") || path == "/v1/traces", "{path}");
        let request = ExportTraceServiceRequest::decode(message).unwrap();
        let scopes = request.resource_spans.iter().flat_map(|group| &group.scope_spans);
        scopes.flat_map(|scope| &scope.spans).map(|one| id(&one.attributes)).collect()
    }
}

fn plain(status: u16, body: Bytes) -> Answer {
    let body = Full::new(body).map_err(|never: Infallible| match never {}).boxed();
    Response::builder().status(status).body(body).unwrap()
}

fn http(status: u16, after: Option<u64>) -> Answer {
    let mut answer = plain(status, Bytes::from_static(b"the secret of the record"));
    if let Some(seconds) = after {
        answer.headers_mut().insert("retry-after", seconds.into());
    }
    answer
}

fn grpc(code: Code, after: Option<Duration>) -> Answer {
    let mut details = ErrorDetails::new();
    if let Some(after) = after {
        details.set_retry_info(Some(after));
    }
    let status = tonic::Status::with_error_details(code, "the secret of the record", details);
    let mut answer = plain(200, Bytes::new());
    status.add_header(answer.headers_mut()).unwrap();
    answer.headers_mut().insert("content-type", HeaderValue::from_static("application/grpc"));
    answer
}

fn grpc_ok(message: &[u8]) -> Answer {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    let data = Bytes::from([&[0], &length[..], message].concat());
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let frames = [Ok(Frame::data(data)), Ok(Frame::trailers(trailers))];
    let body = BoxBody::new(StreamBody::new(futures::stream::iter(frames)));
    let answer = Response::builder().header("content-type", "application/grpc");
    answer.body(body).unwrap()
}
