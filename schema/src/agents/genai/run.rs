//! An agent or a workflow at work: what it was asked, and what it answered.

use serde_json::Value;

use crate::agents::genai::keys::content;
use crate::agents::genai::messages;
use crate::agents::genai::model::{INPUT, OUTPUT};
use crate::agents::genai::trouble;
use crate::event::{EventColumns, Text};
use crate::normalise::attributes::SentAttributes;
use crate::vocabulary::{Agent, Decision, Kind, Outcome, PromptOrigin};

/// How many messages of a Pydantic AI run were there before it.
const NEW_MESSAGES: &str = "pydantic_ai.new_message_index";
/// What a Pydantic AI run ended with: its answer, or the calls that wait for an approval.
const FINAL_RESULT: &str = "final_result";

/// Reads the span of a run. It is a prompt if it brings one, else a piece of the session.
pub(super) fn map<'a>(agent: Agent, sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    columns.prompt = prompt(sent).map(Text::Owned);
    let asked = columns.prompt.is_some();
    columns.kind = Some(if asked { Kind::Prompt } else { Kind::Session });
    if asked && columns.parent_span_id.is_none() {
        columns.prompt_origin = Some(PromptOrigin::Human);
    }
    columns.response = answer(sent);
    if agent == Agent::PydanticAi && waits(sent) {
        columns.decision = Some(Decision::Ask);
        columns.response = None;
    }
    columns.outcome = trouble(sent, columns).or_else(|| ended(columns));
}

/// A run with an answer succeeded; one without may wait for somebody.
fn ended(columns: &EventColumns<'_>) -> Option<Outcome> {
    columns.response.is_some().then_some(Outcome::Succeeded)
}

/// What the user asked: in the messages, or in OpenInference's `input.value`.
fn prompt(sent: &SentAttributes<'_>) -> Option<String> {
    if let Some(input) = content(sent, INPUT) {
        let start = sent.int(NEW_MESSAGES).and_then(|index| usize::try_from(index).ok());
        return messages::prompt(&messages::parse(&input)?, start.unwrap_or(0));
    }
    let input = sent.text("input.value")?;
    let Some(value) = messages::parse(input) else {
        let json = input.trim_start().starts_with(['{', '[']);
        return (!json).then(|| input.to_owned());
    };
    match &value {
        Value::Object(object) => messages::prompt(&value, 0).or_else(|| {
            let asked = ["input", "question", "query", "prompt"];
            asked.iter().find_map(|key| object.get(*key)?.as_str()).map(str::to_owned)
        }),
        Value::Array(_) => messages::prompt(&value, 0),
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// What the run answered.
fn answer<'a>(sent: &SentAttributes<'a>) -> Option<Text<'a>> {
    let read = |output: &str| messages::answer(&messages::parse(output)?).map(Text::Owned);
    if let Some(output) = content(sent, OUTPUT) {
        return read(&output);
    }
    if let Some(result) = sent.text(FINAL_RESULT) {
        return Some(Text::Borrowed(result));
    }
    let output = sent.text("output.value")?;
    let json = output.trim_start().starts_with(['{', '[']);
    if json { read(output) } else { Some(Text::Borrowed(output)) }
}

/// Whether a run of Pydantic AI ended because calls wait for an approval. Which ones stands in
/// `final_result`, for the stitcher.
fn waits(sent: &SentAttributes<'_>) -> bool {
    let result = sent.text(FINAL_RESULT).filter(|result| result.contains("\"approvals\""));
    let value = result.and_then(messages::parse);
    let listed = value.as_ref().and_then(|value| value.get("approvals")?.as_array());
    listed.is_some_and(|calls| !calls.is_empty())
}
