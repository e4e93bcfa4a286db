//! Made-up secrets of every format that has a rule, in the places where agents leave them.

use serde_json::{Value, json};

use super::formats::FORMATS;
use super::made_up::{Dice, Made, make};
use super::redactor;

/// A text around a secret, and how to see what it means afterwards.
pub(super) struct Placed {
    pub place: &'static str,
    pub text: String,
    form: Form,
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Text,
    Json,
    Percent,
}

/// Everywhere one text may stand.
pub(super) fn places(made: &Made) -> Vec<Placed> {
    let text = &made.text;
    let nested =
        json!({ "arguments": json!({ "command": format!("echo {text}\nls") }).to_string() });
    let deepest = json!([json!({ "a": json!({ "b": text }).to_string() }).to_string()]);
    let slashed = json!({ "note": text }).to_string().replace('/', "\\/").replace('-', "\\u002d");
    let all = [
        ("prompt", format!("Please use {text} and tell me when it is deployed."), Form::Text),
        ("line", text.clone(), Form::Text),
        ("command", format!("sh -c 'export X=1; run {text} | tee out'"), Form::Text),
        ("output", format!("ok 1\nfound: {text}\nok 2\n"), Form::Text),
        ("environment", format!("HOME=/root\nSETTING={text}\nSHELL=/bin/sh\n"), Form::Text),
        ("yaml", format!("app:\n  setting: {text}\n  replicas: 3\n"), Form::Text),
        ("json", json!({ "note": text, "n": 1 }).to_string(), Form::Json),
        ("json in json", nested.to_string(), Form::Json),
        ("json in json in json", deepest.to_string(), Form::Json),
        ("escaped json", slashed, Form::Json),
        ("form", format!("a=1&note={}&b=2", percent(text, "-_.~")), Form::Percent),
        ("strict form", format!("a=1&note={}&b=2", percent(text, "")), Form::Percent),
        ("url", format!("https://example.com/p?q={}#x", percent(text, "-_.~")), Form::Percent),
    ];
    all.into_iter().map(|(place, text, form)| Placed { place, text, form }).collect()
}

/// Percent-encodes all but letters, digits and `plain`.
pub(super) fn percent(text: &str, plain: &str) -> String {
    let encode = |byte: u8| {
        let kept = byte.is_ascii_alphanumeric() || plain.as_bytes().contains(&byte);
        if kept { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(encode).collect()
}

fn from_percent(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
            out.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            out.push(byte);
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Every string of a JSON text, and of the JSON texts in them.
fn json_strings(text: &str, out: &mut Vec<String>) {
    fn collect(value: Value, out: &mut Vec<String>) {
        match value {
            Value::String(text) => {
                if text.starts_with(['{', '[']) && serde_json::from_str::<Value>(&text).is_ok() {
                    json_strings(&text, out);
                }
                out.push(text);
            }
            Value::Array(values) => values.into_iter().for_each(|value| collect(value, out)),
            Value::Object(members) => members.into_iter().for_each(|(key, value)| {
                out.push(key);
                collect(value, out);
            }),
            _ => {}
        }
    }
    collect(
        serde_json::from_str(text)
            .unwrap_or_else(|error| panic!("no json any more: {error}: {text}")),
        out,
    );
}

impl Placed {
    /// What the text says once redacted, decoded; panics if it is not in its form any more.
    pub(super) fn meaning(&self, redacted: &str) -> Vec<String> {
        match self.form {
            Form::Text => vec![redacted.to_owned()],
            Form::Percent => vec![redacted.to_owned(), from_percent(redacted)],
            Form::Json => {
                let mut strings = vec![redacted.to_owned()];
                json_strings(redacted, &mut strings);
                strings
            }
        }
    }

    /// Whether nothing of the secret is left.
    pub(super) fn is_clean(&self, secret: &str) -> bool {
        let redacted = redactor().text(&self.text).text;
        let pieces: Vec<&str> = secret.split('\n').filter(|piece| piece.len() >= 8).collect();
        let left = |text: &String| {
            text.contains(secret) || pieces.iter().any(|piece| text.contains(piece))
        };
        !self.meaning(&redacted).iter().any(left)
    }
}

/// Guarantees: no secret of a format that has a rule is missed, wherever it stands.
#[test]
fn misses_no_format_that_has_a_rule() {
    let mut dice = Dice::new(1);
    let (mut secrets, mut missed) = (0, Vec::new());
    for (rule, formats) in FORMATS {
        for format in *formats {
            for _ in 0..3 {
                let made = make(format, &mut dice);
                secrets += 1;
                for placed in places(&made) {
                    // A quotation mark of the format ends the text it is put into.
                    if !placed.is_clean(&made.secret) {
                        missed.push(format!("{rule} in {}: {}", placed.place, placed.text));
                    }
                }
            }
        }
    }
    println!("{secrets} secrets of {} kinds, {} missed", FORMATS.len(), missed.len());
    assert!(secrets >= 300 && FORMATS.len() >= 60);
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}
