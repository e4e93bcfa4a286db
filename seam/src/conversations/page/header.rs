//! Whose conversation it is, and the lines of those that serve it.

use super::super::Document;
use super::super::document::{Requests, Turn};
use super::super::placing::Placed;
use super::super::rows::SessionRow;
use super::{Page, STEP, marks};
use crate::terminal::{Ink, Paragraph, count, day, milliseconds};

/// The labels of the header stand in a column.
const LABEL: usize = 10;

impl<'d> Page<'d> {
    /// Who, where, when, under which rules, and what came of it.
    pub(super) fn header(&mut self, document: &'d Document) {
        let row = &document.session;
        let agent = [&row.agent, &row.agent_version, &row.client];
        let agent = join(agent.into_iter().flatten().map(String::as_str), " ");
        let head = Paragraph::default()
            .put(Ink::Strong, &row.session_id)
            .say("  ")
            .say(&agent)
            .say("  ")
            .say(row.role.as_deref().unwrap_or("unknown"));
        self.print(head, 0, STEP);
        let claimed = row.user_email.as_deref().into_iter();
        let principal = format!("principal {}", row.principal);
        self.field("who", &join(claimed.chain([principal.as_str()]), ", "));
        let place = [&row.host, &row.cwd, &row.repository];
        self.field("where", &join(place.into_iter().flatten().map(String::as_str), ", "));
        if let (Some(start), Some(end)) = (row.started_at, row.ended_at) {
            let took = milliseconds((end - start).num_milliseconds());
            self.field("when", &format!("{} to {} UTC, {took}", day(start), day(end)));
        }
        let posture = [
            ("approval", &row.approval_policy),
            ("sandbox", &row.sandbox_policy),
            ("mode", &row.mode),
        ];
        let posture = posture.iter().filter_map(|(name, text)| Some((name, text.as_ref()?)));
        let posture: Vec<String> = posture.map(|(name, text)| format!("{name} {text}")).collect();
        self.field("posture", &posture.join(", "));
        for change in row.posture_changes.iter().flatten() {
            self.field("changed", change);
        }
        let servers = row.mcp_servers.iter().flatten().map(String::as_str);
        self.field("mcp", &join(servers, ", "));
        self.field("totals", &totals(row));
        self.relatives(document);
    }

    fn relatives(&mut self, document: &'d Document) {
        let row = &document.session;
        if let Some(parent) = &row.parent_session_id {
            let mark = document.parent_link.as_ref().and_then(marks::mark);
            let paragraph = label("serves").say(parent);
            let paragraph = marks::put(paragraph, mark.as_slice());
            self.print(paragraph, STEP, STEP + LABEL);
        }
        let is_between = |root: &&String| {
            **root != row.session_id && row.parent_session_id.as_ref() != Some(*root)
        };
        if let Some(root) = row.root_session_id.as_ref().filter(is_between) {
            self.field("root", root);
        }
    }

    fn field(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.print(label(name).say(text), STEP, STEP + LABEL);
        }
    }

    /// A conversation that serves this one: a subagent's with all that is in it, others on a line.
    pub(super) fn child(&mut self, child: &'d Document, indent: usize) {
        let row = &child.session;
        let role = row.role.as_deref().unwrap_or("unknown");
        let mut facts = vec![self.clock(row.started_at)];
        facts.extend(row.duration_ms().map(milliseconds));
        facts.push(totals(row));
        let mut marks: Vec<String> = child.parent_link.iter().filter_map(marks::mark).collect();
        if child.spawned_by.as_ref().is_some_and(|spawner| spawner.placed == Placed::Time) {
            marks.push("~placed by its time".to_owned());
        }
        let head = Paragraph::default()
            .put(Ink::Strong, role)
            .say(" ")
            .say(&row.session_id)
            .say("  ")
            .put(Ink::Faint, &facts.join(", "));
        self.print(marks::put(head, &marks), indent, indent + STEP);
        if !matches!(role, "reviewer" | "title") {
            self.body(child, indent + STEP);
        }
    }

    /// The requests to models that served a turn.
    pub(super) fn requests(&mut self, requests: &Requests, turn: Option<&Turn>, indent: usize) {
        if requests.count == 0 {
            return;
        }
        let number = i64::try_from(requests.count).unwrap_or(i64::MAX);
        let mut text = count(number, "request", "requests");
        if !requests.models.is_empty() {
            text.push_str(" to ");
            text.push_str(&join(requests.models.iter().map(String::as_str), ", "));
        }
        let row = turn.map(|turn| &turn.row);
        let input = row.and_then(|row| row.input_tokens).unwrap_or(requests.input_tokens);
        let output = row.and_then(|row| row.output_tokens).unwrap_or(requests.output_tokens);
        let tokens = tokens(Some(input), Some(output), row.and_then(|row| row.cost_usd));
        for part in tokens {
            text.push_str(", ");
            text.push_str(&part);
        }
        let paragraph = Paragraph::default().put(Ink::Faint, "model  ").say(&text);
        self.print(paragraph, indent, indent + STEP);
    }
}

fn label(name: &str) -> Paragraph {
    Paragraph::default().put(Ink::Faint, &format!("{name:LABEL$}"))
}

fn join<'t>(texts: impl Iterator<Item = &'t str>, between: &str) -> String {
    texts.collect::<Vec<_>>().join(between)
}

/// What came of a conversation, in numbers; of what did not happen nothing is said.
fn totals(row: &SessionRow) -> String {
    let mut parts =
        vec![count(row.turns, "turn", "turns"), count(row.actions, "action", "actions")];
    let happened = [
        (row.denied, "denied", "denied"),
        (row.failed, "failed", "failed"),
        (row.net_denied, "network attempt denied", "network attempts denied"),
        (row.gaps, "open gap", "open gaps"),
    ];
    let happened = happened.into_iter().filter(|(number, ..)| *number > 0);
    parts.extend(happened.map(|(number, one, many)| count(number, one, many)));
    parts.extend(tokens(row.input_tokens, row.output_tokens, row.cost_usd));
    parts.join(", ")
}

fn tokens(input: Option<i64>, output: Option<i64>, cost: Option<f64>) -> Vec<String> {
    let mut parts = Vec::new();
    parts.extend(
        input.filter(|number| *number > 0).map(|number| count(number, "token in", "tokens in")),
    );
    parts.extend(output.filter(|number| *number > 0).map(|number| count(number, "out", "out")));
    parts.extend(cost.filter(|cost| *cost > 0.0).map(|cost| format!("${cost:.4}")));
    parts
}
