//! What holds for every text.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::corpus::{percent, places};
use super::formats::FORMATS;
use super::made_up::{Dice, Made, make};
use super::redactor;
use crate::otlp::writer::Writer;
use crate::redact::scan::Look;

/// A secret of some format, with what stands around it.
fn made() -> impl Strategy<Value = Made> {
    let formats: Vec<&str> =
        FORMATS.iter().flat_map(|(_, formats)| formats.iter().copied()).collect();
    (proptest::sample::select(formats), any::<u64>())
        .prop_map(|(format, seed)| make(format, &mut Dice::new(seed)))
}

/// Ordinary text, text with escapes, and secrets.
fn texts() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[ -~]{0,24}",
        "[a-zA-Z0-9_%\\\\\"':=./{}-]{0,16}",
        "\\PC{0,8}",
        made().prop_map(|made| made.text),
        made().prop_map(|made| json!({ "k": made.text }).to_string()),
        made().prop_map(|made| percent(&made.text, "-_.~")),
        Just(" password=".to_owned()),
        Just("token: ".to_owned()),
        Just(" use ".to_owned()),
        "[a-zA-Z0-9+/_-]{20,60}",
        Just("\\n".to_owned()),
    ];
    proptest::collection::vec(part, 0..5).prop_map(|parts| parts.concat())
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        texts().prop_map(Value::String),
        any::<i64>().prop_map(Value::from),
        Just(Value::Bool(true)),
        Just(Value::Null),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let key =
            prop_oneof!["[a-z_]{1,8}", Just("password".to_owned()), Just("api_key".to_owned())];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            proptest::collection::vec((key, inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Guarantees: redacting twice is redacting once.
    #[test]
    fn is_idempotent(text in texts()) {
        let once = redactor().text(&text).text;
        let twice = redactor().text(&once);
        prop_assert_eq!(&twice.text, &once, "of {}", text);
    }

    /// Guarantees: JSON stays JSON, and so does JSON within it.
    #[test]
    fn json_stays_json(value in values()) {
        let inner = value.to_string();
        let outer = json!({ "x": inner, "n": 1 }).to_string();
        for (text, is_outer) in [(&inner, false), (&outer, true)] {
            let redacted = redactor().text(text).text;
            let parsed = serde_json::from_str::<Value>(&redacted);
            prop_assert!(parsed.is_ok(), "{} gives {}", text, redacted);
            if let Ok(Value::Object(members)) = &parsed
                && let (Some(Value::String(inner)), true) = (members.get("x"), is_outer)
            {
                prop_assert!(serde_json::from_str::<Value>(inner).is_ok(), "{} gives {}", text, redacted);
            }
        }
    }

    /// Guarantees: a secret has one replacement, however it is encoded.
    #[test]
    fn equal_secrets_stay_equal(made in made()) {
        let marks = |text: &str| -> Vec<String> {
            redactor().text(text).hits.into_iter().map(|hit| hit.mark).collect()
        };
        let plain = marks(&format!("{}\n", made.text));
        // By chance a format gives a word; that none of its secrets is missed shows elsewhere.
        prop_assume!(!plain.is_empty());
        for placed in places(&made).iter().filter(|placed| placed.place.contains("json") || placed.place.contains("form")) {
            let found = marks(&placed.text);
            prop_assert!(plain.iter().any(|mark| found.contains(mark)), "{}: {:?} and {:?}", placed.text, plain, found);
        }
    }

    /// Guarantees: the pre-filter never hides what a search would find, neither on a text nor on
    /// the record it came in.
    #[test]
    fn suspects_whatever_is_found(text in texts(), key in "[a-z.]{1,12}", trailing in "[a-z]{0,3}") {
        let all = redactor().redact_by(&text, Look::Everywhere);
        prop_assert_eq!(&redactor().redact(&text), &all, "of {}", text);
        if all.is_some() {
            prop_assert!(redactor().suspects(text.as_bytes()), "{}", text);
            let mut record = Writer::new();
            record.message_field(6, |out| {
                out.bytes_field(1, key.as_bytes());
                out.message_field(2, |out| out.bytes_field(1, text.as_bytes()));
            });
            record.bytes_field(12, trailing.as_bytes());
            prop_assert!(redactor().suspects(record.bytes()), "on the wire: {}", text);
        }
    }

    /// Guarantees: no text is too odd: no panic, and every hit's place is in the text.
    #[test]
    fn takes_any_text(text in "\\PC{0,200}", long in 0_usize..3) {
        let text = text.repeat(long);
        for hit in redactor().text(&text).hits {
            prop_assert!(text.get(hit.span).is_some());
        }
    }
}

/// Guarantees: a text longer than what is searched at once loses its secrets too, wherever the
/// pieces meet.
#[test]
fn searches_long_texts_whole() {
    let mut dice = Dice::new(9);
    let made = make("ghp_{A36}", &mut dice);
    for offset in [0, (1 << 20) - 20, (1 << 20) - (1 << 16) - 10, (3 << 20) - 100] {
        let text =
            format!("{} {} {}", "lorem ".repeat(offset / 6), made.secret, "ipsum ".repeat(1000));
        let redacted = redactor().text(&text);
        assert!(!redacted.text.contains(&made.secret), "at {offset}");
        assert_eq!(redacted.hits.len(), 1);
    }
}
