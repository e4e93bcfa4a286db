//! What each agent is known to send: names, attributes and their types.
//!
//! It decides nothing: a record that is not listed is mapped and stored all the same. It is what
//! [`crate::drift`] compares with, so that a new version shows.

use crate::agents::{claude_code, codex, copilot, gemini, genai, opencode, qwen};
use crate::vocabulary::{Agent, RecordSignal};

/// The name of spans that have the name of their tool.
pub(crate) const TOOL: &str = "{tool}";

/// One kind of record that an agent is known to send.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    /// Log record, span or span event.
    pub signal: RecordSignal,
    /// The name, as the column `name` has it. One that ends with `*` stands for all that begin
    /// like it, [`TOOL`] for every span that has the name of its tool.
    pub name: &'static str,
    /// Attributes that every record of the newest known version has, and the letters of their
    /// types: `s` string, `i` integer, `b` truth value, `d` double, `a` list or bytes, `n` null.
    pub always: &'static [(&'static str, &'static str)],
    /// Attributes that some have. Where both lists are empty, attributes are not compared.
    pub sometimes: &'static [(&'static str, &'static str)],
}

impl Known {
    /// How well the entry fits a name: by how much of it is listed; `None` if it does not fit.
    pub(crate) fn fits(&self, name: &str, names_its_tool: bool) -> Option<usize> {
        if self.name == name {
            return Some(usize::MAX);
        }
        if self.name == TOOL {
            return names_its_tool.then_some(0);
        }
        let begin = self.name.strip_suffix('*')?;
        name.starts_with(begin).then_some(begin.len())
    }
}

/// The name under which a record is listed.
pub(crate) fn listed_name(agent: Agent, name: &str) -> &str {
    // What follows the operation is chosen by whoever made the tool or the model.
    if agent == Agent::Copilot { copilot::operation(name) } else { name }
}

/// Whether the program that the agent was built into chooses names of its own, so that one that
/// is not listed is nothing new.
pub(crate) const fn names_are_open(agent: Agent) -> bool {
    matches!(
        agent,
        Agent::OpenaiAgents | Agent::PydanticAi | Agent::Langgraph | Agent::Goose | Agent::Genai
    )
}

/// What an agent is known to send; nothing where nobody has listed it.
pub(crate) const fn of(agent: Agent) -> &'static [Known] {
    match agent {
        Agent::Codex => codex::catalogue::KNOWN,
        Agent::ClaudeCode => claude_code::catalogue::KNOWN,
        Agent::Copilot => copilot::catalogue::KNOWN,
        Agent::Opencode => opencode::catalogue::KNOWN,
        Agent::Gemini => gemini::catalogue::KNOWN,
        Agent::Qwen => qwen::catalogue::KNOWN,
        Agent::Unknown => &[],
        _ => genai::catalogue::KNOWN,
    }
}
