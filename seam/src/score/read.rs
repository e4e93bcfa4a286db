//! What the tables say of a capture.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::conversations::rows::{ActionRow, LinkRow, SessionRow, TurnRow};
use crate::exit::Failure;
use crate::source::Source;

/// The derived tables, and what is needed of `events` beside them.
#[derive(Debug, Default)]
pub(crate) struct Derived {
    pub(super) sessions: Vec<SessionRow>,
    pub(super) turns: Vec<TurnRow>,
    pub(super) actions: Vec<ActionRow>,
    pub(super) links: Vec<LinkRow>,
    /// Each network attempt, by its event.
    pub(super) attempts: BTreeMap<String, AttemptEvent>,
    /// What a tool was called with, by the event that says it.
    pub(super) arguments: BTreeMap<String, String>,
    /// All that an event says of a decision, by the event.
    pub(super) decisions: BTreeMap<String, String>,
}

/// What an event says of a network attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AttemptEvent {
    /// In lower case.
    pub(super) host: String,
    pub(super) verdict: String,
    /// The attribute `client.address`.
    pub(super) client_address: Option<String>,
}

#[derive(Debug, Deserialize)]
struct EventRow {
    event_id: String,
    client_address: Option<String>,
    net_host: Option<String>,
    net_verdict: Option<String>,
    arguments: Option<String>,
    decision: Option<String>,
}

/// Reads everything, in an order that does not depend on how it is stored.
pub(super) async fn read(source: &Source) -> Result<Derived, Failure> {
    let mut derived = Derived {
        sessions: source.rows("select * from sessions order by started_at, session_id").await?,
        turns: source.rows("select * from turns order by started_at, turn_id").await?,
        actions: source.rows("select * from actions").await?,
        links: source.rows("select * from links order by link_id").await?,
        ..Derived::default()
    };
    derived.sort();
    let events: Vec<EventRow> = source
        .rows(
            "select event_id, net_host, net_verdict, attributes['client.address'] as client_address, arguments, \
             case when kind in ('approval', 'hook', 'tool_call', 'tool_result') then concat_ws(' ', signal, kind, decision, \
             decision_source, grant_scope, risk_level, rationale) end as decision from events \
             where net_host is not null or arguments is not null or kind in ('approval', 'hook', 'tool_call', 'tool_result')",
        )
        .await?;
    for event in events {
        if let Some(host) = event.net_host {
            let attempt = AttemptEvent {
                host: host.to_lowercase(),
                verdict: event.net_verdict.unwrap_or_default(),
                client_address: event.client_address,
            };
            derived.attempts.insert(event.event_id.clone(), attempt);
        }
        derived.decisions.extend(event.decision.map(|said| (event.event_id.clone(), said)));
        derived.arguments.extend(event.arguments.map(|text| (event.event_id, text)));
    }
    Ok(derived)
}

impl Derived {
    /// Puts actions into the order of their times.
    pub(super) fn sort(&mut self) {
        self.actions.sort_by(|one, other| {
            (one.time(), &one.action_id).cmp(&(other.time(), &other.action_id))
        });
    }

    /// All that the events of an action say of how it was decided.
    pub(super) fn decisions_of(&self, action: &ActionRow) -> BTreeSet<&str> {
        let events = action.evidence.iter().flatten().filter_map(|item| item.event_id.as_ref());
        events.filter_map(|event| self.decisions.get(event)).map(String::as_str).collect()
    }

    /// What an action was called with, as its events say.
    pub(super) fn arguments_of<'d>(
        &'d self,
        action: &'d ActionRow,
    ) -> impl Iterator<Item = &'d str> {
        let events = action.evidence.iter().flatten().filter_map(|item| item.event_id.as_ref());
        events.filter_map(|event| self.arguments.get(event)).map(String::as_str)
    }
}
