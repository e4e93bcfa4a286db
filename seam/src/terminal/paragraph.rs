//! One line of pieces, wrapped at its words to the width of the terminal.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{Ink, Terminal, escape};

/// Text that belongs on one line, as long as that is wide enough.
#[derive(Debug, Default)]
pub(crate) struct Paragraph {
    pieces: Vec<(Ink, String)>,
}

impl Paragraph {
    /// Adds a text, escaped. Nothing is put between it and the text before.
    pub(crate) fn put(mut self, ink: Ink, text: &str) -> Self {
        if !text.is_empty() {
            self.pieces.push((ink, escape(text)));
        }
        self
    }

    /// Adds plain text.
    pub(crate) fn say(self, text: &str) -> Self {
        self.put(Ink::Plain, text)
    }

    /// Appends the paragraph to a page: `indent` spaces before its first line, `hang` before
    /// the others.
    pub(crate) fn print(self, indent: usize, hang: usize, terminal: &Terminal, page: &mut String) {
        let mut line = Line::new(indent, terminal);
        // Deeply nested, a line still has room for a word.
        let hang = hang.min(terminal.width / 2);
        for (ink, text) in &self.pieces {
            for word in words(text) {
                let is_space = word.starts_with(' ');
                if line.fits(word) {
                    line.put(*ink, word);
                } else if is_space {
                    line.end_soon = true;
                } else {
                    // A word that fits on no line is broken where it begins.
                    if line.end_soon || hang + word.width() <= terminal.width {
                        line.wrap(hang, page);
                    }
                    line.put_long(*ink, word, hang, page);
                }
            }
        }
        line.finish(page);
    }
}

/// The words of a text and the runs of spaces between them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let is_space = rest.chars().next()? == ' ';
        let end = rest.find(|letter| (letter == ' ') != is_space).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

/// The line being filled.
struct Line<'t> {
    terminal: &'t Terminal,
    text: String,
    columns: usize,
    ink: Ink,
    /// Nothing but its indent stands on it.
    is_bare: bool,
    /// Spaces were left out at its end, so the next word begins another.
    end_soon: bool,
}

impl<'t> Line<'t> {
    fn new(indent: usize, terminal: &'t Terminal) -> Self {
        let indent = indent.min(terminal.width / 2);
        Self {
            terminal,
            text: " ".repeat(indent),
            columns: indent,
            ink: Ink::Plain,
            is_bare: true,
            end_soon: false,
        }
    }

    fn fits(&self, word: &str) -> bool {
        !self.end_soon && self.columns + word.width() <= self.terminal.width
    }

    fn put(&mut self, ink: Ink, word: &str) {
        self.dip(ink);
        self.text.push_str(word);
        self.columns += word.width();
        self.is_bare = false;
    }

    /// Puts a word that may be wider than a line.
    fn put_long(&mut self, ink: Ink, word: &str, hang: usize, page: &mut String) {
        let mut letter_text = [0; 4];
        for letter in word.chars() {
            let columns = letter.width().unwrap_or(0);
            if self.columns + columns > self.terminal.width && !self.is_bare {
                self.wrap(hang, page);
            }
            self.put(ink, letter.encode_utf8(&mut letter_text));
        }
    }

    fn wrap(&mut self, hang: usize, page: &mut String) {
        if self.is_bare {
            return;
        }
        let next = Line::new(hang, self.terminal);
        std::mem::replace(self, next).finish(page);
    }

    fn dip(&mut self, ink: Ink) {
        if self.ink == ink {
            return;
        }
        if self.terminal.colour {
            if self.ink.code().is_some() {
                self.text.push_str("\u{1b}[0m");
            }
            if let Some(code) = ink.code() {
                // Writing to a string cannot fail.
                write!(self.text, "\u{1b}[{code}m").ok();
            }
        }
        self.ink = ink;
    }

    fn finish(mut self, page: &mut String) {
        self.dip(Ink::Plain);
        page.push_str(self.text.trim_end_matches(' '));
        page.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(paragraph: Paragraph, width: usize, colour: bool) -> String {
        let mut page = String::new();
        paragraph.print(2, 4, &Terminal { width, colour }, &mut page);
        page
    }

    /// Words go to the next line, words wider than a line are broken, and no line is too wide.
    #[test]
    fn wraps_at_words() {
        let text = "curl  -sS http://an.address.that.is.rather.long.example.net/ -o out";
        let page = printed(Paragraph::default().say(text), 24, false);
        assert_eq!(
            page,
            "  curl  -sS http://an.ad\n    dress.that.is.rather\n    .long.example.net/\n    -o out\n"
        );
        assert!(page.lines().all(|line| line.width() <= 24));
    }

    /// A colour begins and ends on each line it is on, and takes no room.
    #[test]
    fn colours_end_with_their_line() {
        let paragraph = Paragraph::default().say("it was ").put(Ink::Bad, "denied by policy");
        let page = printed(paragraph, 18, true);
        let red = "\u{1b}[31m";
        assert_eq!(page, format!("  it was {red}denied by\u{1b}[0m\n    {red}policy\u{1b}[0m\n"));
    }

    /// What a piece holds cannot colour or move anything.
    #[test]
    fn pieces_are_escaped() {
        let page = printed(Paragraph::default().say("a\u{1b}[31mb\nc"), 40, true);
        assert_eq!(page, "  a\\u{1b}[31mb\\nc\n");
    }
}
