//! A sink in front of a real server: passes requests on, and gives its answers back.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use bytes::Bytes;
use http::{Request, Response, request};
use http_body_util::{BodyExt as _, Full, Limited};

use crate::drive::http1_connection;

/// A real server may take its time over a large request.
const ANSWER_WITHIN: Duration = Duration::from_mins(2);
const ANSWER_LIMIT_BYTES: usize = 16 << 20;

/// Passes a request on, over a connection of its own.
pub(super) async fn pass_on(
    server: SocketAddr,
    head: &request::Parts,
    body: Bytes,
) -> anyhow::Result<Response<Full<Bytes>>> {
    let mut request = Request::builder().method(head.method.clone()).uri(head.uri.clone());
    for (name, value) in &head.headers {
        request = request.header(name, value);
    }
    let request = request.body(Full::new(body)).context("cannot make the request")?;
    let passed = async {
        let mut sender = http1_connection(server).await?;
        let response = sender.send_request(request).await.context("the connection broke")?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, ANSWER_LIMIT_BYTES).collect().await;
        let body = body.map_err(|error| anyhow!("cannot read the answer: {error}"))?;
        Ok(Response::from_parts(head, Full::new(body.to_bytes())))
    };
    tokio::time::timeout(ANSWER_WITHIN, passed)
        .await
        .with_context(|| format!("no answer from {server} in time"))?
}
