//! What Copilot CLI 1.0.102 and the chat extension are known to send.
//!
//! A span is listed by the first word of its name: a tool or a model follows it.

mod events;
mod logs;
mod spans;

use crate::agents::catalogue::Known;

/// What is known to be sent.
pub(crate) const KNOWN: &[Known] = &[
    logs::AGENT_TURN,
    logs::CLOUD_SESSION_INVOKE,
    logs::EDIT_FEEDBACK,
    logs::EDIT_HUNK_ACTION,
    logs::EDIT_SURVIVAL,
    logs::INLINE_DONE,
    logs::SESSION_START,
    logs::TOOL_CALL,
    logs::USER_FEEDBACK,
    logs::GEN_AI_CLIENT_INFERENCE_OPERATION_DETAILS,
    spans::CHAT,
    spans::EXECUTE_HOOK,
    spans::EXECUTE_TOOL,
    spans::EXTERNAL_TOOL,
    spans::INVOKE_AGENT,
    spans::INVOKE_WORKFLOW,
    spans::PERMISSION,
    events::EXCEPTION,
    events::GEN_AI_CLIENT_OPERATION_EXCEPTION,
    events::CUSTOM_NOTIFICATION,
    events::HOOK_END,
    events::HOOK_ERROR,
    events::HOOK_START,
    events::MCP_SERVER_LIFECYCLE,
    events::SANDBOX_ACCESS_DENIED,
    events::SANDBOX_ACCESS_RECORDED,
    events::SANDBOX_BYPASS_DECIDED,
    events::SANDBOX_ENFORCEMENT_STATE,
    events::SANDBOX_PERMISSIVE_RETRY_COMPLETED,
    events::SANDBOX_PERMISSIVE_RETRY_DECIDED,
    events::SANDBOX_POLICY_RESOLVED,
    events::SANDBOX_SPAWN,
    events::SESSION_ABORT,
    events::SESSION_COMPACTION_COMPLETE,
    events::SESSION_COMPACTION_START,
    events::SESSION_CONTEXT_CHANGED,
    events::SESSION_SHUTDOWN,
    events::SESSION_SNAPSHOT_REWIND,
    events::SESSION_TIMING,
    events::SESSION_TRUNCATION,
    events::SESSION_USAGE_INFO,
    events::SKILL_INVOKED,
    events::SYSTEM_NOTIFICATION,
    events::USER_MESSAGE,
    events::CHAT_USER_MESSAGE,
];
