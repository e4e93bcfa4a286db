//! What came in and what became of it, from the ledger.

use seam_schema::agents::ignored::reason;
use seam_schema::vocabulary::IgnoreRule;
use serde::{Deserialize, Serialize};

use super::Finding;
use crate::exit::Failure;
use crate::source::Source;

/// What one agent sent of one signal.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Traffic {
    pub(crate) agent: Option<String>,
    pub(crate) agent_version: Option<String>,
    pub(crate) signal: Option<String>,
    pub(crate) accepted: i64,
    pub(crate) stored: i64,
    pub(crate) ignored: i64,
    pub(crate) undecoded: i64,
    pub(crate) last_minute: String,
}

/// What one rule left out.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Ignored {
    pub(crate) agent: Option<String>,
    pub(crate) rule: String,
    pub(crate) records: i64,
    pub(crate) names: i64,
    #[serde(skip_deserializing)]
    pub(crate) reason: &'static str,
}

/// Reads the traffic; records that could not be decoded and sums that do not agree are findings.
pub(super) async fn traffic(
    source: &Source,
    since: &str,
    findings: &mut Vec<Finding>,
) -> Result<Vec<Traffic>, Failure> {
    let sql = format!(
        "select agent, agent_version, signal, sum(accepted) as accepted, sum(stored) as stored, \
         sum(ignored) as ignored, sum(undecoded) as undecoded, \
         cast(max(minute) as varchar) as last_minute \
         from ledger where minute >= {since} group by 1, 2, 3 order by 1, 2, 3"
    );
    let rows: Vec<Traffic> = source.rows(&sql).await?;
    for row in &rows {
        let who = format!(
            "{} {} {}",
            row.agent.as_deref().unwrap_or("unknown"),
            row.agent_version.as_deref().unwrap_or(""),
            row.signal.as_deref().unwrap_or("")
        );
        if row.accepted != row.stored + row.ignored + row.undecoded {
            let what = format!("{who}: accepted is not stored + ignored + undecoded");
            findings.push(Finding::warning("ledger", what));
        }
        if row.undecoded > 0 {
            let what = format!(
                "{who}: {} records could not be mapped; their bytes are in quarantine, the rows of kind `undecoded` say why",
                row.undecoded
            );
            findings.push(Finding::warning("undecoded", what));
        }
    }
    if rows.is_empty() {
        let what = "nothing came in; point an agent here with `seam connect`".to_owned();
        findings.push(Finding::note("traffic", what));
    }
    Ok(rows)
}

/// Reads what the ignore rules left out.
pub(super) async fn ignored(source: &Source, since: &str) -> Result<Vec<Ignored>, Failure> {
    let sql = format!(
        "select agent, ignored_rule as rule, sum(ignored) as records, count(distinct name) as names \
         from ledger where minute >= {since} and ignored > 0 group by 1, 2 order by 3 desc"
    );
    let mut rows: Vec<Ignored> = source.rows(&sql).await?;
    for row in &mut rows {
        row.reason = IgnoreRule::parse(&row.rule).map_or("a rule of another version", reason);
    }
    Ok(rows)
}
