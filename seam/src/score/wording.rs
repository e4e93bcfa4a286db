//! Whether a text of a table is the text that was meant.
//!
//! A replaced secret (`[redacted:<rule>:<digits>]`) stands for any text; what is around it has to
//! be the same. Space at the ends does not count.

use serde_json::Value;

const MARK: &str = "[redacted:";

/// Whether a text of a row is this text.
pub(super) fn says(row: &str, truth: &str) -> bool {
    let pieces = around_marks(row.trim());
    let truth = truth.trim();
    let [first, middle @ .., last] = pieces.as_slice() else {
        return pieces.first().is_some_and(|only| *only == truth);
    };
    // A text of marks alone would be every text.
    if !pieces.iter().any(|piece| piece.contains(char::is_alphanumeric)) {
        return false;
    }
    let Some(mut rest) = truth.strip_prefix(first).and_then(|rest| rest.strip_suffix(last)) else {
        return false;
    };
    for piece in middle {
        let Some((_, after)) = rest.split_once(piece) else { return false };
        rest = after;
    }
    true
}

/// Whether a text of a row is the beginning of a long text, as an agent that cuts texts sends it.
pub(super) fn begins(row: &str, truth: &str) -> bool {
    const LONG: usize = 64;
    let row = row.trim().trim_end_matches(['.', '…']).trim_end();
    row.chars().count() >= LONG && truth.trim().starts_with(row)
}

/// Whether a row's arguments are these. Both are JSON; what is not is compared as text.
pub(super) fn same_arguments(row: &str, truth: &str) -> bool {
    match (serde_json::from_str::<Value>(row), serde_json::from_str::<Value>(truth)) {
        (Ok(row), Ok(truth)) => same_value(&row, &truth),
        _ => says(row, truth),
    }
}

fn same_value(row: &Value, truth: &Value) -> bool {
    match (row, truth) {
        (Value::String(row), Value::String(truth)) => says(row, truth),
        (Value::Array(row), Value::Array(truth)) => {
            row.len() == truth.len()
                && row.iter().zip(truth).all(|(row, truth)| same_value(row, truth))
        }
        (Value::Object(row), Value::Object(truth)) => {
            row.len() == truth.len()
                && row.iter().all(|(key, value)| {
                    truth.get(key).is_some_and(|truth| same_value(value, truth))
                })
        }
        (row, truth) => row == truth,
    }
}

/// The text around the replaced secrets; one piece where there is none.
fn around_marks(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, mark)) = rest.split_once(MARK) {
        let Some((_, after)) = mark.split_once(']') else { break };
        pieces.push(before);
        rest = after;
    }
    pieces.push(rest);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mark stands for any text, and nothing else does.
    #[test]
    fn marks_are_open() {
        let truth = "My token is ghp_abc, theirs ghp_def.";
        assert!(says(truth, truth) && says(" \nMy token is ghp_abc, theirs ghp_def.\n", truth));
        assert!(says("My token is [redacted:x:01234567], theirs [redacted:x:89abcdef].", truth));
        assert!(says("My token is [redacted:x:01234567]", truth));
        assert!(!says("Her token is [redacted:x:01234567]", truth));
        assert!(!says("My token is [redacted:x:01234567]!", truth));
        assert!(!says("[redacted:x:01234567]", truth));
        assert!(!says("My token is", truth));
        assert!(!says("[REDACTED]", truth));
        assert!(says("a [redacted: b", "a [redacted: b"));
    }

    /// Arguments are the same whatever the order of their keys and the space between them.
    #[test]
    fn arguments_are_values() {
        let truth = r#"{"cmd": "ls -la", "all": [1, true]}"#;
        assert!(same_arguments("{\n \"all\":[1,true],\"cmd\":\"ls -la\"}", truth));
        assert!(same_arguments(r#"{"cmd":"ls [redacted:x:0]","all":[1,true]}"#, truth));
        assert!(!same_arguments(r#"{"cmd":"ls -la"}"#, truth));
        assert!(!same_arguments(r#"{"cmd":"ls -la","all":[1,false]}"#, truth));
        assert!(same_arguments("not json", "not json"));
    }

    /// Only a long beginning is one.
    #[test]
    fn cut_texts() {
        let truth = "word ".repeat(40);
        assert!(begins(&format!("{}…", &truth[..80]), &truth));
        assert!(!begins(&truth[..40], &truth));
        assert!(!begins(&"other ".repeat(20), &truth));
    }
}
