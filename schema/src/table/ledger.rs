//! The table `ledger`: what came in and what became of it.
//!
//! For every key, accepted = stored + ignored + undecoded, exactly. Rows with the same key
//! are summed: how many there are says only how often the table was written.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Schema, SchemaRef};

use crate::event::Text;
use crate::table::cell::{Day, TimeUs, columns};
use crate::vocabulary::{Agent, IgnoreRule, RecordSignal};

/// What a line of the ledger counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LedgerKey {
    /// Whose records.
    pub tenant: String,
    /// The minute they were received in, microseconds since 1970.
    pub minute_us: i64,
    /// Which agent sent them.
    pub agent: Agent,
    /// The agent's version, empty if it did not say.
    pub agent_version: String,
    /// What kind of record.
    pub signal: RecordSignal,
    /// The event's, span's or metric's name, empty if there is none.
    pub name: String,
    /// The rule that ignored them, for a line of ignored records.
    pub ignored_rule: Option<IgnoreRule>,
}

/// How many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LedgerCounts {
    /// Records of acknowledged requests.
    pub accepted: i64,
    /// Rows.
    pub stored: i64,
    /// Left out by the key's rule.
    pub ignored: i64,
    /// Records of frames that could not be mapped.
    pub undecoded: i64,
}

/// Sums lines of the ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    lines: BTreeMap<LedgerKey, LedgerCounts>,
}

impl Ledger {
    /// Adds counts to a line.
    pub fn add(&mut self, key: LedgerKey, counts: LedgerCounts) {
        let line = self.lines.entry(key).or_default();
        line.accepted += counts.accepted;
        line.stored += counts.stored;
        line.ignored += counts.ignored;
        line.undecoded += counts.undecoded;
    }

    /// Adds all lines of another ledger.
    pub fn merge(&mut self, other: Ledger) {
        for (key, counts) in other.lines {
            self.add(key, counts);
        }
    }

    /// The lines, ordered by key.
    pub fn lines(&self) -> impl Iterator<Item = (&LedgerKey, &LedgerCounts)> {
        self.lines.iter()
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Takes the lines out as one batch of [`schema`].
    pub fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        let mut builder = LedgerColumnsBuilder::default();
        for (key, counts) in std::mem::take(&mut self.lines) {
            builder.append(&row(&key, counts));
        }
        RecordBatch::try_new(schema(), builder.finish())
    }
}

fn row<'a>(key: &'a LedgerKey, counts: LedgerCounts) -> LedgerRow<'a> {
    let text = |text: &'a str| (!text.is_empty()).then_some(Text::Borrowed(text));
    LedgerRow {
        tenant: Text::Borrowed(&key.tenant),
        day: Day(crate::ids::ReceivedAt(key.minute_us).day()),
        minute: TimeUs(key.minute_us),
        agent: Some(key.agent),
        agent_version: text(&key.agent_version),
        signal: Some(key.signal),
        name: text(&key.name),
        accepted: counts.accepted,
        stored: counts.stored,
        ignored: counts.ignored,
        ignored_rule: key.ignored_rule,
        undecoded: counts.undecoded,
    }
}

/// Reads a ledger back from its rows.
pub fn read(batch: &RecordBatch) -> Ledger {
    let mut ledger = Ledger::default();
    for index in 0..batch.num_rows() {
        let row = LedgerRow::read(batch, index);
        let key = LedgerKey {
            tenant: row.tenant.into_owned(),
            minute_us: row.minute.0,
            agent: row.agent.unwrap_or(Agent::Unknown),
            agent_version: row.agent_version.unwrap_or_default().into_owned(),
            signal: row.signal.unwrap_or(RecordSignal::Logs),
            name: row.name.unwrap_or_default().into_owned(),
            ignored_rule: row.ignored_rule,
        };
        let counts = LedgerCounts {
            accepted: row.accepted,
            stored: row.stored,
            ignored: row.ignored,
            undecoded: row.undecoded,
        };
        ledger.add(key, counts);
    }
    ledger
}

/// The Arrow schema of `ledger`.
pub fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> =
        LazyLock::new(|| Arc::new(Schema::new(LedgerRow::fields())));
    Arc::clone(&SCHEMA)
}

columns! {
    lifetime 'a;
    /// One row of `ledger`.
    row LedgerRow;
    /// Collects the columns of `ledger`.
    builder LedgerColumnsBuilder;
    /// Whose records. Partition.
    tenant: Text<'a>,
    /// The day they were received. Partition.
    day: Day,
    /// The minute they were received.
    minute: TimeUs,
    /// Which agent sent them.
    agent: Option<Agent>,
    /// The agent's version.
    agent_version: Option<Text<'a>>,
    /// What kind of record.
    signal: Option<RecordSignal>,
    /// The event's, span's or metric's name.
    name: Option<Text<'a>>,
    /// Records of acknowledged requests.
    accepted: i64,
    /// Rows.
    stored: i64,
    /// Left out by `ignored_rule`.
    ignored: i64,
    /// The rule, on a line of ignored records.
    ignored_rule: Option<IgnoreRule>,
    /// Records of frames that could not be mapped.
    undecoded: i64,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    /// Lines with the same key are one line, and a batch gives back what was summed.
    #[test]
    fn ledger_sums_and_round_trips() {
        let key = LedgerKey {
            tenant: "default".to_owned(),
            minute_us: 120_000_000,
            agent: Agent::Codex,
            agent_version: "0.169.0".to_owned(),
            signal: RecordSignal::Logs,
            name: "codex.tool_result".to_owned(),
            ignored_rule: None,
        };
        let one = LedgerCounts { accepted: 1, stored: 1, ignored: 0, undecoded: 0 };
        let mut ledger = Ledger::default();
        ledger.add(key.clone(), one);
        ledger.add(key, one);
        assert_eq!(ledger.lines().count(), 1);
        let summed = ledger.clone();
        let batch = ledger.finish().unwrap();
        assert_eq!(read(&batch), summed);
        assert!(ledger.is_empty());
    }
}
