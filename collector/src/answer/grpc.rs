//! Answers over gRPC: one empty message and trailers, or trailers alone.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::http::{HeaderMap, HeaderName, HeaderValue, Response, header};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use seam_wal::Receipt;
use tonic::Status;
use tonic_types::{ErrorDetails, StatusExt};

use super::{Answer, Refusal};

const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/grpc");
const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");
/// What requests may be compressed with.
const ACCEPTED: HeaderValue = HeaderValue::from_static("identity,gzip,zstd");
const OK: HeaderValue = HeaderValue::from_static("0");

/// An `Export…ServiceResponse` without `partial_success` is no byte long: an uncompressed
/// gRPC message of length 0.
const EMPTY_MESSAGE: Bytes = Bytes::from_static(&[0, 0, 0, 0, 0]);

/// The body of an answer.
#[derive(Debug, Default)]
pub struct GrpcBody {
    message: Option<Bytes>,
    trailers: Option<HeaderMap>,
}

impl GrpcBody {
    fn ok() -> Self {
        let mut trailers = HeaderMap::with_capacity(1);
        trailers.insert(GRPC_STATUS, OK);
        Self { message: Some(EMPTY_MESSAGE), trailers: Some(trailers) }
    }
}

impl Body for GrpcBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = self
            .message
            .take()
            .map(Frame::data)
            .or_else(|| self.trailers.take().map(Frame::trailers));
        Poll::Ready(next.map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.message.is_none() && self.trailers.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.message.as_ref().map_or(0, |message| message.len() as u64))
    }
}

/// The response for an answer.
pub(crate) fn grpc_response(answer: &Answer) -> Response<GrpcBody> {
    match answer {
        Ok(receipt) => durable(receipt),
        Err(refusal) => {
            let mut response = status(refusal).into_http::<GrpcBody>();
            response.headers_mut().insert(GRPC_ACCEPT_ENCODING, ACCEPTED);
            response
        }
    }
}

fn durable(_: &Receipt) -> Response<GrpcBody> {
    let mut response = Response::new(GrpcBody::ok());
    response.headers_mut().insert(header::CONTENT_TYPE, CONTENT_TYPE);
    response
}

/// The status for a refusal, with `RetryInfo` where the client shall come back.
fn status(refusal: &Refusal) -> Status {
    match refusal.retry_after() {
        Some(after) => Status::with_error_details(
            refusal.code(),
            refusal.to_string(),
            ErrorDetails::with_retry_info(Some(after)),
        ),
        None => Status::new(refusal.code(), refusal.to_string()),
    }
}
