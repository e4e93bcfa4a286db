//! The table `actions`: one row is one tool call, with its intent, its decisions, its network
//! attempts and what came of it.

use crate::derived::{Evidence, Id, Texts, derived_table};
use crate::event::Text;
use crate::ids::EventId;
use crate::table::cell::TimeUs;
use crate::vocabulary::{
    Agent, Confidence, DecidedBy, Decision, DenialReason, FailureReason, GrantScope, Outcome,
    PromptOrigin, SessionRole, ToolKind,
};

derived_table! {
    /// One row of `actions`.
    row ActionRow;
    /// Collects rows of `actions`.
    builder ActionsBuilder over ActionColumnsBuilder;
    reader ActionReader;
    id action_id;
    /// The action.
    action_id: Id,
    /// The conversation it was made in.
    session_id: Text<'a>,
    /// The conversation at the root of that one: where a person sits, if one does.
    root_session_id: Option<Text<'a>>,
    /// The role of who made the call: `subagent` also inside its parent's conversation.
    role: Option<SessionRole>,
    /// The turn it belongs to.
    turn_id: Option<Text<'a>>,
    /// The agent.
    agent: Option<Agent>,
    /// Which agent of the conversation: the root, or a subagent.
    agent_path: Option<Text<'a>>,
    /// Who sent its events, from the credential.
    principal: Text<'a>,
    /// The user's e-mail address, as claimed.
    user_email: Option<Text<'a>>,
    /// The machine it happened on.
    host: Option<Text<'a>>,
    /// The call's id, as the agent gave it.
    call_id: Option<Text<'a>>,
    /// The tool's name.
    tool: Option<Text<'a>>,
    /// What kind of tool it is.
    tool_kind: Option<ToolKind>,
    /// The MCP server.
    mcp_server: Option<Text<'a>>,
    /// The tool's name on its MCP server.
    mcp_tool: Option<Text<'a>>,
    /// The command.
    command: Option<Text<'a>>,
    /// The file.
    path: Option<Text<'a>>,
    /// The address.
    url: Option<Text<'a>>,
    /// The text of the prompt that asked for it, through subagents up to a person.
    intent: Option<Text<'a>>,
    /// The event of that prompt.
    intent_event_id: Option<EventId>,
    /// The conversation of that prompt.
    intent_session_id: Option<Text<'a>>,
    /// Who wrote that prompt.
    prompt_origin: Option<PromptOrigin>,
    /// When somebody was asked, or the call was first seen.
    requested_at: Option<TimeUs>,
    /// When it was decided.
    decided_at: Option<TimeUs>,
    /// What was decided.
    decision: Option<Decision>,
    /// Who decided.
    decided_by: Option<DecidedBy>,
    /// Who decided, as sent.
    decision_source: Option<Text<'a>>,
    /// How far the permission reaches.
    grant_scope: Option<GrantScope>,
    /// The risk the reviewer saw.
    risk_level: Option<Text<'a>>,
    /// Why it was decided so.
    rationale: Option<Text<'a>>,
    /// Why it was denied.
    denial_reason: Option<DenialReason>,
    /// How long the decision took, in milliseconds.
    wait_ms: Option<i64>,
    /// When it began to run.
    started_at: Option<TimeUs>,
    /// When it ended.
    ended_at: Option<TimeUs>,
    /// How long it took as the agent says, in milliseconds.
    duration_ms: Option<i64>,
    /// How it ended.
    outcome: Option<Outcome>,
    /// Why it failed.
    failure_reason: Option<FailureReason>,
    /// The command's exit code.
    exit_code: Option<i64>,
    /// How many network attempts of it were allowed.
    net_allowed: Option<i64>,
    /// How many were denied.
    net_denied: Option<i64>,
    /// The hosts of its network attempts, sorted.
    net_hosts: Option<Texts<'a>>,
    /// When the agent had to ask.
    approval_policy: Option<Text<'a>>,
    /// What its sandbox allowed.
    sandbox_policy: Option<Text<'a>>,
    /// The mode the agent was in.
    mode: Option<Text<'a>>,
    /// The lowest confidence among its links.
    confidence: Option<Confidence>,
    /// The events it was made from, and what each shows.
    evidence: Option<Evidence>,
    /// The error's text, where it failed or was refused.
    error: Option<Text<'a>>,
    /// Who called it off after it was allowed.
    cancelled_by: Option<DecidedBy>,
    /// The settled revision that this one replaces, where it is known.
    supersedes: Option<i64>,
}
