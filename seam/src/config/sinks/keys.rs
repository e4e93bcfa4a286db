//! Every key of `[[sinks]]`, once.

/// What stands at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SinkKind {
    Splunk,
    Elasticsearch,
    Opensearch,
    Kafka,
    Otlp,
    File,
    /// Takes alarms, no records.
    Webhook,
}

impl SinkKind {
    pub(crate) const ALL: [Self; 7] = [
        Self::Splunk,
        Self::Elasticsearch,
        Self::Opensearch,
        Self::Kafka,
        Self::Otlp,
        Self::File,
        Self::Webhook,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Splunk => "splunk",
            Self::Elasticsearch => "elasticsearch",
            Self::Opensearch => "opensearch",
            Self::Kafka => "kafka",
            Self::Otlp => "otlp",
            Self::File => "file",
            Self::Webhook => "webhook",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What a value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SinkShape {
    Text,
    /// A file that is there.
    File,
    /// A folder, there or not.
    Folder,
    Flag,
    Number {
        min: u64,
        max: u64,
    },
    OneOf(&'static [&'static str]),
    Texts,
    /// A table of texts.
    Pairs,
    /// Said as `KEY_env` or `KEY_file`.
    Secret,
    /// Said as `KEY`, `KEY_env` or `KEY_file`; never shown.
    Address,
}

impl SinkShape {
    /// Whether what it holds is never shown.
    pub(super) const fn is_secret(self) -> bool {
        matches!(self, Self::Secret | Self::Address)
    }
}

/// One key.
pub(super) struct SinkKey {
    pub(super) name: &'static str,
    /// The kinds that have it; empty for all.
    pub(super) kinds: &'static [SinkKind],
    pub(super) shape: SinkShape,
    /// What it is if nobody says; empty for keys that are off by default.
    pub(super) default: &'static str,
    pub(super) required: bool,
    pub(super) meaning: &'static str,
}

impl SinkKey {
    pub(super) fn is_of(&self, kind: SinkKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }
}

use SinkKind::{Elasticsearch, File, Kafka, Opensearch, Otlp, Splunk, Webhook};

const ALL: &[SinkKind] = &[];
const RECORDS: &[SinkKind] = &[Splunk, Elasticsearch, Opensearch, Kafka, Otlp, File];
const JSON: &[SinkKind] = &[Splunk, Elasticsearch, Opensearch, Kafka, File];
const HTTP: &[SinkKind] = &[Splunk, Elasticsearch, Opensearch, Otlp, Webhook];
const RECORDS_OVER_HTTP: &[SinkKind] = &[Splunk, Elasticsearch, Opensearch, Otlp];
const TLS: &[SinkKind] = &[Splunk, Elasticsearch, Opensearch, Otlp, Webhook, Kafka];
const MUTUAL_TLS: &[SinkKind] = &[Splunk, Elasticsearch, Opensearch, Otlp, Kafka];
const BULK: &[SinkKind] = &[Splunk, Elasticsearch, Opensearch];
const ELASTIC: &[SinkKind] = &[Elasticsearch, Opensearch];
const GZIP: &[SinkKind] = &[Splunk, Elasticsearch, Opensearch, Otlp];

const fn key(
    name: &'static str,
    kinds: &'static [SinkKind],
    shape: SinkShape,
    default: &'static str,
    meaning: &'static str,
) -> SinkKey {
    SinkKey { name, kinds, shape, default, required: false, meaning }
}

const fn required(
    name: &'static str,
    kinds: &'static [SinkKind],
    shape: SinkShape,
    meaning: &'static str,
) -> SinkKey {
    SinkKey { name, kinds, shape, default: "", required: true, meaning }
}

const fn number(min: u64, max: u64) -> SinkShape {
    SinkShape::Number { min, max }
}

const TEXT: SinkShape = SinkShape::Text;
const FLAG: SinkShape = SinkShape::Flag;
const TEXTS: SinkShape = SinkShape::Texts;
const PAIRS: SinkShape = SinkShape::Pairs;
const SECRET: SinkShape = SinkShape::Secret;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Every key, in the order of the reference.
pub(super) const SINK_KEYS: &[SinkKey] = &[
    required(
        "name",
        ALL,
        TEXT,
        "what it is called: 1 to 64 of a-z, 0-9, `_`, `-`; its cursor has that name",
    ),
    required(
        "kind",
        ALL,
        SinkShape::OneOf(&[
            "splunk",
            "elasticsearch",
            "opensearch",
            "kafka",
            "otlp",
            "file",
            "webhook",
        ]),
        "what stands at the other end; a webhook takes alarms, no records",
    ),
    key(
        "format",
        JSON,
        SinkShape::OneOf(&["seam", "ocsf", "ecs"]),
        "seam",
        "the vocabulary of the documents",
    ),
    key(
        "content",
        RECORDS,
        FLAG,
        "false",
        "send what people and models wrote (prompts, answers, arguments, output); without it its length stands there, in OTLP nothing",
    ),
    key(
        "redaction",
        RECORDS,
        TEXT,
        "none",
        "what is taken out of records before they are sent: `none`, `identities`, or a profile of [redaction.profiles]",
    ),
    key("kinds", RECORDS, TEXTS, "", "send only events of these kinds"),
    key("actions", RECORDS, FLAG, "true", "send settled actions too"),
    key("agents", RECORDS, TEXTS, "", "send only what these agents sent"),
    key("outcomes", RECORDS, TEXTS, "", "send only what ended so"),
    key("tenants", RECORDS, TEXTS, "", "send only what is of these tenants"),
    key(
        "linger_ms",
        RECORDS,
        number(0, 60_000),
        "100",
        "how long a record may wait for others to fill a batch with",
    ),
    key(
        "window_bytes",
        RECORDS,
        number(MIB, 64 * MIB),
        "67108864",
        "what records that are not delivered yet may take in memory",
    ),
    required("url", RECORDS_OVER_HTTP, TEXT, "the address, without credentials in it"),
    required(
        "url",
        &[Webhook],
        SinkShape::Address,
        "the address; one that is itself a credential is better named by url_env or url_file",
    ),
    key(
        "ca_file",
        TLS,
        SinkShape::File,
        "",
        "the authorities to trust, PEM; the system's where it is not said",
    ),
    key("certificate_file", MUTUAL_TLS, SinkShape::File, "", "the certificate to show, PEM"),
    key("key_file", MUTUAL_TLS, SinkShape::File, "", "its private key, PEM"),
    key(
        "proxy",
        RECORDS_OVER_HTTP,
        TEXT,
        "",
        "a proxy, http://HOST:PORT, without credentials in it; not for OTLP over gRPC",
    ),
    key(
        "connect_timeout_ms",
        HTTP,
        number(100, 600_000),
        "10000",
        "how long opening a connection may take",
    ),
    key(
        "request_timeout_ms",
        HTTP,
        number(100, 3_600_000),
        "60000",
        "how long one request may take",
    ),
    key("gzip", GZIP, FLAG, "true", "compress requests"),
    key(
        "request_bytes",
        BULK,
        number(64 << 10, GIB),
        "",
        "bytes of a request before compression; what the product recommends where it is not said",
    ),
    key("request_records", BULK, number(1, 100_000), "", "records in a request"),
    key(
        "document_bytes",
        BULK,
        number(1 << 10, GIB),
        "",
        "a longer document is never sent: it becomes a dead letter",
    ),
    key("in_flight", BULK, number(1, 64), "4", "requests under way at a time"),
    SinkKey {
        name: "token",
        kinds: &[Splunk, Webhook],
        shape: SECRET,
        default: "",
        required: false,
        meaning: "the token: of Splunk's HTTP Event Collector, which needs one, or a bearer token",
    },
    key("index", &[Splunk], TEXT, "", "the index; the token's own where it is not said"),
    key(
        "indexes",
        &[Splunk],
        PAIRS,
        "",
        "the index by kind, as { prompt = \"ai_prompts\" }; `action` is one",
    ),
    key(
        "fallback_index",
        &[Splunk],
        TEXT,
        "",
        "where events go whose index Splunk does not know; without it they hold the sink",
    ),
    key("source", &[Splunk, Kafka], TEXT, "seam", "what events name as their source"),
    key(
        "sourcetype",
        &[Splunk],
        TEXT,
        "seam:event",
        "the sourcetype of events; actions have seam:action",
    ),
    key("sourcetypes", &[Splunk], PAIRS, "", "the sourcetype by kind"),
    key("host", &[Splunk], TEXT, "", "`host` of events that name none"),
    key(
        "acknowledgement",
        &[Splunk],
        SinkShape::OneOf(&["detect", "required", "off"]),
        "detect",
        "whether delivered means stored by an indexer",
    ),
    key(
        "poll_every_ms",
        &[Splunk],
        number(100, 600_000),
        "10000",
        "how often the indexers are asked what is stored, at least; sooner while they store",
    ),
    key(
        "acknowledged_within_ms",
        &[Splunk],
        number(1000, 3_600_000),
        "300000",
        "after how long without a word events are sent again",
    ),
    key(
        "prefix_accepted",
        &[Splunk],
        FLAG,
        "false",
        "the server keeps what stands before a bad event, though its answers do not say that it is Splunk; wrong, it loses events",
    ),
    key("api_key", ELASTIC, SECRET, "", "an API key, as Elasticsearch prints it under `encoded`"),
    key("bearer", ELASTIC, SECRET, "", "a bearer token"),
    key("user", &[Elasticsearch, Opensearch, Kafka], TEXT, "", "the user"),
    key("password", &[Elasticsearch, Opensearch, Kafka], SECRET, "", "the password of `user`"),
    key(
        "namespace",
        ELASTIC,
        TEXT,
        "default",
        "the last part of the data streams: logs-seam.event-NAMESPACE",
    ),
    key(
        "retention_days",
        ELASTIC,
        number(0, 36_500),
        "0",
        "after how many days the cluster deletes documents; 0 keeps all",
    ),
    SinkKey {
        name: "brokers",
        kinds: &[Kafka],
        shape: TEXTS,
        default: "",
        required: true,
        meaning: "addresses of some brokers, HOST:PORT",
    },
    required("topic", &[Kafka], TEXT, "the topic"),
    key("traces_topic", &[Kafka], TEXT, "", "the topic of spans where the encoding is otlp_proto"),
    key(
        "encoding",
        &[Kafka],
        SinkShape::OneOf(&["json", "otlp_proto"]),
        "json",
        "what a message holds: a document in `format`, or an OTLP request",
    ),
    key("tls", &[Kafka], FLAG, "true", "TLS to the brokers"),
    key("key_password", &[Kafka], SECRET, "", "what `key_file` is encrypted with"),
    key(
        "sasl",
        &[Kafka],
        SinkShape::OneOf(&["", "plain", "scram-sha-256", "scram-sha-512", "oauthbearer"]),
        "",
        "how the client proves who it is",
    ),
    key("oidc_token_url", &[Kafka], TEXT, "", "the token endpoint for oauthbearer"),
    key("oidc_client_id", &[Kafka], TEXT, "", "the client's id there"),
    key("oidc_client_secret", &[Kafka], SECRET, "", "its secret"),
    key("oidc_scope", &[Kafka], TEXT, "", "scopes that are asked for"),
    key(
        "compression",
        &[Kafka],
        SinkShape::OneOf(&["none", "zstd", "lz4", "gzip", "snappy"]),
        "zstd",
        "how requests are compressed",
    ),
    key("message_bytes", &[Kafka], number(16 << 10, GIB), "1000000", "the largest message"),
    key(
        "partitions",
        &[Kafka],
        number(0, 10_000),
        "0",
        "make the topic with so many partitions at the setup; 0 makes none",
    ),
    key(
        "replication",
        &[Kafka],
        number(1, 100),
        "3",
        "replicas of each partition of a topic that is made",
    ),
    key("topic_settings", &[Kafka], PAIRS, "", "settings of a topic that is made"),
    key("settings", &[Kafka], PAIRS, "", "settings of librdkafka beyond these, by their names"),
    key("protocol", &[Otlp], SinkShape::OneOf(&["grpc", "http"]), "grpc", "how OTLP is carried"),
    key("authorization", &[Otlp], SECRET, "", "the header `authorization`, as `Bearer …`"),
    SinkKey {
        name: "path",
        kinds: &[File],
        shape: SinkShape::Folder,
        default: "",
        required: true,
        meaning: "the folder that files are written to",
    },
    key(
        "rotate_bytes",
        &[File],
        number(64 << 10, 1 << 40),
        "268435456",
        "the size at which a new file begins",
    ),
    key("rotate_daily", &[File], FLAG, "true", "a new file begins with each day (UTC)"),
];
