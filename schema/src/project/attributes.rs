//! The attributes of an event that have no column, and those of its resource, as texts.
//!
//! A key that stands twice is written once, as the first time: readers of JSON disagree on what
//! two members of one name mean, and Elasticsearch refuses them. An empty key it refuses as well.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::capture::{is_command_line, is_content};
use crate::event::{Attribute, AttributeValue, Event};
use crate::otlp;
use crate::project::content::Withholding;
use crate::project::json::Json;

/// Keys and values up to so many bytes fit into one term of Lucene (32,766 bytes) together.
const TERM_BYTES: usize = 8_000;
/// So many attributes are compared with one another.
const FEW: usize = 64;

/// Writes all attributes: as two objects.
pub(super) fn whole(event: &Event<'_>, policy: Withholding, json: &mut Json<'_>) {
    let all = |_: &str, _: &str| true;
    json.object("attributes", |json| members(attributes(event, policy), all, json));
    json.object("resource", |json| members(resource(event, policy), all, json));
}

/// Writes all attributes, those that are too long to be searched apart, as `key=value`.
pub(super) fn searchable(event: &Event<'_>, policy: Withholding, json: &mut Json<'_>) {
    let short = |key: &str, text: &str| key.len() <= TERM_BYTES && text.len() <= TERM_BYTES;
    json.object("attributes", |json| members(attributes(event, policy), short, json));
    json.object("resource", |json| members(resource(event, policy), short, json));
    json.array("long_attributes", |json| {
        for kept in attributes(event, policy).chain(resource(event, policy)) {
            let text = text_of(&kept.value);
            if !short(&kept.key, &text) {
                json.item(&format!("{}={text}", kept.key));
            }
        }
    });
}

/// The attributes of the record that may be written.
fn attributes<'e, 'a>(
    event: &'e Event<'a>,
    policy: Withholding,
) -> impl Iterator<Item = &'e Attribute<'a>> {
    once_each(&event.attributes).filter(move |kept| policy.kept || !is_content(kept))
}

/// The attributes of the resource that may be: the command line of the process is content.
fn resource<'e, 'a>(
    event: &'e Event<'a>,
    policy: Withholding,
) -> impl Iterator<Item = &'e Attribute<'a>> {
    once_each(&event.resource).filter(move |kept| policy.kept || !is_command_line(kept))
}

/// Of few, the ones before are looked through; of as many as a hostile sender likes, that would
/// take for ever.
fn once_each<'e, 'a>(all: &'e [Attribute<'a>]) -> impl Iterator<Item = &'e Attribute<'a>> {
    let mut seen = (all.len() > FEW).then(|| HashSet::with_capacity(all.len()));
    all.iter().enumerate().filter_map(move |(index, kept)| {
        let again = match &mut seen {
            Some(seen) => !seen.insert(kept.key.as_ref()),
            None => all.iter().take(index).any(|earlier| earlier.key == kept.key),
        };
        (!kept.key.is_empty() && !again).then_some(kept)
    })
}

fn members<'e, 'a: 'e>(
    all: impl Iterator<Item = &'e Attribute<'a>>,
    wanted: impl Fn(&str, &str) -> bool,
    json: &mut Json<'_>,
) {
    for kept in all {
        let text = text_of(&kept.value);
        if wanted(&kept.key, &text) {
            json.foreign_text(&kept.key, &text);
        }
    }
}

/// The text of a value, as a table has it.
fn text_of<'v>(value: &'v AttributeValue<'_>) -> Cow<'v, str> {
    match value {
        AttributeValue::Column(_, text) => Cow::Borrowed(text),
        AttributeValue::Number(number) => Cow::Owned(number.to_string()),
        AttributeValue::Wire(value) => {
            let mut scratch = String::new();
            Cow::Owned(otlp::column_text(*value, &mut scratch).1.to_owned())
        }
    }
}
