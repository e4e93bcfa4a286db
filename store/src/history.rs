//! The earlier events of some conversations, wherever they lie.
//!
//! Files are left out by their tenant, their log and their bounds, row groups by their bloom
//! filters; the tail is looked through as it is. All conversations of a call are found in one
//! pass.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, StringArray};
use arrow::record_batch::RecordBatch;
use seam_schema::stitch::{HistoryKey, Name};

use crate::error::ReadError;
use crate::follow::{Cursor, Position};
use crate::pick::Pick;
use crate::snapshot::{DataFile, Snapshot, StatValue};

/// The columns that say whose an event is.
const COLUMNS: [&str; 5] = ["session_id", "trace_id", "agent", "offset_sequence", "offset_index"];

impl Snapshot {
    /// The events of some conversations that stand at or before a cursor, with the named columns
    /// of `events`; the rows of one file or tail batch in the order they have there, each row
    /// once. A log that the cursor does not name has none.
    pub async fn events_of<T: Send + 'static>(
        &self,
        keys: &[HistoryKey],
        seen: &Cursor,
        columns: &[&str],
        read: fn(&RecordBatch) -> Vec<T>,
    ) -> Result<Vec<Vec<T>>, ReadError> {
        let mut found = Vec::new();
        for (tenant, keys) in by_tenant(keys) {
            let keys = Arc::new(keys);
            let may_hold =
                |file: &DataFile, last| file.tenant == tenant && may_hold(file, &keys, last);
            let pick = |last| keys.pick(last, tenant.into());
            found.extend(self.picked_events(seen, columns, may_hold, pick, read).await?);
        }
        Ok(found)
    }
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

fn texts<'b>(batch: &'b RecordBatch, name: &str) -> Option<&'b StringArray> {
    batch.column_by_name(name)?.as_string_opt::<i32>()
}

fn text_at(column: Option<&StringArray>, row: usize) -> Option<&str> {
    column.filter(|column| column.is_valid(row)).map(|column| column.value(row))
}

impl Keys {
    /// The rows of these conversations of a tenant up to a position.
    fn pick(self: &Arc<Self>, last: Position, tenant: Name) -> Pick {
        let keys = Arc::clone(self);
        Pick {
            columns: COLUMNS.to_vec(),
            any_of: vec![
                ("session_id", self.sessions.keys().cloned().collect()),
                ("trace_id", self.traces.iter().cloned().collect()),
            ],
            keep: Arc::new(move |batch| keys.keep(batch, last, &tenant)),
        }
    }

    /// The rows of a file say nothing of their tenant, for its folder does.
    fn keep(&self, batch: &RecordBatch, last: Position, tenant: &str) -> BooleanArray {
        let [sessions, traces, agents, tenants] =
            ["session_id", "trace_id", "agent", "tenant"].map(|name| texts(batch, name));
        let wanted = |row: usize| {
            if tenants.is_some_and(|tenants| tenants.value(row) != tenant) {
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
