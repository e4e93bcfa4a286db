//! `[[sinks]]`: the destinations that records are sent on to, and who is told of alarms.
//!
//! [`keys`] lists every key once, with the kinds of destination that have it. A secret is never in
//! the file: its key ends in `_env`, which names a variable, or in `_file`.

mod keys;
mod read;
mod reference;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use seam_exporters::delivery::Filter;
use seam_exporters::http::Secret;
use seam_schema::project::{Content, Format};

pub(crate) use keys::SinkKind;
pub(crate) use read::{NamedVariables, RawSink, named_variables, read};
pub(crate) use reference::{reference, show};

/// One of `[[sinks]]`, checked.
#[derive(Debug, Clone)]
pub(crate) struct SinkConfig {
    pub(crate) name: String,
    pub(crate) kind: SinkKind,
    pub(crate) format: Format,
    pub(crate) content: Content,
    pub(crate) filter: Filter,
    values: BTreeMap<&'static str, Value>,
}

/// The value of a key.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Text(String),
    Flag(bool),
    Number(u64),
    Texts(Vec<String>),
    Pairs(BTreeMap<String, String>),
    Secret(HeldSecret),
}

/// A secret, and where it comes from.
#[derive(Clone)]
pub(crate) struct HeldSecret {
    /// `NAME in the environment`, or the file.
    pub(crate) from: String,
    secret: Secret,
}

impl fmt::Debug for HeldSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.from)
    }
}

/// A key that was not said has the default of [`keys`]; one that the kind does not have is empty.
impl SinkConfig {
    pub(crate) fn text(&self, key: &str) -> &str {
        match self.values.get(key) {
            Some(Value::Text(text)) => text,
            _ => "",
        }
    }

    /// A text, if it says anything.
    pub(crate) fn said(&self, key: &str) -> Option<String> {
        Some(self.text(key).to_owned()).filter(|text| !text.is_empty())
    }

    /// The address, which may be a secret: not to be shown. Empty where it cannot be read.
    pub(crate) fn url(&self) -> String {
        match self.values.get("url") {
            Some(Value::Secret(held)) => {
                held.secret.read().map_or_else(|_| String::new(), |url| url.to_string())
            }
            _ => self.text("url").to_owned(),
        }
    }

    pub(crate) fn path(&self, key: &str) -> Option<PathBuf> {
        self.said(key).map(PathBuf::from)
    }

    pub(crate) fn flag(&self, key: &str) -> bool {
        matches!(self.values.get(key), Some(Value::Flag(true)))
    }

    pub(crate) fn number(&self, key: &str) -> u64 {
        match self.values.get(key) {
            Some(Value::Number(number)) => *number,
            _ => 0,
        }
    }

    pub(crate) fn size(&self, key: &str) -> usize {
        usize::try_from(self.number(key)).unwrap_or(usize::MAX)
    }

    pub(crate) fn duration(&self, key: &str) -> Duration {
        Duration::from_millis(self.number(key))
    }

    pub(crate) fn texts(&self, key: &str) -> Vec<String> {
        match self.values.get(key) {
            Some(Value::Texts(texts)) => texts.clone(),
            _ => Vec::new(),
        }
    }

    pub(crate) fn pairs(&self, key: &str) -> BTreeMap<String, String> {
        match self.values.get(key) {
            Some(Value::Pairs(pairs)) => pairs.clone(),
            _ => BTreeMap::new(),
        }
    }

    pub(crate) fn secret(&self, key: &str) -> Option<Secret> {
        match self.values.get(key) {
            Some(Value::Secret(held)) => Some(held.secret.clone()),
            _ => None,
        }
    }
}
