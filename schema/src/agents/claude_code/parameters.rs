//! The JSON in `tool_parameters` and `tool_input`.
//!
//! `tool_parameters` is what Claude Code says of a call: the whole command, the names of an MCP
//! call. `tool_input` is what the model sent, each value cut at 512 characters and the whole at
//! about 4,000: what stands before the cut is read all the same.

use std::fmt;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

/// A text longer than this is not searched; it is stored all the same.
const SEARCH_LIMIT_BYTES: usize = 1 << 20;

/// What the JSON of a call says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Parameters {
    /// The whole command; `bash_command` is only its first word.
    pub full_command: Option<String>,
    /// The command, maybe cut.
    pub command: Option<String>,
    /// The file or folder.
    pub path: Option<String>,
    /// The address.
    pub url: Option<String>,
    /// The MCP server.
    pub mcp_server: Option<String>,
    /// The tool's name there.
    pub mcp_tool: Option<String>,
    /// The command was to go on in the background.
    pub background: bool,
}

impl Parameters {
    /// Reads a JSON object; nothing of anything else.
    pub(super) fn read(text: Option<&str>) -> Self {
        let mut found = Self::default();
        if let Some(text) = text.filter(|text| text.len() <= SEARCH_LIMIT_BYTES) {
            let mut json = serde_json::Deserializer::from_str(text);
            // What was found before an error counts.
            json.deserialize_map(Fields(&mut found)).unwrap_or_default();
        }
        found
    }

    fn cell(&mut self, key: &str) -> Option<&mut Option<String>> {
        Some(match key {
            "full_command" => &mut self.full_command,
            "command" => &mut self.command,
            "file_path" | "notebook_path" | "path" => &mut self.path,
            "url" => &mut self.url,
            "mcp_server_name" => &mut self.mcp_server,
            "mcp_tool_name" => &mut self.mcp_tool,
            _ => return None,
        })
    }
}

struct Fields<'p>(&'p mut Parameters);

impl<'de> Visitor<'de> for Fields<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what a tool was called with")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == "run_in_background" {
                self.0.background = map.next_value::<Value>()? == Value::Bool(true);
            } else if let Some(cell) = self.0.cell(&key) {
                if let Value::String(text) = map.next_value()?
                    && !text.is_empty()
                {
                    cell.get_or_insert(text);
                }
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each field is read as a text, what is before a cut too; nothing else is.
    #[test]
    fn reads_fields() {
        let read = |text| Parameters::read(Some(text));
        let found = read(r#"{"bash_command":"git","full_command":"git push","timeout":5}"#);
        assert_eq!(found.full_command.as_deref(), Some("git push"));
        let found = read(r#"{"mcp_server_name":"tickets","mcp_tool_name":"get_ticket"}"#);
        assert_eq!(found.mcp_server.as_deref(), Some("tickets"));
        assert_eq!(found.mcp_tool.as_deref(), Some("get_ticket"));
        let found = read(r#"{"file_path":"a.rs","old_string":"x","new_string":"cut he"#);
        assert_eq!(found.path.as_deref(), Some("a.rs"));
        assert!(read(r#"{"command":"x","run_in_background":true}"#).background);
        for nothing in [r#"{"command":5,"url":null,"path":""}"#, "[1]", "\"x\"", "{", "", "x"] {
            assert_eq!(read(nothing), Parameters::default(), "{nothing}");
        }
        assert_eq!(Parameters::read(None), Parameters::default());
    }
}
