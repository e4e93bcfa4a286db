//! Steps and requests of the AI SDK, and the prompts in them.
//!
//! A step whose messages end with the user's is where a prompt stands; the steps after it repeat
//! it among their messages, followed by calls and their results.

use serde::Deserialize;
use serde_json::Value;

use crate::event::{EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{Kind, Outcome, PromptOrigin, StatusCode};

/// Messages longer than this are not searched; they are stored all the same.
const SEARCH_LIMIT_BYTES: usize = 8 << 20;

/// How messages begin that opencode writes in the user's place.
const MACHINERY: &[&str] = &[
    "Generate a title for this conversation",
    "Provide a detailed prompt for continuing our conversation above",
    "Create a new anchored summary",
    "Update the anchored summary",
    "Continue if you have next steps",
    "Summarize the task tool output above and continue with your task",
    "The following tool was executed by the user",
    "<system-reminder>",
];

#[derive(Deserialize)]
struct Prompt {
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    role: String,
    #[serde(default)]
    content: Value,
}

impl Message {
    /// Its text: the content, or the texts among its parts.
    fn text(&self) -> String {
        match &self.content {
            Value::String(text) => text.clone(),
            Value::Array(parts) => {
                let texts = parts.iter().filter_map(|part| part.get("text")?.as_str());
                texts.collect::<Vec<_>>().join("\n")
            }
            _ => String::new(),
        }
    }
}

/// Reads a step: a prompt with what the model said first, or an answer.
pub(super) fn map_step<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    fill_outcome(columns);
    if let Some((prompt, by_machinery)) = sent.text("ai.prompt").and_then(last_prompt) {
        columns.prompt_origin = Some(if by_machinery {
            PromptOrigin::System
        } else if columns.parent_session_id.is_some() {
            PromptOrigin::SubagentTask
        } else {
            PromptOrigin::Human
        });
        columns.prompt = Some(Text::Owned(prompt));
        columns.kind = Some(Kind::Prompt);
    } else if sent.text("ai.response.finishReason") == Some("stop") {
        columns.kind = Some(Kind::Response);
    }
}

/// Reads a request to the model.
pub(super) fn map_request<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(Kind::ModelRequest);
    if columns.model.is_none() {
        columns.model = sent.text("ai.model.id").map(Text::Borrowed);
    }
    fill_outcome(columns);
    if columns.outcome == Some(Outcome::Failed) {
        columns.kind = Some(Kind::Error);
    }
}

fn fill_outcome(columns: &mut EventColumns<'_>) {
    if columns.status_code == Some(StatusCode::Error) {
        columns.outcome = Some(Outcome::Failed);
        columns.error = columns.status_message.clone();
    } else {
        columns.outcome = Some(Outcome::Succeeded);
    }
}

/// The user's newest message, if no other follows, and whether opencode wrote it: then itself or
/// the one before it, as the request for a title has the prompt after it.
fn last_prompt(json: &str) -> Option<(String, bool)> {
    if json.len() > SEARCH_LIMIT_BYTES {
        return None;
    }
    let messages = serde_json::from_str::<Prompt>(json).ok()?.messages;
    let asked = messages.iter().rev().take_while(|message| message.role == "user");
    let texts: Vec<String> = asked.map(Message::text).filter(|text| !text.is_empty()).collect();
    let newest = texts.first()?;
    let is_machinery = |text: &String| MACHINERY.iter().any(|start| text.starts_with(start));
    let by_machinery = texts.iter().any(is_machinery);
    Some((unquoted(newest).to_owned(), by_machinery))
}

/// `opencode run` puts quotes around an argument with a space in it; they are not the person's.
fn unquoted(text: &str) -> &str {
    let inside = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inside.filter(|inside| inside.contains(' ') && !inside.contains('"')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(messages: &str) -> Option<(String, bool)> {
        last_prompt(&format!(r#"{{"messages":{messages}}}"#))
    }

    /// Only a message of the user that nothing follows is a prompt.
    #[test]
    fn prompts() {
        let plain = r#"[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"Fix it"}]}]"#;
        assert_eq!(prompt(plain), Some(("Fix it".to_owned(), false)));
        let later = r#"[{"role":"user","content":"Fix it"},{"role":"tool","content":[{"type":"tool-result"}]}]"#;
        assert_eq!(prompt(later), None);
        let title = r#"[{"role":"user","content":"Generate a title for this conversation:\n"},{"role":"user","content":"\"Fix all\""}]"#;
        assert_eq!(prompt(title), Some(("Fix all".to_owned(), true)));
        for broken in ["[]", "[{}]", "7", r#"[{"role":"user","content":{}}]"#] {
            assert_eq!(prompt(broken), None, "{broken}");
        }
        assert_eq!(last_prompt("{"), None);
    }

    /// Quotes come off only where the command line put them.
    #[test]
    fn quotes() {
        assert_eq!(unquoted(r#""fix it""#), "fix it");
        for kept in [r#""fix""#, r#""a b" and "c d""#, "fix it", r#"""#, ""] {
            assert_eq!(unquoted(kept), kept);
        }
    }
}
