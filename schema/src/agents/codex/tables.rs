//! Which attributes of Codex the columns hold.

use crate::agents::exact::{Exact, TIMESTAMP, Table, exact};

const COMMON: &[Exact] = {
    const PLAIN: &[Exact; 7] = exact! {
        "event.name" => name: Text,
        "conversation.id" => session_id: Text,
        "app.version" => agent_version: Text,
        "originator" => client: Text,
        "user.account_id" => org_id: Text,
        "user.email" => user_email: Text,
        "model" => model: Text,
    };
    let [name, session, version, client, org, email, model] = *PLAIN;
    &[name, TIMESTAMP, session, version, client, org, email, model]
};

/// The table of a log record.
pub(super) fn log(name: Option<&str>) -> &'static Table {
    match name.unwrap_or_default() {
        "codex.conversation_starts" => &CONVERSATION_STARTS,
        "codex.user_prompt" => &USER_PROMPT,
        "codex.tool_decision" => &TOOL_DECISION,
        "codex.tool_result" => &TOOL_RESULT,
        "codex.sandbox_outcome" => &SANDBOX_OUTCOME,
        "codex.network_proxy.policy_decision" => &POLICY_DECISION,
        "codex.guardian_assessment" => &GUARDIAN_ASSESSMENT,
        "codex.agent_response" => &AGENT_RESPONSE,
        "codex.skill_invocation" => &SKILL_INVOCATION,
        "codex.api_request" | "codex.websocket_connect" | "codex.websocket_request" => {
            &MODEL_REQUEST
        }
        "codex.sse_event" => &SSE_EVENT,
        "codex.auth_recovery" => &AUTH_RECOVERY,
        "codex.turn_ttft" | "codex.startup_phase" => &DURATION,
        "codex.turn_cost" => &TURN_COST,
        "codex.agent_communication" => &AGENT_COMMUNICATION,
        "codex.openai_file_blob_upload_failed" | "codex.http_client.custom_ca_fallback" => &FAILURE,
        _ => &PLAIN,
    }
}

static PLAIN: Table = Table::new(COMMON, &[]);

static CONVERSATION_STARTS: Table = Table::new(
    COMMON,
    exact! {
        "provider_name" => provider: Text,
        "approval_policy" => approval_policy: Text,
        "sandbox_policy" => sandbox_policy: Text,
    },
);

static USER_PROMPT: Table = Table::new(COMMON, exact! { "prompt" => prompt: Text });

static TOOL_DECISION: Table = Table::new(
    COMMON,
    exact! {
        "tool_name" => tool: Text,
        "call_id" => call_id: Text,
        "source" => decision_source: Text,
    },
);

static TOOL_RESULT: Table = Table::new(
    COMMON,
    exact! {
        "tool_result_seq" => source_sequence: Int,
        "tool_name" => tool: Text,
        "call_id" => call_id: Text,
        "duration_ms" => duration_ms: IntText,
        "output_truncated" => content_truncated: Bool,
        "agent_name" => agent_path: Text,
        "arguments" => arguments: Text,
        "output" => output: Text,
        "mcp_server" => mcp_server: Text,
    },
);

static SANDBOX_OUTCOME: Table = Table::new(
    COMMON,
    exact! {
        "tool_name" => tool: Text,
        "call_id" => call_id: Text,
        "initial_duration_ms" => duration_ms: Int,
    },
);

static POLICY_DECISION: Table = Table::new(
    COMMON,
    exact! {
        "execution.id" => execution_id: Text,
        "network.policy.decision" => net_verdict: Decision,
        "network.policy.source" => net_source: Text,
        "network.policy.reason" => net_reason: Text,
        "network.policy.override" => net_override: Bool,
        "network.transport.protocol" => net_protocol: Text,
        "server.address" => net_host: TextNot("unix-socket"),
        "server.port" => net_port: Int,
        "http.request.method" => net_method: TextNot("none"),
    },
);

static GUARDIAN_ASSESSMENT: Table = Table::new(
    COMMON,
    exact! {
        "turn.id" => turn_id: Text,
        "item.id" => call_id: Text,
        "risk_level" => risk_level: Text,
        "rationale" => rationale: Text,
        "rationale_truncated" => content_truncated: Bool,
    },
);

static AGENT_RESPONSE: Table = Table::new(
    COMMON,
    exact! {
        "turn.id" => turn_id: Text,
        "parent.conversation.id" => parent_session_id: Text,
        "response" => response: Text,
        "response_truncated" => content_truncated: Bool,
    },
);

static SKILL_INVOCATION: Table = Table::new(
    COMMON,
    exact! {
        "turn.id" => turn_id: Text,
        "user.id" => user_id: Text,
    },
);

static MODEL_REQUEST: Table = Table::new(
    COMMON,
    exact! {
        "duration_ms" => duration_ms: IntText,
        "error.message" => error: Text,
        "auth.request_id" => request_id: Text,
    },
);

static SSE_EVENT: Table = Table::new(
    COMMON,
    exact! {
        "duration_ms" => duration_ms: IntText,
        "error.message" => error: Text,
        "input_token_count" => input_tokens: IntText,
        "output_token_count" => output_tokens: IntText,
        "cached_token_count" => cached_tokens: Int,
        "reasoning_token_count" => reasoning_tokens: Int,
    },
);

static AUTH_RECOVERY: Table = Table::new(
    COMMON,
    exact! {
        "auth.request_id" => request_id: Text,
        "auth.error" => error: Text,
    },
);

static DURATION: Table = Table::new(COMMON, exact! { "duration_ms" => duration_ms: IntText });

static TURN_COST: Table = Table::new(COMMON, exact! { "turn.id" => turn_id: Text });

/// These carry no conversation of their own: the thread that speaks is the conversation.
static AGENT_COMMUNICATION: Table = Table::new(
    &[TIMESTAMP],
    exact! {
        "event.name" => name: Text,
        "app.version" => agent_version: Text,
        "sender_thread_id" => session_id: Text,
    },
);

static FAILURE: Table = Table::new(COMMON, exact! { "error.message" => error: Text });
