//! Which attributes of Qwen Code the columns hold.

use crate::agents::exact::{Exact, TIMESTAMP, Table, exact};

const COMMON: &[Exact] = {
    const PLAIN: &[Exact; 2] = exact! {
        "event.name" => name: Text,
        "session.id" => session_id: Text,
    };
    let [name, session] = *PLAIN;
    &[name, TIMESTAMP, session]
};

/// The table of a log record.
pub(super) fn log(name: Option<&str>) -> &'static Table {
    match name.unwrap_or_default() {
        "qwen-code.config" => &CONFIG,
        "qwen-code.user_prompt" => &USER_PROMPT,
        "qwen-code.tool_call" => &TOOL_CALL,
        "qwen-code.api_response" | "qwen-code.api_error" => &API_RESPONSE,
        "qwen-code.subagent_execution" => &SUBAGENT,
        "qwen-code.file_operation" | "qwen-code.tool_output_truncated" => &TOOL_DETAIL,
        "qwen-code.user_feedback" => &USER_FEEDBACK,
        "qwen-code.slash_command.model" => &MODEL_CHOICE,
        _ => &PLAIN,
    }
}

/// The table of a span.
pub(super) fn span(name: Option<&str>) -> &'static Table {
    match name.unwrap_or_default() {
        "qwen-code.hook" => &HOOK,
        "qwen-code.tool.execution" => &EXECUTION,
        "qwen-code.tool.blocked_on_user" => &BLOCKED_ON_USER,
        _ => &SPAN,
    }
}

/// Everything else, with what several of them carry.
static PLAIN: Table = Table::new(
    COMMON,
    exact! {
        "model" => model: Text,
        "prompt_id" => turn_id: Text,
        "duration_ms" => duration_ms: Int,
        "error.message" => error: Text,
    },
);

static CONFIG: Table =
    Table::new(COMMON, exact! { "model" => model: Text, "approval_mode" => mode: Text });

static USER_PROMPT: Table = Table::new(
    COMMON,
    exact! {
        "prompt_id" => turn_id: Text,
        "prompt" => prompt: Text,
        "model" => model: Text,
    },
);

static TOOL_CALL: Table = Table::new(
    COMMON,
    exact! {
        "function_name" => tool: Text,
        "function_args" => arguments: Text,
        "duration_ms" => duration_ms: Int,
        "prompt_id" => turn_id: Text,
        "mcp_server_name" => mcp_server: Text,
        "call_id" => call_id: Text,
        "response_id" => request_id: Text,
        "error" => error: Text,
    },
);

/// Of an error too: it may name the response that broke off.
static API_RESPONSE: Table = Table::new(
    COMMON,
    exact! {
        "model" => model: Text,
        "prompt_id" => turn_id: Text,
        "response_id" => request_id: Text,
        "duration_ms" => duration_ms: Int,
        "input_token_count" => input_tokens: Int,
        "output_token_count" => output_tokens: Int,
        "cached_content_token_count" => cached_tokens: Int,
        "thoughts_token_count" => reasoning_tokens: Int,
        "response_text" => response: Text,
        "error.message" => error: Text,
    },
);

static SUBAGENT: Table = Table::new(COMMON, exact! { "result" => response: Text });

static TOOL_DETAIL: Table =
    Table::new(COMMON, exact! { "tool_name" => tool: Text, "prompt_id" => turn_id: Text });

static USER_FEEDBACK: Table = Table::new(
    COMMON,
    exact! {
        "model" => model: Text,
        "prompt_id" => turn_id: Text,
        "approval_mode" => mode: Text,
    },
);

static MODEL_CHOICE: Table = Table::new(COMMON, exact! { "model_name" => model: Text });

static SPAN: Table = Table::new(
    &[],
    exact! {
        "session.id" => session_id: Text,
        "qwen-code.prompt_id" => turn_id: Text,
        "qwen-code.approval_mode" => mode: Text,
        "qwen-code.subagent.id" => agent_path: Text,
        "interaction.sequence" => source_sequence: Int,
        "gen_ai.tool.call.id" => call_id: Text,
        "gen_ai.tool.name" => tool: Text,
        "gen_ai.tool.call.arguments" => arguments: Text,
        "gen_ai.tool.call.result" => output: Text,
        "gen_ai.provider.name" => provider: Text,
        "gen_ai.request.model" => model: Text,
        "gen_ai.response.id" => request_id: Text,
        "gen_ai.usage.input_tokens" => input_tokens: Int,
        "gen_ai.usage.output_tokens" => output_tokens: Int,
        "cached_input_tokens" => cached_tokens: Int,
        "thoughts_token_count" => reasoning_tokens: Int,
        "duration_ms" => duration_ms: Int,
        "error" => error: Text,
        "url.full" => url: Text,
    },
);

static HOOK: Table = Table::new(
    &[],
    exact! {
        "session.id" => session_id: Text,
        "tool.name" => tool: Text,
        "duration_ms" => duration_ms: Int,
        "error" => error: TextNot("hook runner returned no output without error detail"),
    },
);

static EXECUTION: Table = Table::new(
    &[],
    exact! {
        "session.id" => session_id: Text,
        "tool.call_id" => call_id: Text,
        "gen_ai.tool.name" => tool: Text,
        "duration_ms" => duration_ms: Int,
        "error" => error: Text,
    },
);

static BLOCKED_ON_USER: Table = Table::new(
    &[],
    exact! {
        "session.id" => session_id: Text,
        "tool.call_id" => call_id: Text,
        "tool.name" => tool: Text,
        "duration_ms" => duration_ms: Int,
        "source" => decision_source: Text,
    },
);

/// Of an exception its message.
pub(super) static SPAN_EVENT: Table =
    Table::new(&[], exact! { "exception.message" => error: Text });
