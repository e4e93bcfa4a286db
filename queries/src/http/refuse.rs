//! Answers without rows.

use axum::body::Body;
use axum::extract::rejection::BytesRejection;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Response, StatusCode};
use serde_json::json;

use crate::error::{Blame, QueryError};

/// Seconds after which a busy server is worth another try.
const RETRY_AFTER_SECONDS: u64 = 1;

/// A status, a word for programs and a sentence for people.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// The request came here without anybody having said whose it is.
    pub(crate) fn nobody() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "cannot answer: the request has no credential",
        )
    }

    /// What stands after the `?` could not be read.
    pub(crate) fn parameters() -> Self {
        let message = "cannot read the address: after the ? only format=… may stand";
        Self::new(StatusCode::BAD_REQUEST, "invalid_parameters", message)
    }

    /// The body could not be read.
    pub(crate) fn body(error: &BytesRejection) -> Self {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            let code = QueryError::TooLong { bytes: 0, limit: 0 }.code();
            return Self::new(
                error.status(),
                code,
                "cannot read the body: it is too long for a statement",
            );
        }
        Self::new(
            StatusCode::BAD_REQUEST,
            "invalid_body",
            "cannot read the body: it ended too early",
        )
    }

    #[cfg(test)]
    pub(crate) fn status(&self) -> u16 {
        self.status.as_u16()
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let body = json!({ "error": { "code": self.code, "message": self.message } });
        let mut response = Response::new(Body::from(format!("{body}\n")));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        }
        response
    }
}

impl From<&QueryError> for Refusal {
    fn from(error: &QueryError) -> Self {
        let status = match error.blame() {
            Blame::Statement => StatusCode::BAD_REQUEST,
            Blame::Size => StatusCode::PAYLOAD_TOO_LARGE,
            Blame::Load => StatusCode::SERVICE_UNAVAILABLE,
            Blame::Time => StatusCode::GATEWAY_TIMEOUT,
            Blame::Server => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error.code(), error.to_string())
    }
}
