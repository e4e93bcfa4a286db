//! `seam config show` and `seam config reference`.

use std::fmt::Write as _;

use crate::config::keys::{KEYS, Key, Shape};
use crate::config::raw::{RawConfig, Source};
use crate::config::{profiles, sinks};

/// The whole configuration as a commented `seam.toml` with every default.
pub(crate) fn reference() -> String {
    render(|key| {
        let comment = format!("{}; {}", key.meaning, shape(key.shape));
        (key.default.to_owned(), comment, key.variable())
    }) + &profiles::reference()
        + &sinks::reference()
}

/// What is in force, and who said it.
pub(crate) fn show(raw: &RawConfig) -> String {
    render(|key| {
        let said = raw.values.get(key.path);
        let value = said.map_or(key.default, |(value, _)| value.as_str());
        let source = said.map_or(&Source::Default, |(_, source)| source);
        (value.to_owned(), String::new(), source.to_string())
    }) + &profiles::show(&raw.profiles)
        + &sinks::show(&raw.sinks)
}

fn render(line: impl Fn(&Key) -> (String, String, String)) -> String {
    let mut out = String::new();
    let mut section = "";
    for key in KEYS {
        let (table, name) = key.path.split_once('.').unwrap_or(("", key.path));
        if table != section {
            section = table;
            line_out(&mut out, &format!("\n[{section}]"));
        }
        let (value, comment, note) = line(key);
        if !comment.is_empty() {
            line_out(&mut out, &format!("# {comment}"));
        }
        let quoted = match key.shape {
            Shape::Number { .. } | Shape::Flag | Shape::List => value.clone(),
            _ => toml::Value::String(value.clone()).to_string(),
        };
        let off = if value.is_empty() { "# " } else { "" };
        line_out(&mut out, &format!("{off}{name} = {quoted}  # {note}"));
    }
    out
}

fn line_out(out: &mut String, line: &str) {
    // Writing to a string cannot fail.
    let written = writeln!(out, "{line}");
    debug_assert!(written.is_ok());
}

pub(super) fn shape(shape: Shape) -> String {
    match shape {
        Shape::Text => "a text".to_owned(),
        Shape::Path => "a path".to_owned(),
        Shape::Address => "an address and a port, port 0 takes a free one".to_owned(),
        Shape::Flag => "true or false".to_owned(),
        Shape::Number { min, max } => format!("{min} to {max}"),
        Shape::OneOf(words) => words.join(" or "),
        Shape::List => "a list".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    /// The printed reference is a configuration that can be read.
    #[test]
    fn reference_is_toml() {
        let table: toml::Table = reference().parse().unwrap();
        assert!(table.contains_key("tables"));
        assert_eq!(table.get("data").unwrap().as_str(), Some("./seam-data"));
    }
}
