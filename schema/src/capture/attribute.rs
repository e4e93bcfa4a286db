//! Which attributes may hold content.

use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::capture::text_of;
use crate::event::{Attribute, AttributeValue};
use crate::otlp::{AnyValue, ValueType};

/// A longer text counts as content whatever its key.
const SHORT_BYTES: usize = 128;

/// Words of content: a key with one of them names content, unless it ends with one of [`ENDINGS`].
const WORDS: &[&str] = &[
    "argument",
    "args",
    "argv",
    "body",
    "command",
    "content",
    "description",
    "details",
    "document",
    "error",
    "exception",
    "file",
    "input",
    "instruction",
    "key",
    "message",
    "metadata",
    "output",
    "param",
    "path",
    "pattern",
    "policy",
    "prompt",
    "query",
    "rationale",
    "reason",
    "request",
    "response",
    "result",
    "stderr",
    "stdout",
    "summary",
    "text",
    "title",
    "uri",
    "url",
    "value",
    "verdict",
];

/// How keys of ids, names of types, counters and states end.
const ENDINGS: &[&str] = &[
    ".id",
    "_id",
    "Id",
    ".uuid",
    "_uuid",
    ".type",
    "_type",
    ".kind",
    "_kind",
    ".name",
    "_name",
    ".role",
    "_code",
    ".status",
    "_status",
    "_count",
    "_length",
    "_bytes",
    "_ms",
    "_tokens",
    "_seq",
    "_truncated",
    ".finish_reasons",
];

/// The reserved keys that hold numbers, ids and Seam's own notes.
const OWN: &[&str] = &[
    "otlp.derived",
    "otlp.invalid_utf8",
    "otlp.trace_id",
    "otlp.span_id",
    "otlp.parent_span_id",
    "otlp.span_kind",
    "otlp.status_code",
    "otlp.resource.schema_url",
    "otlp.scope.schema_url",
];

/// The text of an attribute that may hold content; `None` where it cannot.
pub(super) fn content(kept: &Attribute<'_>) -> Option<String> {
    if cannot_be(kept) {
        return None;
    }
    let mut scratch = String::new();
    let text = text_of(kept, &mut scratch);
    may_be(&kept.key, text).then(|| text.to_owned())
}

/// Whether an attribute may hold content.
pub(crate) fn is_content(kept: &Attribute<'_>) -> bool {
    !cannot_be(kept) && may_be(&kept.key, text_of(kept, &mut String::new()))
}

fn cannot_be(kept: &Attribute<'_>) -> bool {
    is_plain(&kept.value) || OWN.contains(&kept.key.as_ref())
}

fn may_be(key: &str, text: &str) -> bool {
    let named = || !ENDINGS.iter().any(|ending| key.ends_with(ending)) && has_word(key);
    text.len() > SHORT_BYTES || named()
}

/// Whether a value is a number, a truth value or nothing.
fn is_plain(value: &AttributeValue<'_>) -> bool {
    match value {
        AttributeValue::Number(_) => true,
        AttributeValue::Wire(value) => matches!(
            value,
            AnyValue::Int(_) | AnyValue::Double(_) | AnyValue::Bool(_) | AnyValue::Empty
        ),
        AttributeValue::Column(kind, _) => {
            matches!(kind, ValueType::Int | ValueType::Double | ValueType::Bool | ValueType::Empty)
        }
    }
}

/// Whether a key has one of [`WORDS`] in it, in small letters or not.
fn has_word(key: &str) -> bool {
    static ANY: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(&format!("(?i-u){}", WORDS.join("|"))).ok());
    // A test holds it to be there; without it everything would count as content.
    ANY.as_ref().is_none_or(|any| any.is_match(key.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Looks for each word alone.
    fn has_one(key: &str) -> bool {
        let key = key.as_bytes();
        let has = |word: &&str| {
            key.windows(word.len()).any(|it| it.eq_ignore_ascii_case(word.as_bytes()))
        };
        WORDS.iter().any(has)
    }

    proptest! {
        /// One look for all words finds what a look for each would.
        #[test]
        fn words_are_found_in_keys(
            before in "[a-zA-Z._\u{212a}]{0,3}",
            word in proptest::sample::select(WORDS),
            cut in 0..4_usize,
            loud in any::<bool>(),
        ) {
            let word = if loud { word.to_uppercase() } else { word.to_owned() };
            let key = format!("{before}{}.x", word.get(cut..).unwrap_or_default());
            prop_assert_eq!(has_word(&key), has_one(&key), "{}", key);
        }
    }
}
