//! What a Kafka destination is told.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::http::Secret;

/// The largest message, in bytes: librdkafka's own default, below that of brokers (1,048,588).
pub const MESSAGE_BYTES: usize = 1_000_000;
/// How long nothing may be confirmed before what is under way is given back.
pub const STALL: Duration = Duration::from_mins(1);
/// How long a message waits for others to share its request: a batch comes whole, so little is won
/// by more.
pub const LINGER: Duration = Duration::from_millis(5);

/// Where to and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Addresses of some brokers, `HOST:PORT`.
    pub brokers: Vec<String>,
    /// The topic of JSON documents, and of log records where documents are OTLP.
    pub topic: String,
    /// The topic of spans where documents are OTLP: a collector reads logs and spans from two.
    /// Without it they go to [`Self::topic`].
    pub traces_topic: Option<String>,
    /// What the documents of records are.
    pub encoding: Encoding,
    /// What this server calls itself in `ce_source`, and to the brokers.
    pub source: String,
    /// TLS; without it the connection is plain.
    pub tls: Option<Tls>,
    /// Credentials.
    pub sasl: Option<Sasl>,
    /// How requests are compressed.
    pub compression: Compression,
    /// The largest message, in bytes. A document that comes within a tenth of it is not sent:
    /// a reference to it is.
    pub message_bytes: usize,
    /// How long a message waits for others to share its request.
    pub linger: Duration,
    /// How long nothing may be confirmed before what is under way is given back.
    pub stall: Duration,
    /// How topics are made at the setup; without it they must be there.
    pub create: Option<NewTopics>,
    /// Settings of librdkafka beyond these, by their names. Those that would break what Seam
    /// promises are refused, and so is a name that librdkafka does not know.
    pub settings: BTreeMap<String, String>,
}

impl Options {
    /// Plain JSON to a topic, with every default.
    pub fn new(brokers: Vec<String>, topic: impl Into<String>) -> Self {
        Self {
            brokers,
            topic: topic.into(),
            traces_topic: None,
            encoding: Encoding::Json,
            source: "seam".to_owned(),
            tls: None,
            sasl: None,
            compression: Compression::Zstd,
            message_bytes: MESSAGE_BYTES,
            linger: LINGER,
            stall: STALL,
            create: None,
            settings: BTreeMap::new(),
        }
    }
}

/// What the documents of records are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// One JSON object a message.
    Json,
    /// One OTLP export request a message, as the OpenTelemetry Collector's `kafka` receiver reads
    /// it under the name `otlp_proto`. Documents come from [`crate::otlp::event`].
    OtlpProto,
}

/// How requests are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// Best for text; brokers since 2.1.
    Zstd,
    /// Cheaper, larger.
    Lz4,
    /// For old consumers.
    Gzip,
    /// For old consumers.
    Snappy,
}

/// TLS. Names are always checked.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    /// Authorities in PEM; without it those of the system.
    pub ca_file: Option<PathBuf>,
    /// Our certificate and those above it, in PEM.
    pub certificate_file: Option<PathBuf>,
    /// Its key, in PEM.
    pub key_file: Option<PathBuf>,
    /// What the key is encrypted with.
    pub key_password: Option<Secret>,
}

/// Credentials.
#[derive(Debug, Clone)]
pub enum Sasl {
    /// A user and a password, sent as they are: only over TLS.
    Plain {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A user and a password, never sent; SHA-256.
    ScramSha256 {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A user and a password, never sent; SHA-512.
    ScramSha512 {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A token from an OpenID provider, got by client credentials (RFC 6749 §4.4).
    OAuthBearer(Oidc),
}

/// Where tokens come from.
#[derive(Debug, Clone)]
pub struct Oidc {
    /// The token endpoint, `https://…`.
    pub token_url: String,
    /// The client's id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// Scopes that are asked for, separated by spaces.
    pub scope: Option<String>,
    /// Authorities of the token endpoint in PEM; without it those of the system.
    pub ca_file: Option<PathBuf>,
}

/// How topics are made.
#[derive(Debug, Clone)]
pub struct NewTopics {
    /// Partitions: how many consumers of one group can read at a time.
    pub partitions: i32,
    /// Replicas of each. With three and `min.insync.replicas=2` a broker may fail.
    pub replication: i32,
    /// Settings of the topic, as `retention.ms`.
    pub settings: BTreeMap<String, String>,
}
