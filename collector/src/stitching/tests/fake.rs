//! A stitcher that counts: one row of `sessions` per conversation. It panics when it is given an
//! event of a conversation that is known and was not given back, so each test also shows that
//! the driver keeps its part.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::RecordBatch;
use seam_schema::derived::Id;
use seam_schema::derived::sessions::SessionRow;
use seam_schema::event::EventColumns;
use seam_schema::ids::TraceId;
use seam_schema::stitch::{DerivedRows, HistoryKey, Moment, Name};
use seam_schema::vocabulary::Agent;

use super::super::stitch::{Stitch, history_key};

/// A conversation whose events cannot be applied.
pub(super) const POISON: &str = "poison";
/// A conversation of which no row can be made.
pub(super) const LATE_POISON: &str = "late-poison";
/// A conversation that cannot be given back.
pub(super) const UNRESTORABLE: &str = "unrestorable";
/// It settles after so long.
pub(super) const SETTLE_US: i64 = 60_000_000;

#[derive(Debug, Clone)]
pub(super) struct FakeFact {
    key: HistoryKey,
    event_id: String,
    received_us: i64,
    caused_by: (i64, i64),
}

/// One conversation.
#[derive(Debug, Default)]
struct Counted {
    events: BTreeSet<String>,
    newest_us: i64,
    caused_by: (i64, i64),
    settled: bool,
}

#[derive(Debug, Default)]
pub(super) struct Fake {
    forgets: bool,
    known: BTreeSet<HistoryKey>,
    held: BTreeMap<HistoryKey, Counted>,
    dirty: BTreeSet<HistoryKey>,
    wanted: BTreeSet<HistoryKey>,
    /// What was forgotten before it settled, and when it would have.
    sleeping: BTreeSet<(i64, HistoryKey)>,
}

impl Fake {
    /// One that forgets everything each time its rows were taken.
    pub(super) fn forgetful() -> Self {
        Self { forgets: true, ..Self::default() }
    }

    fn take(&mut self, fact: &FakeFact) {
        let counted = self.held.entry(fact.key.clone()).or_default();
        counted.events.insert(fact.event_id.clone());
        counted.newest_us = counted.newest_us.max(fact.received_us);
        counted.caused_by = counted.caused_by.max(fact.caused_by);
        counted.settled = false;
    }

    fn append(key: &HistoryKey, counted: &Counted, revision: i64, rows: &mut DerivedRows) {
        assert_ne!(key.id.as_str(), LATE_POISON, "planted");
        rows.sessions.append(&SessionRow {
            tenant: key.tenant.as_str().into(),
            revision,
            settled: counted.settled,
            caused_by_sequence: counted.caused_by.0,
            caused_by_index: counted.caused_by.1,
            session_row_id: Id::of("sessions", &[&key.tenant, &key.id]),
            session_id: key.id.as_str().into(),
            agent: Some(key.agent),
            events: i64::try_from(counted.events.len()).unwrap(),
            ..SessionRow::default()
        });
    }
}

impl Stitch for Fake {
    type Fact = FakeFact;
    const COLUMNS: &'static [&'static str] = &[
        "event_id",
        "tenant",
        "agent",
        "session_id",
        "received_at",
        "offset_sequence",
        "offset_index",
    ];

    fn facts(batch: &RecordBatch) -> Vec<FakeFact> {
        let fact = |row| {
            let columns = EventColumns::read(batch, row);
            FakeFact {
                key: HistoryKey {
                    tenant: Name::from(columns.tenant.as_ref()),
                    agent: columns.agent.unwrap_or(Agent::Unknown),
                    id: Name::from(columns.session_id.as_deref().unwrap_or_default()),
                    trace: false,
                },
                event_id: columns.event_id.to_string(),
                received_us: columns.received_at.0,
                caused_by: (columns.offset_sequence, columns.offset_index),
            }
        };
        (0..batch.num_rows()).map(fact).collect()
    }

    fn read(&mut self, batch: &RecordBatch) -> Vec<FakeFact> {
        Self::facts(batch)
    }

    fn note_trace(&mut self, _tenant: &str, _principal: &str, _trace: TraceId) {}

    fn note_known(&mut self, row: &SessionRow<'_>) {
        self.known.insert(history_key(row));
    }

    fn want(&mut self, sessions: &[HistoryKey]) {
        self.wanted.extend(sessions.iter().cloned());
    }

    fn missing(&mut self, facts: &[FakeFact]) -> Vec<HistoryKey> {
        let mut keys = std::mem::take(&mut self.wanted);
        keys.extend(facts.iter().map(|fact| fact.key.clone()));
        keys.into_iter().filter(|key| self.known.contains(key)).collect()
    }

    fn restore(&mut self, keys: &[HistoryKey], facts: Vec<Vec<FakeFact>>) {
        for key in keys {
            assert_ne!(key.id.as_str(), UNRESTORABLE, "planted");
            self.known.remove(key);
            self.held.entry(key.clone()).or_default();
        }
        for fact in facts.iter().flatten() {
            self.take(fact);
        }
    }

    fn apply(&mut self, fact: FakeFact) {
        assert_ne!(fact.key.id.as_str(), POISON, "planted");
        assert!(!self.known.contains(&fact.key), "{} was not given back", fact.key.id);
        let before = self.held.get(&fact.key).map_or(0, |counted| counted.events.len());
        self.take(&fact);
        if self.held.get(&fact.key).is_some_and(|counted| counted.events.len() > before) {
            self.dirty.insert(fact.key);
        }
    }

    fn changed(&mut self, now: Moment, rows: &mut DerivedRows) {
        for key in std::mem::take(&mut self.dirty) {
            if let Some(counted) = self.held.get(&key) {
                Self::append(&key, counted, counted.newest_us, rows);
            }
        }
        for (key, counted) in &mut self.held {
            if !counted.settled && counted.newest_us + SETTLE_US <= now.received_at.0 {
                counted.settled = true;
                Self::append(key, counted, now.received_at.0, rows);
            }
        }
        while self.sleeping.first().is_some_and(|(due, _)| *due <= now.received_at.0) {
            self.wanted.extend(self.sleeping.pop_first().map(|(_, key)| key));
        }
        if self.forgets {
            for (key, counted) in std::mem::take(&mut self.held) {
                if !counted.settled {
                    self.sleeping.insert((counted.newest_us + SETTLE_US, key.clone()));
                }
                self.known.insert(key);
            }
        }
    }

    fn forget_revisions(&mut self) {}

    fn is_unsettled(&self) -> bool {
        self.held.values().any(|counted| !counted.settled) || !self.sleeping.is_empty()
    }

    fn memory_bytes(&self) -> usize {
        self.held.len() * 100
    }
}
