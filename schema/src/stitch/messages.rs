//! The calls that a request to a model tells of.
//!
//! Some frameworks write no id on a tool's span, and no record at all of a call that was
//! refused; the conversation that goes to the model with the next request has both. The format
//! is that of `gen_ai.input.messages` in the OpenTelemetry conventions for generative AI: an
//! array of messages with a role and parts, `tool_call` and `tool_call_response` among them.
//! Only the newest exchange is read: the last message with calls, and what answers it.

use serde_json::Value;

use super::detail::Name;
use super::hash::first_u64;
use super::witness::without_space;
use crate::vocabulary::Agent;

/// The attribute that holds what goes to the model.
pub(super) const INPUT: &str = "gen_ai.input.messages";

/// Longer conversations are not read.
const BYTES_MOST: usize = 4 << 20;
/// One message has at most so many calls that are read.
const CALLS_MOST: usize = 64;

/// Whether an agent's calls are to be looked for in what goes to its model.
pub(super) const fn tells(agent: Agent) -> bool {
    matches!(agent, Agent::OpenaiAgents | Agent::PydanticAi)
}

/// The newest calls in a request to a model, and what came of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// What the conversation began with, hashed: the same in all its requests.
    pub opening: u64,
    /// The calls.
    pub calls: Vec<ToldCall>,
}

/// One call as a request to a model tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldCall {
    /// Its id.
    pub id: Name,
    /// The tool.
    pub tool: Name,
    /// The arguments without white space, hashed.
    pub arguments: u64,
    /// Whether an answer says that somebody refused it.
    pub refused: bool,
    /// Whether it was answered.
    pub answered: bool,
}

impl Exchange {
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.calls.len() * (size_of::<ToldCall>() + 64)
    }
}

/// Reads the newest exchange; none where the text is no conversation with calls.
pub(super) fn read(text: &str) -> Option<Exchange> {
    if text.len() > BYTES_MOST {
        return None;
    }
    let messages: Vec<Value> = serde_json::from_str(text).ok()?;
    let calling = |message: &Value| parts(message).any(|part| kind(part) == "tool_call");
    let last = messages.iter().rposition(calling)?;
    let first = messages.iter().position(calling)?;
    let asked = parts(messages.get(last)?).filter(|part| kind(part) == "tool_call");
    let mut calls: Vec<ToldCall> = asked.take(CALLS_MOST).filter_map(told).collect();
    for part in messages.iter().skip(last + 1).flat_map(parts) {
        if kind(part) != "tool_call_response" {
            continue;
        }
        let id = part.get("id").and_then(Value::as_str);
        for call in calls.iter_mut().filter(|call| Some(call.id.as_ref()) == id) {
            call.answered = true;
            call.refused |= part.get("result").is_some_and(refuses);
        }
    }
    // It is written into the tables: the same in every version.
    let mut opening = blake3::Hasher::new();
    for message in messages.iter().take(first + 1) {
        opening.update(message.to_string().as_bytes());
    }
    let opening = first_u64(&opening.finalize());
    (!calls.is_empty()).then_some(Exchange { opening, calls })
}

fn parts(message: &Value) -> impl Iterator<Item = &Value> {
    message.get("parts").and_then(Value::as_array).into_iter().flatten()
}

fn kind(part: &Value) -> &str {
    part.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn told(part: &Value) -> Option<ToldCall> {
    let arguments = match part.get("arguments") {
        Some(Value::String(text)) => without_space(text),
        Some(other) => without_space(&other.to_string()),
        None => 0,
    };
    Some(ToldCall {
        id: Name::from(part.get("id")?.as_str()?),
        tool: Name::from(part.get("name").and_then(Value::as_str).unwrap_or_default()),
        arguments,
        refused: false,
        answered: false,
    })
}

/// What frameworks answer a model in place of a result when a person has refused its call:
/// OpenAI Agents SDK "Tool execution was not approved.", Pydantic AI "The tool call was denied."
fn refuses(result: &Value) -> bool {
    let text = match result {
        Value::String(text) => text.to_ascii_lowercase(),
        other => other.to_string().to_ascii_lowercase(),
    };
    ["not approved", "was denied", "rejected by", "was rejected", "approval was refused"]
        .iter()
        .any(|words| text.contains(words))
        && text.len() < 400
}
