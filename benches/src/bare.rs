//! A client that sends requests which were made before, and does nothing else: what a destination takes at most from one machine.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, ensure};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderValue};
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full, Limited};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use crate::drive::http1_connection;
use crate::sink::KeptRequest;

/// Requests that are read ahead.
const AHEAD: usize = 16;
/// An answer to `_bulk` has an item for each document.
const ANSWER_LIMIT_BYTES: usize = 4 << 20;
const ANSWER_WITHIN: Duration = Duration::from_mins(1);

type Ahead = Arc<Mutex<mpsc::Receiver<anyhow::Result<KeptRequest>>>>;

/// Sends them over so many connections, a request at a time on each; gives how long it took.
pub(crate) fn send(
    requests: impl Iterator<Item = anyhow::Result<KeptRequest>> + Send + 'static,
    to: SocketAddr,
    in_flight: usize,
) -> anyhow::Result<Duration> {
    let (ahead, receiver) = mpsc::channel(AHEAD);
    let reader = thread::Builder::new().name("kept".to_owned()).spawn(move || {
        for request in requests {
            if ahead.blocking_send(request).is_err() {
                return;
            }
        }
    });
    let reader = reader.context("cannot start the thread that reads requests")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start a runtime")?;
    let took = runtime.block_on(send_all(Arc::new(Mutex::new(receiver)), to, in_flight))?;
    reader.join().map_err(|_| anyhow!("the thread that reads requests panicked"))?;
    Ok(took)
}

async fn send_all(ahead: Ahead, to: SocketAddr, in_flight: usize) -> anyhow::Result<Duration> {
    let mut senders = JoinSet::new();
    let start = Instant::now();
    for _ in 0..in_flight {
        senders.spawn(send_some(Arc::clone(&ahead), to));
    }
    drop(ahead);
    while let Some(ended) = senders.join_next().await {
        ended.context("a sender panicked")??;
    }
    Ok(start.elapsed())
}

async fn send_some(ahead: Ahead, to: SocketAddr) -> anyhow::Result<()> {
    let mut sender = http1_connection(to).await?;
    let host = HeaderValue::try_from(to.to_string()).context("cannot name the host")?;
    loop {
        let next = ahead.lock().await.recv().await;
        let Some(request) = next.transpose()? else { return Ok(()) };
        let mut post = Request::builder()
            .method(Method::POST)
            .uri(&request.path)
            .header(HOST, &host)
            .header(CONTENT_TYPE, "application/json");
        if request.gzip {
            post = post.header(CONTENT_ENCODING, "gzip");
        }
        let post = post.body(Full::new(request.body)).context("cannot make the request")?;
        let answer = async {
            sender.ready().await.context("the connection broke")?;
            let response = sender.send_request(post).await.context("the connection broke")?;
            let status = response.status();
            ensure!(status.is_success(), "a request that was taken before got {status}");
            let body = Limited::new(response.into_body(), ANSWER_LIMIT_BYTES).collect().await;
            body.map_err(|error| anyhow!("cannot read the answer: {error}"))
        };
        let answered = tokio::time::timeout(ANSWER_WITHIN, answer).await;
        answered.with_context(|| format!("no answer within {} s", ANSWER_WITHIN.as_secs()))??;
    }
}
