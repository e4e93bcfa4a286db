//! The texts in what is said to a model and by it, in the JSON forms of Gemini CLI and Qwen Code.
//!
//! A message has `parts`; a part that says something has it under `text` (Gemini's own form) or
//! under `content` (the `GenAI` conventions). Thoughts, calls and their results are no text.

use serde_json::Value;

use crate::agents::gemini::json;

/// The answer in a list of messages, of those of the model only.
pub(in crate::agents) fn answer(messages: &str) -> Option<String> {
    let messages: Value = json::read(messages)?;
    join(messages.as_array()?.iter().filter(|message| is_from(message, &["model", "assistant"])))
}

/// The last thing that a list of messages says to the model.
pub(in crate::agents) fn question(messages: &str) -> Option<String> {
    let messages: Value = json::read(messages)?;
    join(messages.as_array()?.iter().rfind(|message| is_from(message, &["user"])).into_iter())
}

/// The answer in the pieces of a streamed response, as Gemini logs them.
pub(super) fn streamed(pieces: &str) -> Option<String> {
    let pieces: Value = json::read(pieces)?;
    join(pieces.as_array()?.iter().filter_map(|piece| piece.pointer("/candidates/0/content")))
}

/// The texts of a list of parts.
pub(super) fn texts(parts: &Value) -> Option<String> {
    let texts = parts.as_array()?.iter().filter_map(text);
    Some(texts.collect::<String>()).filter(|text| !text.is_empty())
}

fn join<'v>(messages: impl Iterator<Item = &'v Value>) -> Option<String> {
    let parts = messages.filter_map(|message| message.get("parts")?.as_array()).flatten();
    let joined: String = parts.filter_map(text).collect();
    (!joined.is_empty()).then_some(joined)
}

fn text(part: &Value) -> Option<&str> {
    let is_thought = part.get("thought").and_then(Value::as_bool) == Some(true);
    let is_text = part.get("type").is_none_or(|kind| kind == "text");
    if is_thought || !is_text {
        return None;
    }
    part.get("text").or_else(|| part.get("content"))?.as_str()
}

fn is_from(message: &Value, roles: &[&str]) -> bool {
    message.get("role").and_then(Value::as_str).is_some_and(|role| roles.contains(&role))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers are read in both forms; calls and thoughts are left out.
    #[test]
    fn reads_answers() {
        for (messages, said) in [
            (r#"[{"role":"model","parts":[{"text":"Done"},{"text":"."}]}]"#, Some("Done.")),
            (r#"[{"role":"assistant","parts":[{"type":"text","content":"Hi"}]}]"#, Some("Hi")),
            (r#"[{"role":"model","parts":[{"text":"hm","thought":true}]}]"#, None),
            (r#"[{"role":"assistant","parts":[{"type":"tool_call","name":"x"}]}]"#, None),
            (r#"[{"role":"user","parts":[{"text":"Go"}]}]"#, None),
            (r#"[{"role":"model","parts":[{"text":"cut..."#, None),
            ("[]", None),
            ("7", None),
        ] {
            assert_eq!(answer(messages).as_deref(), said, "{messages}");
        }
    }

    /// The last message of the user is the question.
    #[test]
    fn reads_questions() {
        let messages = r#"[{"role":"user","parts":[{"type":"text","content":"One"}]},
            {"role":"assistant","parts":[{"type":"text","content":"Two"}]},
            {"role":"user","parts":[{"type":"text","content":"Three"}]}]"#;
        assert_eq!(question(messages).as_deref(), Some("Three"));
        assert_eq!(question("[]"), None);
    }

    /// A streamed answer is put together.
    #[test]
    fn joins_streams() {
        let pieces = r#"[{"candidates":[{"content":{"role":"model","parts":[{"text":"Loo"}]}}]},
            {"candidates":[{"content":{"parts":[{"text":"king."},{"functionCall":{}}]}}]},
            {"usageMetadata":{}}]"#;
        assert_eq!(streamed(pieces).as_deref(), Some("Looking."));
        assert_eq!(streamed("Looking."), None);
    }
}
