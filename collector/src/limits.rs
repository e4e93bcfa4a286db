//! Every limit of the doors, in one place.

use std::time::Duration;

/// One mebibyte.
const MIB: usize = 1024 * 1024;

/// What a client may ask of the collector. Everything is configurable; the defaults are
/// those a machine with a gigabyte to spare can hold against hostile clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Largest message after decompression, and largest body on the wire, in bytes.
    pub max_body_bytes: usize,
    /// Largest estimate of the memory that the rows of one request will take, in bytes.
    pub max_rows_bytes: u64,
    /// Memory for all requests together, from before the body is read until the log has it.
    pub memory_budget_bytes: usize,
    /// Bytes per second (after decompression) that one principal may send in the long run;
    /// `None` for no limit.
    pub principal_bytes_per_second: Option<u64>,
    /// Concurrent requests on one HTTP/2 connection.
    pub max_streams: u32,
    /// Connections to one listener.
    pub max_connections: usize,
    /// Connections to one listener from one address.
    pub max_connections_per_address: usize,
    /// Largest list of headers, in bytes.
    pub max_header_bytes: u32,
    /// How long a client may take over its headers and over the TLS handshake.
    pub header_timeout: Duration,
    /// How long a body may take before its speed counts.
    pub body_grace: Duration,
    /// Slowest body after `body_grace`, in bytes per second, on the average of the request.
    pub min_body_bytes_per_second: u64,
    /// How often an idle HTTP/2 peer is pinged, and how long it may take to answer.
    pub keep_alive: Duration,
    /// When a connection is asked to go, so that clients spread again over several servers.
    pub max_connection_age: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_body_bytes: 64 * MIB,
            max_rows_bytes: 512 * MIB as u64,
            memory_budget_bytes: 512 * MIB,
            principal_bytes_per_second: None,
            max_streams: 128,
            max_connections: 1024,
            max_connections_per_address: 512,
            max_header_bytes: 16 * 1024,
            header_timeout: Duration::from_secs(10),
            body_grace: Duration::from_secs(10),
            min_body_bytes_per_second: 1024,
            keep_alive: Duration::from_secs(20),
            max_connection_age: Duration::from_hours(1),
        }
    }
}
