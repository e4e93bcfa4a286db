//! The table `sessions`: one row is one conversation with an agent.

use crate::derived::{Id, Texts, Usd, derived_table};
use crate::event::Text;
use crate::table::cell::TimeUs;
use crate::vocabulary::{Agent, Confidence, SessionRole};

derived_table! {
    /// One row of `sessions`.
    row SessionRow;
    /// Collects rows of `sessions`.
    builder SessionsBuilder over SessionColumnsBuilder;
    id session_row_id;
    /// The row: a hash over tenant, agent and session.
    session_row_id: Id,
    /// The conversation, as the agent names it; derived only where it names none. Records of a
    /// principal who does not own it stand under `<session>~<8 hex digits>`.
    session_id: Text<'a>,
    /// The conversation at the root of its lineage; itself where it has no parent.
    root_session_id: Option<Text<'a>>,
    /// The conversation it serves.
    parent_session_id: Option<Text<'a>>,
    /// How sure the parent is.
    parent_confidence: Option<Confidence>,
    /// What it is for.
    role: Option<SessionRole>,
    /// The agent.
    agent: Option<Agent>,
    /// The newest version of the agent in it.
    agent_version: Option<Text<'a>>,
    /// The front end of the agent.
    client: Option<Text<'a>>,
    /// Who sent its events, from the credential.
    principal: Text<'a>,
    /// The user's e-mail address, as claimed.
    user_email: Option<Text<'a>>,
    /// The machine it happened on.
    host: Option<Text<'a>>,
    /// The repository the agent worked in, as claimed.
    repository: Option<Text<'a>>,
    /// The folder the agent worked in, as claimed.
    cwd: Option<Text<'a>>,
    /// When the first of it was seen.
    started_at: Option<TimeUs>,
    /// When the last of it was seen.
    ended_at: Option<TimeUs>,
    /// How many turns there were.
    turns: i64,
    /// How many actions.
    actions: i64,
    /// How many of them were denied.
    denied: i64,
    /// How many failed.
    failed: i64,
    /// How many network attempts were denied.
    net_denied: i64,
    /// When the agent has to ask: the newest.
    approval_policy: Option<Text<'a>>,
    /// What its sandbox allows: the newest.
    sandbox_policy: Option<Text<'a>>,
    /// The mode it is in: the newest.
    mode: Option<Text<'a>>,
    /// Every change of the posture, oldest first, as `<RFC 3339 time> <column>=<value>`.
    posture_changes: Option<Texts<'a>>,
    /// The MCP servers it named or used, sorted.
    mcp_servers: Option<Texts<'a>>,
    /// Tokens read.
    input_tokens: Option<i64>,
    /// Tokens written.
    output_tokens: Option<i64>,
    /// What it cost, in US dollars.
    cost_usd: Option<Usd>,
    /// How many gaps are open in it.
    gaps: i64,
    /// How many events it was made from.
    events: i64,
    /// What its events have in common with those of other conversations, newest last: traces
    /// (`trace:`), histories (`opening:`) and conversations that it names (`names:`).
    joined_by: Option<Texts<'a>>,
}
