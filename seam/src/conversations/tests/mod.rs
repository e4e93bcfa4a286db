//! The list and the timeline of rows that are made up, as people and programs get them.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod pages;
mod rows;

use seam_queries::format::Format;

use super::Listing;
use crate::terminal::Terminal;
use rows::{material, sessions};

const WIDE: Terminal = Terminal { width: 160, colour: false };

fn listing() -> Listing {
    Listing::of(sessions()).with_prompt("default", "main-1", "Check both mirrors\u{1b}[2J, please")
}

/// The list for people, wide and narrow.
#[test]
fn the_list() {
    let narrow = Terminal { width: 80, colour: false };
    let page = format!("{}\n{}", listing().table(&WIDE), listing().table(&narrow));
    insta::assert_snapshot!("list", page);
}

/// The list for programs has every column, whatever is in it.
#[test]
fn the_list_for_programs() {
    let text = listing().encode(Format::Csv).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text.lines().count(), sessions().len() + 1);
    let json = listing().encode(Format::Json).unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&json).unwrap();
    let first = rows.first().unwrap();
    assert_eq!(first["first_prompt"], "Check both mirrors\u{1b}[2J, please");
    assert_eq!(first["duration_ms"], 95_000);
    assert_eq!(first["started_at"], "2026-11-20T14:03:00.000000Z");
    let empty = Listing::default().encode(Format::Json).unwrap();
    assert_eq!(empty, b"[]\n");
}

/// Material without a conversation has no page.
#[test]
fn nothing_is_no_document() {
    let mut material = material();
    material.sessions.clear();
    assert!(super::Document::of(material).is_none());
}
