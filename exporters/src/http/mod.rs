//! One HTTP client for every destination that speaks HTTP.
//!
//! It adds to `reqwest` what a destination must not get wrong: no redirect is followed, every wait
//! has an end, an answer is read up to a limit and never becomes part of a log line or a reason (a
//! refusal may repeat the token or the event), secrets are read again when their file changes, and
//! a failure says whether anything can have arrived.
//!
//! Where to start: [`Options`], then [`Client::send`].

mod answer;
mod client;
mod fault;
mod pace;
mod pieces;
mod retry_after;
mod secret;

use std::path::PathBuf;
use std::time::Duration;

use crate::outcome::Outcome;
pub use secret::{Secret, SecretError};

pub(crate) use answer::Answer;
pub(crate) use client::{Body, Call, Client, Head, read_file};
pub(crate) use fault::Fault;
pub(crate) use pace::Pace;
pub(crate) use pieces::{Piece, Pieces};
pub(crate) use retry_after::retry_after;

/// How long opening a connection may take, TLS included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one request may take, from its start to the end of the answer.
pub const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);
/// How much of an answer is read, in bytes. A longer one counts as one that nobody can read.
pub const ANSWER_BYTES_MAX: usize = 1 << 20;

/// How a server is reached.
#[derive(Debug, Clone)]
pub struct Options {
    /// `https://HOST[:PORT][/PREFIX]`, or `http://`; without credentials in it.
    pub url: String,
    /// The authorities to trust, a PEM file; the system's where there is none.
    pub ca_file: Option<PathBuf>,
    /// The client's certificate with its chain, a PEM file.
    pub certificate_file: Option<PathBuf>,
    /// The key of the client's certificate, a PEM file.
    pub key_file: Option<PathBuf>,
    /// A proxy, `http://HOST:PORT`. The variables of the environment are not asked.
    pub proxy: Option<String>,
    /// How long opening a connection may take.
    pub connect_timeout: Duration,
    /// How long one request may take.
    pub request_timeout: Duration,
}

impl Options {
    /// The defaults, for a URL.
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            ca_file: None,
            certificate_file: None,
            key_file: None,
            proxy: None,
            connect_timeout: CONNECT_TIMEOUT,
            request_timeout: REQUEST_TIMEOUT,
        }
    }
}

/// Why a destination cannot be made from its options.
#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    /// The address is of no use.
    #[error("cannot use the url of the destination: {0}")]
    Url(&'static str),
    /// A file that TLS needs.
    #[error("cannot use {path}: {reason}")]
    TlsFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Certificate and key do not stand together.
    #[error("cannot prove who the client is: give a certificate and its key, or neither")]
    HalfIdentity,
    /// The proxy's address is of no use.
    #[error("cannot use the proxy: its address must be `http://HOST:PORT`")]
    Proxy,
    /// The client cannot be built.
    #[error("cannot make an http client: {0}")]
    Client(String),
    /// An option of one destination.
    #[error("cannot use `{option}`: {reason}")]
    Option {
        /// Its name.
        option: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

/// Runs what takes processor time off the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Outcome> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Outcome::Retry {
        after: None,
        reason: "stopped before it was sent".to_owned(),
    })
}
