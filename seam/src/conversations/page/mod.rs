//! The timeline that people read: a conversation, its turns, what was done in them.
//!
//! [`header`] says whose it is, [`groups`] what stands where, [`actions`] draws one call,
//! [`marks`] how sure an edge is. Every text goes through [`Paragraph`], which escapes it.

mod actions;
mod groups;
mod header;
mod marks;

use std::collections::BTreeMap;

use super::Document;
use super::document::Turn;
use super::rows::Moment;
use crate::terminal::{Ink, Paragraph, Terminal, clock, count, cut, lines};
use groups::{Group, Item};

/// A prompt is shown up to so many lines, an answer and a command less.
const PROMPT_LINES: usize = 12;
const ANSWER_LINES: usize = 3;
/// A line of a content is cut there.
const CONTENT_WIDTH: usize = 1_000;
/// Each level stands so far to the right.
const STEP: usize = 2;

/// The page of a conversation.
pub(crate) fn page(document: &Document, terminal: &Terminal) -> String {
    let mut names = BTreeMap::new();
    name_actions(document, &mut names);
    let today = document.session.started_at;
    let mut page = Page { terminal, out: String::new(), names, today };
    page.header(document);
    page.body(document, 0);
    page.out
}

/// What candidates are called: the call's id, else its tool.
fn name_actions<'d>(document: &'d Document, names: &mut BTreeMap<&'d str, &'d str>) {
    let of_turns = document.turns.iter().flat_map(|turn| &turn.actions);
    for action in of_turns.chain(&document.actions) {
        let row = &action.row;
        let name = row.call_id.as_deref().or(row.tool.as_deref()).unwrap_or(&row.action_id);
        names.insert(&row.action_id, name);
    }
    for child in &document.children {
        name_actions(child, names);
    }
}

/// The page while it is written.
struct Page<'d> {
    terminal: &'d Terminal,
    out: String,
    names: BTreeMap<&'d str, &'d str>,
    /// The day that need not be said.
    today: Option<Moment>,
}

impl<'d> Page<'d> {
    fn print(&mut self, paragraph: Paragraph, indent: usize, hang: usize) {
        paragraph.print(indent, hang, self.terminal, &mut self.out);
    }

    fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    fn clock(&self, time: Option<Moment>) -> String {
        time.map_or_else(|| "(no time)".to_owned(), |time| clock(time, self.today))
    }

    /// A text on lines of its own.
    fn content(&mut self, text: &str, limit: usize, indent: usize, before: &str, ink: Ink) {
        let (shown, left_out) = lines(text, limit);
        for line in shown {
            let line = cut(&line, CONTENT_WIDTH);
            let paragraph = Paragraph::default().put(Ink::Faint, before).put(ink, &line);
            self.print(paragraph, indent, indent + STEP);
        }
        if left_out > 0 {
            let number = i64::try_from(left_out).unwrap_or(i64::MAX);
            let more = format!("… {}", count(number, "more line", "more lines"));
            self.print(Paragraph::default().put(Ink::Faint, &more), indent, indent);
        }
    }

    /// The turns of a conversation and what belongs to none.
    fn body(&mut self, document: &'d Document, indent: usize) {
        for group in groups::of(document) {
            if indent == 0 {
                self.blank();
            }
            self.group(document, &group, indent);
        }
        if document.other_events.is_empty() {
            return;
        }
        if indent == 0 {
            self.blank();
        }
        let kinds: Vec<String> =
            document.other_events.iter().map(|(kind, number)| format!("{number} {kind}")).collect();
        let text = format!("events of no action: {}", kinds.join(", "));
        self.print(Paragraph::default().put(Ink::Faint, &text), indent, indent + STEP);
    }

    fn group(&mut self, document: &'d Document, group: &Group<'d>, indent: usize) {
        if let Some(turn) = group.turn {
            self.turn(turn, indent);
        } else {
            let what = Paragraph::default().put(Ink::Strong, "of no known prompt");
            self.print(what, indent, indent);
            self.requests(&document.model_requests, None, indent + STEP);
        }
        let indent = indent + STEP;
        for item in &group.items {
            match item {
                Item::Action(action) => self.action(document, action, indent),
                Item::Attempt(attempt) => self.attempt(attempt, indent, true),
                Item::Gap(gap) => self.gap(gap, indent),
                Item::Child(child) => self.child(child, indent),
            }
        }
        if let Some(answer) = group.turn.and_then(|turn| turn.row.response.as_deref()) {
            self.content(answer, ANSWER_LINES, indent, "answer  ", Ink::Plain);
        }
    }

    fn turn(&mut self, turn: &Turn, indent: usize) {
        let row = &turn.row;
        let who = match row.prompt_origin.as_deref() {
            Some("human") => "a person asked",
            Some("subagent_task") => "its parent asked",
            Some("reviewer") => "to be reviewed",
            Some("system") => "the agent itself asked",
            _ => "asked, it is not known by whom",
        };
        let head = Paragraph::default()
            .put(Ink::Faint, &self.clock(row.started_at))
            .say("  ")
            .put(Ink::Strong, who);
        self.print(head, indent, indent + STEP);
        let indent = indent + STEP;
        if let Some(text) = row.prompt.as_deref().filter(|text| !text.trim().is_empty()) {
            self.content(text, PROMPT_LINES, indent, "> ", Ink::Strong);
        } else {
            let none = "the text of the prompt was not sent";
            self.print(Paragraph::default().put(Ink::Doubt, none), indent, indent);
        }
        // Whose wish it was, where the prompt is not a person's.
        let intents = turn.actions.iter().find_map(|action| action.row.intent.as_deref());
        if let Some(intent) = intents.filter(|intent| row.prompt.as_deref() != Some(*intent)) {
            let wish = intent.split_whitespace().collect::<Vec<_>>().join(" ");
            self.content(&wish, 1, indent, "for  ", Ink::Plain);
        }
        self.requests(&turn.model_requests, Some(turn), indent);
    }
}
