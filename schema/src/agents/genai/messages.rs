//! Messages of a conversation, as the JSON of an attribute: who said what last.
//!
//! Each maker spells them in its own way: `{"role", "parts"}` (the conventions), `{"role",
//! "content"}` (the model's own), `{"type": "human", "data": {…}}` and `{"kwargs": {…}}`
//! (LangChain), `["user", "text"]` (its short form). All are read here, and nothing else of them.

use std::borrow::Cow;

use serde_json::Value;

/// A longer text is not searched; it is stored all the same.
const SEARCH_LIMIT_BYTES: usize = 8 << 20;
/// How the instrumentation of the OpenAI Agents SDK writes a message that only calls tools.
const NO_TEXT: &str = "{'content': None";

/// Who said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    User,
    Assistant,
    Other,
}

impl Role {
    fn of(word: &str) -> Self {
        match word {
            "user" | "human" | "HumanMessage" => Self::User,
            "assistant" | "ai" | "model" | "AIMessage" | "AIMessageChunk" => Self::Assistant,
            _ => Self::Other,
        }
    }
}

/// Reads JSON, unless there is too much of it.
pub(super) fn parse(text: &str) -> Option<Value> {
    if text.len() > SEARCH_LIMIT_BYTES {
        return None;
    }
    serde_json::from_str(text).ok()
}

/// What a user said last among the messages from `start` on, or `None`.
pub(super) fn prompt(value: &Value, start: usize) -> Option<String> {
    let messages = list(value)?.get(start..)?;
    messages.iter().rev().filter(|message| role(message) == Role::User).find_map(said)
}

/// What the last message of the assistant says; `None` where it only calls tools.
pub(super) fn answer(value: &Value) -> Option<String> {
    let mut spoken = list(value)?.iter().rev();
    let text = said(spoken.find(|message| role(message) == Role::Assistant)?)?;
    (!text.starts_with(NO_TEXT)).then_some(text)
}

/// The messages: a list of them, one under `messages` or `input`, or one more list around them.
fn list(value: &Value) -> Option<&[Value]> {
    let found = match value {
        Value::Object(object) => object.get("messages").or_else(|| object.get("input"))?,
        list => list,
    };
    match found.as_array()?.as_slice() {
        [Value::Array(inner)] if inner.first().is_some_and(|first| !first.is_string()) => {
            Some(inner)
        }
        messages => Some(messages),
    }
}

/// The part of a message that carries its content: LangChain wraps it.
pub(super) fn inside(message: &Value) -> &Value {
    message.get("data").or_else(|| message.get("kwargs")).unwrap_or(message)
}

fn role(message: &Value) -> Role {
    if let Value::Array(pair) = message {
        return pair.first().and_then(Value::as_str).map_or(Role::Other, Role::of);
    }
    let inner = inside(message);
    let named = ["role", "type"].iter().find_map(|key| inner.get(key)?.as_str());
    let outer = || message.get("type")?.as_str();
    let class = || message.get("id")?.as_array()?.last()?.as_str();
    match named.or_else(outer).map_or(Role::Other, Role::of) {
        Role::Other => class().map_or(Role::Other, Role::of),
        found => found,
    }
}

/// The text of a message; `None` where it has none.
fn said(message: &Value) -> Option<String> {
    if let Value::Array(pair) = message {
        return plain(pair.get(1)?);
    }
    let inner = inside(message);
    let parts = inner.get("parts").filter(|parts| parts.is_array());
    plain(parts.or_else(|| inner.get("content"))?)
}

/// The text of a content: a string, or the text parts of a list, a line each.
pub(super) fn plain(content: &Value) -> Option<String> {
    let text: Cow<'_, str> = match content {
        Value::String(text) => Cow::Borrowed(text),
        Value::Array(parts) => {
            let texts: Vec<&str> = parts.iter().filter_map(part).collect();
            Cow::Owned(texts.join("\n"))
        }
        _ => return None,
    };
    (!text.is_empty()).then(|| text.into_owned())
}

/// The text of a part; results of tools and reasoning are no text.
fn part(part: &Value) -> Option<&str> {
    if let Value::String(text) = part {
        return Some(text);
    }
    let kind = part.get("type").and_then(Value::as_str).unwrap_or("text");
    if !matches!(kind, "text" | "input_text" | "output_text") {
        return None;
    }
    part.get("content").or_else(|| part.get("text"))?.as_str().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Value {
        parse(json).unwrap()
    }

    /// Every spelling of a prompt is read, and results of tools under the user's name are not.
    #[test]
    fn prompts_of_all_makers() {
        for json in [
            r#"[{"role":"user","parts":[{"type":"text","content":"go"}]}]"#,
            r#"[{"role":"user","parts":[{"text":"go"}]}]"#,
            r#"[{"role":"user","content":"go"},{"role":"assistant","content":"x"}]"#,
            r#"[{"role":"user","content":[{"type":"input_text","text":"go"}]}]"#,
            r#"[{"role":"user","content":"go"},{"role":"user","parts":[{"type":"tool_call_response","result":"r"}]}]"#,
            r#"[{"role":"user","content":"go"},{"role":"user","content":[{"type":"tool_result","content":"r"}]}]"#,
            r#"{"messages": [["user", "go"]]}"#,
            r#"{"messages":[{"type":"human","data":{"content":"go","type":"human"}}]}"#,
            r#"{"messages":[[{"lc":1,"id":["langchain","HumanMessage"],"kwargs":{"content":"go"}}]]}"#,
            r#"{"input":[{"role":"user","content":"go"}]}"#,
            r#"[{"role":"user","content":"before"},{"role":"user","content":"go"}]"#,
        ] {
            assert_eq!(prompt(&read(json), 0).as_deref(), Some("go"), "{json}");
        }
        for json in ["[]", "{}", "5", r#"{"messages":"x"}"#, r#"[{"role":"system","content":"x"}]"#]
        {
            assert_eq!(prompt(&read(json), 0), None, "{json}");
        }
    }

    /// Messages before the start are those of earlier prompts; a start past the end finds none.
    #[test]
    fn starts_where_the_run_starts() {
        let json = r#"[{"role":"user","content":"old"},{"role":"assistant","content":"x"},{"role":"user","content":"new"}]"#;
        assert_eq!(prompt(&read(json), 2).as_deref(), Some("new"));
        assert_eq!(prompt(&read(json), 3), None);
        assert_eq!(prompt(&read(json), 4), None);
    }

    /// The answer is the last message's text; a message that only calls tools is none.
    #[test]
    fn answers() {
        let json = r#"[{"role":"assistant","content":"first"},{"role":"assistant","parts":[{"type":"tool_call","id":"c"}]}]"#;
        assert_eq!(answer(&read(json)), None);
        let json = r#"[{"role":"assistant","parts":[{"type":"reasoning","content":"hm"},{"type":"text","content":"a"},{"type":"text","content":"b"}]}]"#;
        assert_eq!(answer(&read(json)).as_deref(), Some("a\nb"));
        let json = r#"[{"role":"assistant","parts":[{"type":"text","content":"{'content': None, 'refusal': None}"}]}]"#;
        assert_eq!(answer(&read(json)), None);
    }
}
