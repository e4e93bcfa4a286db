//! The earlier events of some conversations, wherever they lie.
//!
//! Files are left out by their tenant, their log and their bounds, row groups by their bloom
//! filters; the tail is looked through as it is. All conversations of a call are found in one
//! pass.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, StringArray};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use seam_schema::ids::LogId;
use seam_schema::stitch::{HistoryKey, Name};
use seam_schema::table::Table;

use crate::error::ReadError;
use crate::follow::{Cursor, Position};
use crate::pick::Pick;
use crate::read::FileRows;
use crate::snapshot::{DataFile, Snapshot, StatValue};

/// The columns that say whose an event is.
const COLUMNS: [&str; 5] = ["session_id", "trace_id", "agent", "offset_sequence", "offset_index"];

impl Snapshot {
    /// The events of some conversations that stand at or before a cursor, with the named columns
    /// of `events`; the rows of one file or tail batch in offset order, each row once. A log that
    /// the cursor does not name has none.
    pub async fn events_of(
        &self,
        keys: &[HistoryKey],
        seen: &Cursor,
        columns: &[&str],
    ) -> Result<Vec<RecordBatch>, ReadError> {
        let (Some(events), false) = (self.table(Table::Events), keys.is_empty()) else {
            return Ok(Vec::new());
        };
        let (indices, schema) = projection(columns);
        let mut found = Vec::new();
        for (tenant, keys) in by_tenant(keys) {
            let keys = Arc::new(keys);
            for file in events.files.iter().filter(|file| file.tenant == tenant) {
                let Some(last) = file.log_id.and_then(|log_id| seen.get(log_id)) else { continue };
                if !may_hold(file, &keys, last) {
                    continue;
                }
                let pick = keys.pick(last, None);
                let schema = Arc::clone(&schema);
                let rows = FileRows::open_picked(self.reader(), file, schema, &pick).await?;
                if let Some(rows) = rows {
                    found.extend(rows.all().await?);
                }
            }
            for batch in &events.tail {
                let Some(last) = log_of(batch).and_then(|log_id| seen.get(log_id)) else {
                    continue;
                };
                let picked = keys.pick(last, Some(tenant.into())).of_batch(batch, &indices);
                found.extend(picked.map_err(|error| ReadError::Content {
                    path: Table::Events.name().to_owned(),
                    what: error.to_string(),
                })?);
            }
        }
        found.retain(|batch| batch.num_rows() > 0);
        Ok(found)
    }
}

/// The named columns of `events`: their places, and what they are together.
pub(crate) fn projection(columns: &[&str]) -> (Vec<usize>, SchemaRef) {
    let schema = Table::Events.schema();
    let fields = schema.fields().iter().enumerate();
    let fields = fields.filter(|(_, field)| columns.contains(&field.name().as_str()));
    let (indices, fields): (Vec<usize>, Vec<_>) =
        fields.map(|(index, field)| (index, Arc::clone(field))).unzip();
    (indices, Arc::new(Schema::new(fields)))
}

/// The wanted ids of one tenant: conversations, each with the agents it is wanted of, and traces
/// of any agent, of which what names no conversation is wanted.
#[derive(Debug, Default)]
struct Keys {
    sessions: HashMap<Name, HashSet<&'static str>>,
    traces: HashSet<Name>,
}

fn by_tenant(keys: &[HistoryKey]) -> HashMap<&str, Keys> {
    let mut tenants: HashMap<&str, Keys> = HashMap::new();
    for key in keys {
        let of = tenants.entry(key.tenant.as_str()).or_default();
        if key.trace {
            of.traces.insert(key.id.clone());
        } else {
            of.sessions.entry(key.id.clone()).or_default().insert(key.agent.as_str());
        }
    }
    tenants
}

/// Whether the bounds of a file let it hold wanted rows.
fn may_hold(file: &DataFile, keys: &Keys, last: Position) -> bool {
    if file.sequences().is_some_and(|(first, _)| first > last.sequence) {
        return false;
    }
    if !keys.traces.is_empty() {
        return true;
    }
    let Some(stats) = file.stats("session_id") else { return true };
    keys.sessions.keys().any(|id| {
        let above = matches!(&stats.min, Some(StatValue::Text(min)) if id.as_str() < min.as_str());
        let below = matches!(&stats.max, Some(StatValue::Text(max)) if id.as_str() > max.as_str());
        !above && !below
    })
}

/// The log of a batch of the tail: all its rows are of one.
pub(crate) fn log_of(batch: &RecordBatch) -> Option<LogId> {
    let logs = texts(batch, "log_id")?;
    LogId::parse((!logs.is_empty()).then(|| logs.value(0))?)
}

fn texts<'b>(batch: &'b RecordBatch, name: &str) -> Option<&'b StringArray> {
    batch.column_by_name(name)?.as_string_opt::<i32>()
}

fn text_at(column: Option<&StringArray>, row: usize) -> Option<&str> {
    column.filter(|column| column.is_valid(row)).map(|column| column.value(row))
}

impl Keys {
    /// The rows of these conversations up to a position; where the batch has its tenant in a
    /// column, those of that tenant.
    fn pick(self: &Arc<Self>, last: Position, tenant: Option<Name>) -> Pick {
        let keys = Arc::clone(self);
        Pick {
            columns: COLUMNS.to_vec(),
            any_of: vec![
                ("session_id", self.sessions.keys().cloned().collect()),
                ("trace_id", self.traces.iter().cloned().collect()),
            ],
            keep: Arc::new(move |batch| keys.keep(batch, last, tenant.as_deref())),
        }
    }

    fn keep(&self, batch: &RecordBatch, last: Position, tenant: Option<&str>) -> BooleanArray {
        let [sessions, traces, agents, tenants] =
            ["session_id", "trace_id", "agent", "tenant"].map(|name| texts(batch, name));
        let wanted = |row: usize| {
            if tenant.is_some() && text_at(tenants, row) != tenant {
                return false;
            }
            let agent = text_at(agents, row).unwrap_or_default();
            let is_of = match text_at(sessions, row) {
                Some(session) => {
                    self.sessions.get(session).is_some_and(|agents| agents.contains(agent))
                }
                None => text_at(traces, row).is_some_and(|trace| self.traces.contains(trace)),
            };
            is_of && Position::of_row(batch, row).is_some_and(|position| position <= last)
        };
        (0..batch.num_rows()).map(|row| Some(wanted(row))).collect()
    }
}
