//! Writes JSON into a buffer, member by member.
//!
//! Keys are ours and need no escaping, except those of attributes. Strings go through
//! `serde_json`, numbers through `itoa`. A member without a value is not written, and neither is
//! an object or an array with nothing in it.

use std::fmt;

use crate::ids::WriteId;

/// The writer of one JSON object.
pub(super) struct Json<'o> {
    out: &'o mut Vec<u8>,
}

/// Escapes what is written to it.
struct Escaping<'j, 'o>(&'j mut Json<'o>);

impl fmt::Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Only ids are written so: hex digits, decimal digits and `-`.
        self.0.out.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

impl<'o> Json<'o> {
    /// Opens an object.
    pub(super) fn new(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out }
    }

    /// Closes it.
    pub(super) fn end(self) {
        self.out.push(b'}');
    }

    /// What parts two members or elements.
    fn comma(&mut self) {
        // A value ends in a quote, a digit, a letter or a bracket: only an opening bracket
        // means that nothing came before.
        if !matches!(self.out.last(), Some(b'{' | b'[')) {
            self.out.push(b',');
        }
    }

    fn key(&mut self, key: &'static str) {
        debug_assert!(!key.contains(['"', '\\']), "a key of ours needs no escaping");
        self.comma();
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn string(&mut self, text: &str) {
        // Writing to a buffer cannot fail, and a string is always valid JSON.
        let written = serde_json::to_writer(&mut *self.out, text);
        debug_assert!(written.is_ok(), "a buffer refused a string");
    }

    fn digits(&mut self, number: i64) {
        self.out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }

    /// A string.
    pub(super) fn text(&mut self, key: &'static str, text: &str) {
        self.key(key);
        self.string(text);
    }

    /// A string, if there is one.
    pub(super) fn text_if(&mut self, key: &'static str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(key, text);
        }
    }

    /// A number, if there is one.
    pub(super) fn int_if(&mut self, key: &'static str, number: Option<i64>) {
        if let Some(number) = number {
            self.int(key, number);
        }
    }

    /// An id, if there is one.
    pub(super) fn id_if(&mut self, key: &'static str, id: Option<&impl WriteId>) {
        if let Some(id) = id {
            self.id(key, id);
        }
    }

    /// A word of ours, which needs no escaping.
    pub(super) fn word(&mut self, key: &'static str, word: &'static str) {
        self.key(key);
        self.bare_word(word);
    }

    fn bare_word(&mut self, word: &'static str) {
        debug_assert!(!word.contains(['"', '\\']), "a word of ours needs no escaping");
        self.out.push(b'"');
        self.out.extend_from_slice(word.as_bytes());
        self.out.push(b'"');
    }

    /// A number.
    pub(super) fn int(&mut self, key: &'static str, number: i64) {
        self.key(key);
        self.digits(number);
    }

    /// A number that a reader with doubles would round: as a string.
    pub(super) fn wide(&mut self, key: &'static str, number: i64) {
        self.key(key);
        self.out.push(b'"');
        self.digits(number);
        self.out.push(b'"');
    }

    /// A number with a fraction; not written where JSON has no word for it.
    pub(super) fn float(&mut self, key: &'static str, number: f64) {
        if number.is_finite() {
            self.key(key);
            let written = serde_json::to_writer(&mut *self.out, &number);
            debug_assert!(written.is_ok(), "a buffer refused a number");
        }
    }

    /// `true` or `false`.
    pub(super) fn truth(&mut self, key: &'static str, truth: bool) {
        self.key(key);
        self.out.extend_from_slice(if truth { b"true" } else { b"false" });
    }

    /// An id.
    pub(super) fn id(&mut self, key: &'static str, id: &impl WriteId) {
        self.key(key);
        self.out.push(b'"');
        let written = id.write_to(&mut Escaping(self));
        debug_assert!(written.is_ok(), "a buffer refused an id");
        self.out.push(b'"');
    }

    /// An id, `.` and a number, as one string.
    pub(super) fn numbered_id(&mut self, key: &'static str, id: &impl WriteId, number: i64) {
        self.id(key, id);
        // The quote that ended the id.
        self.out.pop();
        self.out.push(b'.');
        self.digits(number);
        self.out.push(b'"');
    }

    /// A point in time, as RFC 3339 has it; not written where it cannot (before the year 1, after
    /// 9999).
    pub(super) fn time(&mut self, key: &'static str, us: i64) {
        if let Some(text) = super::time::rfc3339(us) {
            self.key(key);
            self.out.push(b'"');
            self.out.extend_from_slice(&text);
            self.out.push(b'"');
        }
    }

    /// An object; nothing if nothing is written into it.
    pub(super) fn object(&mut self, key: &'static str, write: impl FnOnce(&mut Json<'_>)) {
        self.nested(Some(key), [b'{', b'}'], write);
    }

    /// An array; nothing if nothing is written into it.
    pub(super) fn array(&mut self, key: &'static str, write: impl FnOnce(&mut Json<'_>)) {
        self.nested(Some(key), [b'[', b']'], write);
    }

    /// An element of an array that is an object.
    pub(super) fn element(&mut self, write: impl FnOnce(&mut Json<'_>)) {
        self.nested(None, [b'{', b'}'], write);
    }

    fn nested(
        &mut self,
        key: Option<&'static str>,
        [open, close]: [u8; 2],
        write: impl FnOnce(&mut Json<'_>),
    ) {
        let before = self.out.len();
        match key {
            Some(key) => self.key(key),
            None => self.comma(),
        }
        self.out.push(open);
        let opened = self.out.len();
        write(&mut Json { out: &mut *self.out });
        if self.out.len() == opened {
            self.out.truncate(before);
        } else {
            self.out.push(close);
        }
    }

    /// An element of an array that is a string.
    pub(super) fn item(&mut self, text: &str) {
        self.comma();
        self.string(text);
    }

    /// An element of an array that is a word of ours, `:` and an id.
    pub(super) fn marked_id(&mut self, mark: &'static str, id: &impl WriteId) {
        self.comma();
        self.bare_word(mark);
        // The quote that ended the word.
        self.out.pop();
        self.out.push(b':');
        let written = id.write_to(&mut Escaping(self));
        debug_assert!(written.is_ok(), "a buffer refused an id");
        self.out.push(b'"');
    }

    /// An element of an array that is a word of ours, `:` and a text.
    pub(super) fn joined_item(&mut self, mark: &'static str, text: &str) {
        self.comma();
        let behind_quote = self.out.len() + 1;
        self.string(text);
        let joined = mark.bytes().chain([b':']);
        self.out.splice(behind_quote..behind_quote, joined);
    }

    /// Words of ours as an array.
    pub(super) fn words(&mut self, key: &'static str, words: &[&'static str]) {
        self.array(key, |json| {
            for word in words {
                json.comma();
                json.bare_word(word);
            }
        });
    }

    /// A string under a key that a sender wrote.
    pub(super) fn foreign_text(&mut self, key: &str, text: &str) {
        self.item(key);
        self.out.push(b':');
        self.string(text);
    }

    /// A number under a key that a sender wrote.
    pub(super) fn foreign_int(&mut self, key: &str, number: i64) {
        self.item(key);
        self.out.push(b':');
        self.digits(number);
    }
}
