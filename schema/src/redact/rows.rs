//! Rows before they reach their builders: which of their texts are searched, and how.

use std::borrow::Cow;

use crate::derived::actions::ActionRow;
use crate::event::{Attribute, AttributeValue, Event, Text};
use crate::otlp::{AnyValue, ValueType, base64, column_text};
use crate::table::cell::Counts;
use crate::table::maps::RESERVED;
use crate::table::metrics::Point;

use super::mark::mark;
use super::{Redactor, fields, naming, scan};

/// The text columns that are not searched: ids and names that Seam gave, and what its
/// configuration or the connection says of the sender.
pub(crate) const PLAIN: &[&str] = &["log_id", "tenant", "principal", "peer_address"];

/// How often each rule replaced something.
#[derive(Debug, Default)]
pub(crate) struct Tally(Vec<(String, i64)>);

impl Tally {
    pub(crate) fn add(&mut self, rule: &str, count: i64) {
        match self.0.iter_mut().find(|(known, _)| known == rule) {
            Some((_, sum)) => *sum += count,
            None => self.0.push((rule.to_owned(), count)),
        }
    }

    pub(crate) fn into_counts(self) -> Option<Counts> {
        (!self.0.is_empty()).then_some(Counts(self.0))
    }
}

/// Adds counts to those of a row.
pub fn add_counts(sum: &mut Option<Counts>, more: &Counts) {
    let mut tally = Tally(sum.take().unwrap_or_default().0);
    for (rule, count) in &more.0 {
        tally.add(rule, *count);
    }
    *sum = tally.into_counts();
}

impl Redactor {
    /// Redacts a row of `events`, its resource apart, and counts in `redactions` what it replaced.
    ///
    /// `raw_hit` is what [`Redactor::suspects`] says of the record's bytes, or of those of its
    /// scope or its resource, from which columns and attributes of the row are made as well.
    /// Without a hit only the column `url` is looked at: a mapper may have made one of parts that
    /// do not say on the wire that they are one.
    pub fn event(&self, raw_hit: bool, event: &mut Event<'_>) {
        let mut tally = Tally::default();
        if let Some(url) = &mut event.columns.url {
            self.url(url, false, &mut tally);
        }
        if raw_hit && self.is_on() {
            let body_type = event.body_type;
            event.columns.texts(&mut |name, text| {
                if name == "body" && body_type == Some(ValueType::Bytes) {
                    self.base64(text, &mut tally);
                } else if !PLAIN.contains(&name) {
                    self.under(name, text, &mut tally);
                }
            });
            self.each(&mut event.attributes, &mut tally);
        }
        if let Some(counts) = tally.into_counts() {
            add_counts(&mut event.columns.redactions, &counts);
        }
    }

    /// Redacts a revision of an action.
    pub fn action(&self, action: &mut ActionRow<'_>) {
        let mut tally = Tally::default();
        if let Some(url) = &mut action.url {
            self.url(url, false, &mut tally);
        }
        action.texts(&mut |name, text| {
            if !PLAIN.contains(&name) {
                self.under(name, text, &mut tally);
            }
        });
        let hosts = action.net_hosts.iter_mut().flat_map(|hosts| &mut hosts.0);
        hosts.for_each(|host| self.cell(host, &mut tally));
    }

    /// Redacts a row of `metrics`, its resource apart; gives what it replaced, for which the table
    /// has no column. `raw_hit` as for [`Redactor::event`], of the bytes of the whole metric.
    pub fn point(&self, raw_hit: bool, point: &mut Point<'_>) -> Option<Counts> {
        let mut tally = Tally::default();
        if raw_hit && self.is_on() {
            point.columns.texts(&mut |name, text| {
                if !PLAIN.contains(&name) {
                    self.cell(text, &mut tally);
                }
            });
            self.each(&mut point.attributes, &mut tally);
        }
        tally.into_counts()
    }

    /// Redacts attributes that many rows share, as those of a resource; gives what it replaced,
    /// which belongs into every one of these rows ([`add_counts`]).
    pub fn attributes(&self, attributes: &mut [Attribute<'_>]) -> Option<Counts> {
        let mut tally = Tally::default();
        if self.is_on() {
            self.each(attributes, &mut tally);
        }
        tally.into_counts()
    }

    fn each(&self, attributes: &mut [Attribute<'_>], tally: &mut Tally) {
        for attribute in attributes {
            self.attribute(attribute, tally);
            self.cell(&mut attribute.key, tally);
        }
    }

    fn attribute(&self, attribute: &mut Attribute<'_>, tally: &mut Tally) {
        let Some((key, catalogue)) = self.key_and_catalogue() else { return };
        let mut scratch = String::new();
        let (kind, text) = match &attribute.value {
            AttributeValue::Wire(value) => column_text(*value, &mut scratch),
            AttributeValue::Column(kind, text) => (*kind, text.as_ref()),
            AttributeValue::Number(_) => return,
        };
        if catalogue.command_args && fields::is(&attribute.key, fields::COMMAND_ARGS) {
            if !text.is_empty()
                && super::mark::marks(text.as_bytes())
                    .first()
                    .is_none_or(|mark| *mark != (0..text.len()))
            {
                let mark = mark(key, fields::COMMAND_ARGS_RULE, text.as_bytes());
                tally.add(fields::COMMAND_ARGS_RULE, 1);
                attribute.value = AttributeValue::Column(ValueType::String, mark.into());
            }
            return;
        }
        if matches!(kind, ValueType::Bool | ValueType::Double | ValueType::Empty) {
            return;
        }
        let unknown = attribute.key.starts_with(RESERVED) && attribute.key.ends_with("unknown");
        let nested = match &attribute.value {
            AttributeValue::Wire(value) if kind == ValueType::Otlp => self.in_bytes(*value, 0),
            _ if unknown => base64::decode(text.as_bytes()).and_then(|bytes| self.first_in(&bytes)),
            _ => None,
        };
        if let Some((rule, mark)) = nested {
            tally.add(&rule, 1);
            attribute.value = AttributeValue::Column(ValueType::String, mark.into());
            return;
        }
        if matches!(kind, ValueType::String | ValueType::Int)
            && let Some(rule) =
                scan::attribute_rule(&attribute.key, text).filter(|rule| self.has(rule))
            && self.redact(text).is_none_or(|redacted| redacted.text == text)
        {
            let mark = mark(key, rule, text.as_bytes());
            tally.add(rule, 1);
            attribute.value = AttributeValue::Column(ValueType::String, mark.into());
            return;
        }
        let mut cell: Text<'_> = Cow::Borrowed(text);
        match kind {
            ValueType::Bytes => self.base64(&mut cell, tally),
            ValueType::String => {
                if let Some(bare) = fields::is_url(&attribute.key) {
                    self.url(&mut cell, bare, tally);
                }
                self.under(&attribute.key, &mut cell, tally);
            }
            _ => self.under(&attribute.key, &mut cell, tally),
        }
        if let Cow::Owned(redacted) = cell {
            attribute.value = AttributeValue::Column(kind, redacted.into());
        }
    }

    /// Redacts a text under a key that names a header, or says that it is an id: what rules look
    /// for stands in the key.
    fn under(&self, key: &str, text: &mut Text<'_>, tally: &mut Tally) {
        let header = ["authorization", "cookie"].into_iter().find(|name| naming::holds(key, name));
        // Less is found in an id than in another text.
        let id = || naming::is_id_name(key).then_some("id").filter(|_| self.redact(text).is_some());
        let Some(header) = header.or_else(id) else { return self.cell(text, tally) };
        let prefix = format!("{header}: ");
        let mut whole: Text<'_> = Cow::Owned(format!("{prefix}{text}"));
        let mut own = Tally::default();
        self.cell(&mut whole, &mut own);
        if let (Some(rest), false) = (whole.strip_prefix(&prefix), own.0.is_empty()) {
            *text = Cow::Owned(rest.to_owned());
            for (rule, count) in own.0 {
                tally.add(&rule, count);
            }
        }
    }

    /// Redacts a text that no row has to say anything of.
    pub(crate) fn label(&self, text: &mut Text<'_>) {
        self.cell(text, &mut Tally::default());
    }

    /// Redacts a text where it stands; it stays borrowed if nothing is found.
    pub(crate) fn cell(&self, text: &mut Text<'_>, tally: &mut Tally) {
        if let Some(redacted) = self.redact(text) {
            for hit in &redacted.hits {
                tally.add(&hit.rule, 1);
            }
            *text = Cow::Owned(redacted.text);
        }
    }

    fn url(&self, text: &mut Text<'_>, bare: bool, tally: &mut Tally) {
        let Some((key, catalogue)) = self.key_and_catalogue() else { return };
        if catalogue.url_query
            && let Some((redacted, count)) = fields::without_query(key, text, bare)
        {
            tally.add(fields::URL_QUERY_RULE, count);
            *text = Cow::Owned(redacted);
        }
    }

    /// Redacts bytes that stand as base64: text is redacted and encoded again, and of what is no
    /// UTF-8 nothing stays but the replacement, in base64 too, so that bytes stay bytes.
    fn base64(&self, text: &mut Text<'_>, tally: &mut Tally) {
        let Some(bytes) = base64::decode(text.as_bytes()) else { return self.cell(text, tally) };
        let mut encoded = String::new();
        if let Ok(plain) = std::str::from_utf8(&bytes) {
            let mut plain = Cow::Borrowed(plain);
            self.cell(&mut plain, tally);
            let Cow::Owned(redacted) = plain else { return };
            base64::encode(redacted.as_bytes(), &mut encoded);
        } else {
            let Some((rule, mark)) = self.first_in(&bytes) else { return };
            tally.add(&rule, 1);
            base64::encode(mark.as_bytes(), &mut encoded);
        }
        *text = Cow::Owned(encoded);
    }

    /// The first secret in bytes that may be no text: its rule and its replacement.
    fn first_in(&self, bytes: &[u8]) -> Option<(String, String)> {
        let redacted = self.redact(&String::from_utf8_lossy(bytes))?;
        let hit = redacted.hits.first()?;
        Some((hit.rule.clone(), hit.mark.clone()))
    }

    /// The first secret in bytes within a list: they stand as base64 in its text.
    fn in_bytes(&self, value: AnyValue<'_>, depth: u32) -> Option<(String, String)> {
        match value {
            _ if depth > 64 => None,
            AnyValue::Bytes(bytes) => self.first_in(bytes),
            AnyValue::Array(array) => {
                array.values().find_map(|value| self.in_bytes(value, depth + 1))
            }
            AnyValue::KvList(list) => {
                list.entries().find_map(|entry| self.in_bytes(entry.value, depth + 1))
            }
            _ => None,
        }
    }
}
