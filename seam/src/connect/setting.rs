//! What an agent's file shall say: keys, their values, and what may stand there already.

use serde_json::Value as Json;

/// A value as TOML, JSON and an environment file can hold it; tables keep their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Switch(bool),
    Table(Vec<(String, Value)>),
    /// Anything else a file held before, put back as it was.
    Other(Json),
}

impl Value {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A table of these entries.
    pub(crate) fn table<const N: usize>(entries: [(&str, Value); N]) -> Self {
        Self::Table(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    pub(crate) fn from_json(json: &Json) -> Self {
        match json {
            Json::String(text) => Self::Text(text.clone()),
            Json::Bool(on) => Self::Switch(*on),
            Json::Object(entries) => Self::Table(
                entries.iter().map(|(key, value)| (key.clone(), Self::from_json(value))).collect(),
            ),
            other => Self::Other(other.clone()),
        }
    }

    pub(crate) fn to_json(&self) -> Json {
        match self {
            Self::Text(text) => Json::String(text.clone()),
            Self::Switch(on) => Json::Bool(*on),
            Self::Table(entries) => Json::Object(
                entries.iter().map(|(key, value)| (key.clone(), value.to_json())).collect(),
            ),
            Self::Other(json) => json.clone(),
        }
    }
}

/// What is wished for one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wish {
    /// This value, whatever stands there: what is recorded.
    Is(Value),
    /// This value, unless the key already points elsewhere: where it goes.
    Points(Value),
    /// No such key, as it would send the telemetry elsewhere.
    Absent,
    /// A list of attributes with these in it; others stay.
    Attributes(Vec<(&'static str, String)>),
}

/// One key of a file, by its path from the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) path: Vec<&'static str>,
    pub(crate) wish: Wish,
}

impl Setting {
    pub(crate) fn is(path: &[&'static str], value: Value) -> Self {
        Self { path: path.to_vec(), wish: Wish::Is(value) }
    }

    pub(crate) fn points(path: &[&'static str], value: Value) -> Self {
        Self { path: path.to_vec(), wish: Wish::Points(value) }
    }

    pub(crate) fn absent(path: &[&'static str]) -> Self {
        Self { path: path.to_vec(), wish: Wish::Absent }
    }

    pub(crate) fn attributes(path: &[&'static str], list: Vec<(&'static str, String)>) -> Self {
        Self { path: path.to_vec(), wish: Wish::Attributes(list) }
    }
}
