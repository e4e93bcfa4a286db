//! The fields of the format `ecs` and their types, from which index templates are made.

use std::sync::LazyLock;

use crate::project::own;

/// How a field is indexed, in the words of ECS and Elasticsearch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldType {
    /// An exact word; give it an `ignore_above`, since Lucene takes no term above 32,766 bytes.
    Keyword,
    /// A long exact text, searched by wildcards.
    Wildcard,
    /// A text for people.
    Text,
    /// A number without a fraction, 64 bits.
    Long,
    /// The same, 32 bits.
    Integer,
    /// A number with a fraction.
    Double,
    /// `true` or `false`.
    Boolean,
    /// An RFC 3339 time.
    Date,
    /// An address, v4 or v6.
    Ip,
    /// An object with keys that a sender chose, and short texts for values: `flattened` in
    /// Elasticsearch, `flat_object` in `OpenSearch`.
    Flattened,
    /// Long content that is kept but not searched: a keyword with `index` and `doc_values` off.
    Stored,
}

impl FieldType {
    /// The type's name in ECS and Elasticsearch.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keyword | Self::Stored => "keyword",
            Self::Wildcard => "wildcard",
            Self::Text => "match_only_text",
            Self::Long => "long",
            Self::Integer => "integer",
            Self::Double => "double",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Ip => "ip",
            Self::Flattened => "flattened",
        }
    }
}

/// One field of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The whole name, with dots.
    pub name: String,
    /// Its type.
    pub kind: FieldType,
}

use FieldType::{Date, Integer, Ip, Keyword, Long, Text, Wildcard};

/// The fields of ECS 9.4.0 that are written, with the types it gives them.
pub(super) const STANDARD: &[(&str, FieldType)] = &[
    ("@timestamp", Date),
    ("agent.id", Keyword),
    ("agent.name", Keyword),
    ("agent.type", Keyword),
    ("agent.version", Keyword),
    ("destination.address", Keyword),
    ("destination.domain", Keyword),
    ("destination.ip", Ip),
    ("destination.port", Long),
    ("ecs.version", Keyword),
    ("error.message", Text),
    ("error.type", Keyword),
    ("event.action", Keyword),
    ("event.category", Keyword),
    ("event.code", Keyword),
    ("event.created", Date),
    ("event.dataset", Keyword),
    ("event.duration", Long),
    ("event.end", Date),
    ("event.id", Keyword),
    ("event.kind", Keyword),
    ("event.module", Keyword),
    ("event.outcome", Keyword),
    ("event.provider", Keyword),
    ("event.reason", Keyword),
    ("event.sequence", Long),
    ("event.severity", Long),
    ("event.start", Date),
    ("event.type", Keyword),
    ("file.name", Keyword),
    ("file.path", Keyword),
    ("gen_ai.agent.name", Keyword),
    ("gen_ai.request.model", Keyword),
    ("gen_ai.system", Keyword),
    ("gen_ai.tool.call.id", Keyword),
    ("gen_ai.tool.name", Keyword),
    ("gen_ai.tool.type", Keyword),
    ("gen_ai.usage.input_tokens", Integer),
    ("gen_ai.usage.output_tokens", Integer),
    ("host.hostname", Keyword),
    ("host.name", Keyword),
    ("http.request.method", Keyword),
    ("message", Text),
    ("network.direction", Keyword),
    ("network.protocol", Keyword),
    ("observer.hostname", Keyword),
    ("observer.product", Keyword),
    ("observer.vendor", Keyword),
    ("observer.version", Keyword),
    ("organization.id", Keyword),
    ("process.command_line", Wildcard),
    ("process.entity_id", Keyword),
    ("process.exit_code", Long),
    ("process.name", Keyword),
    ("process.working_directory", Keyword),
    ("related.hosts", Keyword),
    ("related.ip", Ip),
    ("related.user", Keyword),
    ("rule.name", Keyword),
    ("service.name", Keyword),
    ("service.version", Keyword),
    ("source.ip", Ip),
    ("span.id", Keyword),
    ("trace.id", Keyword),
    ("url.domain", Keyword),
    ("url.full", Wildcard),
    ("url.scheme", Keyword),
    ("user.email", Keyword),
    ("user.id", Keyword),
    ("user.name", Keyword),
];

/// Every field that a document in the format `ecs` can have: those of ECS, then ours under `seam.`.
pub fn ecs_fields() -> &'static [Field] {
    static FIELDS: LazyLock<Vec<Field>> = LazyLock::new(|| {
        let standard =
            STANDARD.iter().map(|(name, kind)| Field { name: (*name).to_owned(), kind: *kind });
        let own = own::FIELDS
            .iter()
            .map(|(name, kind)| Field { name: format!("seam.{name}"), kind: *kind });
        standard.chain(own).collect()
    });
    &FIELDS
}
