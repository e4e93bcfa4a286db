//! The table `turns`: one row is one prompt and what followed from it.

use crate::derived::{Id, Usd, derived_table};
use crate::event::Text;
use crate::ids::EventId;
use crate::table::cell::TimeUs;
use crate::vocabulary::{Agent, PromptOrigin};

derived_table! {
    /// One row of `turns`.
    row TurnRow;
    /// Collects rows of `turns`.
    builder TurnsBuilder over TurnColumnsBuilder;
    id turn_row_id;
    /// The row: a hash over tenant, agent, session and turn.
    turn_row_id: Id,
    /// The turn, as the agent names it; derived only where it names none.
    turn_id: Text<'a>,
    /// The conversation.
    session_id: Text<'a>,
    /// The agent.
    agent: Option<Agent>,
    /// Who sent its events, from the credential.
    principal: Text<'a>,
    /// The event of the prompt; null where no signal shows it.
    prompt_event_id: Option<EventId>,
    /// The prompt.
    prompt: Option<Text<'a>>,
    /// Who wrote it.
    prompt_origin: Option<PromptOrigin>,
    /// When it began.
    started_at: Option<TimeUs>,
    /// When the last of it was seen.
    ended_at: Option<TimeUs>,
    /// How many actions there were.
    actions: i64,
    /// How many of them were allowed by a decision.
    approved: i64,
    /// How many were denied.
    denied: i64,
    /// How many failed.
    failed: i64,
    /// How many network attempts were denied.
    net_denied: i64,
    /// Tokens read.
    input_tokens: Option<i64>,
    /// Tokens written.
    output_tokens: Option<i64>,
    /// What it cost, in US dollars.
    cost_usd: Option<Usd>,
    /// The agent's last answer.
    response: Option<Text<'a>>,
}
