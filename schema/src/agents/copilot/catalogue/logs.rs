//! The log records of the chat extension.

use crate::agents::catalogue::Known;
use crate::vocabulary::RecordSignal::Logs;

pub(super) const AGENT_TURN: Known = Known {
    signal: Logs,
    name: "copilot_chat.agent.turn",
    always: &[("event.name", "s")],
    sometimes: &[
        ("gen_ai.usage.input_tokens", "i"),
        ("gen_ai.usage.output_tokens", "i"),
        ("tool_call_count", "i"),
        ("turn.index", "i"),
    ],
};

pub(super) const CLOUD_SESSION_INVOKE: Known = Known {
    signal: Logs,
    name: "copilot_chat.cloud.session.invoke",
    always: &[("event.name", "s")],
    sometimes: &[("model", "s"), ("partner_agent", "s"), ("request_id", "s")],
};

pub(super) const EDIT_FEEDBACK: Known = Known {
    signal: Logs,
    name: "copilot_chat.edit.feedback",
    always: &[("event.name", "s")],
    sometimes: &[
        ("edit_surface", "s"),
        ("has_remaining_edits", "b"),
        ("is_notebook", "b"),
        ("language_id", "s"),
        ("outcome", "s"),
        ("participant", "s"),
        ("request_id", "s"),
    ],
};

pub(super) const EDIT_HUNK_ACTION: Known = Known {
    signal: Logs,
    name: "copilot_chat.edit.hunk.action",
    always: &[("event.name", "s")],
    sometimes: &[
        ("language_id", "s"),
        ("line_count", "i"),
        ("lines_added", "i"),
        ("lines_removed", "i"),
        ("outcome", "s"),
        ("request_id", "s"),
    ],
};

pub(super) const EDIT_SURVIVAL: Known = Known {
    signal: Logs,
    name: "copilot_chat.edit.survival",
    always: &[("event.name", "s")],
    sometimes: &[
        ("did_branch_change", "b"),
        ("edit_source", "s"),
        ("request_id", "s"),
        ("survival_rate_four_gram", "di"),
        ("survival_rate_no_revert", "di"),
        ("time_delay_ms", "i"),
    ],
};

pub(super) const INLINE_DONE: Known = Known {
    signal: Logs,
    name: "copilot_chat.inline.done",
    always: &[("event.name", "s")],
    sometimes: &[
        ("accepted", "b"),
        ("edit_count", "i"),
        ("edit_line_count", "i"),
        ("is_notebook", "b"),
        ("language_id", "s"),
        ("reply_type", "s"),
    ],
};

pub(super) const SESSION_START: Known = Known {
    signal: Logs,
    name: "copilot_chat.session.start",
    always: &[("event.name", "s")],
    sometimes: &[("gen_ai.agent.name", "s"), ("gen_ai.request.model", "s"), ("session.id", "s")],
};

pub(super) const TOOL_CALL: Known = Known {
    signal: Logs,
    name: "copilot_chat.tool.call",
    always: &[("event.name", "s")],
    sometimes: &[
        ("duration_ms", "id"),
        ("error.type", "s"),
        ("gen_ai.tool.name", "s"),
        ("success", "b"),
    ],
};

pub(super) const USER_FEEDBACK: Known = Known {
    signal: Logs,
    name: "copilot_chat.user.feedback",
    always: &[("event.name", "s")],
    sometimes: &[
        ("conversation_id", "s"),
        ("participant", "s"),
        ("rating", "s"),
        ("request_id", "s"),
    ],
};

pub(super) const GEN_AI_CLIENT_INFERENCE_OPERATION_DETAILS: Known = Known {
    signal: Logs,
    name: "gen_ai.client.inference.operation.details",
    always: &[("event.name", "s")],
    sometimes: &[
        ("error.type", "s"),
        ("gen_ai.conversation.id", "s"),
        ("gen_ai.input.messages", "s"),
        ("gen_ai.operation.name", "s"),
        ("gen_ai.request.max_tokens", "i"),
        ("gen_ai.request.model", "s"),
        ("gen_ai.request.temperature", "d"),
        ("gen_ai.response.finish_reasons", "a"),
        ("gen_ai.response.id", "s"),
        ("gen_ai.response.model", "s"),
        ("gen_ai.system_instructions", "s"),
        ("gen_ai.tool.definitions", "s"),
        ("gen_ai.usage.input_tokens", "i"),
        ("gen_ai.usage.output_tokens", "i"),
    ],
};
