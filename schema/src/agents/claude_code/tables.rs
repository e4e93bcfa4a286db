//! Which attributes of Claude Code the columns hold.

use crate::agents::claude_code::PREFIX;
use crate::agents::claude_code::prompt::REDACTED;
use crate::agents::claude_code::tool::MCP_TOOL;
use crate::agents::exact::{Exact, Shape, TIMESTAMP_TOO, Table, exact};

const COMMON: &[Exact] = {
    const PLAIN: &[Exact; 6] = exact! {
        "session.id" => session_id: Text,
        "prompt.id" => turn_id: Text,
        "event.sequence" => source_sequence: Int,
        "agent_id" => agent_path: Text,
        "request_id" => request_id: Text,
        "anthropic.provider" => provider: TextNot("firstParty"),
    };
    const NAME: Exact =
        Exact::new("event.name", "name", Shape::TextAfter(|columns| &mut columns.name, PREFIX));
    let [session, turn, sequence, agent, request, provider] = *PLAIN;
    &[NAME, TIMESTAMP_TOO, session, turn, sequence, agent, request, provider]
};

/// The prompt's second name, since 2.1.287.
const PROMPT_TEXT: Exact =
    Exact::new("prompt_text", "prompt_text", Shape::Copy(|columns| &mut columns.prompt));
/// The prompt, unless it is withheld.
const PROMPT: Exact =
    Exact::new("prompt", "prompt", Shape::TextNot(|columns| &mut columns.prompt, REDACTED));
/// The answer, unless it is withheld.
const RESPONSE: Exact =
    Exact::new("response", "response", Shape::TextNot(|columns| &mut columns.response, REDACTED));
/// The tool, unless it is the one name of all MCP tools.
const TOOL: Exact =
    Exact::new("tool_name", "tool", Shape::TextNot(|columns| &mut columns.tool, MCP_TOOL));
/// The call.
const CALL: Exact =
    Exact::new("tool_use_id", "call_id", Shape::Text(|columns| &mut columns.call_id));
/// The call, as the conventions name it.
const CALL_TOO: Exact = Exact::new(
    "gen_ai.tool.call.id",
    "gen_ai.tool.call.id",
    Shape::Copy(|columns| &mut columns.call_id),
);
/// Where a decision came from.
const SOURCE: Exact =
    Exact::new("source", "decision_source", Shape::Text(|columns| &mut columns.decision_source));
/// The same, where an event says it of more than a decision.
const SOURCE_TOO: Exact = Exact::new(
    "decision_source",
    "decision_source",
    Shape::Text(|columns| &mut columns.decision_source),
);
const MODEL: Exact = Exact::new("model", "model", Shape::Text(|columns| &mut columns.model));
const ERROR: Exact = Exact::new("error", "error", Shape::Text(|columns| &mut columns.error));
const MODE: Exact = Exact::new("permission_mode", "mode", Shape::Text(|columns| &mut columns.mode));
const TOOK: Exact =
    Exact::new("duration_ms", "duration_ms", Shape::Int(|columns| &mut columns.duration_ms));
/// A duration that is sent as a string.
const TOOK_TEXT: Exact =
    Exact::new("duration_ms", "duration_ms", Shape::IntText(|columns| &mut columns.duration_ms));
const OUTPUT_TOKENS: Exact =
    Exact::new("output_tokens", "output_tokens", Shape::Int(|columns| &mut columns.output_tokens));
const CACHED_TOKENS: Exact = Exact::new(
    "cache_read_tokens",
    "cached_tokens",
    Shape::Int(|columns| &mut columns.cached_tokens),
);

/// The table of a log record.
pub(super) fn log(name: Option<&str>) -> &'static Table {
    match name.and_then(|name| name.strip_prefix(PREFIX)).unwrap_or_default() {
        "user_prompt" => &USER_PROMPT,
        "assistant_response" => &ASSISTANT_RESPONSE,
        "api_request" => &API_REQUEST,
        "api_error" => &API_ERROR,
        "api_retries_exhausted" => &API_RETRIES_EXHAUSTED,
        "api_refusal" => &API_REFUSAL,
        "api_request_body" => &API_REQUEST_BODY,
        "api_response_body" => &API_RESPONSE_BODY,
        "tool_decision" => &TOOL_DECISION,
        "tool_result" => &TOOL_RESULT,
        "safety_event" => &SAFETY_EVENT,
        "permission_mode_changed" => &PERMISSION_MODE_CHANGED,
        "auth" => &AUTH,
        "mcp_server_connection" => &MCP_SERVER_CONNECTION,
        "hook_execution_complete" => &HOOK_EXECUTION_COMPLETE,
        "compaction" => &COMPACTION,
        "subagent_completed" => &SUBAGENT_COMPLETED,
        "internal_error" => &INTERNAL_ERROR,
        "managed_settings_resolved" => &MANAGED_SETTINGS_RESOLVED,
        _ => &PLAIN,
    }
}

static PLAIN: Table = Table::new(COMMON, &[]);
static USER_PROMPT: Table = Table::new(COMMON, &[PROMPT, PROMPT_TEXT]);
static ASSISTANT_RESPONSE: Table = Table::new(COMMON, &[RESPONSE, MODEL]);

static API_REQUEST: Table = {
    const COST: Exact =
        Exact::new("cost_usd", "cost_usd", Shape::Double(|columns| &mut columns.cost_usd));
    Table::new(COMMON, &[MODEL, COST, TOOK, OUTPUT_TOKENS, CACHED_TOKENS])
};

static API_ERROR: Table = Table::new(COMMON, &[MODEL, ERROR, TOOK]);

static API_RETRIES_EXHAUSTED: Table = Table::new(
    COMMON,
    exact! {
        "model" => model: Text,
        "error" => error: Text,
        "total_retry_duration_ms" => duration_ms: Int,
    },
);

static API_REFUSAL: Table = Table::new(COMMON, &[MODEL]);

static API_REQUEST_BODY: Table = Table::new(
    COMMON,
    exact! {
        "model" => model: Text,
        "body" => prompt: Text,
        "body_truncated" => content_truncated: Bool,
    },
);

static API_RESPONSE_BODY: Table = Table::new(
    COMMON,
    exact! {
        "model" => model: Text,
        "body" => response: Text,
        "body_truncated" => content_truncated: Bool,
    },
);

static TOOL_DECISION: Table = Table::new(COMMON, &[TOOL, CALL, MODE, SOURCE]);

static TOOL_RESULT: Table = {
    const INPUT: Exact =
        Exact::new("tool_input", "arguments", Shape::Text(|columns| &mut columns.arguments));
    Table::new(COMMON, &[TOOL, CALL, TOOK_TEXT, ERROR, INPUT, SOURCE_TOO])
};

static SAFETY_EVENT: Table = Table::new(COMMON, &[TOOL, CALL, MODE, SOURCE_TOO]);

static PERMISSION_MODE_CHANGED: Table = Table::new(COMMON, exact! { "to_mode" => mode: Text });
static AUTH: Table = Table::new(COMMON, exact! { "error_category" => error: Text });
static MCP_SERVER_CONNECTION: Table = Table::new(COMMON, &[TOOK_TEXT, ERROR]);
static HOOK_EXECUTION_COMPLETE: Table =
    Table::new(COMMON, exact! { "total_duration_ms" => duration_ms: IntText });
static COMPACTION: Table = Table::new(COMMON, &[TOOK, ERROR]);
static SUBAGENT_COMPLETED: Table = Table::new(COMMON, &[MODEL, TOOK]);
static INTERNAL_ERROR: Table = Table::new(COMMON, exact! { "error_name" => error: Text });
static MANAGED_SETTINGS_RESOLVED: Table =
    Table::new(COMMON, exact! { "error.type" => error: Text });

const SPAN_COMMON: &[Exact] = exact! {
    "session.id" => session_id: Text,
    "prompt.id" => turn_id: Text,
    "agent_id" => agent_path: Text,
    "request_id" => request_id: Text,
    "anthropic.provider" => provider: TextNot("firstParty"),
};

/// The table of a span.
pub(super) fn span(name: Option<&str>) -> &'static Table {
    match name.unwrap_or_default() {
        "claude_code.interaction" => &INTERACTION,
        "claude_code.llm_request" => &LLM_REQUEST,
        "claude_code.tool" => &TOOL_SPAN,
        "claude_code.tool.execution" => &EXECUTION,
        "claude_code.tool.blocked_on_user" => &BLOCKED_ON_USER,
        "claude_code.hook" => &HOOK_SPAN,
        _ => &PLAIN_SPAN,
    }
}

static PLAIN_SPAN: Table = Table::new(SPAN_COMMON, &[]);

static INTERACTION: Table = Table::new(
    SPAN_COMMON,
    exact! {
        "user_prompt" => prompt: TextNot("<REDACTED>"),
        "interaction.duration_ms" => duration_ms: Int,
    },
);

static LLM_REQUEST: Table =
    Table::new(SPAN_COMMON, &[MODEL, TOOK, ERROR, OUTPUT_TOKENS, CACHED_TOKENS]);

static TOOL_SPAN: Table = {
    const COMMAND: Exact =
        Exact::new("full_command", "command", Shape::Text(|columns| &mut columns.command));
    const FILE: Exact = Exact::new("file_path", "path", Shape::Text(|columns| &mut columns.path));
    const SERVER: Exact = Exact::new(
        "anthropic.mcp.server.name",
        "mcp_server",
        Shape::Text(|columns| &mut columns.mcp_server),
    );
    Table::new(SPAN_COMMON, &[TOOL, CALL, CALL_TOO, TOOK, ERROR, COMMAND, FILE, SERVER])
};

static EXECUTION: Table = Table::new(SPAN_COMMON, &[CALL, CALL_TOO, TOOK, ERROR]);

static BLOCKED_ON_USER: Table = Table::new(SPAN_COMMON, &[TOOK, SOURCE]);

static HOOK_SPAN: Table = Table::new(SPAN_COMMON, &[TOOK]);

/// The table of a span event.
pub(super) fn span_event(name: Option<&str>) -> &'static Table {
    match name.unwrap_or_default() {
        "tool.output" => &TOOL_OUTPUT,
        _ => &PLAIN_SPAN,
    }
}

static TOOL_OUTPUT: Table = Table::new(
    SPAN_COMMON,
    exact! {
        "output" => output: Text,
        "file_path" => path: Text,
    },
);
