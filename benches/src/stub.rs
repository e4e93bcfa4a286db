//! A server for tests: takes OTLP over gRPC and HTTP, keeps the bodies, answers as told.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Version};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;

/// How one request is answered.
#[derive(Clone)]
pub(crate) enum Reply {
    /// OK with this message.
    Ok(Vec<u8>),
    /// A gRPC code, or an HTTP status.
    Code(u16),
}

/// What the server has seen.
#[derive(Clone, Default)]
pub(crate) struct Stub {
    bodies: Arc<Mutex<Vec<Bytes>>>,
    replies: Arc<Mutex<VecDeque<Reply>>>,
}

impl Stub {
    /// Listens on a free port; the first requests get these replies, all others an empty OK.
    pub(crate) async fn serve(replies: impl IntoIterator<Item = Reply>) -> (Self, SocketAddr) {
        let stub = Self {
            replies: Arc::new(Mutex::new(replies.into_iter().collect())),
            ..Self::default()
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let serving = stub.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let stub = serving.clone();
                tokio::spawn(async move {
                    let service = service_fn(move |request| stub.clone().answer(request));
                    drop(
                        auto::Builder::new(TokioExecutor::new())
                            .serve_connection(TokioIo::new(stream), service)
                            .await,
                    );
                });
            }
        });
        (stub, address)
    }

    /// The messages received, without their gRPC frame.
    pub(crate) fn bodies(&self) -> Vec<Bytes> {
        self.bodies.lock().expect("no panic").clone()
    }

    async fn answer(
        self,
        request: Request<Incoming>,
    ) -> Result<Response<UnsyncBoxBody<Bytes, Infallible>>, Infallible> {
        let grpc = request.version() == Version::HTTP_2;
        let body = request.into_body().collect().await.expect("a whole body").to_bytes();
        let reply =
            self.replies.lock().expect("no panic").pop_front().unwrap_or(Reply::Ok(Vec::new()));
        self.bodies.lock().expect("no panic").push(if grpc { body.slice(5..) } else { body });
        Ok(if grpc { grpc_response(reply) } else { http_response(reply) })
    }
}

fn grpc_response(reply: Reply) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
    let mut trailers = HeaderMap::new();
    let mut framed = Vec::new();
    match reply {
        Reply::Ok(message) => {
            trailers.insert("grpc-status", HeaderValue::from_static("0"));
            framed.push(0);
            framed.extend_from_slice(&u32::try_from(message.len()).expect("short").to_be_bytes());
            framed.extend_from_slice(&message);
        }
        Reply::Code(code) => {
            trailers.insert("grpc-status", HeaderValue::from(code));
        }
    }
    let body = Full::new(Bytes::from(framed)).with_trailers(async move { Some(Ok(trailers)) });
    Response::new(body.boxed_unsync())
}

fn http_response(reply: Reply) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
    let (status, message) = match reply {
        Reply::Ok(message) => (StatusCode::OK, message),
        Reply::Code(code) => (StatusCode::from_u16(code).expect("a status"), Vec::new()),
    };
    let mut response = Response::new(Full::new(Bytes::from(message)).boxed_unsync());
    *response.status_mut() = status;
    response
}
