//! Tests of `reader`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

use super::Reader;
use proptest::collection::vec;
use proptest::prelude::*;

/// Reads the text as one value that nobody wants.
fn accepts(text: &[u8]) -> bool {
    let mut reader = Reader::new(text);
    reader.skip().and_then(|()| reader.end()).is_ok()
}

fn string(text: &str) -> Option<Vec<u8>> {
    let mut reader = Reader::new(text.as_bytes());
    let string = reader.string("").ok()?.into_owned();
    reader.end().ok().map(|()| string)
}

/// Pieces of JSON, so that random sequences of them are nearly JSON.
fn fragments() -> impl Strategy<Value = String> {
    let fragment = proptest::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "\"\\n\\u00e9\"",
        "\"\\ud83d\\ude00\"",
        "\"",
        "\\",
        "null",
        "true",
        "false",
        "nul",
        "0",
        "-",
        "1",
        "01",
        "-0",
        "1.5",
        "1.",
        ".5",
        "1e5",
        "1E+2",
        "1e",
        " ",
        "\n",
        "\t",
        "\u{c}",
        "\u{1}",
        "é",
        "+1",
    ]);
    vec(fragment, 0..12).prop_map(|fragments| fragments.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    /// The grammar is that of `serde_json`.
    #[test]
    fn agrees_with_serde_json(text in fragments()) {
        let theirs = serde_json::from_str::<serde::de::IgnoredAny>(&text);
        prop_assert_eq!(accepts(text.as_bytes()), theirs.is_ok(), "{:?}: {:?}", text, theirs);
    }
}

proptest! {
    /// Strings are read as `serde_json` writes them.
    #[test]
    fn strings_agree_with_serde_json(text: String) {
        let json = serde_json::to_string(&text).unwrap();
        let read = string(&json);
        prop_assert_eq!(read.as_deref(), Some(text.as_bytes()));
    }

    /// Random bytes end in a value or an error.
    #[test]
    fn random_bytes_end(bytes: Vec<u8>) {
        accepts(&bytes);
    }
}

/// Half a surrogate pair is U+FFFD, and what stands beside it is kept.
#[test]
fn lone_surrogates_are_replaced() {
    let cases = [
        (r#""a\ud83d""#, "a\u{fffd}"),
        (r#""\ud83dx""#, "\u{fffd}x"),
        (r#""\ude00\ud83d\ude00""#, "\u{fffd}😀"),
        (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
        (r#""\ud83d\n""#, "\u{fffd}\n"),
        (r#""\ud83dA""#, "\u{fffd}A"),
    ];
    for (json, expected) in cases {
        assert_eq!(string(json).as_deref(), Some(expected.as_bytes()), "{json}");
    }
}

/// Every escape of RFC 8259 is known, others are refused.
#[test]
fn escapes_are_those_of_json() {
    assert_eq!(
        string(r#""\"\\\/\b\f\n\r\t\u0041\u00E9""#).unwrap(),
        "\"\\/\u{8}\u{c}\n\r\tAé".as_bytes()
    );
    for json in
        [r#""\x""#, r#""\u12""#, r#""\u12g4""#, r#""\ud83d\u12""#, r#""\"#, r#"""#, "\"\n\""]
    {
        assert_eq!(string(json), None, "{json}");
    }
}

/// Bytes that are not UTF-8 pass through strings.
#[test]
fn invalid_utf8_passes() {
    let mut reader = Reader::new(b"\"a\xff\"");
    assert_eq!(reader.string("").unwrap().as_ref(), b"a\xff");
}

/// Skipped values may nest 128 deep; 10,000 is an error, not a crash.
#[test]
fn skipping_is_limited() {
    let nested = |depth: usize| "[{\"a\":".repeat(depth / 2) + "1" + &"}]".repeat(depth / 2);
    assert!(accepts(nested(128).as_bytes()));
    assert!(!accepts(nested(130).as_bytes()));
    assert!(!accepts(nested(10_000).as_bytes()));
}
