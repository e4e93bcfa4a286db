//! Tests of `listener`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::*;

const LONG: Duration = Duration::from_mins(1);

/// A listener whose service answers when `go` is told.
struct Served {
    address: SocketAddr,
    entered: Arc<Notify>,
    go: Arc<Semaphore>,
    stop: StopSignal,
    serving: JoinHandle<()>,
    metrics: Arc<Metrics>,
}

async fn serve(versions: Versions, limits: Limits, drain: Duration) -> Served {
    let metrics = Arc::new(Metrics::default());
    let address = "127.0.0.1:0".parse().unwrap();
    let options = ListenOptions { name: "test", address, tls: None, versions, limits };
    let listener = Listener::bind(options, Arc::clone(&metrics)).await.unwrap();
    let address = listener.local_address();
    let (entered, go) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
    let (stop, stopped) = stop_signal();
    let (tell, wait) = (Arc::clone(&entered), Arc::clone(&go));
    let make = move |_: Arc<Peer>| {
        let (tell, wait) = (Arc::clone(&tell), Arc::clone(&wait));
        service_fn(move |_: Request<Incoming>| {
            let (tell, wait) = (Arc::clone(&tell), Arc::clone(&wait));
            async move {
                tell.notify_one();
                wait.acquire().await.unwrap().forget();
                Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"done"))))
            }
        })
    };
    let serving = tokio::spawn(listener.serve(make, stopped, drain));
    Served { address, entered, go, stop, serving, metrics }
}

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

/// What is left to read, until the peer closes.
async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A reset is a close as well.
    stream.read_to_end(&mut bytes).await.ok();
    bytes
}

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

/// A peer that says nothing, or half a head, is closed, whatever the versions.
#[tokio::test]
async fn silent_peers_are_closed() {
    let limits = Limits { header_timeout: Duration::from_millis(50), ..Limits::default() };
    for versions in [Versions::Any, Versions::Http2] {
        let served = serve(versions, limits.clone(), LONG).await;
        for sent in
            [&b""[..], b"PRI * HTT", b"GET / HTTP/1.1\r\nhost: a-name-longer-than-a-preface"]
        {
            let mut stream = connect(served.address).await;
            stream.write_all(sent).await.unwrap();
            let told = rest(&mut stream).await;
            assert!(!told.starts_with(b"HTTP/1.1 200"), "{told:?}");
        }
    }
}

/// A head beyond the limit is refused.
#[tokio::test]
async fn large_heads_are_refused() {
    let served = serve(Versions::Any, Limits::default(), LONG).await;
    served.go.add_permits(1);
    let mut stream = connect(served.address).await;
    let head = format!("GET / HTTP/1.1\r\nhost: x\r\nlarge: {}\r\n\r\n", "x".repeat(100_000));
    stream.write_all(head.as_bytes()).await.ok();
    let told = rest(&mut stream).await;
    assert!(!told.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&told));
}

/// One address has its share of connections; the next is closed at once, and counted.
#[tokio::test]
async fn addresses_have_their_share() {
    let limits = Limits { max_connections_per_address: 1, ..Limits::default() };
    let served = serve(Versions::Any, limits, LONG).await;
    let mut first = connect(served.address).await;
    first.write_all(REQUEST).await.unwrap();
    served.entered.notified().await;
    let mut second = connect(served.address).await;
    assert!(rest(&mut second).await.is_empty());
    assert_eq!(served.metrics.connections_refused.get(), 1);
    served.go.add_permits(1);
    let mut answer = [0; 15];
    first.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
}

/// A listener that stops takes nothing new and lets what is running finish.
#[tokio::test]
async fn stopping_drains_what_is_running() {
    let served = serve(Versions::Any, Limits::default(), LONG).await;
    let mut running = connect(served.address).await;
    running.write_all(REQUEST).await.unwrap();
    served.entered.notified().await;
    served.stop.stop();
    while TcpStream::connect(served.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!served.serving.is_finished());
    served.go.add_permits(1);
    let told = rest(&mut running).await;
    assert!(
        told.starts_with(b"HTTP/1.1 200 OK") && told.ends_with(b"done"),
        "{}",
        String::from_utf8_lossy(&told)
    );
    served.serving.await.unwrap();
}

/// What does not finish in time is cut off.
#[tokio::test]
async fn draining_has_an_end() {
    let served = serve(Versions::Any, Limits::default(), Duration::from_millis(10)).await;
    let mut running = connect(served.address).await;
    running.write_all(REQUEST).await.unwrap();
    served.entered.notified().await;
    served.stop.stop();
    served.serving.await.unwrap();
    assert!(rest(&mut running).await.is_empty());
}

/// A connection of age is asked to go, over both versions.
#[tokio::test]
async fn old_connections_are_asked_to_go() {
    let limits = Limits { max_connection_age: Duration::from_millis(20), ..Limits::default() };
    let served = serve(Versions::Any, limits, LONG).await;
    let stream = TokioIo::new(connect(served.address).await);
    let (_sender, connection) =
        hyper::client::conn::http1::handshake::<_, Full<Bytes>>(stream).await.unwrap();
    connection.await.ok();
    let stream = TokioIo::new(connect(served.address).await);
    let executor = hyper_util::rt::TokioExecutor::new();
    let (_sender, connection) =
        hyper::client::conn::http2::handshake::<_, _, Full<Bytes>>(executor, stream).await.unwrap();
    connection.await.ok();
}

/// Beyond the limit, connections wait until one goes.
#[tokio::test]
async fn connections_beyond_the_limit_wait() {
    let limits = Limits { max_connections: 1, ..Limits::default() };
    let served = serve(Versions::Any, limits, LONG).await;
    let mut first = connect(served.address).await;
    first.write_all(REQUEST).await.unwrap();
    served.entered.notified().await;
    let mut second = connect(served.address).await;
    second.write_all(REQUEST).await.unwrap();
    assert_eq!(served.metrics.connections.get(), 1);
    drop(first);
    served.entered.notified().await;
    assert_eq!(served.metrics.connections.get(), 2);
}

/// A port that is taken is named, with what to do.
#[tokio::test]
async fn taken_ports_are_named() {
    let served = serve(Versions::Any, Limits::default(), LONG).await;
    let options = ListenOptions {
        name: "api",
        address: served.address,
        tls: None,
        versions: Versions::Any,
        limits: Limits::default(),
    };
    let error = Listener::bind(options, Arc::default()).await.unwrap_err().to_string();
    assert!(
        error.contains(&served.address.to_string()) && error.contains("another seam"),
        "{error}"
    );
}
