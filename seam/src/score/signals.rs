//! Everything that a capture's signals say, to prove that something is not among it.
//!
//! Searched are the bodies as they were sent, and the events that were made of them. A text may
//! stand in a body inside JSON inside JSON; it is looked for in each of these forms. Too much is
//! found rather than too little: what is found anywhere is held against us.

use std::fmt::Write as _;

use memchr::memmem;
use serde_json::Value;

use super::truth::{Call, Truth};

/// JSON inside JSON inside JSON is looked into so deep.
const DEPTH: usize = 3;
/// A value of an argument that is so long does not stand somewhere by accident.
const TELLING_CHARS: usize = 12;
/// Shorter arguments stand anywhere: `{}`.
const ARGUMENTS_CHARS: usize = 8;

/// What a capture's signals say.
#[derive(Debug, Default)]
pub(crate) struct Signals {
    texts: Vec<Vec<u8>>,
}

impl Signals {
    /// The bodies, and the events as JSON.
    pub(super) fn new(texts: Vec<Vec<u8>>) -> Self {
        Self { texts }
    }

    /// Whether a text stands anywhere.
    pub(super) fn show(&self, text: &str) -> bool {
        let text = text.trim();
        !text.is_empty() && forms(text).iter().any(|form| self.hold(form))
    }

    /// Whether anything shows a call: its id, its arguments, or a value among them that is
    /// telling and was not in a prompt.
    pub(super) fn show_call(&self, call: &Call, truth: &Truth) -> bool {
        if self.show(&call.id) {
            return true;
        }
        let arguments = serde_json::from_str::<Value>(&call.arguments).unwrap_or_default();
        let written = [call.arguments.clone(), arguments.to_string(), spaced(&arguments)];
        let mut written = written.iter().filter(|text| text.len() >= ARGUMENTS_CHARS);
        if written.any(|text| self.show(text)) {
            return true;
        }
        let mut values = Vec::new();
        leaves(&arguments, &mut values);
        let prompts = || truth.conversations.iter().flat_map(|it| &it.prompts);
        values.iter().any(|value| {
            value.chars().count() >= TELLING_CHARS
                && !prompts().any(|prompt| prompt.contains(value))
                && self.show(value)
        })
    }

    fn hold(&self, form: &str) -> bool {
        let finder = memmem::Finder::new(form);
        self.texts.iter().any(|text| finder.find(text).is_some())
    }
}

/// A text as it is, and as it stands inside JSON, with and without letters beyond ASCII.
fn forms(text: &str) -> Vec<String> {
    let mut forms = vec![text.to_owned()];
    for ascii in [false, true] {
        let mut form = text.to_owned();
        for _ in 0..DEPTH {
            form = inside_json(&form, ascii);
            if !forms.contains(&form) {
                forms.push(form.clone());
            }
        }
    }
    forms
}

fn inside_json(text: &str, ascii: bool) -> String {
    let quoted = Value::from(text).to_string();
    let inside = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let inside = inside.unwrap_or_default();
    if !ascii {
        return inside.to_owned();
    }
    let mut escaped = String::new();
    let mut units = [0; 2];
    for letter in inside.chars() {
        if letter.is_ascii() {
            escaped.push(letter);
        } else {
            for unit in letter.encode_utf16(&mut units) {
                // Writing to a string cannot fail.
                write!(escaped, "\\u{unit:04x}").ok();
            }
        }
    }
    escaped
}

/// JSON with a space after each colon and comma, as Python writes it.
fn spaced(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let field = |(key, value): (&String, &Value)| {
                format!("{}: {}", Value::from(key.as_str()), spaced(value))
            };
            format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(spaced).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn leaves<'v>(value: &'v Value, into: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => into.push(text),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, into)),
        Value::Object(fields) => fields.values().for_each(|field| leaves(field, into)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signals(texts: &[&str]) -> Signals {
        Signals::new(texts.iter().map(|text| text.as_bytes().to_vec()).collect())
    }

    /// A text is found as it is and however deep it stands in JSON.
    #[test]
    fn found_inside_json() {
        let text = "say \"é\"\nplease";
        let once = Value::from(text).to_string();
        let twice = Value::from(once.as_str()).to_string();
        let python = r#"{"c": "say \"\u00e9\"\nplease"}"#;
        for holds in [text, &once, &twice, python] {
            assert!(signals(&["other", holds]).show(text), "{holds}");
        }
        assert!(!signals(&["say é please"]).show(text));
        assert!(!signals(&["anything"]).show("  "));
    }

    /// A call is shown by its id, by its arguments however written, or by a telling value.
    #[test]
    fn calls_are_shown() {
        let call = Call {
            id: "call_7".to_owned(),
            arguments: r#"{"cmd": "git push --force origin main", "id": "T-1"}"#.to_owned(),
            ..Call::default()
        };
        let truth = Truth::default();
        for shows in [
            "…call_7…",
            r#"x{"cmd":"git push --force origin main","id":"T-1"}"#,
            r#""{\"cmd\": \"git push --force origin main\", \"id\": \"T-1\"}""#,
            "full_command=git push --force origin main",
        ] {
            assert!(signals(&[shows]).show_call(&call, &truth), "{shows}");
        }
        assert!(!signals(&["close ticket T-1", "git push"]).show_call(&call, &truth));
    }

    /// A value that the prompt holds too shows nothing.
    #[test]
    fn prompts_show_no_call() {
        let prompt = "please run git push --force origin main";
        let conversation = super::super::truth::Conversation {
            prompts: vec![prompt.to_owned()],
            ..Default::default()
        };
        let truth = Truth { conversations: vec![conversation], network_links: None };
        let call = Call {
            id: "call_7".to_owned(),
            arguments: r#"{"cmd": "git push --force origin main"}"#.to_owned(),
            ..Call::default()
        };
        assert!(!signals(&[prompt]).show_call(&call, &truth));
    }
}
