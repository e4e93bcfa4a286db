//! The attributes of one record, read once and looked at many times.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::event::{Attribute, AttributeValue, Text};
use crate::otlp::{self, AnyValue, Attributes, ValueType};
use crate::table::maps::RESERVED;

/// Up to this many attributes, a repeated key is found by comparing with those before.
const SCAN_LIMIT: usize = 48;
/// Values are searched this deep for invalid UTF-8; the check admits none that is deeper.
const DEPTH_LIMIT: u32 = 64;

/// One attribute as it was sent.
#[derive(Debug, Clone)]
pub(crate) struct Sent<'a> {
    /// The key, with U+FFFD for what is not UTF-8.
    pub key: Text<'a>,
    /// The value.
    pub value: AnyValue<'a>,
    /// The value, if it is a string and UTF-8.
    pub text: Option<&'a str>,
    /// 1 for the first attribute with this key, 2 for the second, ….
    pub nth: u32,
}

impl<'a> Sent<'a> {
    /// The attribute as a row keeps it, under `plain` before its key or under a reserved key.
    pub(crate) fn keep(&self, prefix: &Prefix) -> Attribute<'a> {
        let value = match self.text {
            Some(text) => AttributeValue::Column(ValueType::String, Text::Borrowed(text)),
            None => AttributeValue::Wire(self.value),
        };
        Attribute { key: prefix.key(&self.key, self.nth), value }
    }
}

/// Under which keys attributes are kept.
#[derive(Debug)]
pub(crate) struct Prefix {
    /// Before every key.
    pub plain: &'static str,
    /// Before the number and the key of what repeats.
    pub duplicate: &'static str,
    /// Before a key that begins like a reserved one.
    pub reserved: &'static str,
}

impl Prefix {
    /// Keys of records and of resources.
    pub(crate) const RECORD: Self =
        Self { plain: "", duplicate: "otlp.duplicate.", reserved: "otlp.attribute." };
    /// Keys of scopes, which stand among those of the record.
    pub(crate) const SCOPE: Self = Self {
        plain: "otlp.scope.attributes.",
        duplicate: "otlp.scope.duplicate.",
        reserved: "otlp.scope.attributes.",
    };
    /// Keys of a metric's metadata, which stand among those of the data point.
    pub(crate) const METADATA: Self = Self {
        plain: "otlp.metric.metadata.",
        duplicate: "otlp.metric.duplicate.",
        reserved: "otlp.metric.metadata.",
    };

    /// The key under which the `nth` attribute called `key` is kept.
    pub(crate) fn key<'a>(&self, key: &Text<'a>, nth: u32) -> Text<'a> {
        if nth > 1 {
            return Cow::Owned(format!("{}{nth}.{key}", self.duplicate));
        }
        let prefix = if key.starts_with(RESERVED) { self.reserved } else { self.plain };
        if prefix.is_empty() { key.clone() } else { Cow::Owned(format!("{prefix}{key}")) }
    }

    /// The key and its number that are kept under `kept`; `None` for what Seam wrote itself.
    pub(crate) fn parse<'k>(&self, kept: &'k str) -> Option<(&'k str, u32)> {
        if let Some(rest) = kept.strip_prefix(self.duplicate) {
            let (nth, key) = rest.split_once('.')?;
            return Some((key, nth.parse().ok()?));
        }
        let key = match kept.strip_prefix(self.reserved) {
            Some(key) => key,
            None if kept.starts_with(RESERVED) => return None,
            None => kept.strip_prefix(self.plain)?,
        };
        Some((key, 1))
    }
}

/// The attributes of one record, in the order they were sent. Filled anew for each record.
#[derive(Debug, Default)]
pub(crate) struct SentAttributes<'a> {
    sent: Vec<Sent<'a>>,
    /// A bit per [`sketch`] of a key: a key whose bit is not set was not sent.
    bits: [u64; 4],
    /// Something was not UTF-8.
    pub(crate) invalid_utf8: bool,
}

impl<'a> SentAttributes<'a> {
    /// Replaces what is there.
    pub(crate) fn read(&mut self, attributes: Attributes<'a>) {
        self.sent.clear();
        self.bits = [0; 4];
        self.invalid_utf8 = false;
        let mut counts = HashMap::new();
        for attribute in attributes {
            let key = attribute.key.to_cow();
            let text = attribute.value.as_str();
            self.invalid_utf8 |= matches!(key, Cow::Owned(_))
                || (text.is_none() && has_invalid_utf8(attribute.value, 0));
            let nth = self.number(&key, &mut counts);
            self.sent.push(Sent { key, value: attribute.value, text, nth });
        }
    }

    /// The number of an attribute among those with its key.
    fn number(&mut self, key: &Text<'a>, counts: &mut HashMap<Text<'a>, u32>) -> u32 {
        let seen = self.mark(key);
        if self.sent.len() >= SCAN_LIMIT {
            if counts.is_empty() {
                for sent in &self.sent {
                    *counts.entry(sent.key.clone()).or_default() += 1;
                }
            }
            let count = counts.entry(key.clone()).or_default();
            *count += 1;
            return *count;
        }
        if !seen {
            return 1;
        }
        let earlier = self.sent.iter().rev().find(|sent| sent.key == *key);
        earlier.map_or(1, |sent| sent.nth + 1)
    }

    /// Sets the bit of a key; true if it was set before.
    fn mark(&mut self, key: &str) -> bool {
        let hash = sketch(key.as_bytes());
        let Some(word) = self.bits.get_mut(usize::from(hash >> 6)) else { return true };
        let bit = 1_u64 << (hash & 63);
        let seen = *word & bit != 0;
        *word |= bit;
        seen
    }

    /// Whether a key may have been sent; most that were not are told so.
    fn may_have(&self, key: &str) -> bool {
        let hash = sketch(key.as_bytes());
        self.bits.get(usize::from(hash >> 6)).is_none_or(|word| word & (1 << (hash & 63)) != 0)
    }

    /// The attributes, in the order they were sent.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Sent<'a>> {
        self.sent.iter()
    }

    /// The first attribute with this key.
    pub(crate) fn find(&self, key: &str) -> Option<&Sent<'a>> {
        if !self.may_have(key) {
            return None;
        }
        self.sent.iter().find(|sent| sent.key == key)
    }

    /// The text of an attribute, if it was sent as a string and is not empty.
    pub(crate) fn text(&self, key: &str) -> Option<&'a str> {
        self.find(key)?.text.filter(|text| !text.is_empty())
    }

    /// An integer, sent as one or as a decimal string.
    pub(crate) fn int(&self, key: &str) -> Option<i64> {
        let sent = self.find(key)?;
        match sent.value {
            AnyValue::Int(number) => Some(number),
            _ => sent.text?.parse().ok(),
        }
    }

    /// A truth value, sent as one or as `true` or `false`.
    pub(crate) fn bool(&self, key: &str) -> Option<bool> {
        let sent = self.find(key)?;
        match sent.value {
            AnyValue::Bool(flag) => Some(flag),
            _ => sent.text?.parse().ok(),
        }
    }
}

/// Eight bits that tell most keys apart: their length, their ends and their middle.
pub(crate) const fn sketch(key: &[u8]) -> u8 {
    let length = key.len();
    if length == 0 {
        return 0;
    }
    #[expect(clippy::indexing_slicing, reason = "all three stand before the end")]
    let (first, middle, last) = (key[0], key[length / 2], key[length - 1]);
    #[expect(clippy::cast_possible_truncation, reason = "the low bits are wanted")]
    let length = length as u8;
    let mixed = (length as u32).wrapping_mul(0x9e37_79b1)
        ^ (first as u32).wrapping_mul(0x85eb_ca6b)
        ^ (middle as u32).wrapping_mul(0xc2b2_ae35)
        ^ (last as u32).wrapping_mul(0x27d4_eb2f);
    (mixed >> 24) as u8
}

/// Whether a text in the value is not UTF-8.
fn has_invalid_utf8(value: AnyValue<'_>, depth: u32) -> bool {
    if depth > DEPTH_LIMIT {
        return false;
    }
    match value {
        AnyValue::Text(text) => !text.is_valid(),
        AnyValue::Array(array) => array.values().any(|value| has_invalid_utf8(value, depth + 1)),
        AnyValue::KvList(list) => list
            .entries()
            .any(|entry| !entry.key.is_valid() || has_invalid_utf8(entry.value, depth + 1)),
        _ => false,
    }
}

/// A text of the envelope; notes when it is not UTF-8.
pub(crate) fn note_text<'a>(text: otlp::Text<'a>, invalid_utf8: &mut bool) -> Text<'a> {
    let text = text.to_cow();
    *invalid_utf8 |= matches!(text, Cow::Owned(_));
    text
}

/// The same, `None` where nothing was sent.
pub(crate) fn note_non_empty<'a>(
    text: otlp::Text<'a>,
    invalid_utf8: &mut bool,
) -> Option<Text<'a>> {
    (!text.is_empty()).then(|| note_text(text, invalid_utf8))
}

/// Whether the body of a record holds a text that is not UTF-8.
pub(crate) fn body_is_invalid(body: AnyValue<'_>) -> bool {
    has_invalid_utf8(body, 0)
}
