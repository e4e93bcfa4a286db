//! Names and attributes never seen before, and fields that stopped coming.
//!
//! The newest rows of each name are read back into the attributes they were sent with and
//! compared with the catalogue; names come from the ledger, so one that a rule ignores counts too.

use seam_schema::drift::{Change, Observations, Origin, drift};
use seam_schema::event::Event;
use seam_schema::vocabulary::{Agent, RecordSignal};
use serde::{Deserialize, Serialize};

use super::Finding;
use crate::exit::Failure;
use crate::source::Source;

/// So many rows of each agent, version, signal and name are looked at.
const SAMPLE_ROWS: u32 = 200;

/// One difference from what is known.
#[derive(Debug, Serialize)]
pub(crate) struct Line {
    pub(crate) agent: String,
    pub(crate) agent_version: String,
    pub(crate) signal: String,
    pub(crate) name: String,
    pub(crate) what: &'static str,
    pub(crate) attribute: String,
    pub(crate) detail: String,
    pub(crate) records: u64,
}

#[derive(Debug, Deserialize)]
struct Counted {
    agent: Option<String>,
    agent_version: Option<String>,
    signal: Option<String>,
    name: Option<String>,
    records: u64,
}

impl Counted {
    fn origin(&self) -> Option<Origin> {
        Some(Origin {
            agent: Agent::parse(self.agent.as_deref()?)?,
            version: self.agent_version.clone().unwrap_or_default(),
            signal: RecordSignal::parse(self.signal.as_deref()?)?,
            name: self.name.clone().unwrap_or_default(),
        })
    }
}

/// Reads a sample and compares.
pub(super) async fn lines(
    source: &Source,
    since: &str,
    findings: &mut Vec<Finding>,
) -> Result<Vec<Line>, Failure> {
    let mut observations = Observations::default();
    let sql = format!(
        "select agent, agent_version, signal, name, sum(accepted) as records from ledger \
         where minute >= {since} and signal <> 'metrics' group by 1, 2, 3, 4"
    );
    for row in source.rows::<Counted>(&sql).await? {
        if let Some(origin) = row.origin() {
            observations.add_name(origin, row.records);
        }
    }
    let sql = format!(
        "select * from events where received_at >= {since} and event_id in ( \
           select event_id from (select event_id, row_number() over ( \
             partition by agent, agent_version, signal, name \
             order by offset_sequence desc, offset_index desc) as newest \
             from events where received_at >= {since}) where newest <= {SAMPLE_ROWS})"
    );
    for batch in source.batches(&sql).await? {
        for row in 0..batch.num_rows() {
            observations.add(&Event::read(&batch, row));
        }
    }
    Ok(drift(&observations)
        .into_iter()
        .map(|drift| {
            let line = line(drift.origin, drift.change, drift.records);
            findings.push(finding(&line));
            line
        })
        .collect())
}

fn line(origin: Origin, change: Change, records: u64) -> Line {
    let (what, attribute, detail) = match change {
        Change::NewName => ("new name", String::new(), String::new()),
        Change::NewAttribute { key, types } => ("new attribute", key, format!("type {types}")),
        Change::Retyped { key, listed, found } => {
            ("retyped", key, format!("was {listed}, is {found}"))
        }
        Change::Missing { key, from } => {
            ("missing", key.to_owned(), format!("from {from} of {records} records"))
        }
    };
    Line {
        agent: origin.agent.to_string(),
        agent_version: origin.version,
        signal: origin.signal.to_string(),
        name: origin.name,
        what,
        attribute,
        detail,
        records,
    }
}

/// What stopped or changed its type may empty a column; what is new is only to be known.
fn finding(line: &Line) -> Finding {
    let what = format!(
        "{} {} {} `{}`: {} {} {}",
        line.agent,
        line.agent_version,
        line.signal,
        line.name,
        line.what,
        line.attribute,
        line.detail
    );
    let what = what.trim_end().to_owned();
    match line.what {
        "missing" | "retyped" => Finding::warning("drift", what),
        _ => Finding::note("drift", what),
    }
}
