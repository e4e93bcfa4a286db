//! Which tool was called and with what, for Gemini CLI and its fork.

use std::borrow::Cow;

use serde::Deserialize;

use crate::agents::arguments::Arguments;
use crate::agents::gemini::json;
use crate::event::{EventColumns, Text};
use crate::vocabulary::ToolKind;

/// Reads from the columns `tool` and `mcp_server` what kind of tool it is.
pub(in crate::agents) fn map_tool(columns: &mut EventColumns<'_>) {
    let Some(tool) = columns.tool.clone() else { return };
    if let Some((server, name)) = mcp_name(&tool, columns.mcp_server.as_deref()) {
        columns.mcp_server = columns.mcp_server.take().or(Some(server));
        columns.mcp_tool = Some(name);
    }
    let kind =
        if columns.mcp_server.is_some() { ToolKind::Mcp } else { builtin_kind(tool.as_ref()) };
    columns.tool_kind = Some(kind);
}

/// Reads the attribute `tool_type`: a tool can be one of a server that nothing names.
pub(in crate::agents) fn map_type(kind: Option<&str>, columns: &mut EventColumns<'_>) {
    if kind == Some("mcp") && columns.tool_kind != Some(ToolKind::Mcp) {
        columns.tool_kind = Some(ToolKind::Mcp);
        columns.mcp_tool.clone_from(&columns.tool);
    }
}

/// The server and the tool that a name stands for: `mcp_<server>_<tool>` in Gemini,
/// `mcp__<server>__<tool>` in Qwen. Where only the name tells the server, it is cut at the first
/// underscore, as Gemini itself does.
fn mcp_name<'a>(tool: &Text<'a>, server: Option<&str>) -> Option<(Text<'a>, Text<'a>)> {
    match tool {
        Cow::Borrowed(tool) => {
            split(tool, server).map(|(server, name)| (server.into(), name.into()))
        }
        Cow::Owned(tool) => split(tool, server)
            .map(|(server, name)| (server.to_owned().into(), name.to_owned().into())),
    }
}

/// Of a name whose server is known already, the server that stands in it is of no use.
fn split<'t>(tool: &'t str, server: Option<&str>) -> Option<(&'t str, &'t str)> {
    let (rest, between) = match tool.strip_prefix("mcp__") {
        Some(rest) => (Some(rest), "__"),
        None => (tool.strip_prefix("mcp_"), "_"),
    };
    match server {
        Some(server) => rest.and_then(|rest| cut(rest, server, between)).or(Some(("", tool))),
        None => not_empty(rest?.split_once(between)?),
    }
}

/// Cuts a server, as its name stands in a tool's name, and what parts it from the tool.
fn cut<'t>(rest: &'t str, server: &str, between: &str) -> Option<(&'t str, &'t str)> {
    let rest_of = |server: &str| {
        let name = rest.strip_prefix(server)?.strip_prefix(between)?;
        not_empty((rest.get(..server.len())?, name))
    };
    rest_of(server).or_else(|| rest_of(&valid_name(server)))
}

fn not_empty<'t>(parts: (&'t str, &'t str)) -> Option<(&'t str, &'t str)> {
    (!parts.0.is_empty() && !parts.1.is_empty()).then_some(parts)
}

/// A server's name as it may stand in the name of a function.
fn valid_name(server: &str) -> String {
    let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    server.chars().map(|c| if valid(c) { c } else { '_' }).collect()
}

/// Builtin tools by name, over the versions of both agents.
fn builtin_kind(tool: &str) -> ToolKind {
    match tool {
        "run_shell_command" | "shell" | "monitor" => ToolKind::Shell,
        "read_file"
        | "read_many_files"
        | "write_file"
        | "replace"
        | "edit"
        | "list_directory"
        | "glob"
        | "grep_search"
        | "search_file_content"
        | "notebook_edit" => ToolKind::File,
        "web_fetch" | "google_web_search" | "web_search" => ToolKind::Web,
        "invoke_agent" | "agent" | "task" | "delegate_to_agent" | "codebase_investigator" => {
            ToolKind::Subagent
        }
        _ => ToolKind::Other,
    }
}

/// What the arguments say beside command, file and address.
#[derive(Deserialize, Default)]
struct Asked<'t> {
    #[serde(borrow)]
    prompt: Option<Cow<'t, str>>,
    is_background: Option<bool>,
}

/// Reads the arguments of a call into `command`, `path` and `url`, where they are empty; true if
/// a command was started in the background, where it goes on after the call has ended.
pub(in crate::agents) fn map_arguments(arguments: &str, columns: &mut EventColumns<'_>) -> bool {
    let read = Arguments::read(arguments);
    let fill = |column: &mut Option<Text<'_>>, text: Option<Text<'_>>| {
        if column.is_none() {
            *column = text.map(|text| Cow::Owned(text.into_owned()));
        }
    };
    match columns.tool_kind {
        Some(ToolKind::Shell) => {
            fill(&mut columns.command, read.command);
            return asked(arguments).is_background == Some(true);
        }
        Some(ToolKind::File) => fill(&mut columns.path, read.path),
        Some(ToolKind::Web) => {
            let prompt = asked(arguments).prompt;
            fill(&mut columns.url, read.url);
            fill(&mut columns.url, prompt.as_deref().and_then(first_address).map(Cow::Borrowed));
        }
        _ => {}
    }
    false
}

fn asked(arguments: &str) -> Asked<'_> {
    json::read(arguments).unwrap_or_default()
}

/// The first address in a text: Gemini's `web_fetch` takes them within a prompt.
fn first_address(text: &str) -> Option<&str> {
    let start = [text.find("http://"), text.find("https://")].into_iter().flatten().min()?;
    let rest = text.get(start..)?;
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>' | ')' | ']');
    rest.split(ends).next().map(|url| url.trim_end_matches(['.', ',', ';', ':', '!', '?']))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Server and tool are cut where the server's name ends, known or not.
    #[test]
    fn splits_mcp_names() {
        for (tool, server, parts) in [
            ("mcp_tickets_get_ticket", Some("tickets"), Some(("tickets", "get_ticket"))),
            ("mcp_tickets_get_ticket", None, Some(("tickets", "get_ticket"))),
            ("mcp_my_wiki_read", Some("my_wiki"), Some(("my_wiki", "read"))),
            ("mcp_my_wiki_read", Some("my wiki"), Some(("my_wiki", "read"))),
            ("mcp_other_read", Some("wiki"), Some(("", "mcp_other_read"))),
            ("read", Some("wiki"), Some(("", "read"))),
            ("mcp__tickets__get_ticket", None, Some(("tickets", "get_ticket"))),
            ("mcp__my__wiki__read", Some("my__wiki"), Some(("my__wiki", "read"))),
            ("mcp_tickets", None, None),
            ("read_file", None, None),
            ("mcp__", None, None),
        ] {
            assert_eq!(split(tool, server), parts, "{tool} {server:?}");
        }
    }

    /// An address within a prompt ends where the words around it begin.
    #[test]
    fn finds_addresses() {
        for (text, url) in [
            ("Read https://a.example/x?y=1, then", Some("https://a.example/x?y=1")),
            ("(http://b.example) and https://a.example", Some("http://b.example")),
            ("no address", None),
        ] {
            assert_eq!(first_address(text), url);
        }
    }
}
