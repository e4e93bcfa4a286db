//! Who has gone silent: logs that stopped while spans or metrics go on.
//!
//! Some agents send no logs at all; silence is what those do that once sent some, or that are
//! known to send them.

use seam_schema::vocabulary::Agent;
use serde::{Deserialize, Serialize};

use super::Finding;
use crate::exit::Failure;
use crate::source::Source;

/// Logs that are so much older than what else came are missing.
const SILENT_SECONDS: f64 = 900.0;

/// When one agent of one sender was last heard, by signal.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Seen {
    pub(crate) tenant: String,
    pub(crate) principal: String,
    pub(crate) host: Option<String>,
    pub(crate) agent: Option<String>,
    pub(crate) logs: Option<String>,
    pub(crate) spans: Option<String>,
    pub(crate) metrics: Option<String>,
    /// How much younger the youngest span or metric is than the youngest log record.
    pub(crate) logs_behind_seconds: Option<f64>,
}

/// Whether an agent is known to send logs.
fn sends_logs(agent: Option<&str>) -> bool {
    let agent = agent.and_then(Agent::parse);
    matches!(agent, Some(Agent::Codex | Agent::ClaudeCode | Agent::Gemini | Agent::Qwen))
}

/// Reads who was last heard when.
pub(super) async fn seen(
    source: &Source,
    since: &str,
    findings: &mut Vec<Finding>,
) -> Result<Vec<Seen>, Failure> {
    let sql = format!(
        "with heard as ( \
           select tenant, principal, host, agent, signal, max(received_at) as at from events \
             where received_at >= {since} group by 1, 2, 3, 4, 5 \
           union all \
           select tenant, principal, null, agent, 'metrics', max(received_at) from metrics \
             where received_at >= {since} group by 1, 2, 4), \
         folded as (select tenant, principal, agent, max(host) as host, \
           max(at) filter (where signal = 'logs') as logs, \
           max(at) filter (where signal in ('traces', 'span_event')) as spans, \
           max(at) filter (where signal = 'metrics') as metrics from heard group by 1, 2, 3) \
         select tenant, principal, host, agent, cast(logs as varchar) as logs, \
           cast(spans as varchar) as spans, cast(metrics as varchar) as metrics, \
           cast(cast(greatest(spans, metrics) as bigint) - cast(logs as bigint) as double) / 1000000.0 \
             as logs_behind_seconds \
         from folded order by 1, 2, 4 limit 10000"
    );
    let rows: Vec<Seen> = source.rows(&sql).await?;
    for row in &rows {
        let who = format!("{} of {}", row.agent.as_deref().unwrap_or("unknown"), row.principal);
        if row.logs.is_none() && sends_logs(row.agent.as_deref()) {
            let what = format!(
                "{who} sends spans or metrics and no logs: its log exporter is off or has failed; `seam connect` turns all three on"
            );
            findings.push(Finding::warning("silent", what));
        } else if row.logs_behind_seconds.is_some_and(|seconds| seconds > SILENT_SECONDS) {
            let seconds = row.logs_behind_seconds.unwrap_or_default();
            let what = format!(
                "{who} went silent: its logs stopped {seconds:.0} s before its newest span or metric"
            );
            findings.push(Finding::warning("silent", what));
        }
    }
    Ok(rows)
}
