//! Conversations derived again from their events, and compared with what the tables say.
//!
//! It happens between two steps of stage 2, after everything that came before was handed over,
//! so a new revision never overtakes one that the events cause. A conversation is derived
//! together with all that belong to it, by a stitcher of its own.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::RecordBatch;
use seam_schema::derived::sessions::SessionRow;
use seam_schema::ids::Tenant;
use seam_schema::stitch::{DerivedRows, HistoryKey, Moment, Name};
use seam_schema::table::Table;
use seam_store::differ::{Cause, Difference, differing};
use thiserror::Error;
use tokio::sync::oneshot;

use super::StitchingError;
use super::driver::Driver;
use super::fault::{Fault, guarded};
use super::known::{History, Known};
use super::stitch::{Stitch, history_key};

/// So many conversations are derived at once; live events go on between.
const AT_ONCE: usize = 64;

/// Which conversations are derived again.
#[derive(Debug, Clone, Default)]
pub struct RestitchRequest {
    /// Those of this tenant; of all where it is none.
    pub tenant: Option<Tenant>,
    /// The one with this id, as it stands in `sessions`.
    pub session: Option<String>,
    /// Those of which something was received since then, in microseconds since 1970.
    pub since_us: Option<i64>,
    /// Nothing is written.
    pub dry_run: bool,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct RestitchReport {
    /// How many conversations were derived again, those included that belong to them.
    pub conversations: u64,
    /// In what the tables differed.
    pub differences: Vec<(Table, Difference)>,
}

/// Why it did not come to an end. What was written is right.
#[derive(Debug, Error)]
pub enum RestitchError {
    /// There is no such conversation.
    #[error("cannot restitch: no conversation fits; `select session_id from sessions` lists them")]
    NoSession,
    /// It cannot be derived.
    #[error("cannot restitch: {0}; the server's log says more")]
    Fault(String),
    /// The stitching has ended.
    #[error("cannot restitch: the server is ending")]
    Ended,
}

type Answer = Result<RestitchReport, RestitchError>;

/// A request, and where its answer goes.
pub(super) struct Order {
    pub(super) request: RestitchRequest,
    pub(super) answer: oneshot::Sender<Answer>,
}

impl<S: Stitch> Driver<S> {
    /// Does what was asked; tells `moved` now and then.
    pub(super) fn obey(&mut self, order: Order, moved: impl Fn()) -> Result<(), StitchingError> {
        let answer = self.restitch(&order.request, &moved)?;
        // Who asked may have gone away.
        order.answer.send(answer).ok();
        Ok(())
    }

    fn restitch(
        &mut self,
        request: &RestitchRequest,
        moved: &impl Fn(),
    ) -> Result<Answer, StitchingError> {
        self.catch_up()?;
        let known = match self.runtime.block_on(Known::read(&self.store.snapshot(), &self.cursor)) {
            Ok(known) => known,
            Err(error) => return refused(error.into()),
        };
        // Sorted, so that those of one tenant stand together: nothing links tenants.
        let chosen: BTreeSet<HistoryKey> =
            known.rows().filter(|row| request.fits(row)).map(|row| history_key(&row)).collect();
        let chosen: Vec<HistoryKey> = chosen.into_iter().collect();
        if chosen.is_empty() && request.session.is_some() {
            return Ok(Err(RestitchError::NoSession));
        }
        let mut report = RestitchReport::default();
        let mut done: BTreeSet<HistoryKey> = BTreeSet::new();
        let of_tenants = chosen.chunk_by(|one, next| one.tenant == next.tenant);
        for keys in of_tenants.flat_map(|keys| keys.chunks(AT_ONCE)) {
            let keys: Vec<HistoryKey> =
                keys.iter().filter(|key| !done.contains(key)).cloned().collect();
            if keys.is_empty() {
                continue;
            }
            self.catch_up()?;
            match self.derive_again(&known, &keys, request.dry_run, &mut report) {
                Ok(all) => done.extend(all),
                Err(fault) => return refused(fault),
            }
            moved();
        }
        Ok(Ok(report))
    }

    /// Derives some conversations and all that belong to them; gives their keys.
    fn derive_again(
        &mut self,
        known: &Known,
        keys: &[HistoryKey],
        dry_run: bool,
        report: &mut RestitchReport,
    ) -> Result<BTreeSet<HistoryKey>, Fault> {
        let Some(at) = self.at else { return Ok(keys.iter().cloned().collect()) };
        let history = History {
            store: &self.store,
            runtime: &self.runtime,
            cursor: &self.cursor,
            metrics: &self.metrics.stitch,
        };
        let make = &self.make;
        let (all, rows) = guarded(|| {
            let all = related::<S>(make(), known, &history, keys)?;
            let facts = history.of::<S>(&all.iter().cloned().collect::<Vec<_>>())?;
            // It is told of no earlier events: these are all.
            let mut fresh = make();
            for fact in facts.into_iter().flatten() {
                fresh.apply(fact);
            }
            let mut rows = DerivedRows::default();
            fresh.changed(at, &mut rows);
            Ok((all, rows.finish()?))
        })?;
        report.conversations += all.iter().filter(|key| !key.trace).count() as u64;
        let next = self.compare(known, &all, &rows, at, report)?;
        if !dry_run && !next.is_empty() {
            self.append(&next)?;
            self.stitcher.forget_revisions();
        }
        Ok(all)
    }

    /// Notes in what the tables differ; gives the revisions that make it good.
    fn compare(
        &self,
        known: &Known,
        keys: &BTreeSet<HistoryKey>,
        rows: &[(Table, RecordBatch)],
        at: Moment,
        report: &mut RestitchReport,
    ) -> Result<Vec<(Table, RecordBatch)>, Fault> {
        let mut sessions: BTreeMap<String, BTreeSet<Name>> = BTreeMap::new();
        let mut note = |row: &SessionRow<'_>| {
            let of = sessions.entry(row.tenant.to_string()).or_default();
            of.insert(Name::from(row.session_id.as_ref()));
        };
        known.rows().filter(|row| keys.contains(&history_key(row))).for_each(|row| note(&row));
        for (_, batch) in rows.iter().filter(|(table, _)| *table == Table::Sessions) {
            (0..batch.num_rows()).for_each(|row| note(&SessionRow::read(batch, row)));
        }
        let cause =
            Cause { received_us: at.received_at.0, log_id: at.log_id, sequence: at.sequence };
        let snapshot = self.store.snapshot();
        let mut next = Vec::new();
        for (tenant, sessions) in sessions {
            let sessions: Vec<Name> = sessions.into_iter().collect();
            for table in Table::DERIVED {
                let held = snapshot.newest_revisions_of(*table, &tenant, &sessions);
                let held = self.runtime.block_on(held)?;
                let derived = rows.iter().find(|(of, _)| of == table).map(|(_, batch)| batch);
                let (found, batch) = differing(*table, held.as_ref(), derived, cause)?;
                report.differences.extend(found.into_iter().map(|found| (*table, found)));
                next.extend(batch.map(|batch| (*table, batch)));
            }
        }
        Ok(next)
    }
}

fn refused(fault: Fault) -> Result<Answer, StitchingError> {
    Ok(Err(RestitchError::Fault(fault.into_end()?.to_string())))
}

/// Some conversations and all that belong to them, as a stitcher finds them.
fn related<S: Stitch>(
    mut finder: S,
    known: &Known,
    history: &History<'_>,
    keys: &[HistoryKey],
) -> Result<BTreeSet<HistoryKey>, Fault> {
    known.note_to(&mut finder);
    let mut all: BTreeSet<HistoryKey> = keys.iter().cloned().collect();
    finder.want(keys);
    history.give_back(&mut finder, &[], |keys| all.extend(keys.iter().cloned()))?;
    Ok(all)
}

impl RestitchRequest {
    fn fits(&self, row: &SessionRow<'_>) -> bool {
        self.tenant.as_ref().is_none_or(|tenant| row.tenant == tenant.as_str())
            && self.session.as_ref().is_none_or(|session| row.session_id == session.as_str())
            && self.since_us.is_none_or(|since_us| row.revision >= since_us)
    }
}
