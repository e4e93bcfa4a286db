//! A server's API: flush, and SQL that answers one number.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;

use crate::drive::http1_connection;

const FLUSH_PATH: &str = "/v1/flush";
const SET_UP_PATH: &str = "/v1/sinks/setup";
const SQL_PATH: &str = "/v1/sql?format=csv";
/// A flush may have to write all that memory holds, a count to read all that was sent in an hour.
const ANSWER_WITHIN: Duration = Duration::from_mins(10);
const ANSWER_LIMIT_BYTES: usize = 1 << 20;

/// Where it is, and the token that opens it.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
}

/// One connection to it, which is kept.
pub(crate) struct ApiConnection {
    sender: http1::SendRequest<Full<Bytes>>,
    host: HeaderValue,
    bearer: HeaderValue,
}

impl Api {
    pub(crate) async fn connect(&self) -> anyhow::Result<ApiConnection> {
        let sender = http1_connection(self.address).await?;
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", self.token))
            .context("the token has characters of no header")?;
        bearer.set_sensitive(true);
        let host =
            HeaderValue::try_from(self.address.to_string()).context("cannot name the host")?;
        Ok(ApiConnection { sender, host, bearer })
    }

    /// Has the server write what it still holds; returns when it has.
    pub(crate) fn flush(&self) -> anyhow::Result<()> {
        self.on_a_runtime(async |connection| connection.post(FLUSH_PATH, Bytes::new()).await)
            .map(drop)
    }

    /// Has the server make what a destination needs.
    pub(crate) fn set_up(&self, sink: &str) -> anyhow::Result<()> {
        let ask = Bytes::from(format!(r#"{{"sink":"{sink}"}}"#));
        let json = HeaderValue::from_static("application/json");
        self.on_a_runtime(async |connection| connection.send(SET_UP_PATH, Some(json), ask).await)
            .map(drop)
    }

    /// The number that a statement answers.
    pub(crate) fn number(&self, statement: &str) -> anyhow::Result<u64> {
        self.on_a_runtime(async |connection| connection.number(statement).await)
    }

    /// The rows of numbers that a statement answers; what is no number is an error.
    pub(crate) fn numbers(&self, statement: &str) -> anyhow::Result<Vec<Vec<i64>>> {
        self.on_a_runtime(async |connection| connection.numbers(statement).await)
    }

    fn on_a_runtime<T>(
        &self,
        ask: impl AsyncFnOnce(&mut ApiConnection) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.context("cannot start a runtime")?;
        runtime.block_on(async { ask(&mut self.connect().await?).await })
    }
}

impl ApiConnection {
    /// The number that a statement answers, in its one row and column.
    pub(crate) async fn number(&mut self, statement: &str) -> anyhow::Result<u64> {
        let rows = self.numbers(statement).await?;
        let number = rows.first().and_then(|row| row.first());
        let number = number.and_then(|number| u64::try_from(*number).ok());
        number.with_context(|| format!("`{statement}` was answered with {rows:?}"))
    }

    async fn numbers(&mut self, statement: &str) -> anyhow::Result<Vec<Vec<i64>>> {
        let answer = self.post(SQL_PATH, Bytes::copy_from_slice(statement.as_bytes())).await?;
        let text = std::str::from_utf8(&answer).context("the answer is no text")?;
        let row = |line: &str| line.split(',').map(|cell| cell.trim().parse()).collect();
        let rows: Result<_, std::num::ParseIntError> = text.lines().skip(1).map(row).collect();
        rows.with_context(|| format!("`{statement}` was answered with {text:?}"))
    }

    async fn post(&mut self, path: &str, body: Bytes) -> anyhow::Result<Bytes> {
        self.send(path, None, body).await
    }

    async fn send(
        &mut self,
        path: &str,
        content_type: Option<HeaderValue>,
        body: Bytes,
    ) -> anyhow::Result<Bytes> {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(HOST, &self.host)
            .header(AUTHORIZATION, &self.bearer);
        if let Some(content_type) = content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }
        let request = request.body(Full::new(body)).context("cannot make the request")?;
        let answer = async {
            self.sender.ready().await.context("the connection broke")?;
            let response = self.sender.send_request(request).await;
            let response = response.with_context(|| format!("no answer to POST {path}"))?;
            let status = response.status();
            let body = Limited::new(response.into_body(), ANSWER_LIMIT_BYTES).collect().await;
            let body = body.map_err(|error| anyhow::anyhow!("cannot read the answer: {error}"))?;
            let body = body.to_bytes();
            let said = String::from_utf8_lossy(&body);
            anyhow::ensure!(status.is_success(), "POST {path} was answered with {status}: {said}");
            Ok(body)
        };
        tokio::time::timeout(ANSWER_WITHIN, answer).await.with_context(|| {
            format!("no answer to POST {path} within {} s", ANSWER_WITHIN.as_secs())
        })?
    }
}
