//! A settings file as a tree of keys that can be edited without touching the rest of its text.

mod env;
mod json;
mod toml;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::setting::Value;

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// TOML 1.
    Toml,
    /// JSON that may hold comments.
    Json,
    /// One `NAME=word` per line, for a shell to read.
    Env,
}

/// Why a text cannot be edited: what, and where, without the text itself.
pub(crate) type Why = String;

/// A parsed file. What an edit does not concern is rendered as it was read.
pub(crate) trait Document {
    /// The value at the path. An error if a part of the path is no table, or stands there twice.
    fn get(&self, path: &[&str]) -> Result<Option<Json>, Why>;
    /// Sets the value, making the tables on the way.
    fn set(&mut self, path: &[&str], value: &Value) -> Result<(), Why>;
    /// Takes the key away, if it is there.
    fn remove(&mut self, path: &[&str]) -> Result<(), Why>;
    /// Whether nothing but blank space is left.
    fn is_blank(&self) -> bool;
    /// The text.
    fn render(&self) -> String;
}

/// The mark that some editors put at the start of a file of UTF-8.
const MARK: char = '\u{feff}';

/// Reads a text. One of blank space only counts as an empty document.
pub(crate) fn open(format: Format, text: &str) -> Result<Box<dyn Document>, Why> {
    let bare = text.strip_prefix(MARK).unwrap_or(text);
    Ok(match format {
        Format::Toml => Box::new(toml::Toml::parse(bare)?),
        Format::Json => Box::new(json::JsonFile::parse(bare)?),
        Format::Env => Box::new(env::EnvFile::parse(bare)),
    })
}

/// The text of an edited document, with the mark its original had.
pub(crate) fn rendered(document: &dyn Document, original: &str) -> String {
    let text = document.render();
    if original.starts_with(MARK) { format!("{MARK}{text}") } else { text }
}

/// The path as people write it.
pub(crate) fn dotted(path: &[&str]) -> String {
    path.join(".")
}
