//! Which attributes of opencode the columns hold.
//!
//! The AI SDK says everything twice: a step (`ai.streamText`) repeats the tokens of its request
//! (`ai.streamText.doStream`). Only the request fills the columns of usage, so that a sum over
//! rows counts every token once.

use crate::agents::exact::{Exact, Table, exact};

/// The attributes of both kinds of AI-SDK spans about a model.
const MODEL: &[Exact] = exact! {
    "session.id" => session_id: Text,
    "ai.request.headers.x-parent-session-id" => parent_session_id: Text,
    "ai.telemetry.metadata.userId" => user_id: TextNot("unknown"),
    "ai.model.provider" => provider: Text,
    "ai.response.text" => response: Text,
};

static STEP: Table = Table::new(MODEL, exact! { "ai.model.id" => model: Text });

static REQUEST: Table = Table::new(
    MODEL,
    exact! {
        "gen_ai.response.model" => model: Text,
        "gen_ai.response.id" => request_id: Text,
        "gen_ai.usage.input_tokens" => input_tokens: Int,
        "gen_ai.usage.output_tokens" => output_tokens: Int,
        "ai.usage.cachedInputTokens" => cached_tokens: Int,
        "ai.usage.reasoningTokens" => reasoning_tokens: Int,
    },
);

static CALL: Table = Table::new(
    &[],
    exact! {
        "session.id" => session_id: Text,
        "ai.toolCall.id" => call_id: Text,
        "ai.toolCall.name" => tool: Text,
        "ai.toolCall.args" => arguments: Text,
        "ai.toolCall.result" => output: Text,
    },
);

static SPAN: Table = Table::new(
    &[],
    exact! {
        "session.id" => session_id: Text,
        "tool.call_id" => call_id: Text,
        "tool.name" => tool: Text,
    },
);

/// The name of an AI-SDK span of a call.
pub(super) const TOOL_CALL: &str = "ai.toolCall";

/// Whether a span is one request of the AI SDK, or a step around it; `None` for other spans.
pub(super) fn is_request(name: &str) -> Option<bool> {
    let function = name.strip_prefix("ai.").filter(|_| name != TOOL_CALL)?;
    Some(function.contains(".do"))
}

/// The table of a span, by its name.
pub(super) fn span(name: &str) -> &'static Table {
    match is_request(name) {
        Some(true) => &REQUEST,
        Some(false) => &STEP,
        None if name == TOOL_CALL => &CALL,
        None => &SPAN,
    }
}

/// The table of span events: exceptions.
pub(super) static SPAN_EVENT: Table =
    Table::new(&[], exact! { "exception.message" => error: Text });

/// The table of log records.
pub(super) static LOG: Table = Table::new(&[], exact! { "session.id" => session_id: Text });
