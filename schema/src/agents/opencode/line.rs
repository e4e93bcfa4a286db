//! A log line of opencode: a message, and often a JSON object beside it.
//!
//! The body is the message alone, or an array of the message and the text of the object. That text
//! is JavaScript's: a field may be `undefined`, and a long one may be cut.

use std::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::event::Event;

/// Objects longer than this are not searched; they are stored all the same.
const SEARCH_LIMIT_BYTES: usize = 1 << 20;
/// A message longer than this, or with other letters, is a sentence and names no kind of line.
const NAME_LIMIT_BYTES: usize = 48;

/// What a line says.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// The message.
    pub message: String,
    fields: Map<String, Value>,
}

impl Line {
    /// Reads the body of a record.
    pub(super) fn read(event: &Event<'_>) -> Self {
        let body = event.columns.body.as_deref().unwrap_or_default();
        if event.body_type.is_none() {
            return Self { message: body.to_owned(), fields: Map::new() };
        }
        if body.len() > SEARCH_LIMIT_BYTES {
            return Self::default();
        }
        let mut line = Self::default();
        for value in serde_json::from_str::<Vec<Value>>(body).unwrap_or_default() {
            match value {
                Value::String(text) if line.message.is_empty() => line.message = text,
                Value::String(text) => read_object(&text, &mut line.fields),
                Value::Object(fields) => line.fields.extend(fields),
                _ => {}
            }
        }
        line
    }

    /// The message, if it is one that stands word for word in the source.
    pub(super) fn name(&self) -> Option<&str> {
        let plain = |byte: u8| byte.is_ascii_alphabetic() || b" -_.".contains(&byte);
        let is_name = !self.message.is_empty()
            && self.message.len() <= NAME_LIMIT_BYTES
            && self.message.bytes().all(plain);
        is_name.then_some(self.message.as_str())
    }

    /// A field of the object.
    pub(super) fn field(&self, key: &str) -> Option<&Value> {
        self.fields.get(key)
    }

    /// A text of the object that is not empty.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.field(key)?.as_str().filter(|text| !text.is_empty())
    }
}

/// Reads the fields of an object up to the first that cannot be read.
fn read_object(text: &str, fields: &mut Map<String, Value>) {
    let text = without_undefined(text);
    let mut json = serde_json::Deserializer::from_str(&text);
    // What follows after a broken field is not known; what came before it stands.
    json.deserialize_map(Fields(fields)).ok();
}

struct Fields<'m>(&'m mut Map<String, Value>);

impl<'de> Visitor<'de> for Fields<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the object of a log line")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some((key, value)) = map.next_entry()? {
            self.0.insert(key, value);
        }
        Ok(())
    }
}

/// The text with `null` for every `undefined` outside of strings.
fn without_undefined(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_string = false;
    let mut rest = text;
    while let Some(at) = rest.find(['"', '\\', 'u']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let taken = if from.starts_with('"') {
            in_string = !in_string;
            1
        } else if from.starts_with('\\') {
            1 + from.chars().nth(1).map_or(0, char::len_utf8)
        } else if let Some(after) = from.strip_prefix("undefined").filter(|_| !in_string) {
            out.push_str("null");
            rest = after;
            continue;
        } else {
            1
        };
        let (kept, after) = from.split_at(taken);
        out.push_str(kept);
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Map<String, Value> {
        let mut fields = Map::new();
        read_object(text, &mut fields);
        fields
    }

    /// A field that is undefined is nothing; a text that speaks of it stays.
    #[test]
    fn undefined_is_null() {
        let read = fields(r#"{"a":undefined,"b":"undefined \" undefined","c":[undefined],"d":1}"#);
        assert_eq!(
            Value::Object(read).to_string(),
            r#"{"a":null,"b":"undefined \" undefined","c":[null],"d":1}"#
        );
        assert_eq!(without_undefined(r#"{"é":"\é","u":"\"#), r#"{"é":"\é","u":"\"#);
    }

    /// What stands before a break is read.
    #[test]
    fn a_cut_object_is_read_as_far_as_it_goes() {
        let read = fields(r#"{"id":"ses_1","projectID":"ea22"#);
        assert_eq!(read.get("id").and_then(Value::as_str), Some("ses_1"));
        assert_eq!(read.len(), 1);
        assert!(fields("").is_empty() && fields("[1]").is_empty());
    }
}
