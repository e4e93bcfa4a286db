//! Texts without what could drive a terminal.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// A text on one line: control characters and what hides or reorders others as `\u{…}`, a tab
/// as a space, the end of a line as `\n`.
pub(crate) fn escape(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\t' => line.push(' '),
            _ if letter.width().is_none() || is_invisible(letter) => {
                line.extend(letter.escape_default());
            }
            _ => line.push(letter),
        }
    }
    line
}

/// The lines of a text, each as [`escape`] gives it, at most `limit` of them; then how many are
/// left out. Empty lines at the end are none.
pub(crate) fn lines(text: &str, limit: usize) -> (Vec<String>, usize) {
    let all: Vec<&str> = text.trim_end().lines().collect();
    let shown = all.iter().take(limit).map(|line| escape(line.trim_end())).collect();
    (shown, all.len().saturating_sub(limit))
}

/// The beginning of a text that is no wider than `width`; a cut one ends in `…`.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut taken = String::new();
    let mut columns = 1;
    for letter in text.chars() {
        columns += letter.width().unwrap_or(0);
        if columns > width {
            break;
        }
        taken.push(letter);
    }
    taken.push('…');
    taken
}

/// Letters that have no look of their own: they reorder, join or hide others.
fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No sequence that moves a cursor, sets a title, or hides text gets through.
    #[test]
    fn nothing_drives_the_terminal() {
        assert_eq!(escape("a\u{1b}[2Jb\u{7}c"), "a\\u{1b}[2Jb\\u{7}c");
        assert_eq!(escape("a\r\nb\u{9b}31m"), "a\\r\\nb\\u{9b}31m");
        assert_eq!(escape("x\u{202e}y\u{e0041}z"), "x\\u{202e}y\\u{e0041}z");
        assert_eq!(escape("tab\there, déjà 日本"), "tab here, déjà 日本");
    }

    /// Lines are cut at their ends and counted.
    #[test]
    fn lines_are_counted() {
        assert_eq!(lines("one\r\ntwo\n\n", 5), (vec!["one".to_owned(), "two".to_owned()], 0));
        assert_eq!(lines("1\n2\n3", 2), (vec!["1".to_owned(), "2".to_owned()], 1));
    }

    /// A cut text is never wider than it may be.
    #[test]
    fn cuts_are_as_wide_as_asked() {
        assert_eq!(cut("short", 5), "short");
        assert_eq!(cut("longer", 5), "long…");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("日本語", 4), "日…");
    }
}
