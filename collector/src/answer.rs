//! What clients are answered, line by line.
//!
//! | situation | gRPC | HTTP |
//! |---|---|---|
//! | durable | `OK`, `partial_success` unset | 200 |
//! | over budget (memory, log), log failed, shutting down, body too slow | `UNAVAILABLE` + `RetryInfo` | 503 + `Retry-After` |
//! | one principal's rate limit | `RESOURCE_EXHAUSTED` + `RetryInfo` | 429 + `Retry-After` |
//! | too large (wire, decompressed, estimated) | `RESOURCE_EXHAUSTED`, no `RetryInfo` | 413 |
//! | cannot be decoded | `INVALID_ARGUMENT` | 400 |
//! | no or unknown credential | `UNAUTHENTICATED` | 401 |
//! | a credential for another door, a browser | `PERMISSION_DENIED` | 403 |
//! | unknown path; method; content type; content coding | `UNIMPLEMENTED` | 404; 405; 415; 415 |
//! | the client's own deadline has passed | `DEADLINE_EXCEEDED` | – |
//!
//! Whether a client comes back or drops its data hangs on these codes alone: see "Failures"
//! in <https://opentelemetry.io/docs/specs/otlp/>. A body that came too slowly is answered
//! as retryable, because the data is good even where the network is not.
//!
//! The answer "durable" can only be built from a [`Receipt`].

mod grpc;
mod http;

use std::time::Duration;

use seam_wal::Receipt;
use thiserror::Error;
use tonic::Code;

pub use grpc::GrpcBody;
pub use http::{BodyFormat, http_response};

pub(crate) use grpc::grpc_response;

/// The end of a request: durable, or refused.
pub type Answer = Result<Receipt, Refusal>;

/// What a budget is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// The memory for requests on their way.
    Memory,
    /// The space of the log.
    Log,
}

/// Which size of a request is too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// The body as it was sent.
    Wire,
    /// The message after decompression.
    Decompressed,
    /// The rows that the message would become.
    Estimated,
}

impl Size {
    const fn words(self) -> &'static str {
        match self {
            Self::Wire => "its body",
            Self::Decompressed => "its body after decompression",
            Self::Estimated => "what its records would take in memory",
        }
    }
}

/// Why a request was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// There is no room now.
    #[error("cannot take the request now: the {} is full; send it again later", match .0 { Resource::Memory => "memory for requests", Resource::Log => "log" })]
    OverBudget(Resource),
    /// The server stops.
    #[error("cannot take the request now: the server is shutting down; send it again later")]
    ShuttingDown,
    /// The log cannot be written.
    #[error("cannot take the request: it could not be made durable; send it again later")]
    LogFailed,
    /// The body came too slowly, or its connection broke.
    #[error("cannot take the request: its body came too slowly or broke off; send it again")]
    TooSlow,
    /// This principal sent more than it may.
    #[error(
        "cannot take the request now: this principal sends more than its rate allows; send it again later"
    )]
    RateLimited {
        /// When there is room again.
        retry_after: Duration,
    },
    /// The request will never fit.
    #[error("cannot take the request: {} is larger than {limit_bytes} bytes; send smaller batches", .size.words())]
    TooLarge {
        /// Which size.
        size: Size,
        /// What is allowed.
        limit_bytes: u64,
    },
    /// The body is not what it claims to be.
    #[error("cannot decode the request: {reason}")]
    Undecodable {
        /// What is wrong; holds no bytes of the body.
        reason: String,
    },
    /// No credential, or one that nobody knows.
    #[error(
        "cannot take the request: it needs a valid token; send `authorization: Bearer <token>`"
    )]
    Unauthenticated,
    /// A valid token, made for another door.
    #[error(
        "cannot take the request: this token is for another door; create one with `seam token create`"
    )]
    WrongDoor,
    /// A web page sent it.
    #[error(
        "cannot take the request: it carries `origin`, and web pages may not send telemetry here"
    )]
    FromBrowser,
    /// Nothing is served there.
    #[error("cannot find that path: otlp is served at {0}")]
    UnknownPath(&'static str),
    /// Not a POST.
    #[error("cannot take the request: only POST is allowed here")]
    WrongMethod,
    /// A content type that is not OTLP's.
    #[error("cannot take the request: its content type must be {0}")]
    WrongContentType(&'static str),
    /// A content coding that is not known.
    #[error("cannot take the request: its content coding must be identity, gzip or zstd")]
    UnknownEncoding,
    /// The client does not wait any longer.
    #[error("cannot answer in time: the deadline of the request has passed; send it again")]
    DeadlineExceeded,
    /// A defect of ours.
    #[error("cannot take the request: the server failed on it; send it again later")]
    Internal,
}

/// Builds [`Reason`] with its texts.
macro_rules! reasons {
    ($($variant:ident = $text:literal,)+) => {
        /// One word for each end of a request: the label in the metrics.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each says what its Refusal says")]
        pub enum Reason { $($variant),+ }

        impl Reason {
            /// Every reason.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The label.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

reasons! {
    Durable = "durable",
    MemoryFull = "memory_full",
    LogFull = "log_full",
    LogFailed = "log_failed",
    ShuttingDown = "shutting_down",
    TooSlow = "too_slow",
    RateLimited = "rate_limited",
    TooLarge = "too_large",
    Undecodable = "undecodable",
    Unauthenticated = "unauthenticated",
    WrongDoor = "wrong_door",
    FromBrowser = "from_browser",
    UnknownPath = "unknown_path",
    WrongMethod = "wrong_method",
    WrongContentType = "wrong_content_type",
    UnknownEncoding = "unknown_encoding",
    DeadlineExceeded = "deadline_exceeded",
    Internal = "internal",
}

impl Refusal {
    /// The label in the metrics.
    pub const fn reason(&self) -> Reason {
        match self {
            Self::OverBudget(Resource::Memory) => Reason::MemoryFull,
            Self::OverBudget(Resource::Log) => Reason::LogFull,
            Self::LogFailed => Reason::LogFailed,
            Self::ShuttingDown => Reason::ShuttingDown,
            Self::TooSlow => Reason::TooSlow,
            Self::RateLimited { .. } => Reason::RateLimited,
            Self::TooLarge { .. } => Reason::TooLarge,
            Self::Undecodable { .. } => Reason::Undecodable,
            Self::Unauthenticated => Reason::Unauthenticated,
            Self::WrongDoor => Reason::WrongDoor,
            Self::FromBrowser => Reason::FromBrowser,
            Self::UnknownPath(_) => Reason::UnknownPath,
            Self::WrongMethod => Reason::WrongMethod,
            Self::WrongContentType(_) => Reason::WrongContentType,
            Self::UnknownEncoding => Reason::UnknownEncoding,
            Self::DeadlineExceeded => Reason::DeadlineExceeded,
            Self::Internal => Reason::Internal,
        }
    }

    /// The gRPC code.
    pub const fn code(&self) -> Code {
        match self {
            Self::OverBudget(_)
            | Self::ShuttingDown
            | Self::LogFailed
            | Self::TooSlow
            | Self::Internal => Code::Unavailable,
            Self::RateLimited { .. } | Self::TooLarge { .. } => Code::ResourceExhausted,
            Self::Undecodable { .. } => Code::InvalidArgument,
            Self::Unauthenticated => Code::Unauthenticated,
            Self::WrongDoor | Self::FromBrowser => Code::PermissionDenied,
            Self::UnknownPath(_)
            | Self::WrongMethod
            | Self::WrongContentType(_)
            | Self::UnknownEncoding => Code::Unimplemented,
            Self::DeadlineExceeded => Code::DeadlineExceeded,
        }
    }

    /// When the client shall come back; `None` where it should not.
    ///
    /// Between 1 and 30 seconds, scattered, so that clients refused together do not return
    /// together.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::OverBudget(Resource::Memory) | Self::ShuttingDown | Self::TooSlow => {
                Some(scattered(1, 5))
            }
            Self::OverBudget(Resource::Log) | Self::LogFailed | Self::Internal => {
                Some(scattered(5, 30))
            }
            Self::RateLimited { retry_after } => {
                let wait = retry_after.as_secs().clamp(1, 25);
                Some(scattered(wait, wait + 5))
            }
            _ => None,
        }
    }
}

/// A random number of whole seconds between the two, both included.
fn scattered(least_seconds: u64, most_seconds: u64) -> Duration {
    let random = getrandom::u64().unwrap_or_default();
    Duration::from_secs(least_seconds + random % (most_seconds - least_seconds + 1))
}

#[cfg(test)]
mod tests;
