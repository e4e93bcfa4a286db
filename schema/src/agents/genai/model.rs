//! Requests to a model, and what was answered.

use crate::agents::genai::keys::{self, content, text};
use crate::agents::genai::{messages, took, trouble};
use crate::event::{EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{Kind, Outcome, PromptOrigin};

/// Where the messages of a request's answer stand.
pub(super) const OUTPUT: &[&str] = &["gen_ai.output.messages", "gen_ai.completion"];
/// Where the messages of its input stand.
pub(super) const INPUT: &[&str] =
    &["gen_ai.input.messages", "pydantic_ai.all_messages", "all_messages_events", "gen_ai.prompt"];

/// Reads the span of a model request. One without a parent is the whole run: it carries the
/// prompt too.
pub(super) fn map<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    map_details(sent, columns);
    columns.duration_ms = took(columns);
    if let Some(outcome) = trouble(sent, columns) {
        columns.kind = Some(Kind::Error);
        columns.outcome = Some(outcome);
    } else {
        columns.outcome = Some(Outcome::Succeeded);
    }
    if columns.parent_span_id.is_none() {
        let input = content(sent, INPUT);
        let read = input.and_then(|input| messages::prompt(&messages::parse(&input)?, 0));
        columns.prompt = read.map(Text::Owned);
        columns.prompt_origin = columns.prompt.as_ref().map(|_| PromptOrigin::Human);
    }
}

/// Reads what the span and the event of a model request have in common.
pub(super) fn map_details<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.kind = Some(Kind::ModelRequest);
    keys::usage(sent, columns);
    if columns.request_id.is_none() {
        columns.request_id = text(sent, keys::REQUEST);
    }
    columns.response = answer(sent);
}

/// What the model said: in messages, or in keys of its own (OpenInference, older instrumentations).
fn answer<'a>(sent: &SentAttributes<'a>) -> Option<Text<'a>> {
    let read = |output: Text<'a>| messages::answer(&messages::parse(&output)?);
    let spoken = content(sent, OUTPUT).and_then(read).map(Text::Owned);
    spoken.or_else(|| text(sent, PLAIN_OUTPUT))
}

/// The text of the first message that was answered.
const PLAIN_OUTPUT: &[&str] = &[
    "llm.output_messages.0.message.content",
    "llm.output_messages.0.message.contents.0.message_content.text",
    "gen_ai.completion.0.content",
];
