//! How sure an edge is. What the agent said itself needs no mark.

use std::collections::BTreeMap;

use super::super::rows::LinkRow;
use crate::terminal::{Ink, Paragraph};

/// The marks of the edges of one kind, each once: `~strong(interval)` for what was inferred,
/// `?ambiguous: 2 candidates` for what could not be told apart.
pub(super) fn of_relation(links: &[LinkRow], relation: &str) -> Vec<String> {
    let mut marks = Vec::new();
    for mark in links.iter().filter(|link| link.is(relation)).filter_map(mark) {
        if !marks.contains(&mark) {
            marks.push(mark);
        }
    }
    marks
}

/// The mark of one edge; none for a certain one.
pub(super) fn mark(link: &LinkRow) -> Option<String> {
    let candidates = link.candidates.as_ref().map_or(0, Vec::len);
    match link.confidence.as_deref() {
        None | Some("certain") => None,
        Some("ambiguous") => Some(format!("?ambiguous: {candidates} candidates")),
        Some(confidence) => {
            let method = link.method.as_deref().unwrap_or("unknown");
            Some(format!("~{confidence}({method})"))
        }
    }
}

/// The calls that an edge could lead to, by their names.
pub(super) fn candidates(link: &LinkRow, names: &BTreeMap<&str, &str>) -> String {
    let name = |id: &String| names.get(id.as_str()).map_or(id.as_str(), |name| *name).to_owned();
    let names: Vec<String> = link.candidates.iter().flatten().map(name).collect();
    names.join(" or ")
}

/// Adds marks behind what they are about.
pub(super) fn put(mut paragraph: Paragraph, marks: &[String]) -> Paragraph {
    for mark in marks {
        paragraph = paragraph.say(" ").put(Ink::Doubt, mark);
    }
    paragraph
}
