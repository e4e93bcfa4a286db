//! What a tool was called with: a command, a file, an address.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use crate::event::Text;

/// Arguments longer than this are not searched; they are stored all the same.
const SEARCH_LIMIT_BYTES: usize = 1 << 20;

/// What the arguments of a call say.
#[derive(Debug, Default, PartialEq)]
pub(in crate::agents) struct Arguments<'a> {
    /// The command line.
    pub command: Option<Text<'a>>,
    /// The file.
    pub path: Option<Text<'a>>,
    /// The address.
    pub url: Option<Text<'a>>,
}

impl<'a> Arguments<'a> {
    /// Reads the JSON object that arguments usually are; the text of a patch names its file.
    pub(in crate::agents) fn read(text: &'a str) -> Self {
        if text.len() > SEARCH_LIMIT_BYTES {
            return Self::default();
        }
        if text.trim_start().starts_with('{') {
            let mut json = serde_json::Deserializer::from_str(text);
            return json.deserialize_map(Fields).unwrap_or_default();
        }
        Self { path: patched_file(text).map(Cow::Borrowed), ..Self::default() }
    }
}

/// The first file that a patch in Codex' own format touches.
fn patched_file(text: &str) -> Option<&str> {
    if !text.contains("*** Begin Patch") {
        return None;
    }
    text.lines().find_map(|line| {
        ["*** Update File: ", "*** Add File: ", "*** Delete File: "]
            .iter()
            .find_map(|mark| line.strip_prefix(mark))
    })
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Arguments<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the arguments of a tool call")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = Arguments::default();
        while let Some(key) = map.next_key::<String>()? {
            let cell = match key.as_str() {
                "cmd" | "command" => &mut found.command,
                "path" | "file_path" | "filePath" | "absolute_path" | "dir_path"
                | "notebook_path" => &mut found.path,
                "url" => &mut found.url,
                "input" | "patch" => {
                    if let Value::String(patch) = map.next_value()? {
                        let file = patched_file(&patch).map(|file| Cow::Owned(file.to_owned()));
                        found.path = found.path.or(file);
                    }
                    continue;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let text = as_text(map.next_value()?);
            if cell.is_none() {
                *cell = text.map(Cow::Owned);
            }
        }
        Ok(found)
    }
}

/// A text, or the words of a command; of `bash -lc SCRIPT` the script.
fn as_text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => (!text.is_empty()).then_some(text),
        Value::Array(words) => {
            let words: Option<Vec<&str>> = words.iter().map(Value::as_str).collect();
            match words?.as_slice() {
                [] => None,
                [shell, flag, script] if is_shell(shell) && matches!(*flag, "-c" | "-lc") => {
                    Some((*script).to_owned())
                }
                words => Some(words.join(" ")),
            }
        }
        _ => None,
    }
}

fn is_shell(program: &str) -> bool {
    matches!(program.rsplit('/').next(), Some("bash" | "sh" | "zsh"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Commands are read in every form Codex has sent them.
    #[test]
    fn reads_commands() {
        for (arguments, command) in [
            (r#"{"cmd":"ls -la","workdir":"/x"}"#, Some("ls -la")),
            (r#"{"command":["bash","-lc","git status"]}"#, Some("git status")),
            (r#"{"command":["git","status"]}"#, Some("git status")),
            (r#"{"command":"echo \u00e9"}"#, Some("echo é")),
            (r#"{"cmd":5}"#, None),
            (r#"{"cmd":"ls""#, None),
            ("ls", None),
            ("", None),
        ] {
            assert_eq!(Arguments::read(arguments).command.as_deref(), command, "{arguments}");
        }
    }

    /// Files and addresses are read from their fields, and from a patch.
    #[test]
    fn reads_paths_and_urls() {
        for key in ["path", "file_path", "absolute_path", "dir_path", "notebook_path"] {
            let arguments = format!(r#"{{"{key}":"a.txt"}}"#);
            assert_eq!(Arguments::read(&arguments).path.as_deref(), Some("a.txt"), "{key}");
        }
        assert_eq!(Arguments::read(r#"{"url":"http://x/"}"#).url.as_deref(), Some("http://x/"));
        let patch = "*** Begin Patch\n*** Update File: src/a.rs\n@@\n*** End Patch";
        assert_eq!(Arguments::read(patch).path.as_deref(), Some("src/a.rs"));
        let wrapped = serde_json::json!({ "input": patch }).to_string();
        assert_eq!(Arguments::read(&wrapped).path.as_deref(), Some("src/a.rs"));
    }
}
