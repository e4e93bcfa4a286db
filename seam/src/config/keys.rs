//! Every key of the configuration, once.

/// What a value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Any text.
    Text,
    /// A file or folder.
    Path,
    /// An address and a port; port 0 takes a free one.
    Address,
    /// `true` or `false`.
    Flag,
    /// A whole number between two bounds.
    Number { min: u64, max: u64 },
    /// One of a few words.
    OneOf(&'static [&'static str]),
    /// A TOML array; what stands in it is checked where it is used.
    List,
}

/// One key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    /// Its path in `seam.toml`.
    pub(crate) path: &'static str,
    /// What it may be.
    pub(crate) shape: Shape,
    /// What it is if nobody says; empty for keys that are off by default.
    pub(crate) default: &'static str,
    /// What it means.
    pub(crate) meaning: &'static str,
}

impl Key {
    /// Its environment variable: `SEAM_` and the path, dots as underscores.
    pub(crate) fn variable(&self) -> String {
        format!("SEAM_{}", self.path.replace('.', "_").to_uppercase())
    }
}

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const TIB: u64 = 1 << 40;

const fn key(
    path: &'static str,
    shape: Shape,
    default: &'static str,
    meaning: &'static str,
) -> Key {
    Key { path, shape, default, meaning }
}

const fn number(min: u64, max: u64) -> Shape {
    Shape::Number { min, max }
}

/// Every key, in the order of the reference.
pub(crate) const KEYS: &[Key] = &[
    key(
        "data",
        Shape::Path,
        "./seam-data",
        "the folder that holds everything, or the object store that holds the tables: s3://BUCKET/PREFIX, gs://… or az://…",
    ),
    key(
        "state",
        Shape::Path,
        "./seam-data",
        "the folder of everything but the tables, where these are in an object store",
    ),
    key("otlp_grpc", Shape::Address, "127.0.0.1:4317", "where OTLP over gRPC is taken"),
    key("otlp_http", Shape::Address, "127.0.0.1:4318", "where OTLP over HTTP is taken"),
    key("api", Shape::Address, "127.0.0.1:7326", "where SQL and operations are answered"),
    key(
        "insecure",
        Shape::Flag,
        "false",
        "allow addresses beyond loopback without TLS and credentials",
    ),
    key(
        "accept_damage",
        Shape::Flag,
        "false",
        "start although acknowledged frames of the log are damaged",
    ),
    key("keep_all", Shape::Flag, "false", "store also the records that a rule calls noise"),
    key(
        "retention_days",
        number(0, 36_500),
        "183",
        "how many days rows are kept, by the day they were received; then whole days go, and 0 keeps all; not applied yet to tables in an object store",
    ),
    key("shutdown_ms", number(100, 600_000), "30000", "how long a shutdown may take"),
    key(
        "log",
        Shape::Text,
        "warn,seam=info",
        "which log lines are written, as a filter; `warn,seam=debug` says more",
    ),
    key("log_format", Shape::OneOf(&["text", "json"]), "text", "how they are written"),
    key(
        "tls.cert",
        Shape::Path,
        "",
        "the certificate chain, PEM; with tls.key it turns TLS on for every listener",
    ),
    key("tls.key", Shape::Path, "", "its private key, PEM"),
    key(
        "tls.client_ca",
        Shape::Path,
        "",
        "the authority of client certificates, PEM; with it clients may identify themselves by certificate",
    ),
    key("tls.client_required", Shape::Flag, "false", "refuse OTLP clients without a certificate"),
    key(
        "limits.body_bytes",
        number(1024, GIB),
        "67108864",
        "the largest request, after decompression",
    ),
    key(
        "limits.memory_bytes",
        number(16 * MIB, 64 * GIB),
        "536870912",
        "what all requests in flight may take together",
    ),
    key("limits.connections", number(1, 1_000_000), "1024", "open connections per listener"),
    key(
        "limits.connections_per_address",
        number(1, 1_000_000),
        "256",
        "open connections per listener and client address",
    ),
    key("limits.streams", number(1, 10_000), "128", "concurrent HTTP/2 streams per connection"),
    key(
        "limits.header_timeout_ms",
        number(100, 600_000),
        "10000",
        "how long a client may take for its headers, and for a TLS handshake",
    ),
    key(
        "limits.body_timeout_ms",
        number(100, 600_000),
        "10000",
        "how long a client may take before its body has to arrive at 1 KiB/s",
    ),
    key(
        "wal.budget_bytes",
        number(64 * MIB, 64 * TIB),
        "17179869184",
        "what the log may take on disk before clients are refused",
    ),
    key("wal.segment_bytes", number(MIB, 4 * GIB), "67108864", "the size of one file of the log"),
    key(
        "tables.seal_bytes",
        number(MIB, 4 * GIB),
        "134217728",
        "rows are written to Parquet when this much waits",
    ),
    key(
        "tables.seal_after_ms",
        number(10, 3_600_000),
        "30000",
        "or when the oldest has waited this long",
    ),
    key(
        "object_store.endpoint",
        Shape::Text,
        "",
        "the server of the tables, where it is not the vendor's own; credentials come from AWS_…, GOOGLE_… or AZURE_… variables only",
    ),
    key("object_store.region", Shape::Text, "", "the region of an S3 bucket, else AWS_REGION"),
    key(
        "object_store.allow_http",
        Shape::Flag,
        "false",
        "speak in the clear to an object store beyond loopback",
    ),
    key(
        "object_store.timeout_ms",
        number(100, 600_000),
        "30000",
        "how long one request to it may take",
    ),
    key(
        "object_store.connect_timeout_ms",
        number(10, 600_000),
        "5000",
        "how long a connection to it may take to come about",
    ),
    key(
        "object_store.retry_ms",
        number(0, 240_000),
        "30000",
        "for how long a request that failed is sent again; a commit is tried again without end",
    ),
    key(
        "object_store.open_timeout_ms",
        number(100, 600_000),
        "10000",
        "how long it may take to answer at the start, before the server gives up",
    ),
    key(
        "object_store.refresh_ms",
        number(100, 3_600_000),
        "10000",
        "how often the commits of other collectors are looked for",
    ),
    key(
        "stitching.memory_bytes",
        number(MIB, TIB),
        "1073741824",
        "what conversations may take in memory before the least recently used are read again when needed",
    ),
    key(
        "quarantine.budget_bytes",
        number(MIB, TIB),
        "1073741824",
        "what undecodable bodies and frames may take on disk",
    ),
    key(
        "redaction.enabled",
        Shape::Flag,
        "true",
        "replace secrets before anything but the log sees them",
    ),
    key("redaction.disable", Shape::List, "[]", "ids of rules that are left out"),
    key(
        "redaction.allow",
        Shape::List,
        "[]",
        "regular expressions of values that are never replaced",
    ),
    key(
        "redaction.rules",
        Shape::List,
        "[]",
        "own rules: tables of id, regex, keywords, secret_group, entropy",
    ),
    key(
        "capture.content",
        Shape::OneOf(&["yes", "no", "hashed"]),
        "yes",
        "what becomes of prompts, answers, arguments, output and their like",
    ),
    key(
        "capture.rules",
        Shape::List,
        "[]",
        "exceptions, the first that fits decides: tables of content, kinds, agents, repositories",
    ),
    key("queries.deadline_ms", number(10, 3_600_000), "30000", "how long a statement may run"),
    key("queries.rows", number(1, 1_000_000_000), "1000000", "how many rows an answer may have"),
    key("queries.concurrent", number(1, 1024), "4", "how many statements may run at once"),
    key(
        "queries.memory_bytes",
        number(16 * MIB, TIB),
        "1073741824",
        "what all statements may take together",
    ),
    key("queries.temp_bytes", number(0, 64 * TIB), "10737418240", "what they may spill to disk"),
];

/// The key of a path.
pub(crate) fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path == path)
}

/// Whether a path is that of a list.
pub(crate) fn is_list(path: &str) -> bool {
    find(path).is_some_and(|key| key.shape == Shape::List)
}
