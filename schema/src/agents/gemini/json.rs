//! Reading JSON that stands in an attribute, as far as it may cost.

use serde::Deserialize;

/// Longer texts are not read; they are stored all the same.
const LIMIT_BYTES: usize = 1 << 20;

/// Reads a text; `None` for one that is too long, was cut, or is something else.
pub(in crate::agents) fn read<'t, T: Deserialize<'t>>(text: &'t str) -> Option<T> {
    if text.len() > LIMIT_BYTES {
        return None;
    }
    serde_json::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// What is cut, too long or too deep is not read.
    #[test]
    fn reads_within_bounds() {
        assert_eq!(read::<Value>("[1]"), Some(Value::from(vec![1])));
        assert_eq!(read::<Value>("[1"), None);
        assert_eq!(read::<Value>(&format!("[{}1]", " ".repeat(LIMIT_BYTES))), None);
        assert_eq!(read::<Value>(&"[".repeat(LIMIT_BYTES)), None);
    }
}
