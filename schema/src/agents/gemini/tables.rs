//! Which attributes of Gemini CLI the columns hold.

use crate::agents::exact::{Exact, TIMESTAMP, Table, exact};

const COMMON: &[Exact] = {
    const PLAIN: &[Exact; 3] = exact! {
        "event.name" => name: Text,
        "session.id" => session_id: Text,
        "user.email" => user_email: Text,
    };
    let [name, session, email] = *PLAIN;
    &[name, TIMESTAMP, session, email]
};

/// The table of a log record.
pub(super) fn log(name: Option<&str>) -> &'static Table {
    match name.unwrap_or_default() {
        "gemini_cli.config" => &CONFIG,
        "gemini_cli.user_prompt" => &USER_PROMPT,
        "gemini_cli.tool_call" => &TOOL_CALL,
        "gemini_cli.api_request" => &API_REQUEST,
        "gemini_cli.api_response" => &API_RESPONSE,
        "gemini_cli.api_error" => &API_ERROR,
        "gemini_cli.hook_call" => &HOOK_CALL,
        "gemini_cli.conseca.verdict" => &CONSECA_VERDICT,
        "gemini_cli.plan.approval_mode_switch" => &MODE_SWITCH,
        "gemini_cli.plan.approval_mode_duration" => &MODE_DURATION,
        "gemini_cli.plan.execution" => &PLAN_EXECUTION,
        "gemini_cli.agent.start"
        | "gemini_cli.agent.finish"
        | "gemini_cli.agent.recovery_attempt" => &AGENT,
        "gemini_cli.file_operation" | "gemini_cli.tool_output_truncated" => &TOOL_DETAIL,
        "gemini_cli.model_routing" => &MODEL_ROUTING,
        "gemini_cli.web_fetch_fallback_attempt" => &WEB_FETCH_FALLBACK,
        "gemini_cli.slash_command.model" => &MODEL_CHOICE,
        _ => &PLAIN,
    }
}

/// Everything else, with what several of them carry.
static PLAIN: Table = Table::new(
    COMMON,
    exact! {
        "model" => model: Text,
        "prompt_id" => turn_id: Text,
        "duration_ms" => duration_ms: Int,
        "error" => error: Text,
    },
);

static CONFIG: Table =
    Table::new(COMMON, exact! { "model" => model: Text, "approval_mode" => mode: Text });

static USER_PROMPT: Table =
    Table::new(COMMON, exact! { "prompt_id" => turn_id: Text, "prompt" => prompt: Text });

static TOOL_CALL: Table = Table::new(
    COMMON,
    exact! {
        "function_name" => tool: Text,
        "function_args" => arguments: Text,
        "duration_ms" => duration_ms: Int,
        "prompt_id" => turn_id: Text,
        "mcp_server_name" => mcp_server: Text,
        "error" => error: Text,
    },
);

static API_REQUEST: Table =
    Table::new(COMMON, exact! { "model" => model: Text, "prompt_id" => turn_id: Text });

static API_RESPONSE: Table = Table::new(
    COMMON,
    exact! {
        "model" => model: Text,
        "prompt_id" => turn_id: Text,
        "duration_ms" => duration_ms: Int,
        "input_token_count" => input_tokens: Int,
        "output_token_count" => output_tokens: Int,
        "cached_content_token_count" => cached_tokens: Int,
        "thoughts_token_count" => reasoning_tokens: Int,
    },
);

static API_ERROR: Table = Table::new(
    COMMON,
    exact! {
        "model" => model: Text,
        "prompt_id" => turn_id: Text,
        "duration_ms" => duration_ms: Int,
        "error.message" => error: Text,
    },
);

static HOOK_CALL: Table = Table::new(
    COMMON,
    exact! {
        "duration_ms" => duration_ms: Int,
        "exit_code" => exit_code: Int,
        "stdout" => output: Text,
        "error" => error: Text,
    },
);

static CONSECA_VERDICT: Table =
    Table::new(COMMON, exact! { "verdict_rationale" => rationale: Text, "error" => error: Text });

static MODE_SWITCH: Table = Table::new(COMMON, exact! { "to_mode" => mode: Text });

static MODE_DURATION: Table = Table::new(COMMON, exact! { "mode" => mode: Text });

static PLAN_EXECUTION: Table = Table::new(COMMON, exact! { "approval_mode" => mode: Text });

static AGENT: Table = Table::new(
    COMMON,
    exact! { "agent_id" => agent_path: Text, "duration_ms" => duration_ms: Int },
);

static TOOL_DETAIL: Table =
    Table::new(COMMON, exact! { "tool_name" => tool: Text, "prompt_id" => turn_id: Text });

static MODEL_ROUTING: Table = Table::new(
    COMMON,
    exact! {
        "decision_model" => model: Text,
        "routing_latency_ms" => duration_ms: Int,
        "error_message" => error: Text,
        "approval_mode" => mode: Text,
    },
);

static WEB_FETCH_FALLBACK: Table = Table::new(COMMON, exact! { "reason" => net_reason: Text });

static MODEL_CHOICE: Table = Table::new(COMMON, exact! { "model_name" => model: Text });

/// Spans carry no common attributes.
pub(super) static SPAN: Table = Table::new(
    &[],
    exact! {
        "gen_ai.conversation.id" => session_id: Text,
        "gen_ai.prompt.name" => turn_id: Text,
        "gen_ai.tool.call_id" => call_id: Text,
        "gen_ai.tool.name" => tool: Text,
        "gen_ai.request.model" => model: Text,
        "gen_ai.usage.input_tokens" => input_tokens: Int,
        "gen_ai.usage.output_tokens" => output_tokens: Int,
        "url.full" => url: Text,
    },
);

/// Of an exception its message.
pub(super) static SPAN_EVENT: Table =
    Table::new(&[], exact! { "exception.message" => error: Text });
