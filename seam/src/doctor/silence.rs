//! Who has gone silent: logs that stopped while spans or metrics go on.
//!
//! Some agents send no logs at all; silence is what those do that once sent some, or that are
//! known to send them. A running server looks now and then and rings an alarm.

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

impl Seen {
    /// Who it is, for people.
    pub(crate) fn who(&self) -> String {
        format!("{} of {}", self.agent.as_deref().unwrap_or("unknown"), self.principal)
    }

    /// What is to be said if it is silent.
    pub(crate) fn silence(&self) -> Option<String> {
        let who = self.who();
        if self.logs.is_none() && sends_logs(self.agent.as_deref()) {
            return Some(format!(
                "{who} sends spans or metrics and no logs: its log exporter is off or has failed; `seam connect` turns all three on"
            ));
        }
        let behind = self.logs_behind_seconds.filter(|seconds| *seconds > SILENT_SECONDS)?;
        Some(format!(
            "{who} went silent: its logs stopped {behind:.0} s before its newest span or metric"
        ))
    }
}

/// Reads who was last heard when, of what was received since a time, an SQL expression.
pub(crate) async fn seen(source: &Source, since: &str) -> Result<Vec<Seen>, Failure> {
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
    source.rows(&sql).await
}

/// The findings about those that are silent.
pub(super) fn check(seen: &[Seen], findings: &mut Vec<Finding>) {
    findings
        .extend(seen.iter().filter_map(Seen::silence).map(|what| Finding::warning("silent", what)));
}
