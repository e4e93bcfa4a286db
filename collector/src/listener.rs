//! Listeners: bind, accept, TLS, limits, an orderly end.
//!
//! A listener knows nothing of OTLP. It serves any hyper service, made anew for each
//! connection from what is known of the peer, so that OTLP and the API stand behind the
//! same limits. hyper sets no timer of its own: everything that can hang has one here.

mod address;
mod connection;
mod counted;
mod peers;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::service::Service;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

pub use address::{ExposureError, Protection, check_exposure};

use crate::credentials::ClientCertificate;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::tls::{ServerTls, Versions};
use connection::Connection;
use peers::PeerCount;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Who is at the other end of a connection.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Its address.
    pub address: SocketAddr,
    /// Its certificate.
    pub certificate: PeerCertificate,
    /// Whether the connection is encrypted.
    pub encrypted: bool,
}

/// The certificate a peer has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeerCertificate {
    /// None.
    None,
    /// One of our authority's, with a usable name.
    Verified(ClientCertificate),
    /// One of our authority's, without a usable name.
    Unusable,
}

/// What a listener is to be.
#[derive(Debug, Clone)]
pub struct ListenOptions {
    /// What it is called in the log: `otlp-grpc`, `otlp-http`, `api`.
    pub name: &'static str,
    /// Where; port 0 takes a free one.
    pub address: SocketAddr,
    /// Encryption; `None` for plaintext.
    pub tls: Option<Arc<ServerTls>>,
    /// The HTTP versions it speaks.
    pub versions: Versions,
    /// Its limits.
    pub limits: Limits,
}

/// An address that cannot be listened on.
#[derive(Debug, Error)]
#[error(
    "cannot listen on {address} for {name}: {source}; is another seam running, or does something else use the port?"
)]
pub struct ListenError {
    name: &'static str,
    address: SocketAddr,
    source: io::Error,
}

/// A bound listener.
#[derive(Debug)]
pub struct Listener {
    tcp: TcpListener,
    local_address: SocketAddr,
    options: ListenOptions,
    metrics: Arc<Metrics>,
}

/// Tells listeners to stop. Dropping it does, too.
#[derive(Debug)]
pub struct StopSignal(watch::Sender<()>);

/// Listens for a [`StopSignal`].
#[derive(Debug, Clone)]
pub struct Stopped(watch::Receiver<()>);

/// A signal and its listener.
pub fn stop_signal() -> (StopSignal, Stopped) {
    let (sender, receiver) = watch::channel(());
    (StopSignal(sender), Stopped(receiver))
}

impl StopSignal {
    /// Stops all who listen.
    pub fn stop(self) {
        drop(self.0);
    }
}

impl Stopped {
    /// Returns when the signal is given.
    pub async fn wait(&mut self) {
        while self.0.changed().await.is_ok() {}
    }
}

impl Listener {
    /// Binds. Call [`check_exposure`] first.
    pub async fn bind(options: ListenOptions, metrics: Arc<Metrics>) -> Result<Self, ListenError> {
        let failed = |source| ListenError { name: options.name, address: options.address, source };
        let tcp = TcpListener::bind(options.address).await.map_err(failed)?;
        let local_address = tcp.local_addr().map_err(failed)?;
        Ok(Self { tcp, local_address, options, metrics })
    }

    /// Where it listens, the port filled in.
    pub fn local_address(&self) -> SocketAddr {
        self.local_address
    }

    /// Serves until told to stop, then lets what is running finish for at most `drain`.
    ///
    /// `make` builds the service of one connection.
    pub async fn serve<F, S, B>(self, make: F, mut stopped: Stopped, drain: Duration)
    where
        F: Fn(Arc<Peer>) -> S + Clone + Send + 'static,
        S: Service<Request<Incoming>, Response = Response<B>> + Send + 'static,
        S::Future: Send + 'static,
        S::Error: Into<BoxError>,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<BoxError>,
    {
        let (ending, watching) = watch::channel(());
        let places = Arc::new(Semaphore::new(self.options.limits.max_connections));
        let peers = PeerCount::new(self.options.limits.max_connections_per_address);
        let options = Arc::new(self.options);
        loop {
            let accepted = tokio::select! {
                // A place is taken before the connection: those beyond wait in the kernel.
                accepted = accept(&self.tcp, &places) => accepted,
                () = stopped.wait() => break,
            };
            let (stream, address, place) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of descriptors, most likely: the next attempt would fail at once.
                    tracing::warn!(listener = options.name, %error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            self.metrics.connections.add(1);
            let Some(seat) = peers.enter(address.ip()) else {
                self.metrics.connections_refused.add(1);
                continue;
            };
            let connection = Connection {
                options: Arc::clone(&options),
                metrics: Arc::clone(&self.metrics),
                address,
                ending: watching.clone(),
            };
            let make = make.clone();
            tokio::spawn(async move {
                connection.run(stream, make).await;
                drop((seat, place));
            });
        }
        drop((self.tcp, watching));
        // An error says that no connection is left, which is as good.
        ending.send(()).ok();
        if tokio::time::timeout(drain, ending.closed()).await.is_err() {
            tracing::warn!(
                listener = options.name,
                "connections did not finish in time and are cut off"
            );
        }
    }
}

async fn accept(
    tcp: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, address) = tcp.accept().await?;
    // Fails only where the peer has gone already, which the next read will tell.
    drop(stream.set_nodelay(true));
    Ok((stream, address, place))
}

#[cfg(test)]
mod tests;
