//! Rings when an agent goes silent: its logs stopped while its spans or metrics go on.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::doctor::silence::{Seen, seen};
use crate::sinks::AlarmBell;
use crate::source::Source;

/// How often it looks; the first time at the start.
const EVERY: Duration = Duration::from_mins(5);
/// How soon again when the tables lacked something: what is still to come may be the logs.
const AGAIN: Duration = Duration::from_secs(10);
/// How far back it looks, in SQL: an agent that sent nothing at all since then is not at work.
const SINCE: &str = "now() - interval '2 hours'";
/// A statement that the answer to [`seen`] may lack no frame of.
const EVENTS: &str = "select count(*) from events where false";

/// Looks now and then, for ever.
pub(super) async fn watch(bell: &AlarmBell, tables: &Source) {
    let mut silent = Silent::default();
    loop {
        let is_whole = match tables.lag(EVENTS).await {
            Ok(lag) => lag == 0,
            Err(error) => {
                tracing::debug!(%error, "cannot see whether all is in the tables");
                false
            }
        };
        if !is_whole {
            tokio::time::sleep(AGAIN).await;
            continue;
        }
        match seen(tables, SINCE).await {
            Ok(rows) => {
                silent.look(&rows).iter().for_each(|(alarm, what)| bell.ring(alarm, None, what));
            }
            Err(error) => tracing::warn!(%error, "cannot look who is silent"),
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Tenant, principal and agent.
type Who = (String, String, Option<String>);

/// Who was silent at the last look.
#[derive(Debug, Default)]
struct Silent(BTreeSet<Who>);

impl Silent {
    /// The alarms of a look: of those that are newly silent, and of those that are heard again.
    /// Who sends nothing any more is forgotten.
    fn look(&mut self, rows: &[Seen]) -> Vec<(&'static str, String)> {
        let mut alarms = Vec::new();
        let mut now = BTreeSet::new();
        for row in rows {
            let who = (row.tenant.clone(), row.principal.clone(), row.agent.clone());
            let was = self.0.contains(&who);
            if let Some(what) = row.silence() {
                if !was {
                    alarms.push(("silent", what));
                }
                now.insert(who);
            } else if was {
                alarms.push(("released", format!("{} sends logs again", row.who())));
            }
        }
        self.0 = now;
        alarms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(logs: Option<&str>, behind: Option<f64>) -> Seen {
        Seen {
            tenant: "default".to_owned(),
            principal: "ada".to_owned(),
            host: None,
            agent: Some("codex".to_owned()),
            logs: logs.map(str::to_owned),
            spans: Some("2026-01-01T00:00:00".to_owned()),
            metrics: None,
            logs_behind_seconds: behind,
        }
    }

    /// One alarm when it goes silent, none while it stays so, one when it is heard again; an agent
    /// that is switched off is not heard again, and may go silent anew.
    #[test]
    fn alarms_come_when_something_changes() {
        let mut silent = Silent::default();
        let kinds = |alarms: Vec<(&'static str, String)>| {
            alarms.into_iter().map(|(alarm, _)| alarm).collect::<Vec<_>>()
        };
        let (well, late, never) =
            (row(Some("now"), Some(1.0)), row(Some("then"), Some(1000.0)), row(None, None));
        assert!(silent.look(&[well]).is_empty());
        assert_eq!(kinds(silent.look(&[late])), ["silent"]);
        assert!(silent.look(&[never]).is_empty());
        assert_eq!(kinds(silent.look(&[row(Some("now"), None)])), ["released"]);
        assert_eq!(kinds(silent.look(&[row(None, None)])), ["silent"]);
        assert!(silent.look(&[]).is_empty());
        assert_eq!(kinds(silent.look(&[row(None, None)])), ["silent"]);
    }
}
