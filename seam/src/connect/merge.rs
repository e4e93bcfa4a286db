//! Settings into a text, and out of it again.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::attributes;
use super::document::{self, Document, Format, dotted};
use super::error::ConnectError;
use super::setting::{Setting, Value, Wish};

/// A key that we set or took away, and the hash of what we left there (none: nothing).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) path: Vec<String>,
    pub(crate) value: Option<String>,
}

/// A text with the settings in it.
#[derive(Debug)]
pub(crate) struct Merged {
    pub(crate) text: String,
    /// The keys that now say something else than before.
    pub(crate) keys: Vec<Key>,
}

/// The hash under which a text or a value is remembered; it gives no token away.
pub(crate) fn hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}

fn hash_of(value: Option<&Json>) -> Option<String> {
    value.map(|value| hash(&value.to_string()))
}

/// Puts the settings into the text. Keys that point elsewhere are a conflict, unless `force`.
pub(crate) fn apply(
    path: &Path,
    format: Format,
    text: &str,
    settings: &[Setting],
    force: bool,
) -> Result<Merged, ConnectError> {
    let parse = |why| ConnectError::Parse { path: path.to_owned(), why };
    let mut document = document::open(format, text).map_err(parse)?;
    let mut conflicts = Vec::new();
    let mut keys = Vec::new();
    for setting in settings {
        let before = document.get(&setting.path).map_err(parse)?;
        let wished = wished(setting, before.as_ref());
        let after = wished.as_ref().map(Value::to_json);
        if before == after {
            continue;
        }
        let points = matches!(setting.wish, Wish::Points(_) | Wish::Absent);
        if points && !force && before.as_ref().is_some_and(|value| !is_idle(value)) {
            conflicts.push(dotted(&setting.path));
            continue;
        }
        match &wished {
            Some(value) => document.set(&setting.path, value).map_err(parse)?,
            None => document.remove(&setting.path).map_err(parse)?,
        }
        keys.push(Key {
            path: setting.path.iter().map(|&part| part.to_owned()).collect(),
            value: hash_of(after.as_ref()),
        });
    }
    if !conflicts.is_empty() {
        return Err(ConnectError::Conflict { path: path.to_owned(), keys: conflicts });
    }
    let text =
        if keys.is_empty() { text.to_owned() } else { document::rendered(document.as_ref(), text) };
    Ok(Merged { text, keys })
}

/// The value that a key is to have, given the one it has.
fn wished(setting: &Setting, before: Option<&Json>) -> Option<Value> {
    match &setting.wish {
        Wish::Is(value) | Wish::Points(value) => Some(value.clone()),
        Wish::Absent => None,
        Wish::Attributes(list) => {
            let existing = before.and_then(Json::as_str).unwrap_or_default();
            Some(Value::Text(attributes::merged(existing, list)))
        }
    }
}

/// Whether a value points nowhere, so that replacing it takes nothing from anybody.
fn is_idle(value: &Json) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.is_empty() || text == "none")
}

/// A text with our keys out of it.
#[derive(Debug)]
pub(crate) struct TakenBack {
    pub(crate) text: String,
    /// The keys that somebody else has changed since; they stay.
    pub(crate) left: Vec<String>,
}

/// Takes our keys out of a text that was edited since, and puts back what they replaced.
pub(crate) fn take_back(
    path: &Path,
    format: Format,
    text: &str,
    original: &str,
    keys: &[Key],
) -> Result<TakenBack, ConnectError> {
    let parse = |why| ConnectError::Parse { path: path.to_owned(), why };
    let mut document = document::open(format, text).map_err(parse)?;
    let before = document::open(format, original).map_err(parse)?;
    let mut left = Vec::new();
    let mut touched = false;
    for key in keys {
        let at: Vec<&str> = key.path.iter().map(String::as_str).collect();
        let now = document.get(&at).map_err(parse)?;
        if hash_of(now.as_ref()) != key.value {
            left.push(dotted(&at));
            continue;
        }
        match before.get(&at).map_err(parse)? {
            Some(value) => document.set(&at, &Value::from_json(&value)).map_err(parse)?,
            None => document.remove(&at).map_err(parse)?,
        }
        touched = true;
    }
    for key in keys {
        drop_empty_tables(document.as_mut(), before.as_ref(), &key.path).map_err(parse)?;
    }
    let text = if touched { document::rendered(document.as_ref(), text) } else { text.to_owned() };
    Ok(TakenBack { text, left })
}

/// Takes away the tables above a key that are empty now and were not there before.
fn drop_empty_tables(
    document: &mut dyn Document,
    before: &dyn Document,
    path: &[String],
) -> Result<(), document::Why> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    for length in (1..path.len()).rev() {
        let Some(table) = path.get(..length) else { continue };
        let empty = document
            .get(table)?
            .is_some_and(|value| value.as_object().is_some_and(serde_json::Map::is_empty));
        if empty && before.get(table)?.is_none() {
            document.remove(table)?;
        }
    }
    Ok(())
}
