//! What came in, what became of it, and what looks wrong: the answers of `seam doctor`.
//!
//! Everything is read from the tables through SQL, so it can be asked of a server or of a folder;
//! only the state of log and disk comes from the server alone. [`report`] gathers, [`page`] prints.
//! A finding is a warning (something to act on: `--strict` ends with 4) or a note.

mod clocks;
mod drift;
mod page;
pub(crate) mod silence;
mod state;
mod traffic;

use serde::Serialize;

pub(crate) use page::page;

use crate::exit::Failure;
use crate::source::Source;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// Something to act on.
    Warning,
    /// Something to know.
    Note,
}

/// One thing that stands out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Finding {
    pub(crate) level: Level,
    /// Which check found it.
    pub(crate) check: &'static str,
    pub(crate) what: String,
}

impl Finding {
    fn warning(check: &'static str, what: String) -> Self {
        Self { level: Level::Warning, check, what }
    }

    fn note(check: &'static str, what: String) -> Self {
        Self { level: Level::Note, check, what }
    }
}

/// Everything the doctor saw.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// How far it looked back.
    pub(crate) since_seconds: u64,
    pub(crate) findings: Vec<Finding>,
    pub(crate) traffic: Vec<traffic::Traffic>,
    pub(crate) ignored: Vec<traffic::Ignored>,
    pub(crate) drift: Vec<drift::Line>,
    pub(crate) last_seen: Vec<silence::Seen>,
    pub(crate) clocks: Vec<clocks::Clock>,
    /// The server's word on log, tables, memory and disk; null for a folder.
    pub(crate) state: serde_json::Value,
}

impl Report {
    /// Whether something has to be acted on.
    pub(crate) fn has_warnings(&self) -> bool {
        self.findings.iter().any(|finding| finding.level == Level::Warning)
    }
}

/// Looks at everything received in the last `since_seconds`.
pub(crate) async fn report(source: &Source, since_seconds: u64) -> Result<Report, Failure> {
    let since = format!("now() - interval '{since_seconds} seconds'");
    let mut findings = Vec::new();
    let traffic = traffic::traffic(source, &since, &mut findings).await?;
    let ignored = traffic::ignored(source, &since).await?;
    let drift = drift::lines(source, &since, &mut findings).await?;
    let last_seen = silence::seen(source, &since).await?;
    silence::check(&last_seen, &mut findings);
    let clocks = clocks::clocks(source, &since, &mut findings).await?;
    let state = source.status().await?;
    state::check(&state, &mut findings);
    findings.sort();
    Ok(Report { since_seconds, findings, traffic, ignored, drift, last_seen, clocks, state })
}
