//! The timeline: golden pages, and what must never be on one.

use super::super::{Document, page};
use super::WIDE;
use super::rows::{hostile, material};
use crate::terminal::Terminal;

fn document() -> Document {
    Document::of(material()).unwrap()
}

/// A conversation with all that can be in one.
#[test]
fn a_timeline() {
    insta::assert_snapshot!("timeline", page(&document(), &WIDE));
}

/// The same on a narrow terminal: no line is wider.
#[test]
fn a_narrow_timeline() {
    let narrow = Terminal { width: 60, colour: false };
    let page = page(&document(), &narrow);
    insta::assert_snapshot!("timeline_narrow", page);
    let widest = page.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(60), "{widest:?}");
}

/// The same as one value.
#[test]
fn a_document() {
    insta::assert_json_snapshot!("document", document());
}

/// Colours are put in, and taken out they leave the same page.
#[test]
fn colours() {
    let plain = page(&document(), &WIDE);
    let coloured = page(&document(), &Terminal { colour: true, ..WIDE });
    assert!(coloured.contains("\u{1b}[31mdenied\u{1b}[0m"));
    let mut bare = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        bare.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    bare.push_str(rest);
    let trimmed = |page: &str| page.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    assert_eq!(trimmed(&bare), trimmed(&plain));
}

/// Nothing that an agent, a model or a sender wrote reaches the terminal as a control character.
#[test]
fn contents_do_not_drive_the_terminal() {
    let page = page(&Document::of(hostile()).unwrap(), &WIDE);
    let drives = |letter: char| letter.is_control() && letter != '\n';
    assert!(!page.contains(drives), "{page:?}");
    assert!(!page.contains('\u{202e}'));
    assert!(page.contains("\\u{1b}"), "{page}");
}
