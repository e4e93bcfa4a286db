//! What is written of content: the text, or how long it is.

use crate::capture::{is_command_line, is_content};
use crate::event::{Event, EventColumns};
use crate::project::Content;
use crate::project::json::Json;

/// What the policy of [`crate::capture`] leaves in the place of a text it hashed.
const HASHED: &str = "[hashed:";
const HASH_DIGITS: usize = 16;

/// Decides what is written in the place of content.
#[derive(Debug, Clone, Copy)]
pub(super) struct Withholding {
    /// The texts themselves are written.
    pub(super) kept: bool,
}

/// The body of a log record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Body<'b> {
    /// What it says.
    pub(super) text: Option<&'b str>,
    /// It only repeats the record's name, so it is no content.
    pub(super) is_name: bool,
}

impl Withholding {
    /// By what a destination is given.
    pub(super) fn of(content: Content) -> Self {
        Self { kept: content == Content::Kept }
    }

    /// Writes a text under `key`; or how many bytes it has; or the keyed hash the tables have in
    /// its place.
    pub(super) fn text(
        self,
        key: &'static str,
        bytes_key: &'static str,
        hash_key: &'static str,
        text: Option<&str>,
        json: &mut Json<'_>,
    ) {
        let Some(text) = text else { return };
        if self.kept {
            json.text(key, text);
        } else if let Some(hash) = hash_of(text) {
            json.text(hash_key, hash);
        } else {
            json.int(bytes_key, i64::try_from(text.len()).unwrap_or(i64::MAX));
        }
    }

    /// A text that may be written.
    pub(super) fn open(self, text: Option<&str>) -> Option<&str> {
        text.filter(|_| self.kept)
    }
}

impl<'b> Body<'b> {
    /// The body of an event.
    pub(super) fn of(columns: &'b EventColumns<'_>) -> Self {
        let is_name = columns.body.is_some() && columns.body == columns.name;
        Self { text: columns.body.as_deref(), is_name }
    }
}

/// Takes out of a row what no document with [`Content::Withheld`] has, for those who send the record
/// itself on. A keyed hash that stands in the place of a text stays.
pub fn withhold(event: &mut Event<'_>) {
    let columns = &mut event.columns;
    let is_name = Body::of(columns).is_name;
    if !is_name && event.body_type.is_some() {
        // No hash is a value of that type.
        columns.body = None;
        event.body_type = None;
    }
    columns.span_links = None;
    let body = (!is_name).then_some(&mut columns.body);
    let cells = [
        &mut columns.status_message,
        &mut columns.rationale,
        &mut columns.error,
        &mut columns.prompt,
        &mut columns.response,
        &mut columns.arguments,
        &mut columns.output,
    ];
    for cell in cells.into_iter().chain(body) {
        if cell.as_deref().is_some_and(|text| hash_of(text).is_none()) {
            *cell = None;
        }
    }
    event.attributes.retain(|kept| !is_content(kept));
    event.resource.retain(|kept| !is_command_line(kept));
}

/// The keyed hash that stands in the place of a text.
fn hash_of(text: &str) -> Option<&str> {
    let hash = text.strip_prefix(HASHED)?.strip_suffix(']')?;
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (hash.len() == HASH_DIGITS && hash.bytes().all(digit)).then_some(hash)
}
