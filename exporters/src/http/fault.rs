//! A request that got no answer: what is known of it.

use std::error::Error;
use std::io;

use rustls::{AlertDescription, CertificateError};

use crate::outcome::Outcome;

/// Why there is no answer. Reasons name kinds of errors only: an error's own text may hold an
/// address with a credential in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing can have arrived: there was no connection.
    Unreached(&'static str),
    /// Nobody comes through until a configuration changes: TLS, or a credential that cannot be read.
    Misconfigured(String),
    /// The request may have arrived.
    Unanswered(&'static str),
}

impl Fault {
    /// What becomes of the records of the request.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Unreached(reason) => Outcome::Retry { after: None, reason: (*reason).to_owned() },
            Self::Misconfigured(reason) => Outcome::Hold { reason: reason.clone() },
            Self::Unanswered(reason) => Outcome::Ambiguous { reason: (*reason).to_owned() },
        }
    }

    /// The step of a check at which it shows.
    pub(crate) fn step(&self) -> &'static str {
        match self {
            Self::Misconfigured(reason) if reason.starts_with("tls") => "tls",
            Self::Misconfigured(_) => "credentials",
            Self::Unreached(_) | Self::Unanswered(_) => "reach",
        }
    }

    /// What it is, for people.
    pub(crate) fn reason(&self) -> &str {
        match self {
            Self::Unreached(reason) | Self::Unanswered(reason) => reason,
            Self::Misconfigured(reason) => reason,
        }
    }
}

impl Fault {
    /// What a gRPC client says when no answer came.
    pub(crate) fn of_grpc(error: &(dyn Error + 'static)) -> Self {
        if let Some(fault) = Self::tls(error) {
            return fault;
        }
        // The client has no type of its own for this that others can name.
        if format!("{error:?}").contains("ConnectError") {
            return Self::Unreached(unreached(error));
        }
        Self::Unanswered("the connection ended before the answer, or there was none in time")
    }

    fn tls(error: &(dyn Error + 'static)) -> Option<Self> {
        let reason = find(error, rustls_error).and_then(misconfigured)?;
        Some(Self::Misconfigured(format!("tls: {reason}")))
    }
}

impl From<reqwest::Error> for Fault {
    fn from(error: reqwest::Error) -> Self {
        if let Some(fault) = Self::tls(&error) {
            return fault;
        }
        if error.is_builder() {
            return Self::Misconfigured("the request cannot be built from the options".to_owned());
        }
        if error.is_connect() {
            return Self::Unreached(if error.is_timeout() {
                "no connection in time"
            } else {
                unreached(&error)
            });
        }
        Self::Unanswered(if error.is_timeout() {
            "no answer in time"
        } else {
            "the connection ended before the answer"
        })
    }
}

fn unreached(error: &(dyn Error + 'static)) -> &'static str {
    match find(error, |cause| cause.downcast_ref::<io::Error>().map(io::Error::kind)) {
        Some(io::ErrorKind::ConnectionRefused) => "connection refused",
        Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => {
            "no route to the host"
        }
        // Resolvers say `Uncategorized`, which has no name of its own.
        _ if format!("{error:?}").contains("dns error") => "the host's name cannot be resolved",
        _ => "no connection",
    }
}

/// The first thing that is found on the way from an error to its root.
fn find<T>(
    error: &(dyn Error + 'static),
    what: impl Fn(&(dyn Error + 'static)) -> Option<T>,
) -> Option<T> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = what(error) {
            return Some(found);
        }
        cause = error.source();
    }
    None
}

/// The TLS error in an error, which an IO error does not name as its source.
fn rustls_error(error: &(dyn Error + 'static)) -> Option<rustls::Error> {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        return Some(tls.clone());
    }
    let inner = error.downcast_ref::<io::Error>()?.get_ref()?;
    let tls = inner.downcast_ref::<rustls::Error>();
    // It may be wrapped twice.
    tls.cloned().or_else(|| rustls_error(inner.downcast_ref::<io::Error>()?))
}

/// What a person has to change, where a TLS error calls for that.
fn misconfigured(error: rustls::Error) -> Option<&'static str> {
    Some(match error {
        rustls::Error::InvalidCertificate(reason) => match reason {
            CertificateError::UnknownIssuer => {
                "the server's certificate is of an authority that is not trusted; name the authority's file"
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "the server's certificate has expired"
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "the server's certificate is not valid yet; look at both clocks"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "the server's certificate is for another name"
            }
            CertificateError::Revoked => "the server's certificate is revoked",
            _ => "the server's certificate cannot be trusted",
        },
        rustls::Error::AlertReceived(alert) => match alert {
            AlertDescription::CertificateRequired => "the server asks for a client certificate",
            AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::DecryptError
            | AlertDescription::AccessDenied => "the server refused the client certificate",
            AlertDescription::ProtocolVersion => "the server speaks no TLS 1.2 or newer",
            AlertDescription::UnrecognisedName => "the server does not know its name",
            AlertDescription::HandshakeFailure => "the server refused the handshake",
            _ => return None,
        },
        rustls::Error::PeerIncompatible(_) => {
            "the server speaks no TLS 1.2 or newer with a cipher in common"
        }
        rustls::Error::InvalidMessage(_) => "the server does not speak TLS at this port",
        _ => return None,
    })
}
