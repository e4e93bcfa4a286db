//! Whether a row is about the tool that the truth names.
//!
//! The same tool is `mcp__tickets/get_ticket`, `mcp__tickets__get_ticket`, `mcp_tickets_get_ticket`,
//! `tickets-get_ticket`, or `get_ticket` of the server `tickets`. Compared are letters and digits,
//! without `mcp` at the beginning; the name of a namespace may be left out where the row names no
//! server.

use crate::conversations::rows::ActionRow;

/// Whether an action is a call of this tool.
pub(super) fn same_tool(truth: &str, action: &ActionRow) -> bool {
    let whole = letters(truth);
    let server = action.mcp_server.as_deref();
    let tools = [action.mcp_tool.as_deref(), action.tool.as_deref()];
    let mut tools = tools.into_iter().flatten();
    if let Some(server) = server {
        let server = letters(server);
        return tools.any(|tool| {
            let tool = letters(tool);
            tool == whole || whole == format!("{server}{tool}")
        });
    }
    let last = truth.rsplit('/').next().map(letters);
    tools.any(|tool| {
        let tool = letters(tool);
        tool == whole || Some(tool) == last
    })
}

fn letters(name: &str) -> String {
    let letters: String = name
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    letters
        .strip_prefix("mcp")
        .filter(|rest| !rest.is_empty())
        .map(str::to_owned)
        .unwrap_or(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(tool: &str, server: Option<&str>, mcp_tool: Option<&str>) -> ActionRow {
        ActionRow {
            tool: Some(tool.to_owned()),
            mcp_server: server.map(str::to_owned),
            mcp_tool: mcp_tool.map(str::to_owned),
            ..ActionRow::default()
        }
    }

    /// All ways to write one tool are that tool, and another server's is not.
    #[test]
    fn one_tool_many_names() {
        let split = action("get_ticket", Some("tickets"), Some("get_ticket"));
        let joined = action("mcp__ticketsget_ticket", None, None);
        for name in [
            "mcp__tickets/get_ticket",
            "mcp__tickets__/get_ticket",
            "mcp__tickets__get_ticket",
            "mcp_tickets_get_ticket",
            "tickets-get_ticket",
            "tickets_get_ticket",
        ] {
            assert!(same_tool(name, &split) && same_tool(name, &joined), "{name}");
        }
        assert!(same_tool("get_ticket", &split));
        assert!(!same_tool("mcp__wiki/get_ticket", &split));
        assert!(!same_tool("mcp__tickets/close_ticket", &split));
        let spawn = action("spawn_agent", None, None);
        assert!(same_tool("multi_agent_v1/spawn_agent", &spawn));
        assert!(same_tool("Bash", &action("bash", None, None)));
        assert!(!same_tool("Bash", &action("Write", None, None)));
        assert!(!same_tool("Bash", &ActionRow::default()));
    }
}
