//! One call: who wanted it, who allowed it, where it went, what came of it.

use super::super::Document;
use super::super::document::{Action, Attempt};
use super::super::rows::{ActionRow, GapRow};
use super::{Page, STEP, marks};
use crate::terminal::{Ink, Paragraph, milliseconds};

const COMMAND_LINES: usize = 8;
const ERROR_LINES: usize = 3;

impl<'d> Page<'d> {
    pub(super) fn action(&mut self, document: &'d Document, action: &'d Action, indent: usize) {
        let row = &action.row;
        // A subagent may work inside the conversation of its parent.
        let is_guest = row.role.is_some() && row.role != document.session.role;
        let indent = if is_guest { indent + STEP } else { indent };
        let mut head = Paragraph::default()
            .put(Ink::Faint, &self.clock(row.time()))
            .say("  ")
            .put(Ink::Strong, &tool(row));
        if let Some(call) = &row.call_id {
            head = head.say("  ").put(Ink::Faint, call);
        }
        if is_guest {
            let who = [row.role.as_deref(), row.agent_path.as_deref()];
            let who: Vec<&str> = who.into_iter().flatten().collect();
            head = head.say("  ").put(Ink::Faint, &format!("({})", who.join(" ")));
        }
        for (relation, about) in [("turn", "prompt"), ("request", "request"), ("span", "span")] {
            for mark in marks::of_relation(&action.links, relation) {
                head = head.say("  ").put(Ink::Doubt, &format!("{about} {mark}"));
            }
        }
        self.print(head, indent, indent + STEP);
        let indent = indent + STEP;
        if let Some(command) = &row.command {
            self.content(command, COMMAND_LINES, indent, "$ ", Ink::Plain);
        }
        for text in [&row.path, &row.url].into_iter().flatten() {
            self.content(text, 1, indent, "", Ink::Plain);
        }
        self.decision(action, indent);
        for attempt in &action.network {
            self.attempt(attempt, indent, false);
        }
        let began = |child: &&Document| {
            child.spawned_by.as_ref().is_some_and(|spawner| spawner.action_id == row.action_id)
        };
        for child in document.children.iter().filter(began) {
            self.child(child, indent);
        }
        self.result(action, indent);
    }

    /// Who decided, how, and how long that took.
    fn decision(&mut self, action: &Action, indent: usize) {
        let row = &action.row;
        let (word, ink) = match row.decision.as_deref() {
            Some("allow") => ("allowed", Ink::Good),
            Some("deny") => ("denied", Ink::Bad),
            Some("ask") => ("asked, and nobody answered", Ink::Doubt),
            Some("cancel") => ("cancelled instead of an answer", Ink::Doubt),
            Some("timeout") => ("no answer in time", Ink::Doubt),
            Some(_) | None if row.decided_by.is_some() => ("decided", Ink::Doubt),
            _ => return,
        };
        let mut said = Vec::new();
        if let Some(by) = &row.decided_by {
            let by = match by.as_str() {
                "ai_reviewer" => "the automatic reviewer",
                "user" => "a person",
                other => other,
            };
            said.push(format!("by {by}"));
        }
        said.extend(row.grant_scope.as_deref().map(|scope| match scope {
            "session" => "for the session".to_owned(),
            "permanent" => "for good".to_owned(),
            other => other.to_owned(),
        }));
        let mut facts = Vec::new();
        facts.extend(row.denial_reason.clone());
        facts.extend(row.risk_level.as_ref().map(|risk| format!("risk {risk}")));
        facts.extend(row.wait_ms.map(|wait| format!("after {}", milliseconds(wait))));
        let before = if said.is_empty() { ": " } else { ", " };
        let facts: String = facts.iter().flat_map(|fact| [", ", fact]).skip(1).collect();
        let mut paragraph = Paragraph::default().put(ink, word);
        for (between, text) in [(" ", said.join(" ")), (before, facts)] {
            if !text.is_empty() {
                paragraph = paragraph.say(between).say(&text);
            }
        }
        let marks = marks::of_relation(&action.links, "decision");
        self.print(marks::put(paragraph, &marks), indent, indent + STEP);
        if let Some(why) = &row.rationale {
            self.content(why, ERROR_LINES, indent + STEP, "", Ink::Faint);
        }
    }

    /// One network attempt. `is_alone`: it stands under no call.
    pub(super) fn attempt(&mut self, attempt: &Attempt, indent: usize, is_alone: bool) {
        let row = &attempt.row;
        let (word, ink) = match row.net_verdict.as_deref() {
            Some("allow") => ("allowed", Ink::Good),
            Some("deny") => ("denied", Ink::Bad),
            Some(other) => (other, Ink::Doubt),
            None => ("not decided", Ink::Doubt),
        };
        let host = row.net_host.as_deref().unwrap_or("an unknown host");
        let place = row.net_port.map_or(host.to_owned(), |port| format!("{host}:{port}"));
        let how = [&row.net_protocol, &row.net_method, &row.net_reason];
        let how: Vec<&str> = how.into_iter().flatten().map(String::as_str).collect();
        let mut paragraph = Paragraph::default();
        if is_alone {
            paragraph = paragraph.put(Ink::Faint, &self.clock(row.time)).say("  ");
        }
        paragraph = paragraph.put(Ink::Faint, "network  ").put(ink, word).say(" ").say(&place);
        if !how.is_empty() {
            paragraph = paragraph.say(&format!(" ({})", how.join(", ")));
        }
        match &attempt.link {
            Some(edge) => {
                let mark = marks::mark(edge);
                paragraph = marks::put(paragraph, mark.as_slice());
                if is_alone && edge.candidates.is_some() {
                    let names = marks::candidates(edge, &self.names);
                    paragraph = paragraph.say(" ").put(Ink::Faint, &names);
                }
            }
            None => paragraph = paragraph.say(" ").put(Ink::Doubt, "of no known call"),
        }
        self.print(paragraph, indent, indent + STEP);
    }

    /// How it ended.
    fn result(&mut self, action: &Action, indent: usize) {
        let row = &action.row;
        let (word, ink) = match row.outcome.as_deref() {
            Some("succeeded") => ("succeeded", Ink::Good),
            Some("failed") => ("failed", Ink::Bad),
            // The decision has said it.
            Some("denied") if row.decision.as_deref() == Some("deny") => return,
            Some("denied") => ("denied", Ink::Bad),
            Some("cancelled") => ("cancelled", Ink::Doubt),
            Some("timed_out") => ("timed out", Ink::Bad),
            _ => ("no result is known", Ink::Doubt),
        };
        let is_denied = row.outcome.as_deref() == Some("denied");
        let reason = if is_denied { &row.denial_reason } else { &row.failure_reason };
        let facts = [
            reason.clone(),
            row.exit_code.map(|code| format!("exit {code}")),
            row.cancelled_by.as_ref().map(|who| format!("by {who}")),
            row.duration_ms.map(|span| format!("after {}", milliseconds(span))),
        ];
        let facts: Vec<String> = facts.into_iter().flatten().collect();
        let mut paragraph = Paragraph::default().put(ink, word);
        if !facts.is_empty() {
            paragraph = paragraph.say(": ").say(&facts.join(", "));
        }
        let marks = marks::of_relation(&action.links, "result");
        self.print(marks::put(paragraph, &marks), indent, indent + STEP);
        if let Some(error) = &row.error {
            self.content(error, ERROR_LINES, indent + STEP, "", Ink::Faint);
        }
    }

    /// What is missing.
    pub(super) fn gap(&mut self, gap: &GapRow, indent: usize) {
        let kind = gap.kind.as_deref().unwrap_or("unknown").replace('_', " ");
        let numbers = match (gap.from_sequence, gap.to_sequence) {
            (Some(from), Some(to)) if from != to => format!(" {from} to {to}"),
            (Some(one), _) | (None, Some(one)) => format!(" {one}"),
            (None, None) => String::new(),
        };
        let detail = gap.detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
        let closed = if gap.closed_at.is_some() { " (closed)" } else { "" };
        let text = format!("{kind}{numbers}{detail}{closed}");
        let paragraph = Paragraph::default()
            .put(Ink::Faint, &self.clock(gap.detected_at))
            .say("  ")
            .put(Ink::Doubt, "gap  ")
            .say(&text);
        self.print(paragraph, indent, indent + STEP);
    }
}

fn tool(row: &ActionRow) -> String {
    match (&row.mcp_server, &row.mcp_tool) {
        (Some(server), Some(tool)) => format!("{server}/{tool}"),
        _ => row
            .tool
            .clone()
            .or_else(|| row.tool_kind.clone())
            .unwrap_or_else(|| "a tool".to_owned()),
    }
}
