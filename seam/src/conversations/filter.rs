//! Which conversations are listed.

use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use crate::quote::literal;

/// From when on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// So long before now, by the clock of who answers.
    Ago(Duration),
    /// This moment.
    At(DateTime<Utc>),
}

impl FromStr for Since {
    type Err = String;

    /// A span (`24h`), a day (`2026-11-20`), or a time (RFC 3339; without a zone, UTC).
    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(span) = crate::cli::span(text) {
            return Ok(Self::Ago(span));
        }
        if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self::At(moment.to_utc()));
        }
        let text = text.replacen('T', " ", 1);
        let of_day = || NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
        let of_form = |form| NaiveDateTime::parse_from_str(&text, form).ok();
        of_day()
            .or_else(|| of_form("%Y-%m-%d %H:%M"))
            .or_else(|| of_form("%Y-%m-%d %H:%M:%S%.f"))
            .map(|moment| Self::At(moment.and_utc()))
            .ok_or_else(|| {
                format!("`{text}` is neither a span like 24h nor a time like 2026-11-20T14:03:00Z")
            })
    }
}

/// What is asked of the conversations; what is not said is not asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// Something of it was seen since then.
    pub(crate) since: Option<Since>,
    pub(crate) agent: Option<String>,
    /// The e-mail address as claimed, or the principal.
    pub(crate) user: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) role: Option<String>,
    /// An action of it ended like this.
    pub(crate) outcome: Option<String>,
    /// A call or a network attempt of it was denied.
    pub(crate) denied: bool,
}

impl Filter {
    /// The condition on `sessions s`.
    pub(crate) fn condition(&self) -> String {
        let mut all = Vec::new();
        let mut equal = |column: &str, wanted: &Option<String>| {
            all.extend(wanted.as_deref().map(|text| format!("{column} = {}", literal(text))));
        };
        equal("s.agent", &self.agent);
        equal("s.host", &self.host);
        equal("s.role", &self.role);
        match self.since {
            Some(Since::Ago(span)) => {
                all.push(format!("s.ended_at >= now() - interval '{} seconds'", span.as_secs()));
            }
            // As a number, so that no reader of times in between can take it otherwise.
            Some(Since::At(moment)) => {
                all.push(format!("cast(s.ended_at as bigint) >= {}", moment.timestamp_micros()));
            }
            None => {}
        }
        if let Some(user) = &self.user {
            let user = literal(user);
            all.push(format!("(lower(s.user_email) = lower({user}) or s.principal = {user})"));
        }
        if self.denied {
            all.push("(s.denied > 0 or s.net_denied > 0)".to_owned());
        }
        if let Some(outcome) = &self.outcome {
            all.push(format!(
                "exists (select 1 from actions a where a.tenant = s.tenant and a.agent = s.agent \
                 and a.session_id = s.session_id and a.outcome = {})",
                literal(outcome)
            ));
        }
        if all.is_empty() { "true".to_owned() } else { all.join(" and ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spans, days and times are told apart, and nonsense is refused.
    #[test]
    fn since_is_a_span_or_a_time() {
        let at = |text: &str| match text.parse() {
            Ok(Since::At(moment)) => moment.to_rfc3339(),
            other => format!("{other:?}"),
        };
        assert_eq!("90m".parse(), Ok(Since::Ago(Duration::from_mins(90))));
        assert_eq!(at("2026-11-20"), "2026-11-20T00:00:00+00:00");
        assert_eq!(at("2026-11-20 14:03"), "2026-11-20T14:03:00+00:00");
        assert_eq!(at("2026-11-20T14:03:05"), "2026-11-20T14:03:05+00:00");
        assert_eq!(at("2026-11-20T14:03:05+02:00"), "2026-11-20T12:03:05+00:00");
        assert!("yesterday".parse::<Since>().is_err());
    }

    /// Every filter is a condition, and no value gets out of its literal.
    #[test]
    fn conditions_are_quoted() {
        assert_eq!(Filter::default().condition(), "true");
        let filter = Filter {
            since: Some(Since::Ago(Duration::from_hours(1))),
            agent: Some("codex".to_owned()),
            user: Some("o'neil@example.com".to_owned()),
            host: Some("h' or true --".to_owned()),
            role: Some("main".to_owned()),
            outcome: Some("failed".to_owned()),
            denied: true,
        };
        assert_eq!(
            filter.condition(),
            "s.agent = 'codex' and s.host = 'h'' or true --' and s.role = 'main' \
             and s.ended_at >= now() - interval '3600 seconds' \
             and (lower(s.user_email) = lower('o''neil@example.com') or s.principal = 'o''neil@example.com') \
             and (s.denied > 0 or s.net_denied > 0) \
             and exists (select 1 from actions a where a.tenant = s.tenant and a.agent = s.agent \
             and a.session_id = s.session_id and a.outcome = 'failed')"
        );
        let at = Filter { since: "2026-11-20".parse().ok(), ..Filter::default() };
        assert_eq!(at.condition(), "cast(s.ended_at as bigint) >= 1795132800000000");
    }
}
