//! Whether a destination is sent anything: the circuit, and the pauses after failures.

use std::time::Duration;

use super::backoff::{ASKED_MOST, pause};
use super::options::DeliveryOptions;

/// What is known of a destination's health.
#[derive(Debug, Default)]
pub(super) struct Health {
    /// Batches in a row of which nothing was taken.
    failures: u32,
    /// When the newest of these failures was noted.
    failed_at: Duration,
    not_before: Duration,
    held: Option<Held>,
    /// Times in a row that it was held again without having taken anything.
    holds: u32,
    /// Why it was held last, until a batch shows that it is no more.
    alarm: Option<String>,
}

#[derive(Debug)]
struct Held {
    reason: String,
    probe_at: Duration,
    probing: bool,
}

impl Health {
    /// When the next batch may leave; nothing while it is held.
    pub(super) fn opens_at(&self) -> Option<Duration> {
        self.held.is_none().then_some(self.not_before)
    }

    /// Whether it has failed and nothing has shown since that it takes records: then one batch at
    /// a time is enough.
    pub(super) fn is_on_trial(&self) -> bool {
        self.failures > 0 || self.holds > 0
    }

    /// Why it is held.
    pub(super) fn held(&self) -> Option<&str> {
        self.held.as_ref().map(|held| held.reason.as_str())
    }

    /// What somebody has to put right: also while the batch is tried that shows whether it is.
    pub(super) fn trouble(&self) -> Option<&str> {
        self.held().or(self.alarm.as_deref())
    }

    /// A batch came back that was not held: whether that is news.
    pub(super) fn is_released(&mut self) -> bool {
        self.held.is_none() && self.alarm.take().is_some()
    }

    /// Something was taken, or refused for good: it works.
    pub(super) fn works(&mut self) {
        self.failures = 0;
        self.holds = 0;
    }

    /// Nothing of a batch was taken. Batches that left before the last failure was known tell
    /// nothing new.
    pub(super) fn failed(
        &mut self,
        left_at: Duration,
        now: Duration,
        asked: Option<Duration>,
        options: &DeliveryOptions,
        random: &mut fastrand::Rng,
    ) {
        if self.failures == 0 || left_at >= self.failed_at {
            self.failures += 1;
            self.failed_at = now;
            self.not_before = now + pause(options, self.failures, asked, random);
        } else if let Some(asked) = asked {
            self.not_before = self.not_before.max(now + asked.min(ASKED_MOST));
        }
    }

    /// The destination asked to be left alone, though it took some records.
    pub(super) fn asked(&mut self, until: Duration) {
        self.not_before = self.not_before.max(until);
    }

    /// It takes nothing until somebody changes something; whether that is news.
    pub(super) fn hold(
        &mut self,
        reason: String,
        now: Duration,
        options: &DeliveryOptions,
        random: &mut fastrand::Rng,
    ) -> bool {
        let is_new = self.alarm.replace(reason.clone()).is_none();
        if let Some(held) = &mut self.held {
            held.reason = reason;
            return false;
        }
        self.holds += 1;
        let probe_at = now + pause(options, self.holds, None, random);
        self.held = Some(Held { reason, probe_at, probing: false });
        is_new
    }

    /// When it is to be asked whether it takes records again; nothing while it is being asked.
    pub(super) fn probe_at(&self) -> Option<Duration> {
        self.held.as_ref().filter(|held| !held.probing).map(|held| held.probe_at)
    }

    /// It is being asked.
    pub(super) fn probing(&mut self) {
        if let Some(held) = &mut self.held {
            held.probing = true;
        }
    }

    /// What it answered; whether it is released.
    pub(super) fn probed(
        &mut self,
        answer: Result<(), String>,
        now: Duration,
        options: &DeliveryOptions,
        random: &mut fastrand::Rng,
    ) -> bool {
        let Some(held) = &mut self.held else { return false };
        match answer {
            Ok(()) => {
                self.held = None;
                true
            }
            Err(reason) => {
                self.holds += 1;
                held.reason = reason;
                held.probing = false;
                held.probe_at = now + pause(options, self.holds, None, random);
                false
            }
        }
    }
}
