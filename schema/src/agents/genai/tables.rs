//! Which attributes the columns hold.
//!
//! A table may be bigger than what a span fills of it ([`taken`]): what is not taken stays among
//! the attributes, and the way back sees that it stands there.

use crate::agents::exact::{Exact, TIMESTAMP, Table, exact};
use crate::agents::genai::operation::Operation;
use crate::vocabulary::Agent;

/// What any record of the GenAI conventions may hold.
const GENAI: &[Exact] = exact! {
    "gen_ai.conversation.id" => session_id: Text,
    "gen_ai.agent.name" => agent_path: TextNot("OpenAI Agent"),
    "gen_ai.provider.name" => provider: Text,
    "gen_ai.request.model" => model: Text,
    "gen_ai.tool.name" => tool: Text,
    "gen_ai.tool.call.id" => call_id: Text,
    "gen_ai.tool.call.arguments" => arguments: Text,
    "gen_ai.tool.call.result" => output: Text,
    "error.message" => error: Text,
};

/// What a model request used.
const USAGE: &[Exact] = exact! {
    "gen_ai.response.id" => request_id: Text,
    "gen_ai.usage.input_tokens" => input_tokens: Int,
    "gen_ai.usage.output_tokens" => output_tokens: Int,
    "gen_ai.usage.cache_read.input_tokens" => cached_tokens: Int,
    "gen_ai.usage.reasoning.output_tokens" => reasoning_tokens: Int,
    "operation.cost" => cost_usd: Double,
};

static SPAN: Table = Table::new(GENAI, USAGE);
/// Of [`SPAN`], what a span holds that is no model request.
static SPAN_WITHOUT_USAGE: Table = Table::new(GENAI, &[]);

static OPENINFERENCE: Table = Table::new(
    &[],
    exact! {
        "session.id" => session_id: Text,
        "user.id" => user_id: Text,
        "agent.name" => agent_path: Text,
        "tool.name" => tool: Text,
        "tool_call.id" => call_id: Text,
        "llm.provider" => provider: Text,
        "llm.model_name" => model: Text,
        "llm.token_count.prompt" => input_tokens: Int,
        "llm.token_count.completion" => output_tokens: Int,
        "llm.token_count.prompt_details.cache_read" => cached_tokens: Int,
        "llm.token_count.completion_details.reasoning" => reasoning_tokens: Int,
        "llm.cost.total" => cost_usd: Double,
    },
);

/// The table of a span.
pub(super) fn span(agent: Agent, name: Option<&str>) -> &'static Table {
    match (agent, name.unwrap_or_default()) {
        (Agent::Langgraph, _) => &OPENINFERENCE,
        (Agent::Goose, "reply") => &GOOSE_REPLY,
        (Agent::Goose, "dispatch_tool_call") => &GOOSE_TOOL,
        (Agent::Goose, _) => &GOOSE,
        _ => &SPAN,
    }
}

/// What a span takes of its table: tokens belong to model requests.
pub(super) fn taken(table: &'static Table, operation: Operation) -> &'static Table {
    let all = operation == Operation::Request || !std::ptr::eq(table, &raw const SPAN);
    if all { table } else { &SPAN_WITHOUT_USAGE }
}

static EXCEPTION: Table = Table::new(&[], exact! { "exception.message" => error: Text });
/// Of [`EXCEPTION`], what one holds that is no error but a question.
pub(super) static QUESTION: Table = Table::new(&[], &[]);

/// The table of a span event.
pub(super) fn span_event(name: Option<&str>) -> &'static Table {
    match name.unwrap_or_default() {
        "gen_ai.guardrail.result" => &GUARDRAIL_EVENT,
        name if is_exception(name) => &EXCEPTION,
        _ => &SPAN,
    }
}

/// Whether an event by this name tells of an exception.
pub(super) fn is_exception(name: &str) -> bool {
    name == "exception" || (name.starts_with("gen_ai.") && name.ends_with(".exception"))
}

/// What names and dates a log record.
const LOG: &[Exact] = {
    const NAME: &[Exact; 1] = exact! { "event.name" => name: Text };
    let [name] = *NAME;
    &[name, TIMESTAMP]
};

const GUARDRAIL: &[Exact] = exact! {
    "gen_ai.conversation.id" => session_id: Text,
    "gen_ai.agent.name" => agent_path: TextNot("OpenAI Agent"),
    "gen_ai.provider.name" => provider: Text,
    "gen_ai.guardrail.component.name" => decision_source: Text,
    "gen_ai.guardrail.result.reason" => rationale: Text,
};

static GUARDRAIL_LOG: Table = Table::new(LOG, GUARDRAIL);
static GUARDRAIL_EVENT: Table = Table::new(&[], GUARDRAIL);

static GENAI_LOG: Table = Table::new(
    LOG,
    exact! {
        "gen_ai.conversation.id" => session_id: Text,
        "gen_ai.agent.name" => agent_path: TextNot("OpenAI Agent"),
        "gen_ai.provider.name" => provider: Text,
        "gen_ai.request.model" => model: Text,
        "gen_ai.tool.name" => tool: Text,
        "gen_ai.tool.call.id" => call_id: Text,
        "gen_ai.response.id" => request_id: Text,
        "gen_ai.usage.input_tokens" => input_tokens: Int,
        "gen_ai.usage.output_tokens" => output_tokens: Int,
        "gen_ai.usage.cache_read.input_tokens" => cached_tokens: Int,
        "gen_ai.usage.reasoning.output_tokens" => reasoning_tokens: Int,
    },
);

static EXCEPTION_LOG: Table = Table::new(LOG, exact! { "exception.message" => error: Text });

/// The table of a log record.
pub(super) fn log(agent: Agent, name: Option<&str>) -> &'static Table {
    let name = name.unwrap_or_default();
    match agent {
        Agent::Cline if name == "task.conversation_turn" => &CLINE_TURN,
        Agent::Cline => &CLINE,
        Agent::Kiro | Agent::Cursor => &NAMED,
        Agent::Goose => &GOOSE_LOG,
        _ if name == "gen_ai.guardrail.result" => &GUARDRAIL_LOG,
        _ if is_exception(name) => &EXCEPTION_LOG,
        _ => &GENAI_LOG,
    }
}

static NAMED: Table = Table::new(LOG, &[]);

const CLINE_COMMON: &[Exact] = exact! {
    "ulid" => session_id: Text,
    "modelId" => model: Text,
    "provider" => provider: Text,
    "tool" => tool: Text,
    "serverName" => mcp_server: Text,
    "toolName" => mcp_tool: Text,
    "errorMessage" => error: Text,
    "durationMs" => duration_ms: Int,
    "requestId" => request_id: Text,
    "mode" => mode: Text,
    "user_id" => user_id: Text,
    "organization_id" => org_id: Text,
};

/// A turn repeats the tokens that `task.tokens` counts: they stay attributes.
static CLINE_TURN: Table = Table::new(CLINE_COMMON, &[]);
static CLINE: Table = Table::new(
    CLINE_COMMON,
    exact! {
        "tokensIn" => input_tokens: Int,
        "tokensOut" => output_tokens: Int,
        "cacheReadTokens" => cached_tokens: Int,
        "totalCost" => cost_usd: Double,
    },
);

const GOOSE_COMMON: &[Exact] = exact! { "session.id" => session_id: Text };

static GOOSE: Table = Table::new(GOOSE_COMMON, &[]);
static GOOSE_LOG: Table = Table::new(LOG, GOOSE_COMMON);
static GOOSE_REPLY: Table = Table::new(GOOSE_COMMON, exact! { "user_message" => prompt: Text });
static GOOSE_TOOL: Table = Table::new(GOOSE_COMMON, exact! { "output" => output: Text });
