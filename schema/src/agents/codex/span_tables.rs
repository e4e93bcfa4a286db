//! Which attributes of Codex' spans and span events the columns hold.

use crate::agents::exact::{Table, exact};

/// The table of a span.
pub(super) fn span(name: Option<&str>) -> &'static Table {
    match name.unwrap_or_default() {
        "built_tools" | "run_sampling_request" | "try_run_sampling_request" => &SAMPLING,
        "guardian_review" => &REVIEW,
        "guardian_scoring_observation" => &OBSERVATION,
        "handle_responses" => &RESPONSES,
        "http::serve" => &PROXIED,
        "mcp.tools.call" => &MCP_CALL,
        "session_loop" | "shell_snapshot" | "apply_rollout_reconstruction" => &THREAD,
        "session_task.turn" => &TURN,
        "unified_exec.exec_command" => &EXEC,
        _ => &PLAIN,
    }
}

/// Spans carry no common attributes. This is what spans of calls and turns have.
static PLAIN: Table = Table::new(
    &[],
    exact! {
        "conversation.id" => session_id: Text,
        "turn.id" => turn_id: Text,
        "call_id" => call_id: Text,
        "tool_name" => tool: Text,
        "model" => model: Text,
    },
);

static SAMPLING: Table = Table::new(
    &[],
    exact! {
        "turn_id" => turn_id: Text,
        "model" => model: Text,
        "cwd" => cwd: Text,
    },
);

static EXEC: Table = Table::new(
    &[],
    exact! {
        "conversation.id" => session_id: Text,
        "turn_id" => turn_id: Text,
        "call_id" => call_id: Text,
    },
);

static MCP_CALL: Table = Table::new(
    &[],
    exact! {
        "conversation.id" => session_id: Text,
        "turn.id" => turn_id: Text,
        "tool.call_id" => call_id: Text,
        "tool.name" => tool: Text,
        "mcp.server.name" => mcp_server: Text,
        "error.type" => error: Text,
    },
);

/// The thread is the conversation under review, not the reviewer's own.
static REVIEW: Table = Table::new(
    &[],
    exact! {
        "thread_id" => session_id: Text,
        "tool_call_id" => call_id: Text,
    },
);

static OBSERVATION: Table = Table::new(
    &[],
    exact! {
        "thread_id" => session_id: Text,
        "turn_id" => turn_id: Text,
        "call_id" => call_id: Text,
        "tool_name" => tool: Text,
    },
);

static THREAD: Table = Table::new(&[], exact! { "thread_id" => session_id: Text });

static TURN: Table = Table::new(
    &[],
    exact! {
        "turn.id" => turn_id: Text,
        "model" => model: Text,
        "codex.turn.token_usage.input_tokens" => input_tokens: Int,
        "codex.turn.token_usage.cached_input_tokens" => cached_tokens: Int,
        "codex.turn.token_usage.output_tokens" => output_tokens: Int,
        "codex.turn.token_usage.reasoning_output_tokens" => reasoning_tokens: Int,
    },
);

static RESPONSES: Table = Table::new(
    &[],
    exact! {
        "tool_name" => tool: Text,
        "gen_ai.usage.input_tokens" => input_tokens: Int,
        "gen_ai.usage.cache_read.input_tokens" => cached_tokens: Int,
        "gen_ai.usage.output_tokens" => output_tokens: Int,
        "codex.usage.reasoning_output_tokens" => reasoning_tokens: Int,
    },
);

static PROXIED: Table = Table::new(
    &[],
    exact! {
        "url.full" => url: Text,
        "http.request.method" => net_method: Text,
    },
);

/// The table of a span event.
pub(super) fn span_event(name: Option<&str>) -> &'static Table {
    match name.unwrap_or_default() {
        "codex.api_request" => &API_REQUEST,
        "codex.conversation_starts" => &CONVERSATION_STARTS,
        "codex.startup_phase" | "codex.turn_ttft" => &DURATION,
        "codex.tool_result" => &TOOL_RESULT,
        _ => &EVENT,
    }
}

/// Span events carry the common attributes of log records, without those of the person.
const COMMON: &[crate::agents::exact::Exact] = exact! {
    "event.name" => name: Text,
    "conversation.id" => session_id: Text,
    "app.version" => agent_version: Text,
    "originator" => client: Text,
    "model" => model: Text,
};

static EVENT: Table = Table::new(
    COMMON,
    exact! {
        "turn_id" => turn_id: Text,
        "call_id" => call_id: Text,
        "tool_name" => tool: Text,
    },
);

static API_REQUEST: Table = Table::new(
    COMMON,
    exact! {
        "duration_ms" => duration_ms: IntText,
        "error.message" => error: Text,
        "auth.request_id" => request_id: Text,
    },
);

static CONVERSATION_STARTS: Table = Table::new(
    COMMON,
    exact! {
        "provider_name" => provider: Text,
        "approval_policy" => approval_policy: Text,
        "sandbox_policy" => sandbox_policy: Text,
    },
);

static DURATION: Table = Table::new(COMMON, exact! { "duration_ms" => duration_ms: IntText });

static TOOL_RESULT: Table = Table::new(
    COMMON,
    exact! {
        "turn_id" => turn_id: Text,
        "call_id" => call_id: Text,
        "tool_name" => tool: Text,
        "tool_result_seq" => source_sequence: IntText,
        "duration_ms" => duration_ms: IntText,
        "output_truncated" => content_truncated: Bool,
    },
);
