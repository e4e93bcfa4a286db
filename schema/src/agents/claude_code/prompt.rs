//! Prompts and answers, and who wrote them.
//!
//! Nothing in a record says so outright. In this order:
//!
//! 1. it names a subagent (`agent_id`): a task that its parent wrote;
//! 2. the text begins with a mark that the agent itself puts there ([`MACHINERY`]): `system`;
//! 3. the text is redacted: it may be either, and a later stage has to tell;
//! 4. else a person wrote it, also a slash command, which the person typed.
//!
//! An answer says by `query_source` what was asked for: a subagent's task, or a question of the
//! agent's own (a title, a summary) that is neither the main thread's nor a subagent's.

use crate::event::{EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::PromptOrigin;

/// What stands in place of a text that was not to be sent.
pub(super) const REDACTED: &str = "<REDACTED>";

/// How texts begin that the agent wrote itself, as a prompt of its own or as the echo of one.
const MACHINERY: &[&str] = &[
    "<task-notification>",
    "<system-reminder>",
    "<local-command-stdout>",
    "<local-command-stderr>",
    "<local-command-caveat>",
    "<bash-stdout>",
    "<bash-stderr>",
    "[Request interrupted by user",
    "This session is being continued from a previous conversation",
];

/// The sources of questions that belong to the conversation itself, as they begin.
const MAIN_THREAD: &[&str] = &["repl_main_thread", "sdk"];

/// Reads a prompt.
pub(super) fn map_prompt<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    if columns.prompt.is_none() {
        let text = sent.text("prompt_text").filter(|text| *text != REDACTED);
        columns.prompt = text.map(Text::Borrowed);
    }
    map_origin(columns);
}

/// Says who wrote the prompt of the row.
pub(super) fn map_origin(columns: &mut EventColumns<'_>) {
    columns.prompt_origin = if columns.agent_path.is_some() {
        Some(PromptOrigin::SubagentTask)
    } else {
        columns.prompt.as_deref().map(origin)
    };
}

fn origin(text: &str) -> PromptOrigin {
    let text = text.trim_start();
    if MACHINERY.iter().any(|mark| text.starts_with(mark)) {
        PromptOrigin::System
    } else {
        PromptOrigin::Human
    }
}

/// Says who asked for an answer, if it was not the conversation itself.
pub(super) fn map_response<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    let source = sent.text("query_source").unwrap_or_default();
    columns.prompt_origin = if columns.agent_path.is_some() {
        Some(PromptOrigin::SubagentTask)
    } else if source.is_empty() || MAIN_THREAD.iter().any(|main| source.starts_with(main)) {
        None
    } else {
        Some(PromptOrigin::System)
    };
}
