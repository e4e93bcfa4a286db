//! The table `links`: one row is one edge between an event and an action, or between a
//! conversation and the one it serves, and why it was drawn.

use crate::derived::{Id, Texts, derived_table};
use crate::event::Text;
use crate::ids::EventId;
use crate::vocabulary::{Confidence, LinkMethod, LinkRelation};

derived_table! {
    /// One row of `links`.
    row LinkRow;
    /// Collects rows of `links`.
    builder LinksBuilder over LinkColumnsBuilder;
    id link_id;
    /// The edge: a hash over tenant, agent, session, relation and what it begins at.
    link_id: Id,
    /// The conversation of the event, or the one that serves.
    session_id: Text<'a>,
    /// What the edge says.
    relation: Option<LinkRelation>,
    /// The event; null for an edge between conversations that no single event shows.
    event_id: Option<EventId>,
    /// The action; null between conversations, and where the candidates could not be told apart.
    action_id: Option<Id>,
    /// The conversation that is served.
    to_session_id: Option<Text<'a>>,
    /// How it was found.
    method: Option<LinkMethod>,
    /// How sure it is.
    confidence: Option<Confidence>,
    /// Every action, or conversation, that it might be instead; one or none where it is clear.
    candidates: Option<Texts<'a>>,
    /// What spoke for it, in words of a closed list.
    reasons: Option<Texts<'a>>,
}
