//! Span events.

use crate::agents::catalogue::Known;
use crate::vocabulary::RecordSignal::SpanEvent;

pub(super) const EXCEPTION: Known = Known {
    signal: SpanEvent,
    name: "exception",
    always: &[],
    sometimes: &[
        ("exception.message", "s"),
        ("exception.stacktrace", "s"),
        ("exception.type", "s"),
        ("github.copilot.error_provider_call_id", "s"),
        ("github.copilot.error_service_request_id", "s"),
        ("github.copilot.error_status_code", "i"),
        ("github.copilot.error_type", "s"),
        ("github.copilot.message", "s"),
    ],
};

pub(super) const GEN_AI_CLIENT_OPERATION_EXCEPTION: Known = Known {
    signal: SpanEvent,
    name: "gen_ai.client.operation.exception",
    always: &[("exception.type", "s"), ("github.copilot.error_code", "s")],
    sometimes: &[("exception.message", "s"), ("exception.stacktrace", "s")],
};

pub(super) const CUSTOM_NOTIFICATION: Known = Known {
    signal: SpanEvent,
    name: "github.copilot.custom_notification",
    always: &[],
    sometimes: &[
        ("github.copilot.custom_notification.name", "s"),
        ("github.copilot.custom_notification.payload", "s"),
        ("github.copilot.custom_notification.source", "s"),
        ("github.copilot.custom_notification.subject", "s"),
        ("github.copilot.custom_notification.version", "is"),
    ],
};

pub(super) const HOOK_END: Known = Known {
    signal: SpanEvent,
    name: "github.copilot.hook.end",
    always: &[("github.copilot.hook.invocation_id", "s"), ("github.copilot.hook.type", "s")],
    sometimes: &[
        ("github.copilot.hook.decision", "s"),
        ("github.copilot.hook.duration", "d"),
        ("github.copilot.hook.tool_names", "s"),
    ],
};

pub(super) const HOOK_ERROR: Known = Known {
    signal: SpanEvent,
    name: "github.copilot.hook.error",
    always: &[("github.copilot.hook.invocation_id", "s"), ("github.copilot.hook.type", "s")],
    sometimes: &[
        ("github.copilot.hook.duration", "d"),
        ("github.copilot.hook.error_message", "s"),
        ("github.copilot.hook.tool_names", "s"),
    ],
};

pub(super) const HOOK_START: Known = Known {
    signal: SpanEvent,
    name: "github.copilot.hook.start",
    always: &[("github.copilot.hook.invocation_id", "s"), ("github.copilot.hook.type", "s")],
    sometimes: &[("github.copilot.hook.tool_names", "s")],
};

pub(super) const MCP_SERVER_LIFECYCLE: Known = Known {
    signal: SpanEvent,
    name: "github.copilot.mcp.server.lifecycle",
    always: &[
        ("github.copilot.mcp.server.name_hash", "s"),
        ("github.copilot.mcp.server.state", "s"),
    ],
    sometimes: &[
        ("github.copilot.mcp.server.error", "s"),
        ("github.copilot.mcp.server.name", "s"),
        ("github.copilot.mcp.server.plugin_name", "s"),
        ("github.copilot.mcp.server.plugin_version", "s"),
        ("github.copilot.mcp.server.source", "s"),
        ("github.copilot.mcp.server.transport", "s"),
    ],
};

pub(super) const SANDBOX_ACCESS_DENIED: Known = Known {
    signal: SpanEvent,
    name: "github.copilot.sandbox.access_denied",
    always: &[
        ("github.copilot.sandbox.control", "s"),
        ("github.copilot.sandbox.decision_kind", "s"),
        ("github.copilot.sandbox.enforcement_point", "s"),
        ("github.copilot.sandbox.outcome", "s"),
        ("github.copilot.sandbox.platform", "s"),
    ],
    sometimes: &[
        ("github.copilot.sandbox.access", "s"),
        ("github.copilot.sandbox.attestation", "s"),
        ("github.copilot.sandbox.backend", "s"),
        ("github.copilot.sandbox.denial_class", "s"),
        ("github.copilot.sandbox.denial_confidence", "s"),
        ("github.copilot.sandbox.denied_command", "s"),
        ("github.copilot.sandbox.denied_resource", "s"),
        ("github.copilot.sandbox.process_name", "s"),
    ],
};

pub(super) const SANDBOX_ACCESS_RECORDED: Known = Known {
    signal: SpanEvent,
    name: "github.copilot.sandbox.access_recorded",
    always: &[
        ("github.copilot.sandbox.control", "s"),
        ("github.copilot.sandbox.decision_kind", "s"),
        ("github.copilot.sandbox.enforcement_point", "s"),
        ("github.copilot.sandbox.outcome", "s"),
        ("github.copilot.sandbox.platform", "s"),
    ],
    sometimes: &[
        ("github.copilot.sandbox.access", "s"),
        ("github.copilot.sandbox.attestation", "s"),
        ("github.copilot.sandbox.backend", "s"),
        ("github.copilot.sandbox.denial_class", "s"),
        ("github.copilot.sandbox.denial_confidence", "s"),
        ("github.copilot.sandbox.denied_command", "s"),
        ("github.copilot.sandbox.denied_resource", "s"),
        ("github.copilot.sandbox.process_name", "s"),
    ],
};

pub(super) const SANDBOX_BYPASS_DECIDED: Known = Known {
    signal: SpanEvent,
    name: "github.copilot.sandbox.bypass_decided",
    always: &[
        ("github.copilot.sandbox.control", "s"),
        ("github.copilot.sandbox.decision_kind", "s"),
        ("github.copilot.sandbox.enforcement_point", "s"),
        ("github.copilot.sandbox.outcome", "s"),
        ("github.copilot.sandbox.platform", "s"),
    ],
    sometimes: &[
        ("github.copilot.sandbox.backend", "s"),
        ("github.copilot.sandbox.bypass_source", "s"),
        ("github.copilot.sandbox.command", "s"),
        ("github.copilot.sandbox.duration_ms", "di"),
        ("github.copilot.sandbox.permissive_source", "s"),
    ],
};

pub(super) const SANDBOX_ENFORCEMENT_STATE: Known = Known {
    signal: SpanEvent,
    name: "github.copilot.sandbox.enforcement_state",
    always: &[
        ("github.copilot.sandbox.backend", "s"),
        ("github.copilot.sandbox.control", "s"),
        ("github.copilot.sandbox.decision_kind", "s"),
        ("github.copilot.sandbox.enforcement_point", "s"),
        ("github.copilot.sandbox.outcome", "s"),
        ("github.copilot.sandbox.platform", "s"),
    ],
    sometimes: &[
        ("github.copilot.sandbox.attestation", "s"),
        ("github.copilot.sandbox.command", "s"),
    ],
};

pub(super) const SANDBOX_PERMISSIVE_RETRY_COMPLETED: Known = Known {
    signal: SpanEvent,
    name: "github.copilot.sandbox.permissive_retry_completed",
    always: &[
        ("github.copilot.sandbox.control", "s"),
        ("github.copilot.sandbox.decision_kind", "s"),
        ("github.copilot.sandbox.enforcement_point", "s"),
        ("github.copilot.sandbox.outcome", "s"),
        ("github.copilot.sandbox.platform", "s"),
    ],
    sometimes: &[
        ("github.copilot.sandbox.backend", "s"),
        ("github.copilot.sandbox.bypass_source", "s"),
        ("github.copilot.sandbox.command", "s"),
        ("github.copilot.sandbox.duration_ms", "di"),
        ("github.copilot.sandbox.permissive_source", "s"),
    ],
};

pub(super) const SANDBOX_PERMISSIVE_RETRY_DECIDED: Known = Known {
    signal: SpanEvent,
    name: "github.copilot.sandbox.permissive_retry_decided",
    always: &[
        ("github.copilot.sandbox.control", "s"),
        ("github.copilot.sandbox.decision_kind", "s"),
        ("github.copilot.sandbox.enforcement_point", "s"),
        ("github.copilot.sandbox.outcome", "s"),
        ("github.copilot.sandbox.platform", "s"),
    ],
    sometimes: &[
        ("github.copilot.sandbox.backend", "s"),
        ("github.copilot.sandbox.bypass_source", "s"),
        ("github.copilot.sandbox.command", "s"),
        ("github.copilot.sandbox.duration_ms", "di"),
        ("github.copilot.sandbox.permissive_source", "s"),
    ],
};

pub(super) const SANDBOX_POLICY_RESOLVED: Known = Known {
    signal: SpanEvent,
    name: "github.copilot.sandbox.policy_resolved",
    always: &[
        ("github.copilot.sandbox.backend", "s"),
        ("github.copilot.sandbox.control", "s"),
        ("github.copilot.sandbox.decision_kind", "s"),
        ("github.copilot.sandbox.enforcement_point", "s"),
        ("github.copilot.sandbox.outcome", "s"),
        ("github.copilot.sandbox.platform", "s"),
    ],
    sometimes: &[
        ("github.copilot.sandbox.add_current_working_directory", "b"),
        ("github.copilot.sandbox.allow_bypass", "b"),
        ("github.copilot.sandbox.allow_local_network", "b"),
        ("github.copilot.sandbox.allow_outbound", "b"),
        ("github.copilot.sandbox.degradation_reason", "s"),
        ("github.copilot.sandbox.denied_paths_count", "i"),
        ("github.copilot.sandbox.gh_auth", "b"),
        ("github.copilot.sandbox.git_auth", "b"),
        ("github.copilot.sandbox.keychain_access", "b"),
        ("github.copilot.sandbox.policy.denied_paths", "as"),
        ("github.copilot.sandbox.policy.readonly_paths", "as"),
        ("github.copilot.sandbox.policy.readwrite_paths", "as"),
        ("github.copilot.sandbox.policy_source", "s"),
        ("github.copilot.sandbox.proxy_mode", "s"),
        ("github.copilot.sandbox.readonly_paths_count", "i"),
        ("github.copilot.sandbox.readwrite_paths_count", "i"),
    ],
};

pub(super) const SANDBOX_SPAWN: Known = Known {
    signal: SpanEvent,
    name: "github.copilot.sandbox.spawn",
    always: &[
        ("github.copilot.sandbox.backend", "s"),
        ("github.copilot.sandbox.control", "s"),
        ("github.copilot.sandbox.decision_kind", "s"),
        ("github.copilot.sandbox.enforcement_point", "s"),
        ("github.copilot.sandbox.outcome", "s"),
        ("github.copilot.sandbox.platform", "s"),
    ],
    sometimes: &[
        ("github.copilot.sandbox.degradation_reason", "s"),
        ("github.copilot.sandbox.duration_ms", "di"),
    ],
};

pub(super) const SESSION_ABORT: Known = Known {
    signal: SpanEvent,
    name: "github.copilot.session.abort",
    always: &[],
    sometimes: &[("github.copilot.abort_reason", "s")],
};

pub(super) const SESSION_COMPACTION_COMPLETE: Known = Known {
    signal: SpanEvent,
    name: "github.copilot.session.compaction_complete",
    always: &[],
    sometimes: &[
        ("github.copilot.message", "s"),
        ("github.copilot.messages_removed", "i"),
        ("github.copilot.post_tokens", "i"),
        ("github.copilot.pre_tokens", "i"),
        ("github.copilot.success", "b"),
        ("github.copilot.tokens_removed", "i"),
    ],
};

pub(super) const SESSION_COMPACTION_START: Known = Known {
    signal: SpanEvent,
    name: "github.copilot.session.compaction_start",
    always: &[],
    sometimes: &[],
};

pub(super) const SESSION_CONTEXT_CHANGED: Known = Known {
    signal: SpanEvent,
    name: "github.copilot.session.context_changed",
    always: &[],
    sometimes: &[
        ("github.copilot.branch", "s"),
        ("github.copilot.cwd", "s"),
        ("github.copilot.git_root", "s"),
        ("github.copilot.repository", "s"),
    ],
};

pub(super) const SESSION_SHUTDOWN: Known = Known {
    signal: SpanEvent,
    name: "github.copilot.session.shutdown",
    always: &[],
    sometimes: &[
        ("copilot.total_nano_aiu", "id"),
        ("github.copilot.error_reason", "s"),
        ("github.copilot.files_modified_count", "i"),
        ("github.copilot.lines_added", "i"),
        ("github.copilot.lines_removed", "i"),
        ("github.copilot.shutdown_type", "s"),
        ("github.copilot.total_api_duration_ms", "id"),
        ("github.copilot.total_premium_requests", "id"),
    ],
};

pub(super) const SESSION_SNAPSHOT_REWIND: Known = Known {
    signal: SpanEvent,
    name: "github.copilot.session.snapshot_rewind",
    always: &[],
    sometimes: &[("github.copilot.events_removed", "i"), ("github.copilot.up_to_event_id", "s")],
};

pub(super) const SESSION_TIMING: Known = Known {
    signal: SpanEvent,
    name: "github.copilot.session.timing",
    always: &[],
    sometimes: &[
        ("github.copilot.session.timing.duration_ms", "di"),
        ("github.copilot.session.timing.ordinal", "i"),
        ("github.copilot.session.timing.phase", "s"),
        ("github.copilot.session.timing.start_offset_ms", "di"),
    ],
};

pub(super) const SESSION_TRUNCATION: Known = Known {
    signal: SpanEvent,
    name: "github.copilot.session.truncation",
    always: &[],
    sometimes: &[
        ("github.copilot.messages_removed", "i"),
        ("github.copilot.performed_by", "s"),
        ("github.copilot.post_messages", "i"),
        ("github.copilot.post_tokens", "i"),
        ("github.copilot.pre_messages", "i"),
        ("github.copilot.pre_tokens", "i"),
        ("github.copilot.token_limit", "i"),
        ("github.copilot.tokens_removed", "i"),
    ],
};

pub(super) const SESSION_USAGE_INFO: Known = Known {
    signal: SpanEvent,
    name: "github.copilot.session.usage_info",
    always: &[
        ("github.copilot.current_tokens", "i"),
        ("github.copilot.messages_length", "i"),
        ("github.copilot.token_limit", "i"),
    ],
    sometimes: &[],
};

pub(super) const SKILL_INVOKED: Known = Known {
    signal: SpanEvent,
    name: "github.copilot.skill.invoked",
    always: &[],
    sometimes: &[
        ("github.copilot.skill.content", "s"),
        ("github.copilot.skill.invocation_trigger", "s"),
        ("github.copilot.skill.name", "s"),
        ("github.copilot.skill.path", "s"),
        ("github.copilot.skill.plugin_name", "s"),
        ("github.copilot.skill.plugin_version", "s"),
        ("github.copilot.skill.source", "s"),
    ],
};

pub(super) const SYSTEM_NOTIFICATION: Known = Known {
    signal: SpanEvent,
    name: "github.copilot.system.notification",
    always: &[],
    sometimes: &[
        ("github.copilot.system.notification.agent_id", "s"),
        ("github.copilot.system.notification.agent_type", "s"),
        ("github.copilot.system.notification.exit_code", "i"),
        ("github.copilot.system.notification.shell_id", "s"),
        ("github.copilot.system.notification.status", "s"),
        ("github.copilot.system.notification.type", "s"),
    ],
};

pub(super) const USER_MESSAGE: Known = Known {
    signal: SpanEvent,
    name: "github.copilot.user.message",
    always: &[
        ("github.copilot.user.message.interaction_id", "s"),
        ("github.copilot.user.message.source", "s"),
        ("github.copilot.user.message.turn_id", "s"),
    ],
    sometimes: &[("github.copilot.user.message.agent_mode", "s")],
};

pub(super) const CHAT_USER_MESSAGE: Known =
    Known { signal: SpanEvent, name: "user_message", always: &[], sometimes: &[("content", "s")] };
