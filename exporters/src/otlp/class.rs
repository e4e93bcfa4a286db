//! What an answer means, for gRPC and for HTTP.
//!
//! Source: OTLP specification 1.x, "OTLP/gRPC Response", "Failures", "OTLP/HTTP Response". Where it
//! says that a request must not be tried again it means to drop it. Nothing is dropped here: such a
//! request is taken apart until one record is to blame, or waits for a person.

use std::time::Duration;

use tonic::Code;

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Not taken now.
    Retry,
    /// Not taken now where it is small; too large where it is not: gRPC has one code for both.
    Exhausted,
    /// Too large.
    TooLarge,
    /// Something in it is wrong.
    Poison,
    /// The server failed: at something in it, or altogether.
    Odd,
    /// Nothing is taken before somebody changes something.
    Hold,
    /// Nobody knows.
    Ambiguous,
}

/// What a request came back with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reply {
    /// It was taken, but for so many records.
    Taken {
        /// How many were not.
        rejected: usize,
    },
    /// It was not, or nobody knows.
    Failed {
        /// What becomes of it.
        class: Class,
        /// Codes; never words of the server, which may repeat content.
        reason: String,
        /// How long the server asked to be left alone.
        after: Option<Duration>,
    },
}

impl Reply {
    pub(super) fn failed(class: Class, reason: impl Into<String>) -> Self {
        Self::Failed { class, reason: reason.into(), after: None }
    }
}

/// Every code but `Ok`.
const GRPC: &[(Code, Class)] = &[
    (Code::Cancelled, Class::Ambiguous),
    (Code::Unknown, Class::Odd),
    (Code::InvalidArgument, Class::Poison),
    (Code::DeadlineExceeded, Class::Ambiguous),
    (Code::NotFound, Class::Hold),
    (Code::AlreadyExists, Class::Poison),
    (Code::PermissionDenied, Class::Hold),
    // With a `RetryInfo` it is Retry.
    (Code::ResourceExhausted, Class::Exhausted),
    (Code::FailedPrecondition, Class::Hold),
    (Code::Aborted, Class::Retry),
    (Code::OutOfRange, Class::Retry),
    // There is no such service: logs or traces are not taken there.
    (Code::Unimplemented, Class::Hold),
    (Code::Internal, Class::Odd),
    (Code::Unavailable, Class::Retry),
    (Code::DataLoss, Class::Ambiguous),
    (Code::Unauthenticated, Class::Hold),
];

/// Statuses that are no success. Others: [`of_http`].
const HTTP: &[(u16, Class)] = &[
    (400, Class::Poison),
    (408, Class::Ambiguous),
    (413, Class::TooLarge),
    (422, Class::Poison),
    (429, Class::Retry),
    (500, Class::Odd),
    (502, Class::Ambiguous),
    (503, Class::Retry),
    (504, Class::Ambiguous),
];

/// What a gRPC code means; `asked_to_wait` is whether a `RetryInfo` came with it.
pub(super) fn of_grpc(code: Code, asked_to_wait: bool) -> Class {
    if code == Code::ResourceExhausted && asked_to_wait {
        return Class::Retry;
    }
    let found = GRPC.iter().find(|(known, _)| *known == code);
    found.map_or(Class::Ambiguous, |(_, class)| *class)
}

/// What an HTTP status means that is no success.
pub(super) fn of_http(status: u16) -> Class {
    let found = HTTP.iter().find(|(known, _)| *known == status);
    match (found, status) {
        (Some((_, class)), _) => *class,
        // A server that is not sure of itself.
        (None, 505..) => Class::Ambiguous,
        // A wrong address, a redirect, a credential: for a person.
        _ => Class::Hold,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: no answer is without a meaning, and none means that records are dropped.
    #[test]
    fn every_code_has_a_class() {
        for number in 1..=16 {
            let code = Code::from_i32(number);
            assert!(GRPC.iter().any(|(known, _)| *known == code), "{code:?}");
        }
        assert_eq!(of_grpc(Code::ResourceExhausted, true), Class::Retry);
        assert_eq!(of_grpc(Code::ResourceExhausted, false), Class::Exhausted);
        for (status, class) in [
            (301, Class::Hold),
            (400, Class::Poison),
            (401, Class::Hold),
            (403, Class::Hold),
            (404, Class::Hold),
            (413, Class::TooLarge),
            (415, Class::Hold),
            (429, Class::Retry),
            (500, Class::Odd),
            (501, Class::Hold),
            (502, Class::Ambiguous),
            (503, Class::Retry),
            (504, Class::Ambiguous),
            (507, Class::Ambiguous),
        ] {
            assert_eq!(of_http(status), class, "{status}");
        }
    }
}
