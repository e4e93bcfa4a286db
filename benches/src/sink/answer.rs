//! What is answered to each request.

use std::convert::Infallible;
use std::sync::{Arc, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version, request};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;

use super::Taking;
use super::ahead::pass_on;
use super::count::{Kind, events, plain};
use super::kept::KeptRequest;

/// What Elasticsearch says of itself: one that is told to want a data stream.
const CLUSTER: &str = r#"{"version":{"number":"9.4.0"},"tagline":"You Know, for Search"}"#;
/// Source: Splunk, "HTTP Event Collector REST API endpoints".
const HEALTHY: &str = r#"{"text":"HEC is healthy","code":17}"#;
const TAKEN: &str = r#"{"text":"Success","code":0}"#;
const CREATED: &str = r#"{"create":{"status":201}}"#;

type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

/// Answers a request; one that cannot be read is refused, and what was wrong stands in the answer.
pub(super) async fn answer(
    taking: Arc<Taking>,
    request: Request<Incoming>,
) -> Result<Answer, Infallible> {
    let (head, body) = request.into_parts();
    if head.uri.path() == "/counted" {
        return Ok(counted(&taking));
    }
    let answered = match body.collect().await.context("half a body") {
        Ok(body) => answer_whole(&taking, &head, body.to_bytes()).await,
        Err(error) => Err(error),
    };
    Ok(answered.unwrap_or_else(|error| json(StatusCode::BAD_REQUEST, format!("{error:#}"))))
}

async fn answer_whole(
    taking: &Taking,
    head: &request::Parts,
    body: Bytes,
) -> anyhow::Result<Answer> {
    let path = head.uri.path();
    let kind = Kind::of(path, head.version == Version::HTTP_2);
    let kind = kind.filter(|_| head.method == Method::POST);
    if let Some(server) = taking.ahead_of {
        let answer = pass_on(server, head, body.clone()).await?;
        if let Some(kind) = kind
            && answer.status().is_success()
        {
            take(taking, kind, head, body)?;
        }
        return Ok(answer.map(BodyExt::boxed_unsync));
    }
    let Some(kind) = kind else {
        return Ok(json(StatusCode::OK, if path == "/" { CLUSTER } else { HEALTHY }));
    };
    let events = take(taking, kind, head, body)?;
    Ok(match kind {
        Kind::Otlp => exported(),
        Kind::Hec => json(StatusCode::OK, TAKEN),
        Kind::Bulk => json(StatusCode::OK, created(events)),
    })
}

/// Counts what a request brings, and keeps it where it is to be kept.
fn take(taking: &Taking, kind: Kind, head: &request::Parts, body: Bytes) -> anyhow::Result<u64> {
    let gzip = head.headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding == "gzip");
    let plain = plain(kind, &body, gzip)?;
    let events = events(kind, &plain)?;
    let bytes = body.len();
    if let Some(keeper) = &taking.keeper {
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let kept = KeptRequest { path, gzip, body };
        keeper.lock().unwrap_or_else(PoisonError::into_inner).keep(&kept)?;
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?;
    let now_us = u64::try_from(now.as_micros()).context("the clock is out of range")?;
    let mut counted = taking.counted.lock().unwrap_or_else(PoisonError::into_inner);
    counted.add(events, bytes, plain.len(), now_us);
    Ok(events)
}

fn counted(taking: &Taking) -> Answer {
    let counted = *taking.counted.lock().unwrap_or_else(PoisonError::into_inner);
    match serde_json::to_string(&counted) {
        Ok(counted) => json(StatusCode::OK, counted),
        Err(error) => json(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
    }
}

fn json(status: StatusCode, body: impl Into<Bytes>) -> Answer {
    let mut response = Response::new(Full::new(body.into()).boxed_unsync());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// An item for each document.
fn created(events: u64) -> String {
    let events = usize::try_from(events).unwrap_or_default();
    let items = vec![CREATED; events].join(",");
    format!(r#"{{"errors":false,"items":[{items}]}}"#)
}

/// An empty message, and OK.
fn exported() -> Answer {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let body = Full::new(Bytes::from_static(&[0; 5])).with_trailers(async { Some(Ok(trailers)) });
    let mut response = Response::new(body.boxed_unsync());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}
