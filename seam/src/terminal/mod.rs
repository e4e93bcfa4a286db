//! What a person reads on a terminal: its width, colours, and texts that cannot drive it.
//!
//! What an agent was made to say must not move a cursor or hide a word: every text goes through
//! [`escape`] before it is printed. [`Paragraph`] does so itself and wraps to the width.

mod escape;
mod paragraph;
mod spans;

use std::collections::BTreeMap;
use std::io::IsTerminal as _;

pub(crate) use escape::{cut, escape, lines};
pub(crate) use paragraph::Paragraph;
pub(crate) use spans::{clock, count, day, milliseconds};

/// The width where there is no terminal.
const WIDTH: usize = 80;
/// A narrower terminal is written over its edge rather than a letter to a line.
const WIDTH_MIN: usize = 40;

/// Where a page is printed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal {
    /// In columns.
    pub(crate) width: usize,
    /// Whether to colour.
    pub(crate) colour: bool,
}

impl Terminal {
    /// Standard output. Colours only on a terminal, and not with `NO_COLOR`.
    pub(crate) fn of_stdout(environment: &BTreeMap<String, String>) -> Self {
        let out = std::io::stdout();
        if !out.is_terminal() {
            return Self { width: WIDTH, colour: false };
        }
        let width = terminal_size::terminal_size_of(&out);
        let width = width.map_or(WIDTH, |(width, _)| usize::from(width.0)).max(WIDTH_MIN);
        let no_color = environment.get("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { width, colour: !no_color }
    }
}

/// How a piece of text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    Plain,
    Strong,
    Faint,
    Good,
    Bad,
    Doubt,
}

impl Ink {
    /// The parameter of the control sequence; none for plain text.
    fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Strong => Some("1"),
            Self::Faint => Some("2"),
            Self::Good => Some("32"),
            Self::Bad => Some("31"),
            Self::Doubt => Some("33"),
        }
    }
}
