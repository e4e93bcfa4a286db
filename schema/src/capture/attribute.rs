//! Which attributes may hold content.

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
    if is_plain(&kept.value) || OWN.contains(&kept.key.as_ref()) {
        return None;
    }
    let mut scratch = String::new();
    let text = text_of(kept, &mut scratch);
    let named = WORDS.iter().any(|word| contains(&kept.key, word))
        && !ENDINGS.iter().any(|ending| kept.key.ends_with(ending));
    (named || text.len() > SHORT_BYTES).then(|| text.to_owned())
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

/// Whether a key has the word in it, in small letters or not.
fn contains(key: &str, word: &str) -> bool {
    key.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}
