//! What kind of tool a name stands for: programs name their tools themselves, so words count.

use crate::vocabulary::ToolKind;

/// The kind of a tool, by the words of its name, in any case and however they are joined.
pub(super) fn of(tool: &str) -> ToolKind {
    let lower = tool.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(|one: char| !one.is_ascii_alphanumeric()).collect();
    let has = |known: &[&str]| words.iter().any(|word| known.contains(word));
    if has(&["shell", "bash", "terminal", "command", "commands", "powershell"]) {
        ToolKind::Shell
    } else if has(&["handoff", "subagent", "agent"]) || lower.starts_with("transfer_to_") {
        ToolKind::Subagent
    } else if has(&["web", "url", "fetch", "http", "browser"]) {
        ToolKind::Web
    } else if has(&["file", "files", "dir", "directory", "folder", "patch", "grep", "glob"]) {
        ToolKind::File
    } else {
        ToolKind::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words count, parts of words do not.
    #[test]
    fn kinds() {
        for (tool, kind) in [
            ("run_shell", ToolKind::Shell),
            ("developer__shell", ToolKind::Shell),
            ("execute_command", ToolKind::Shell),
            ("Bash", ToolKind::Shell),
            ("list_files", ToolKind::File),
            ("read-file", ToolKind::File),
            ("web_search", ToolKind::Web),
            ("transfer_to_billing", ToolKind::Subagent),
            ("seashell_count", ToolKind::Other),
            ("profile", ToolKind::Other),
            ("deploy", ToolKind::Other),
            ("", ToolKind::Other),
        ] {
            assert_eq!(of(tool), kind, "{tool}");
        }
    }
}
