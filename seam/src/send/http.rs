//! One body over OTLP/HTTP.

use std::time::Duration;

use anyhow::Context as _;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use seam_schema::otlp::Signal;

use super::bodies::Encoding;
use super::retry::Answer;

/// A client of one address.
pub(crate) struct Carrier {
    client: reqwest::Client,
    to: String,
    /// The bearer token of who sends; it may change between two bodies.
    pub(super) token: Option<String>,
}

impl Carrier {
    pub(crate) fn new(to: &str, token: Option<&str>, ca: Option<&[u8]>) -> anyhow::Result<Self> {
        let client = crate::client::builder(ca)?.build().context("cannot make an http client")?;
        Ok(Self {
            client,
            to: to.trim_end_matches('/').to_owned(),
            token: token.map(str::to_owned),
        })
    }

    pub(crate) async fn send(&self, signal: Signal, encoding: Encoding, bytes: &[u8]) -> Answer {
        let path = match signal {
            Signal::Logs => "v1/logs",
            Signal::Traces => "v1/traces",
            Signal::Metrics => "v1/metrics",
        };
        let content_type = match encoding {
            Encoding::Protobuf => "application/x-protobuf",
            Encoding::Json => "application/json",
        };
        let url = format!("{}/{path}", self.to);
        let mut request =
            self.client.post(&url).header(CONTENT_TYPE, content_type).body(bytes.to_vec());
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        match request.send().await {
            Ok(response) => answer(&response),
            Err(error) => Answer::Unreachable(format!(
                "nobody answered at {url}: {}",
                crate::client::root(&error)
            )),
        }
    }
}

/// The codes that OTLP/HTTP calls retryable are 429, 502, 503 and 504.
fn answer(response: &reqwest::Response) -> Answer {
    let status = response.status();
    if status.is_success() {
        return Answer::Accepted;
    }
    let after =
        response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let retryable = matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    );
    let why = format!("the collector answered {status}");
    if retryable {
        Answer::Later { why, after: after.map(Duration::from_secs) }
    } else {
        Answer::Refused(why)
    }
}
