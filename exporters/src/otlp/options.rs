//! What an OTLP destination is told.

use crate::http::{self, Secret};

/// Where to and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Address, TLS, timeouts. For gRPC `http(s)://HOST:PORT`; for HTTP the part before
    /// `/v1/logs`.
    pub server: http::Options,
    /// How requests are carried.
    pub protocol: Protocol,
    /// Headers (metadata, in gRPC) of every request, as `authorization`.
    pub headers: Vec<(String, Secret)>,
    /// Whether requests are compressed.
    pub gzip: bool,
}

impl Options {
    /// The defaults, for an address.
    pub fn new(url: &str, protocol: Protocol) -> Self {
        Self { server: http::Options::new(url), protocol, headers: Vec::new(), gzip: true }
    }
}

/// How requests are carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// OTLP/gRPC, usually port 4317.
    Grpc,
    /// OTLP/HTTP with protobuf, usually port 4318.
    Http,
}
