//! Words of a POSIX shell: how a value is quoted, and read back.

/// The value as one word of a shell, quoted only where it must be.
pub(crate) fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/@%,=+".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// What a word stands for, if it needs no shell to say so.
pub(crate) fn unquoted(word: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = word.trim().chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' => loop {
                match chars.next()? {
                    '\'' => break,
                    inner => out.push(inner),
                }
            },
            '"' => loop {
                match chars.next()? {
                    '"' => break,
                    '$' | '`' => return None,
                    '\\' => out.push(chars.next()?),
                    inner => out.push(inner),
                }
            },
            '\\' => out.push(chars.next()?),
            '$' | '`' | ';' | '&' | '|' | '<' | '>' | '(' | ')' => return None,
            c if c.is_whitespace() => return None,
            c => out.push(c),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(quoted("a=b,c%20d"), "a=b,c%20d");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("/a b/c"), "'/a b/c'");
        assert_eq!(quoted(""), "''");
        for value in ["", "a b", "it's", "\"q\" $x `y` \\", "a=b;c", "tab\there"] {
            assert_eq!(unquoted(&quoted(value)).as_deref(), Some(value));
            let shown = std::process::Command::new("sh")
                .args(["-c", &format!("X={}; printf %s \"$X\"", quoted(value))])
                .output()
                .unwrap();
            assert_eq!(String::from_utf8(shown.stdout).unwrap(), value);
        }
    }

    #[test]
    fn what_needs_a_shell_is_not_guessed() {
        assert_eq!(unquoted("$HOME/x"), None);
        assert_eq!(unquoted("\"$HOME\""), None);
        assert_eq!(unquoted("'open"), None);
        assert_eq!(unquoted("a b"), None);
        assert_eq!(unquoted("\"a \\\"b\""), Some("a \"b".to_owned()));
    }
}
