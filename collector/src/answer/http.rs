//! Answers over HTTP: `Export…ServiceResponse` or `google.rpc.Status`, in the format of the
//! request.

use ::http::{HeaderValue, Response, StatusCode, header};
use bytes::Bytes;
use http_body_util::Full;
use prost::Message;
use seam_wal::Receipt;
use serde_json::json;
use tonic_types::{ErrorDetails, StatusExt};

use super::{Answer, Refusal};

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFormat {
    /// `application/x-protobuf`.
    Protobuf,
    /// `application/json`.
    Json,
}

impl BodyFormat {
    /// The content type of answers.
    const fn content_type(self) -> HeaderValue {
        match self {
            Self::Protobuf => HeaderValue::from_static("application/x-protobuf"),
            Self::Json => HeaderValue::from_static("application/json"),
        }
    }
}

/// The response for an answer; the API refuses with it as well.
pub fn http_response(answer: &Answer, format: BodyFormat) -> Response<Full<Bytes>> {
    let mut response = match answer {
        Ok(receipt) => durable(receipt, format),
        Err(refusal) => refused(refusal, format),
    };
    response.headers_mut().insert(header::CONTENT_TYPE, format.content_type());
    response
}

/// `partial_success` unset: no byte in protobuf, an empty object in JSON.
fn durable(_: &Receipt, format: BodyFormat) -> Response<Full<Bytes>> {
    Response::new(Full::new(match format {
        BodyFormat::Protobuf => Bytes::new(),
        BodyFormat::Json => Bytes::from_static(b"{}"),
    }))
}

fn refused(refusal: &Refusal, format: BodyFormat) -> Response<Full<Bytes>> {
    let retry_seconds = refusal.retry_after().map(|after| after.as_secs());
    let body = match format {
        BodyFormat::Protobuf => protobuf(refusal, retry_seconds),
        BodyFormat::Json => json_text(refusal, retry_seconds),
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status_code(refusal);
    let headers = response.headers_mut();
    if let Some(seconds) = retry_seconds {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    match refusal {
        Refusal::Unauthenticated => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Refusal::WrongMethod => {
            headers.insert(header::ALLOW, HeaderValue::from_static("POST"));
        }
        Refusal::UnknownEncoding => {
            headers
                .insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity, gzip, zstd"));
        }
        // What is left of the body is not read, so the connection cannot be used again.
        Refusal::TooSlow => {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        _ => {}
    }
    response
}

const fn status_code(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::OverBudget(_)
        | Refusal::ShuttingDown
        | Refusal::LogFailed
        | Refusal::TooSlow
        | Refusal::DeadlineExceeded
        | Refusal::Internal => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
        Refusal::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Refusal::Undecodable { .. } => StatusCode::BAD_REQUEST,
        Refusal::Unauthenticated => StatusCode::UNAUTHORIZED,
        Refusal::WrongDoor | Refusal::FromBrowser => StatusCode::FORBIDDEN,
        Refusal::UnknownPath(_) => StatusCode::NOT_FOUND,
        Refusal::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
        Refusal::WrongContentType(_) | Refusal::UnknownEncoding => {
            StatusCode::UNSUPPORTED_MEDIA_TYPE
        }
    }
}

/// `google.rpc.Status` as protobuf.
fn protobuf(refusal: &Refusal, retry_seconds: Option<u64>) -> Bytes {
    let (code, message) = (refusal.code(), refusal.to_string());
    let Some(seconds) = retry_seconds else {
        let status = tonic_types::Status { code: code as i32, message, details: Vec::new() };
        return status.encode_to_vec().into();
    };
    let after = std::time::Duration::from_secs(seconds);
    let status = tonic::Status::with_error_details(
        code,
        message,
        ErrorDetails::with_retry_info(Some(after)),
    );
    Bytes::copy_from_slice(status.details())
}

/// `google.rpc.Status` as JSON.
fn json_text(refusal: &Refusal, retry_seconds: Option<u64>) -> Bytes {
    let details: Vec<_> = retry_seconds
        .map(|seconds| json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": format!("{seconds}s")}))
        .into_iter()
        .collect();
    let status =
        json!({"code": refusal.code() as i32, "message": refusal.to_string(), "details": details});
    status.to_string().into()
}
