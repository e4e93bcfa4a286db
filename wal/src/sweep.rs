//! Zeroes what released frames left behind: when it is due, and at the end.
//!
//! A retained frame is out of reach. Free files are no segments any more, and
//! of a segment only what lies behind its durable batches is touched: leftovers
//! of a former life of its file.

use std::io;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use seam_disk::is_out_of_space;

use crate::segment::Segment;
use crate::shared::Shared;
use crate::stock::Which;
use crate::zeros::zero_step;

impl Shared {
    /// How long until a file is to be zeroed; `None` while none is, or if the
    /// log has failed.
    pub(crate) fn zero_in(&self) -> Option<Duration> {
        match self.failure.reason() {
            Some(_) => None,
            None => self.supply.zero_in((self.clock)()),
        }
    }

    /// Zeroes a piece of a file; says whether there was anything to do. As
    /// with every write of the log an error is its end.
    pub(crate) fn zero_step(&self, which: Which) -> bool {
        if self.failure.reason().is_some() {
            return false;
        }
        self.supply.zero_step((self.clock)(), which).unwrap_or_else(|error| {
            self.failure.raise(&error);
            false
        })
    }

    /// Zeroes all that is left of released frames, as far as the time allows.
    /// Only for a closed log: nobody else writes.
    pub(crate) fn zero_for(&self, limit: Duration) {
        if self.failure.reason().is_some() {
            return;
        }
        let until = Instant::now().checked_add(limit);
        let in_time = || until.is_none_or(|until| Instant::now() < until);
        let zeroed = {
            let _in_order = self.releasing.lock().unwrap_or_else(PoisonError::into_inner);
            self.zero_while(&in_time)
        };
        match zeroed {
            Ok(true) => {}
            Ok(false) => {
                tracing::warn!("no time to zero all that is left of released frames");
            }
            Err(error) if is_out_of_space(&error) => {
                tracing::warn!("the disk is full: what is left of released frames is not zeroed");
            }
            Err(error) => self.failure.raise(&error),
        }
    }

    /// Whether all of it was zeroed.
    fn zero_while(&self, in_time: &dyn Fn() -> bool) -> io::Result<bool> {
        while in_time() {
            if self.supply.zero_step((self.clock)(), Which::All)? {
                continue;
            }
            let segments: Vec<_> = self.durable().segments.iter().cloned().collect();
            for segment in segments {
                if !zero_behind(&segment, in_time)? {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        Ok(false)
    }
}

/// Zeroes what lies behind the durable batches of a segment.
fn zero_behind(segment: &Segment, in_time: &dyn Fn() -> bool) -> io::Result<bool> {
    let end = segment.file_bytes.min(segment.file.len()?);
    let mut done = segment.durable_end();
    while done < end {
        if !in_time() {
            return Ok(false);
        }
        done = zero_step(&*segment.file, done, end)?;
    }
    Ok(true)
}
