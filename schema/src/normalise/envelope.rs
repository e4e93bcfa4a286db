//! What many records share: their resource and their scope.
//!
//! Fields of an envelope that have no column are kept under reserved keys:
//!
//! | key | field |
//! |---|---|
//! | `otlp.resource.dropped_attributes_count`, `.schema_url`, `.entity_refs` (OTLP/JSON) | of the resource |
//! | `otlp.resource.unknown`, `otlp.resource.group_unknown` | unknown fields of `Resource`, of `ResourceLogs` and its like, base64 |
//! | `otlp.scope.attributes.<key>`, `otlp.scope.duplicate.<n>.<key>` | attributes of the scope |
//! | `otlp.scope.dropped_attributes_count`, `.schema_url`, `.unknown`, `.group_unknown` | as above, of the scope |

use crate::agents::{self, Record, ScopeAgent};
use crate::event::{Attribute, EventColumns, Text};
use crate::normalise::attributes::{Prefix, SentAttributes, note_non_empty};
use crate::otlp::{self, AnyValue, Resource, Scope, UnknownFields, descriptor};
use crate::record::{self, json};
use crate::redact::{COMMAND_ARGS_RULE, Redactor, add_counts};
use crate::table::cell::Counts;

/// What a resource gives to each of its rows.
#[derive(Debug)]
pub(crate) struct ResourcePart<'a> {
    /// The attributes, as the column `resource` keeps them.
    pub attributes: Vec<Attribute<'a>>,
    /// The attributes, as they were sent.
    pub sent: SentAttributes<'a>,
    /// What else there is, as the column `attributes` keeps it.
    reserved: Vec<Attribute<'a>>,
    invalid_utf8: bool,
    /// What redaction replaced in it, for every row.
    pub redactions: Option<Counts>,
    /// `host.name`.
    pub host: Option<Text<'a>>,
    /// `service.name`.
    pub service_name: Option<Text<'a>>,
    /// `service.version`.
    pub service_version: Option<Text<'a>>,
}

/// What a scope gives to each of its rows.
#[derive(Debug)]
pub(crate) struct ScopePart<'a> {
    name: Option<Text<'a>>,
    version: Option<Text<'a>>,
    reserved: Vec<Attribute<'a>>,
    invalid_utf8: bool,
    /// Something of the resource or of the scope that rows repeat may be a secret.
    pub suspect: bool,
    /// Who sends under this scope.
    pub agent: ScopeAgent,
}

impl<'a> ResourcePart<'a> {
    pub(crate) fn read(
        redactor: &Redactor,
        resource: Resource<'a>,
        schema_url: otlp::Text<'a>,
        group: UnknownFields<'a>,
    ) -> Self {
        let mut sent = SentAttributes::default();
        sent.read(resource.attributes());
        let claimed = |key: &str| sent.text(key).map(Text::Borrowed);
        let mut part = Self {
            host: claimed("host.name"),
            service_name: claimed("service.name"),
            service_version: claimed("service.version"),
            attributes: sent.iter().map(|sent| sent.keep(&Prefix::RECORD)).collect(),
            reserved: Vec::new(),
            invalid_utf8: sent.invalid_utf8,
            redactions: None,
            sent,
        };
        let reserved = &mut part.reserved;
        push_count(
            reserved,
            "otlp.resource.dropped_attributes_count",
            resource.dropped_attributes_count,
        );
        if let Some(url) = note_non_empty(schema_url, &mut part.invalid_utf8) {
            reserved.push(Attribute::text("otlp.resource.schema_url", url));
        }
        let entities = resource.entity_refs().map(|entity| record::entity(&entity));
        if let Some(json) = json::array(&descriptor::ENTITY_REF, entities) {
            reserved.push(Attribute::text("otlp.resource.entity_refs", json));
        }
        push_unknown(reserved, "otlp.resource.unknown", resource.unknown_fields());
        push_unknown(reserved, "otlp.resource.group_unknown", group);
        if is_suspect(redactor, resource.as_whole(), schema_url, reserved) {
            for attributes in [&mut part.attributes, &mut part.reserved] {
                if let Some(counts) = redactor.attributes(attributes) {
                    add_counts(&mut part.redactions, &counts);
                }
            }
        }
        part
    }

    /// What a mapper sees of a record; `span_name` where it is an event of a span.
    pub(crate) fn record<'r>(
        &'r self,
        sent: &'r SentAttributes<'a>,
        span_name: Option<&'a str>,
    ) -> Record<'r, 'a> {
        Record {
            sent,
            resource: &self.sent,
            service_name: self.service_name.as_ref(),
            service_version: self.service_version.as_ref(),
            span_name,
        }
    }
}

impl<'a> ScopePart<'a> {
    pub(crate) fn read(
        redactor: &Redactor,
        resource: &ResourcePart<'a>,
        scope: Scope<'a>,
        schema_url: otlp::Text<'a>,
        group: UnknownFields<'a>,
    ) -> Self {
        let mut sent = SentAttributes::default();
        sent.read(scope.attributes());
        let mut invalid_utf8 = resource.invalid_utf8 || sent.invalid_utf8;
        let name = note_non_empty(scope.name, &mut invalid_utf8);
        let version = note_non_empty(scope.version, &mut invalid_utf8);
        let mut reserved = resource.reserved.clone();
        reserved.extend(sent.iter().map(|sent| sent.keep(&Prefix::SCOPE)));
        push_count(
            &mut reserved,
            "otlp.scope.dropped_attributes_count",
            scope.dropped_attributes_count,
        );
        if let Some(url) = note_non_empty(schema_url, &mut invalid_utf8) {
            reserved.push(Attribute::text("otlp.scope.schema_url", url));
        }
        push_unknown(&mut reserved, "otlp.scope.unknown", scope.unknown_fields());
        push_unknown(&mut reserved, "otlp.scope.group_unknown", group);
        let suspect = is_suspect(redactor, scope.as_whole(), schema_url, &reserved)
            || resource.redactions.as_ref().is_some_and(may_be_repeated);
        let agent = agents::of_scope(
            resource.service_name.as_deref().unwrap_or_default(),
            name.as_deref().unwrap_or_default(),
        );
        Self { name, version, reserved, invalid_utf8, suspect, agent }
    }

    /// Fills the columns of the scope.
    pub(crate) fn take(&self, columns: &mut EventColumns<'a>) {
        columns.scope_name.clone_from(&self.name);
        columns.scope_version.clone_from(&self.version);
    }

    /// Keeps what the envelope has no column for, and marks what was not UTF-8.
    pub(crate) fn keep(&self, attributes: &mut Vec<Attribute<'a>>, invalid_utf8: bool) {
        attributes.extend(self.reserved.iter().cloned());
        if invalid_utf8 || self.invalid_utf8 {
            attributes.push(Attribute::text("otlp.invalid_utf8", "true"));
        }
    }

    /// Keeps the scope's name and version among the attributes: `metrics` has no column for them.
    pub(crate) fn keep_name(&self, attributes: &mut Vec<Attribute<'a>>) {
        for (key, text) in [("otlp.scope.name", &self.name), ("otlp.scope.version", &self.version)]
        {
            if let Some(text) = text {
                attributes.push(Attribute::text(key, text.clone()));
            }
        }
    }
}

/// Whether a resource or scope has to be searched for secrets.
fn is_suspect(
    redactor: &Redactor,
    whole: Option<&[u8]>,
    schema_url: otlp::Text<'_>,
    reserved: &[Attribute<'_>],
) -> bool {
    redactor.is_on()
        && (whole.is_none_or(|bytes| redactor.suspects(bytes))
            || redactor.suspects(schema_url.bytes())
            || reserved.iter().any(|kept| kept.key.ends_with("unknown")))
}

/// Whether columns of rows may repeat what was replaced in their resource: none is made of the
/// command line.
fn may_be_repeated(counts: &Counts) -> bool {
    counts.0.iter().any(|(rule, _)| rule != COMMAND_ARGS_RULE)
}

/// Keeps a number unless it is 0.
pub(crate) fn push_count(
    attributes: &mut Vec<Attribute<'_>>,
    key: &'static str,
    count: impl Into<u64>,
) {
    let count = count.into();
    if count != 0 {
        attributes.push(Attribute::number(key, count));
    }
}

/// Keeps the fields that this version of OTLP does not know, as base64 of their bytes.
pub(crate) fn push_unknown<'a>(
    attributes: &mut Vec<Attribute<'a>>,
    key: &'static str,
    fields: UnknownFields<'a>,
) {
    let bytes: Vec<u8> = fields.flatten().copied().collect();
    if !bytes.is_empty() {
        let mut text = String::new();
        otlp::column_text(AnyValue::Bytes(&bytes), &mut text);
        attributes.push(Attribute::text(key, text));
    }
}
