//! An HTTP server whose answers a test writes, and that can cut, stall and restart.

use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::CONTENT_ENCODING;
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// A request, decompressed.
pub struct Call {
    /// `GET`, `POST`, ….
    pub method: Method,
    /// The path, as it came.
    pub path: String,
    /// What stands behind the question mark.
    pub query: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Call {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A parameter of the query.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|pair| pair.0 == name)
            .map(|pair| pair.1)
    }
}

/// What comes back.
pub enum Reply {
    /// An answer.
    Answer {
        /// The HTTP status.
        status: u16,
        /// Headers beside those of every answer.
        headers: Vec<(&'static str, String)>,
        /// The body.
        body: String,
    },
    /// The same, after a while.
    Late(Duration, Box<Self>),
    /// The connection ends without an answer.
    Cut,
    /// Nothing ever comes back.
    Stall,
}

impl Reply {
    /// An answer in JSON.
    pub fn json(status: u16, body: impl ToString) -> Self {
        let headers = vec![("content-type", "application/json".to_owned())];
        Self::Answer { status, headers, body: body.to_string() }
    }

    /// Whether it says that all is well.
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Answer { status: 200, .. })
    }

    /// The same with a header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        match &mut self {
            Self::Answer { headers, .. } => headers.push((name, value.to_string())),
            Self::Late(pause, late) => {
                let late = std::mem::replace(late.as_mut(), Self::Cut).with(name, value);
                self = Self::Late(*pause, Box::new(late));
            }
            Self::Cut | Self::Stall => {}
        }
        self
    }
}

/// What answers.
pub type Handler = Arc<dyn Fn(Call) -> Reply + Send + Sync>;

/// A running server; it and its connections end when dropped.
pub struct Peer {
    /// Where it listens.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Peer {
    /// Starts it at a free port.
    pub async fn start(handler: Handler) -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), handler, None).await
    }

    /// Starts it at an address.
    pub async fn start_at(at: SocketAddr, handler: Handler, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind(at).await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (handler, tls) = (Arc::clone(&handler), tls.clone());
                connections.spawn(async move {
                    match tls {
                        None => serve(TokioIo::new(stream), handler).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(TokioIo::new(stream), handler).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, task }
    }

    /// Where clients go.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends it with all its connections; the port is free afterwards.
    pub async fn stop(mut self) -> SocketAddr {
        self.task.abort();
        assert!((&mut self.task).await.unwrap_err().is_cancelled());
        self.address
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve<S>(stream: TokioIo<S>, handler: Handler)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + 'static,
{
    let service = service_fn(move |request| answer(request, Arc::clone(&handler)));
    // A cut connection ends with an error.
    hyper::server::conn::http1::Builder::new().serve_connection(stream, service).await.ok();
}

async fn answer(
    request: Request<Incoming>,
    handler: Handler,
) -> Result<Response<Full<Bytes>>, std::io::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(std::io::Error::other)?.to_bytes();
    let body = match parts.headers.get(CONTENT_ENCODING) {
        None => body.to_vec(),
        Some(encoding) => {
            assert_eq!(encoding, "gzip");
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut plain).unwrap();
            plain
        }
    };
    let call = Call {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body,
    };
    let mut reply = handler(call);
    while let Reply::Late(pause, late) = reply {
        tokio::time::sleep(pause).await;
        reply = *late;
    }
    match reply {
        Reply::Answer { status, headers, body } => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            Ok(response.body(Full::new(Bytes::from(body))).unwrap())
        }
        Reply::Cut => Err(std::io::Error::other("cut")),
        Reply::Stall | Reply::Late(..) => std::future::pending().await,
    }
}
