//! When events make the stitcher fail: who did it, and how the others go on.
//!
//! A stitcher that panicked is thrown away. A new one is told what the tables know, and gets the
//! events since the last rows that were handed over once more. If it fails again, each
//! conversation among them is tried alone; those that fail are left out until the next start,
//! and the rest is derived. Their rows stay what they were.

use arrow_array::RecordBatch;
use seam_schema::stitch::DerivedRows;

use super::StitchingError;
use super::driver::Driver;
use super::facts::{Whose, by_whose, last_of};
use super::fault::{Fault, guarded};
use super::known::{History, unsettled};
use super::stitch::Stitch;

/// How often events that could not be read are read again before they are taken for lost.
const READS_MAX: usize = 3;

impl<S: Stitch> Driver<S> {
    /// Begins: a stitcher that knows what the tables know, and holds what is unsettled.
    pub(super) fn take_up(&mut self) -> Result<(), StitchingError> {
        let Err(fault) = self.renew(true) else { return Ok(()) };
        let fault = fault.into_end()?;
        self.metrics.stitch.faults.add(1);
        tracing::error!(%fault, "what is unsettled cannot be taken up as a whole");
        self.find_unrestorable()?;
        match self.renew(true) {
            Ok(()) => Ok(()),
            Err(fault) => self.renew_bare(&fault.into_end()?),
        }
    }

    /// Notes the unsettled conversations that fail when they are given back alone.
    fn find_unrestorable(&mut self) -> Result<(), StitchingError> {
        let known = self.known().map_err(ended)?;
        let mut scratch = None;
        for key in unsettled(&known, &self.unrestored, self.settles_only()) {
            let tried = self.on_scratch(&mut scratch, |history, stitcher| {
                history.give_back_all(std::slice::from_ref(&key), stitcher)
            });
            if let Err(fault) = tried {
                let fault = fault.into_end()?;
                scratch = None;
                let agent = key.agent.as_str();
                tracing::error!(%fault, agent, "a conversation cannot be taken up again");
                self.metrics.stitch.conversations_left_out.add(1);
                self.unrestored.insert(key);
            }
        }
        Ok(())
    }

    /// A new stitcher that holds nothing.
    fn renew_bare(&mut self, fault: &Fault) -> Result<(), StitchingError> {
        tracing::error!(%fault, "nothing that is unsettled is taken up again");
        match self.renew(false) {
            Ok(()) => Ok(()),
            Err(fault) => {
                let fault = fault.into_end()?;
                tracing::error!(%fault, "nothing of earlier conversations is known");
                self.stitcher = (self.make)();
                self.cursor = self.told.clone();
                Ok(())
            }
        }
    }

    /// Goes on after a fault: all that is pending is applied and handed over, or left out.
    pub(super) fn recover(&mut self, fault: Fault) -> Result<(), StitchingError> {
        let mut fault = fault.into_end()?;
        self.metrics.stitch.faults.add(1);
        tracing::error!(%fault, "events cannot be stitched; a new stitcher tries again");
        let batches = std::mem::take(&mut self.pending);
        for _ in 0..READS_MAX {
            let is_read = matches!(fault, Fault::Read(_));
            if is_read {
                self.pause()?;
            }
            match self.again(&batches, true) {
                Ok(()) => return Ok(()),
                Err(again) => fault = again.into_end()?,
            }
            if !matches!(fault, Fault::Read(_)) {
                break;
            }
        }
        for whose in self.find_suspects(&batches)? {
            self.leave_out(whose);
        }
        match self.again(&batches, false) {
            Ok(()) => Ok(()),
            Err(fault) => self.give_up(&batches, &fault.into_end()?),
        }
    }

    /// A new stitcher, the batches, their rows.
    fn again(&mut self, batches: &[RecordBatch], with_unsettled: bool) -> Result<(), Fault> {
        self.pending.clear();
        self.renew(with_unsettled)?;
        for batch in batches {
            self.apply(batch)?;
            if let Some((last, _)) = last_of(batch) {
                self.cursor.advance(last);
            }
        }
        self.try_tell()
    }

    /// The conversations that fail alone.
    fn find_suspects(&mut self, batches: &[RecordBatch]) -> Result<Vec<Whose>, StitchingError> {
        let mut found = Vec::new();
        let mut scratch = None;
        for (whose, rows) in by_whose(batches) {
            let parts = rows.iter().filter_map(|(at, row)| Some(batches.get(*at)?.slice(*row, 1)));
            match self.try_alone(&mut scratch, &parts.collect::<Vec<_>>()) {
                Ok(()) => {}
                Err(fault) => {
                    let fault = fault.into_end()?;
                    scratch = None;
                    tracing::error!(%fault, agent = whose.1, "a conversation cannot be stitched");
                    found.push(whose);
                }
            }
        }
        Ok(found)
    }

    /// Tries some events on a stitcher that nobody else uses; its rows are thrown away.
    fn try_alone(&self, scratch: &mut Option<S>, parts: &[RecordBatch]) -> Result<(), Fault> {
        let at = self.at;
        self.on_scratch(scratch, |history, stitcher| {
            let facts: Vec<S::Fact> = parts.iter().flat_map(|part| stitcher.read(part)).collect();
            history.give_back(stitcher, &facts, |_| {})?;
            for fact in facts {
                stitcher.apply(fact);
            }
            let mut rows = DerivedRows::default();
            if let Some(at) = at {
                stitcher.changed(at, &mut rows);
            }
            rows.finish()?;
            Ok(())
        })
    }

    /// Does something with a stitcher that knows what the tables know and that nobody else uses.
    fn on_scratch(
        &self,
        scratch: &mut Option<S>,
        work: impl FnOnce(&History<'_>, &mut S) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let history = History {
            store: &self.store,
            runtime: &self.runtime,
            cursor: &self.told,
            metrics: &self.metrics.stitch,
        };
        if let Some(stitcher) = scratch {
            return guarded(|| work(&history, stitcher));
        }
        let known = self.known()?;
        let mut made = (self.make)();
        guarded(|| {
            known.note_to(&mut made);
            work(&history, &mut made)
        })?;
        *scratch = Some(made);
        Ok(())
    }

    fn leave_out(&mut self, whose: Whose) {
        self.metrics.stitch.conversations_left_out.add(1);
        if !self.left_out.insert(whose) {
            tracing::warn!("too many conversations are left out to remember one more");
        }
    }

    /// Not even without the suspects: the events are left out, all of them.
    fn give_up(&mut self, batches: &[RecordBatch], fault: &Fault) -> Result<(), StitchingError> {
        let events: u64 = batches.iter().map(|batch| batch.num_rows() as u64).sum();
        tracing::error!(%fault, events, "events are left out of the derived tables; try `seam restitch`");
        self.metrics.stitch.left_out.add(events);
        for last in batches.iter().filter_map(last_of) {
            self.told.advance(last.0);
        }
        self.renew_bare(fault)?;
        match self.append(&[]) {
            Ok(()) => Ok(()),
            Err(fault) => fault.into_end().map(drop).map_err(StitchingError::from),
        }
    }
}

/// The end, if a fault is one; a defect otherwise.
fn ended(fault: Fault) -> StitchingError {
    fault.into_end().map_or_else(StitchingError::from, |_| StitchingError::Panicked)
}
