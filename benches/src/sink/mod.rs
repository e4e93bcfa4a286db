//! A destination that takes everything and counts it, as a process of its own: what it costs is charged to nobody.
//!
//! | request | counted as |
//! |---|---|
//! | gRPC | log records of OTLP |
//! | `POST …/_bulk` | documents for Elasticsearch |
//! | `POST /services/collector…` | events for Splunk |
//! | `GET /counted` | nothing: answers with [`Counted`] |
//!
//! It does what a destination cannot do without: it decompresses and finds where each event ends. It can also stand in
//! front of a real server, which then answers.

mod ahead;
mod answer;
mod count;
mod kept;
mod running;

use std::fs::File;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use clap::Args;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};

pub(crate) use count::{Counted, lines};
pub(crate) use kept::{KeptRequest, KeptRequests};
pub(crate) use running::{Sink, SinkOptions};

use self::kept::Keeper;

/// Room for a whole request: flow control is not what is measured.
const WINDOW_BYTES: u32 = 16 << 20;

#[derive(Args)]
pub(crate) struct SinkArgs {
    /// Where it listens
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Write every request to this file as it came, to be sent again
    #[arg(long, value_name = "FILE")]
    keep: Option<PathBuf>,
    /// Pass every request on to this server, over HTTP/1.1, and give back its answer
    #[arg(long, value_name = "ADDR")]
    ahead_of: Option<SocketAddr>,
}

/// What all connections share.
struct Taking {
    counted: Mutex<Counted>,
    keeper: Option<Mutex<Keeper<File>>>,
    ahead_of: Option<SocketAddr>,
}

/// Serves until it is killed.
pub(crate) fn run(args: &SinkArgs) -> anyhow::Result<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("cannot start a runtime")?.block_on(serve(args))
}

async fn serve(args: &SinkArgs) -> anyhow::Result<String> {
    let listener = TcpListener::bind(args.listen).await;
    let listener = listener.with_context(|| format!("cannot listen on {}", args.listen))?;
    let address = listener.local_addr().context("cannot tell the address of the sink")?;
    let keeper = args.keep.as_deref().map(Keeper::create).transpose()?.map(Mutex::new);
    let taking = Taking { counted: Mutex::default(), keeper, ahead_of: args.ahead_of };
    let taking = Arc::new(taking);
    writeln!(std::io::stdout(), "ready {address}").context("cannot tell the address")?;
    loop {
        let (stream, _) = listener.accept().await.context("cannot take a connection")?;
        stream.set_nodelay(true).context("cannot set TCP_NODELAY")?;
        tokio::spawn(connection(stream, Arc::clone(&taking)));
    }
}

async fn connection(stream: TcpStream, taking: Arc<Taking>) {
    let service = service_fn(move |request| answer::answer(Arc::clone(&taking), request));
    let mut server = auto::Builder::new(TokioExecutor::new());
    server
        .http2()
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES);
    // A client that goes away ends its connection.
    server.serve_connection(TokioIo::new(stream), service).await.ok();
}
