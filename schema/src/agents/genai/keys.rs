//! Under which keys a column's content is sent: the newest spelling first, then older ones and
//! those of OpenInference. Where a table of [`super::tables`] holds one of them, the others are
//! readings and stay among the attributes.

use serde_json::Value;

use crate::event::{EventColumns, Text};
use crate::normalise::attributes::{Sent, SentAttributes};
use crate::otlp::{AnyValue, column_text};

/// Who serves the model.
pub(super) const PROVIDER: &[&str] =
    &["gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system", "provider"];
/// The model.
pub(super) const MODEL: &[&str] =
    &["gen_ai.request.model", "gen_ai.response.model", "llm.model_name", "model_name", "model"];
/// The tool.
pub(super) const TOOL: &[&str] =
    &["gen_ai.tool.name", "tool.name", "tool_call.function.name", "mcp.tool.name"];
/// The tool call.
pub(super) const CALL: &[&str] =
    &["gen_ai.tool.call.id", "gen_ai.tool.call_id", "tool_call.id", "tool.id"];
/// What the tool was called with.
pub(super) const ARGUMENTS: &[&str] = &[
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.arguments",
    "gen_ai.tool.input",
    "tool_call.function.arguments",
    "tool_arguments",
    "input.value",
];
/// What it gave back.
pub(super) const RESULT: &[&str] = &[
    "gen_ai.tool.call.result",
    "gen_ai.tool.output",
    "gen_ai.tool.message",
    "tool_response",
    "output.value",
];
/// The request to the model.
pub(super) const REQUEST: &[&str] = &["gen_ai.response.id", "llm.response.id"];
/// Tokens read.
const INPUT_TOKENS: &[&str] = &[
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "llm.token_count.prompt",
    "input_tokens",
];
/// Tokens written.
const OUTPUT_TOKENS: &[&str] = &[
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.token_count.completion",
    "output_tokens",
];
/// Tokens read from a cache. Those written to one have no column.
const CACHED_TOKENS: &[&str] = &[
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.details.cache_read_tokens",
    "llm.token_count.prompt_details.cache_read",
];
/// Tokens spent on reasoning.
const REASONING_TOKENS: &[&str] = &[
    "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.usage.reasoning_tokens",
    "gen_ai.usage.details.reasoning_tokens",
    "llm.token_count.completion_details.reasoning",
];
/// What it cost.
const COST: &[&str] = &["operation.cost", "gen_ai.usage.cost", "llm.cost.total"];
/// What went wrong.
pub(super) const ERROR: &[&str] = &["error.message", "exception.message"];
/// The conversation.
const SESSION: &[&str] = &[
    "gen_ai.conversation.id",
    "session.id",
    "gen_ai.session.id",
    "traceloop.association.properties.session_id",
    "traceloop.association.properties.thread_id",
];
/// The agent of the conversation.
const AGENT: &[&str] = &["gen_ai.agent.name", "agent.name", "agent_name", "gen_ai.agent.id"];

/// What the instrumentation of the OpenAI Agents SDK writes where it knows no agent.
pub(super) const NO_AGENT_NAME: &str = "OpenAI Agent";
/// The same for the agent's id.
const NO_AGENT_ID: &str = "agent";

/// The first of the keys that was sent as a string.
pub(super) fn text<'a>(sent: &SentAttributes<'a>, keys: &[&str]) -> Option<Text<'a>> {
    keys.iter().find_map(|key| sent.text(key)).map(Text::Borrowed)
}

/// The first of the keys that was sent at all, whatever it holds.
pub(super) fn first<'s, 'a>(sent: &'s SentAttributes<'a>, keys: &[&str]) -> Option<&'s Sent<'a>> {
    keys.iter().find_map(|key| sent.find(key))
}

/// The first of the keys as a text; what is not a string as JSON.
pub(super) fn content<'a>(sent: &SentAttributes<'a>, keys: &[&str]) -> Option<Text<'a>> {
    keys.iter().filter_map(|key| sent.find(key)).find_map(as_text)
}

/// The text of an attribute, or its value as JSON; `None` where there is nothing in it.
fn as_text<'a>(sent: &Sent<'a>) -> Option<Text<'a>> {
    match (sent.text, sent.value) {
        (Some(text), _) => (!text.is_empty()).then_some(Text::Borrowed(text)),
        (None, AnyValue::Empty) => None,
        (None, value) => {
            let mut scratch = String::new();
            column_text(value, &mut scratch);
            Some(Text::Owned(scratch))
        }
    }
}

/// The first of the keys that holds a number of things.
fn count(sent: &SentAttributes<'_>, keys: &[&str]) -> Option<i64> {
    keys.iter().find_map(|key| match sent.find(key)?.value {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and within 53 bits")]
        AnyValue::Double(number) if number.fract() == 0.0 && number.abs() < 9e15 => {
            Some(number as i64)
        }
        _ => sent.int(key),
    })
}

/// Fills what a model request used and cost.
pub(super) fn usage<'a>(sent: &SentAttributes<'a>, columns: &mut EventColumns<'a>) {
    for (column, keys) in [
        (&mut columns.input_tokens, INPUT_TOKENS),
        (&mut columns.output_tokens, OUTPUT_TOKENS),
        (&mut columns.cached_tokens, CACHED_TOKENS),
        (&mut columns.reasoning_tokens, REASONING_TOKENS),
    ] {
        if column.is_none() {
            *column = count(sent, keys);
        }
    }
    if columns.cost_usd.is_none() {
        columns.cost_usd = COST.iter().find_map(|key| number(sent, key));
    }
}

/// A number that is finite.
fn number(sent: &SentAttributes<'_>, key: &str) -> Option<f64> {
    let found = sent.find(key)?;
    let number = match found.value {
        AnyValue::Double(number) => number,
        #[expect(clippy::cast_precision_loss, reason = "a price has few digits")]
        AnyValue::Int(number) => number as f64,
        _ => found.text?.parse().ok()?,
    };
    number.is_finite().then_some(number)
}

/// The conversation. LangGraph's stands in `metadata` as well, and there only without a session.
pub(super) fn session<'a>(sent: &SentAttributes<'a>) -> Option<Text<'a>> {
    text(sent, SESSION).or_else(|| {
        let metadata: Value = serde_json::from_str(sent.text("metadata")?).ok()?;
        let thread = metadata.get("thread_id")?.as_str()?;
        (!thread.is_empty()).then(|| Text::Owned(thread.to_owned()))
    })
}

/// The agent of the conversation, unless it is a word that stands for none.
pub(super) fn agent<'a>(sent: &SentAttributes<'a>) -> Option<Text<'a>> {
    let mut named = AGENT.iter().filter_map(|key| sent.text(key));
    named.find(|name| ![NO_AGENT_NAME, NO_AGENT_ID].contains(name)).map(Text::Borrowed)
}
