//! Messages to and from the model, as the conventions for `gen_ai` write them: JSON text of a
//! list of `{role, parts: [{type, content}]}`, or with a plain `content`.

use serde::Deserialize;

/// Messages longer than this are not searched; they are stored all the same.
const SEARCH_LIMIT_BYTES: usize = 4 << 20;

/// What Copilot puts around a person's words before it sends them.
const AROUND: &[(&str, &str)] = &[
    ("<current_datetime>", "</current_datetime>"),
    ("<system_reminder>", "</system_reminder>"),
    ("<reminder>", "</reminder>"),
];
/// How a message begins that Copilot's own machinery wrote.
const NOTIFICATION: &str = "<system_notification>";

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    role: String,
    #[serde(default)]
    parts: Vec<Part>,
    #[serde(default)]
    content: Option<String>,
}

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    content: serde_json::Value,
}

impl Message {
    /// Its text; empty if it has none.
    fn text(&self) -> String {
        let parts = self.parts.iter().filter(|part| part.r#type == "text");
        let parts = parts.filter_map(|part| part.content.as_str());
        parts.chain(self.content.as_deref()).collect::<Vec<_>>().join("\n")
    }
}

fn read(json: &str) -> Vec<Message> {
    if json.len() > SEARCH_LIMIT_BYTES {
        return Vec::new();
    }
    serde_json::from_str(json).unwrap_or_default()
}

fn non_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// The newest message of a user, without what Copilot puts around it.
pub(super) fn newest_prompt(json: &str) -> Option<String> {
    let messages = read(json);
    let newest = messages.iter().rev().find(|message| message.role == "user")?;
    non_empty(words(&newest.text()))
}

/// The same, if no other message follows: then this is what a request answers.
pub(super) fn last_prompt(json: &str) -> Option<String> {
    let messages = read(json);
    let newest = messages.last().filter(|message| message.role == "user")?;
    non_empty(words(&newest.text()))
}

/// The text of the model's newest message.
pub(super) fn answer(json: &str) -> Option<String> {
    let messages = read(json);
    let newest = messages.iter().rev().find(|message| message.role == "assistant")?;
    non_empty(&newest.text())
}

/// Whether Copilot's own machinery wrote a prompt.
pub(super) fn is_machinery(prompt: &str) -> bool {
    prompt.starts_with(NOTIFICATION)
}

/// A message without the blocks in front of it and after it that no person wrote.
fn words(text: &str) -> &str {
    let mut rest = text.trim();
    while let Some(shorter) = AROUND.iter().find_map(|(open, close)| peeled(rest, open, close)) {
        rest = shorter.trim();
    }
    rest
}

fn peeled<'t>(text: &'t str, open: &str, close: &str) -> Option<&'t str> {
    if let Some(inside) = text.strip_prefix(open) {
        return inside.split_once(close).map(|(_, rest)| rest);
    }
    text.strip_suffix(close)?.rsplit_once(open).map(|(rest, _)| rest)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    /// The person's own words are found in the newest message.
    #[test]
    fn prompts() {
        let messages = r#"[{"role":"user","parts":[{"type":"text","content":"<current_datetime>2026</current_datetime>\n\nSay hi\n\n<system_reminder>be brief</system_reminder>"}]}]"#;
        assert_eq!(newest_prompt(messages).unwrap(), "Say hi");
        assert_eq!(last_prompt(messages).unwrap(), "Say hi");
        let later = r#"[{"role":"user","content":"a"},{"role":"user","content":"b"},{"role":"tool","parts":[{"type":"tool_call_response","response":"c"}]}]"#;
        assert_eq!(newest_prompt(later).unwrap(), "b");
        assert_eq!(last_prompt(later), None);
        for broken in ["", "[", "{}", "[1]", r#"[{"role":"user"}]"#, r#"[{"role":7}]"#] {
            assert_eq!(newest_prompt(broken), None, "{broken}");
        }
        let unclosed = r#"[{"role":"user","content":"<reminder>a"}]"#;
        assert_eq!(newest_prompt(unclosed).unwrap(), "<reminder>a");
    }

    /// The answer is text; calls of tools are not.
    #[test]
    fn answers() {
        let messages = r#"[{"role":"assistant","parts":[{"type":"text","content":"Looking."},{"type":"tool_call","id":"c","arguments":{"content":"x"}}]}]"#;
        assert_eq!(answer(messages).unwrap(), "Looking.");
        let calls = r#"[{"role":"assistant","parts":[{"type":"tool_call","id":"c"}]}]"#;
        assert_eq!(answer(calls), None);
    }
}
