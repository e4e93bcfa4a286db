//! Which rows a destination gets.

use std::collections::BTreeSet;

use seam_schema::derived::actions::ActionRow;
use seam_schema::event::EventColumns;
use seam_schema::ids::Offset;
use seam_schema::vocabulary::{Agent, Kind, Outcome};

use super::cursor::Cursor;
use super::ports::Lane;

/// Which rows a destination gets. What is `None` lets everything through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Events of these kinds.
    pub kinds: Option<BTreeSet<Kind>>,
    /// No actions.
    pub no_actions: bool,
    /// Rows of these agents.
    pub agents: Option<BTreeSet<Agent>>,
    /// Rows that ended so; a row without an outcome is then left out.
    pub outcomes: Option<BTreeSet<Outcome>>,
    /// Rows of these tenants.
    pub tenants: Option<BTreeSet<String>>,
    /// Rows of this conversation.
    pub session: Option<String>,
    /// Rows received since then, microseconds since 1970.
    pub since_us: Option<i64>,
    /// Rows that are not behind this cursor.
    pub through: Option<Cursor>,
    /// Records with these ids.
    pub ids: Option<BTreeSet<String>>,
}

fn fits<T: Ord>(wanted: Option<&BTreeSet<T>>, value: Option<&T>) -> bool {
    wanted.is_none_or(|wanted| value.is_some_and(|value| wanted.contains(value)))
}

impl Filter {
    /// Whether an event is sent.
    pub fn takes_event(&self, event: &EventColumns<'_>) -> bool {
        fits(self.kinds.as_ref(), event.kind.as_ref())
            && fits(self.agents.as_ref(), event.agent.as_ref())
            && fits(self.outcomes.as_ref(), event.outcome.as_ref())
            && self.takes_tenant(&event.tenant)
            && self.takes_session(event.session_id.as_deref())
            && self.since_us.is_none_or(|since| event.received_at.0 >= since)
            && self.ids.as_ref().is_none_or(|ids| ids.contains(&event.event_id.to_string()))
    }

    /// Whether an action is sent.
    pub fn takes_action(&self, action: &ActionRow<'_>) -> bool {
        !self.no_actions
            && fits(self.agents.as_ref(), action.agent.as_ref())
            && fits(self.outcomes.as_ref(), action.outcome.as_ref())
            && self.takes_tenant(&action.tenant)
            && self.takes_session(Some(&action.session_id))
            && self.since_us.is_none_or(|since| action.revision >= since)
            && self.ids.as_ref().is_none_or(|ids| {
                ids.contains(&format!("{}.{}", action.action_id, action.revision))
            })
    }

    /// Whether a row at this place is sent at all.
    pub fn takes_place(&self, lane: Lane, end: Offset) -> bool {
        self.through.as_ref().is_none_or(|through| through.is_past(lane, end))
    }

    fn takes_tenant(&self, tenant: &str) -> bool {
        self.tenants.as_ref().is_none_or(|tenants| tenants.contains(tenant))
    }

    fn takes_session(&self, session: Option<&str>) -> bool {
        self.session.as_deref().is_none_or(|wanted| session == Some(wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each condition has to hold, and what is not asked for is no condition.
    #[test]
    fn conditions_hold_together() {
        let event = EventColumns {
            kind: Some(Kind::ToolResult),
            agent: Some(Agent::Codex),
            tenant: "acme".into(),
            ..EventColumns::default()
        };
        assert!(Filter::default().takes_event(&event));
        let kinds = Filter { kinds: Some([Kind::ToolResult].into()), ..Filter::default() };
        assert!(kinds.takes_event(&event));
        let others = Filter { agents: Some([Agent::Gemini].into()), ..kinds };
        assert!(!others.takes_event(&event));
        let tenants = Filter { tenants: Some(["acme".to_owned()].into()), ..Filter::default() };
        assert!(tenants.takes_event(&event));
        let ended = Filter { outcomes: Some([Outcome::Denied].into()), ..Filter::default() };
        assert!(!ended.takes_event(&event), "it did not end");
    }
}
