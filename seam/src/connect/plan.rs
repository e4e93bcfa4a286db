//! What is to stand in which file, for one agent.

use std::path::PathBuf;

use super::document::{self, Format};
use super::error::ConnectError;
use super::merge;
use super::setting::{Setting, Value, Wish};

/// What a file is to hold.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// These keys, beside whatever else is there.
    Settings(Format, Vec<Setting>),
    /// This text and nothing else; a program of ours.
    Program(String),
}

/// One file.
#[derive(Debug, Clone)]
pub(crate) struct FilePlan {
    pub(crate) path: PathBuf,
    pub(crate) content: Content,
    /// Whether it will hold a secret, so that nobody else may read it.
    pub(crate) secret: bool,
    /// What a person has to know about it, a line each.
    pub(crate) about: Vec<String>,
}

/// All files of one agent.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) files: Vec<FilePlan>,
    /// What a person has to know besides, a line each.
    pub(crate) notes: Vec<String>,
}

impl FilePlan {
    /// An environment file that sets these variables.
    pub(crate) fn environment(
        path: PathBuf,
        variables: Vec<Variable>,
        secret: bool,
        program: &str,
    ) -> Self {
        let load = super::shell::quoted(&path.display().to_string());
        let about = vec![
            format!("Load it before {program} starts, here or in your shell's profile:"),
            format!("  set -a; . {load}; set +a"),
        ];
        let settings = variables
            .into_iter()
            .map(|variable| Setting { path: vec![variable.name], wish: variable.wish() });
        let content = Content::Settings(Format::Env, settings.collect());
        Self { path, content, secret, about }
    }

    /// The text of the file if nothing stood there before.
    pub(crate) fn text(&self) -> Result<String, ConnectError> {
        match &self.content {
            Content::Program(text) => Ok(text.clone()),
            Content::Settings(format, settings) => {
                Ok(merge::apply(&self.path, *format, "", settings, false)?.text)
            }
        }
    }
}

/// A variable of an environment file.
#[derive(Debug, Clone)]
pub(crate) struct Variable {
    name: &'static str,
    value: String,
    /// Whether it says where the telemetry goes.
    points: bool,
}

impl Variable {
    pub(crate) fn is(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: value.into(), points: false }
    }

    pub(crate) fn points(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: value.into(), points: true }
    }

    fn wish(&self) -> Wish {
        let value = Value::text(&self.value);
        if self.points { Wish::Points(value) } else { Wish::Is(value) }
    }
}

/// `true` and `false` as variables and settings spell them.
pub(crate) fn spelled(on: bool) -> &'static str {
    if on { "true" } else { "false" }
}

/// Whether the text of a document is that of an empty one.
pub(crate) fn is_blank(format: Format, text: &str) -> bool {
    document::open(format, text).is_ok_and(|document| document.is_blank())
}
