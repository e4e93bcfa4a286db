//! Whose clock is off.
//!
//! The newest time on a record is at most as old as its request: what is younger than its receipt
//! was made by a clock that runs ahead. A sender that never sent anything young has a clock that
//! stays behind, or sends late.

use serde::{Deserialize, Serialize};

use super::Finding;
use crate::exit::Failure;
use crate::source::Source;

/// A clock that runs ahead by more is a finding.
const AHEAD_MS: f64 = 2_000.0;
/// A sender whose youngest record was older is a finding.
const BEHIND_MS: f64 = 300_000.0;

/// The clock of one sender.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Clock {
    pub(crate) tenant: String,
    pub(crate) principal: String,
    /// From the newest time on a record to its receipt: the least, the median, the most.
    pub(crate) least_ms: f64,
    pub(crate) median_ms: f64,
    pub(crate) most_ms: f64,
    pub(crate) records: i64,
}

/// Reads the clocks of all senders.
pub(super) async fn clocks(
    source: &Source,
    since: &str,
    findings: &mut Vec<Finding>,
) -> Result<Vec<Clock>, Failure> {
    let sql = format!(
        "with ages as (select tenant, principal, \
           cast(cast(received_at as bigint) - cast(coalesce(observed_at, end_time) as bigint) as double) / 1000.0 as age \
           from events where received_at >= {since} and coalesce(observed_at, end_time) is not null) \
         select tenant, principal, min(age) as least_ms, approx_percentile_cont(age, 0.5) as median_ms, \
           max(age) as most_ms, count(*) as records from ages group by 1, 2 order by 1, 2 limit 1000"
    );
    let rows: Vec<Clock> = source.rows(&sql).await?;
    for row in &rows {
        if row.least_ms < -AHEAD_MS {
            let ahead = -row.least_ms / 1000.0;
            let what =
                format!("the clock of {} runs {ahead:.1} s ahead; set it by NTP", row.principal);
            findings.push(Finding::warning("clock", what));
        } else if row.least_ms > BEHIND_MS {
            let behind = row.least_ms / 1000.0;
            let what = format!(
                "the youngest record of {} was {behind:.0} s old: its clock stays behind, or it sends late",
                row.principal
            );
            findings.push(Finding::note("clock", what));
        }
    }
    Ok(rows)
}
