//! Which attributes of Copilot the columns hold.
//!
//! A span is known by the first word of its name, which its operation begins with. All spans share
//! one list; only a request to the model adds what it used, so that a sum over rows counts every
//! token once: `invoke_agent` repeats the sums of its requests and keeps them as attributes.

use crate::agents::exact::{Exact, Table, exact};

const SPAN: &[Exact] = exact! {
    "gen_ai.conversation.id" => session_id: Text,
    "gen_ai.provider.name" => provider: Text,
    "gen_ai.response.model" => model: Text,
    "gen_ai.agent.name" => agent_path: Text,
    "gen_ai.tool.name" => tool: Text,
    "gen_ai.tool.call.id" => call_id: Text,
    "gen_ai.tool.call.arguments" => arguments: Text,
    "gen_ai.tool.call.result" => output: Text,
    "github.copilot.tool.parameters.mcp_server_name" => mcp_server: Text,
    "github.copilot.tool.parameters.mcp_tool_name" => mcp_tool: Text,
    "process.exit.code" => exit_code: Int,
    "github.copilot.interaction_id" => turn_id: Text,
    "github.copilot.git.repository" => repository: Text,
};

static ANY_SPAN: Table = Table::new(SPAN, &[]);

static CHAT: Table = Table::new(
    SPAN,
    exact! {
        "gen_ai.response.id" => request_id: Text,
        "gen_ai.usage.input_tokens" => input_tokens: Int,
        "gen_ai.usage.output_tokens" => output_tokens: Int,
        "gen_ai.usage.cache_read.input_tokens" => cached_tokens: Int,
        "gen_ai.usage.reasoning.output_tokens" => reasoning_tokens: Int,
    },
);

static PERMISSION: Table = Table::new(
    &[],
    exact! {
        "gen_ai.conversation.id" => session_id: Text,
        "gen_ai.tool.call.id" => call_id: Text,
        "github.copilot.permission.tool_name" => tool: Text,
        "github.copilot.permission.result" => decision_source: Text,
    },
);

static EXTERNAL_TOOL: Table = Table::new(
    &[],
    exact! {
        "gen_ai.conversation.id" => session_id: Text,
        "github.copilot.external_tool.name" => tool: Text,
        "github.copilot.external_tool.call_id" => call_id: Text,
    },
);

static EXECUTE_HOOK: Table = Table::new(
    &[],
    exact! {
        "gen_ai.conversation.id" => session_id: Text,
        "github.copilot.hook.decision" => decision_source: Text,
        "copilot_chat.hook_input" => arguments: Text,
        "copilot_chat.hook_output" => output: Text,
        "copilot_chat.hook_exit_code" => exit_code: Int,
    },
);

/// What a span does: the first word of its name.
pub(in crate::agents) fn operation(name: &str) -> &str {
    name.split(' ').next().unwrap_or_default()
}

/// The table of a span, by its name.
pub(super) fn span(name: &str) -> &'static Table {
    match operation(name) {
        "chat" => &CHAT,
        "permission" => &PERMISSION,
        "external_tool" => &EXTERNAL_TOOL,
        "execute_hook" => &EXECUTE_HOOK,
        _ => &ANY_SPAN,
    }
}

static PLAIN: Table = Table::new(&[], &[]);

static USER_MESSAGE: Table = Table::new(
    &[],
    exact! {
        "github.copilot.user.message.interaction_id" => turn_id: Text,
        "github.copilot.user.message.agent_mode" => mode: Text,
        "content" => prompt: Text,
    },
);

static HOOK: Table = Table::new(
    &[],
    exact! {
        "github.copilot.hook.decision" => decision_source: Text,
        "github.copilot.hook.error_message" => error: Text,
    },
);

static EXCEPTION: Table = Table::new(&[], exact! { "exception.message" => error: Text });

static MCP_SERVER: Table = Table::new(
    &[],
    exact! {
        "github.copilot.mcp.server.name" => mcp_server: Text,
        "github.copilot.mcp.server.error" => error: Text,
    },
);

static SANDBOX: Table = Table::new(
    &[],
    exact! {
        "github.copilot.sandbox.command" => command: Text,
        "github.copilot.sandbox.bypass_source" => decision_source: Text,
    },
);

static SANDBOX_DENIAL: Table = Table::new(
    &[],
    exact! {
        "github.copilot.sandbox.denied_command" => command: Text,
        "github.copilot.sandbox.enforcement_point" => decision_source: Text,
    },
);

static SKILL: Table = Table::new(&[], exact! { "github.copilot.skill.path" => path: Text });

static CONTEXT_CHANGED: Table = Table::new(
    &[],
    exact! {
        "github.copilot.cwd" => cwd: Text,
        "github.copilot.repository" => repository: Text,
    },
);

static SHUTDOWN: Table = Table::new(&[], exact! { "github.copilot.error_reason" => error: Text });

static NOTIFICATION: Table =
    Table::new(&[], exact! { "github.copilot.system.notification.exit_code" => exit_code: Int });

/// The table of a span event, by its name.
pub(super) fn span_event(name: &str) -> &'static Table {
    match name {
        "github.copilot.user.message" | "user_message" => &USER_MESSAGE,
        "github.copilot.hook.start" | "github.copilot.hook.end" | "github.copilot.hook.error" => {
            &HOOK
        }
        "gen_ai.client.operation.exception" | "exception" => &EXCEPTION,
        "github.copilot.mcp.server.lifecycle" => &MCP_SERVER,
        "github.copilot.sandbox.access_denied" => &SANDBOX_DENIAL,
        "github.copilot.skill.invoked" => &SKILL,
        "github.copilot.session.context_changed" => &CONTEXT_CHANGED,
        "github.copilot.session.shutdown" => &SHUTDOWN,
        "github.copilot.system.notification" => &NOTIFICATION,
        _ if name.starts_with("github.copilot.sandbox.") => &SANDBOX,
        _ => &PLAIN,
    }
}

/// The log records of the chat extension.
static LOG: Table = Table::new(
    &[],
    exact! {
        "event.name" => name: Text,
        "session.id" => session_id: Text,
        "gen_ai.agent.name" => agent_path: Text,
        "gen_ai.tool.name" => tool: Text,
        "duration_ms" => duration_ms: Int,
        "request_id" => request_id: Text,
        "gen_ai.request.model" => model: Text,
    },
);

static LOG_FEEDBACK: Table = Table::new(
    &[],
    exact! {
        "event.name" => name: Text,
        "conversation_id" => session_id: Text,
        "request_id" => request_id: Text,
    },
);

static LOG_CLOUD: Table = Table::new(
    &[],
    exact! {
        "event.name" => name: Text,
        "request_id" => request_id: Text,
        "partner_agent" => agent_path: Text,
        "model" => model: Text,
    },
);

static LOG_INFERENCE: Table = Table::new(
    &[],
    exact! {
        "event.name" => name: Text,
        "gen_ai.conversation.id" => session_id: Text,
        "gen_ai.response.id" => request_id: Text,
        "gen_ai.response.model" => model: Text,
    },
);

/// The table of a log record, by its name.
pub(super) fn log(name: &str) -> &'static Table {
    match name {
        "copilot_chat.user.feedback" => &LOG_FEEDBACK,
        "copilot_chat.cloud.session.invoke" => &LOG_CLOUD,
        "gen_ai.client.inference.operation.details" => &LOG_INFERENCE,
        _ => &LOG,
    }
}
