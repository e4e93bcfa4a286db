//! One connection: handshake, then HTTP under its limits.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

use super::counted::CountedReads;
use super::{BoxError, ListenOptions, Peer, PeerCertificate};
use crate::credentials::ClientCertificate;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::tls::Versions;

/// Streams a peer may open and reset before the server has looked at them, and streams the
/// server may reset for a peer's faults, before the connection is closed ("rapid reset").
const MAX_RESETS: usize = 64;

/// Flow control of HTTP/2: how much of one request, and of one connection, may be on its way.
const STREAM_WINDOW_BYTES: u32 = 1024 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 4 * 1024 * 1024;

/// The preface of HTTP/2; no request of HTTP/1.1 is shorter.
const PREFACE_BYTES: u64 = 24;

/// A connection to be served.
pub(super) struct Connection {
    pub(super) options: Arc<ListenOptions>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) address: SocketAddr,
    /// Changed when the listener stops, closed when it waits no longer.
    pub(super) ending: watch::Receiver<()>,
}

impl Connection {
    /// Serves a connection to its end.
    pub(super) async fn run<F, S, B>(self, stream: TcpStream, make: F)
    where
        F: Fn(Arc<Peer>) -> S,
        S: Service<Request<Incoming>, Response = Response<B>> + Send + 'static,
        S::Future: Send + 'static,
        S::Error: Into<BoxError>,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<BoxError>,
    {
        let mut peer =
            Peer { address: self.address, certificate: PeerCertificate::None, encrypted: false };
        let Some(tls) = &self.options.tls else {
            let service = make(Arc::new(peer));
            return self.serve(stream, service).await;
        };
        let handshake = TlsAcceptor::from(tls.config()).accept(stream);
        let Ok(Ok(stream)) =
            tokio::time::timeout(self.options.limits.header_timeout, handshake).await
        else {
            self.metrics.connections_refused.add(1);
            tracing::debug!(listener = self.options.name, peer = %self.address, "tls handshake failed");
            return;
        };
        peer.encrypted = true;
        peer.certificate = peer_certificate(stream.get_ref().1.peer_certificates());
        let service = make(Arc::new(peer));
        self.serve(stream, service).await;
    }

    async fn serve<I, S, B>(mut self, stream: I, service: S)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        S: Service<Request<Incoming>, Response = Response<B>> + Send + 'static,
        S::Future: Send + 'static,
        S::Error: Into<BoxError>,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<BoxError>,
    {
        let limits = &self.options.limits;
        let builder = builder(limits, self.options.versions);
        let (stream, read_bytes) = CountedReads::new(stream);
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
        let mut greeting = pin!(sleep(limits.header_timeout));
        let mut age = pin!(sleep(limits.max_connection_age));
        let (mut greeted, mut leaving) = (false, false);
        loop {
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(listener = self.options.name, peer = %self.address, %error, "connection ended");
                    }
                    return;
                }
                // hyper waits for the first bytes without a limit of its own.
                () = greeting.as_mut(), if !greeted => {
                    greeted = true;
                    if read_bytes.load(Ordering::Relaxed) < PREFACE_BYTES {
                        return;
                    }
                }
                () = age.as_mut(), if !leaving => {
                    leaving = true;
                    connection.as_mut().graceful_shutdown();
                }
                // Changed: finish what is running. Closed: there is no time left.
                changed = self.ending.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    leaving = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

fn peer_certificate(chain: Option<&[rustls::pki_types::CertificateDer<'_>]>) -> PeerCertificate {
    let Some(leaf) = chain.and_then(<[_]>::first) else { return PeerCertificate::None };
    match ClientCertificate::from_der(leaf) {
        Ok(certificate) => PeerCertificate::Verified(certificate),
        Err(error) => {
            tracing::warn!(%error, "a client came with a certificate that names nobody");
            PeerCertificate::Unusable
        }
    }
}

fn builder(limits: &Limits, versions: Versions) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(usize::try_from(limits.max_header_bytes).unwrap_or(usize::MAX).max(8192));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.max_streams)
        .max_header_list_size(limits.max_header_bytes)
        .max_pending_accept_reset_streams(MAX_RESETS)
        .max_local_error_reset_streams(MAX_RESETS)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .keep_alive_interval(limits.keep_alive)
        .keep_alive_timeout(limits.keep_alive);
    match versions {
        Versions::Http2 => builder.http2_only(),
        Versions::Any => builder,
    }
}
