//! Log records and span events of the conventions, by name.
//!
//! A message that is sent as an event of its own (the conventions before 1.37) is sent again
//! with every later request of the conversation, and nothing says who wrote it: its
//! `prompt_origin` is null.

use serde_json::Value;

use crate::agents::EVENT_NAME;
use crate::agents::exact::Table;
use crate::agents::genai::keys::{content, text};
use crate::agents::genai::{messages, model, reviewer, tables};
use crate::event::{EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{Agent, Decision, Kind};

/// Exceptions that are a question to somebody: LangGraph, Pydantic AI.
const QUESTIONS: &[&str] = &["GraphInterrupt", "NodeInterrupt", "ApprovalRequired", "CallDeferred"];

/// The name of a log record: Cline writes it into the body, Kiro may.
pub(super) fn name_of<'a>(
    agent: Agent,
    sent: &SentAttributes<'a>,
    columns: &EventColumns<'a>,
) -> Option<Text<'a>> {
    let body = || columns.body.clone().filter(|body| !body.contains(char::is_whitespace));
    let named = sent.text(EVENT_NAME).map(Text::Borrowed);
    let field = named.or_else(|| columns.event_name.clone());
    match agent {
        Agent::Cline => body().or(field),
        Agent::Kiro | Agent::Cursor => field.or_else(body),
        _ => field,
    }
}

/// What a span event takes of its table: the message of a question is no error.
pub(super) fn taken(table: &'static Table, sent: &SentAttributes<'_>) -> &'static Table {
    if is_question(sent) { &tables::QUESTION } else { table }
}

fn is_question(sent: &SentAttributes<'_>) -> bool {
    let class = sent.text("exception.type").unwrap_or_default();
    QUESTIONS.iter().any(|question| class.rsplit('.').next() == Some(question))
}

/// Reads a log record or a span event; its name stands in its column.
pub(super) fn map<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    let name = columns.name.clone().unwrap_or_default();
    match &*name {
        "gen_ai.client.inference.operation.details" => model::map_details(sent, columns),
        "gen_ai.guardrail.result" | "gen_ai.evaluation.result" => reviewer::map(sent, columns),
        "gen_ai.user.message" => {
            columns.kind = Some(Kind::Prompt);
            columns.prompt = message(sent, columns, "content");
        }
        "gen_ai.choice" | "gen_ai.assistant.message" => {
            columns.kind = Some(Kind::Response);
            columns.response = message(sent, columns, "content");
        }
        "gen_ai.tool.message" => {
            columns.kind = Some(Kind::ToolResult);
            columns.output = message(sent, columns, "content");
            if columns.call_id.is_none() {
                columns.call_id = message(sent, columns, "id");
            }
        }
        name if tables::is_exception(name) => map_exception(sent, columns),
        _ => {}
    }
}

/// A field of a message: an attribute, or a field of the body, where `gen_ai.choice` wraps it.
fn message<'a>(
    sent: &SentAttributes<'a>,
    columns: &EventColumns<'a>,
    field: &str,
) -> Option<Text<'a>> {
    content(sent, &[field]).or_else(|| {
        let body = messages::parse(columns.body.as_deref()?)?;
        let inner = body.get("message").unwrap_or(&body);
        match inner.get(field)? {
            Value::Array(_) => inner.get(field).and_then(messages::plain),
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
        .map(Text::Owned)
    })
}

fn map_exception<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    if is_question(sent) {
        columns.kind = Some(Kind::Approval);
        columns.decision = Some(Decision::Ask);
        columns.rationale = text(sent, &["exception.message"]);
        return;
    }
    columns.kind = Some(Kind::Error);
    if columns.error.is_none() {
        columns.error = text(sent, &["exception.message", "exception.type", "error.type"]);
    }
}
