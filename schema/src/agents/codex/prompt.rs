//! Who wrote a prompt of Codex.
//!
//! The record says it only where Codex itself wrote the text, by the words the text begins with:
//!
//! - the transcript for the automatic reviewer → `reviewer`;
//! - the order to find a title for a task → `system`;
//! - any other text → null. A person's prompt and the task that a parent gives its subagent are
//!   the same record with the same attributes, resource and trace; the parent's `spawn_agent`
//!   tells them apart, which is another record. So it is for the stitcher. The same holds where
//!   the text was not sent (`[REDACTED]`).

use crate::event::EventColumns;
use crate::vocabulary::PromptOrigin;

/// How the transcript begins that Codex hands to its automatic reviewer as a prompt.
const REVIEWER_TRANSCRIPT: &str = "The following is the Codex agent history";
/// How the order to find a title for a task begins.
const TITLE_TASK: &str = "Generate a concise, single-line task title";

/// Fills who wrote the prompt, where its text tells.
pub(super) fn map_origin(columns: &mut EventColumns<'_>) {
    let prompt = columns.prompt.as_deref().unwrap_or_default();
    columns.prompt_origin = if prompt.starts_with(REVIEWER_TRANSCRIPT) {
        Some(PromptOrigin::Reviewer)
    } else if prompt.starts_with(TITLE_TASK) {
        Some(PromptOrigin::System)
    } else {
        None
    };
}
