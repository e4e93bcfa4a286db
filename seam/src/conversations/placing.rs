//! Where something stands on the page that no edge puts there: by its time.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde::Serialize;

use super::rows::{ActionRow, LinkRow, Moment, SessionRow};

/// A subagent may be told of before the call that spawned it, by so much.
const EARLY: TimeDelta = TimeDelta::seconds(2);

/// How a conversation was put under a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Placed {
    /// The event of its edge is one of that call.
    Link,
    /// It began after that call did.
    Time,
}

/// The call that began a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Spawner {
    pub(crate) action_id: String,
    pub(crate) placed: Placed,
}

/// Finds the call that began `child`. By its edge any call can be; by time a subagent's
/// conversation belongs to the first call that spawns one, began before it, and is not taken.
pub(super) fn spawner(
    placed: Placed,
    child: &SessionRow,
    link: Option<&LinkRow>,
    actions: &[ActionRow],
    taken: &BTreeSet<String>,
) -> Option<Spawner> {
    let found = match placed {
        Placed::Link => {
            let event = link?.event_id.as_deref()?;
            actions.iter().find(|action| action.is_shown_by(event))
        }
        Placed::Time => {
            let start = child.started_at.filter(|_| child.role.as_deref() == Some("subagent"))?;
            let could = |action: &&ActionRow| {
                action.tool_kind.as_deref() == Some("subagent")
                    && !matches!(action.outcome.as_deref(), Some("denied"))
                    && action.time().is_some_and(|time| time <= start + EARLY)
                    && !taken.contains(&action.action_id)
            };
            actions.iter().filter(could).min_by_key(|action| (action.time(), &action.action_id))
        }
    };
    found.map(|action| Spawner { action_id: action.action_id.clone(), placed })
}

/// Which of these, in the order of their starts, ran at a time: the last that had begun.
pub(super) fn running(starts: &[Option<Moment>], time: Option<Moment>) -> Option<usize> {
    let time = time?;
    starts.iter().rposition(|start| start.is_some_and(|start| start <= time))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Option<Moment> {
        Moment::from_timestamp_millis(milliseconds)
    }

    fn spawn(id: &str, time: i64) -> ActionRow {
        ActionRow {
            action_id: id.to_owned(),
            tool_kind: Some("subagent".to_owned()),
            requested_at: at(time),
            ..ActionRow::default()
        }
    }

    fn child(role: &str, time: i64) -> SessionRow {
        SessionRow { role: Some(role.to_owned()), started_at: at(time), ..SessionRow::default() }
    }

    /// Two calls in parallel get the two conversations in their order; a call that was refused
    /// or that came later gets none.
    #[test]
    fn by_time_in_their_order() {
        let refused = ActionRow { outcome: Some("denied".to_owned()), ..spawn("no", 1_000) };
        let actions = [refused, spawn("a", 10_000), spawn("b", 10_050), spawn("c", 60_000)];
        let find = |time: i64, taken: &[&str]| {
            let taken = taken.iter().map(|&id| id.to_owned()).collect();
            let found = spawner(Placed::Time, &child("subagent", time), None, &actions, &taken);
            found.map(|found| found.action_id)
        };
        assert_eq!(find(10_500, &[]).as_deref(), Some("a"));
        assert_eq!(find(10_600, &["a"]).as_deref(), Some("b"));
        assert_eq!(find(10_600, &["a", "b"]), None);
        assert_eq!(find(5_000, &[]), None);
        let title = child("title", 10_500);
        assert_eq!(spawner(Placed::Time, &title, None, &actions, &BTreeSet::new()), None);
    }

    /// The last that had begun is the one that ran.
    #[test]
    fn the_running_one() {
        let starts = [at(10), at(20), None];
        assert_eq!(running(&starts, at(5)), None);
        assert_eq!(running(&starts, at(15)), Some(0));
        assert_eq!(running(&starts, at(20)), Some(1));
        assert_eq!(running(&starts, None), None);
    }
}
