//! What becomes of a batch that has come back, and of everything else that was under way.

use std::time::Duration;

use super::super::backoff::ASKED_MOST;
use super::{Alarm, Batch, Did, Outcome, Running, add};

/// What a batch came to, beside the records that ended well.
#[derive(Default)]
struct Left {
    /// Numbers, whether the record may have been taken, and for how long it asked to be left.
    again: Vec<(u64, bool, Option<Duration>)>,
    held: Option<String>,
    trouble: Option<String>,
    refused: Vec<(u64, String)>,
    revived: Vec<u64>,
}

impl Running {
    pub(super) fn did(&mut self, did: Did) {
        match did {
            Did::Sent(batch, outcomes) => {
                self.in_flight -= 1;
                self.sent(&batch, outcomes);
            }
            Did::Buried(numbers) => {
                self.burying -= 1;
                for number in numbers {
                    self.window.end(number);
                }
            }
            Did::Kept(saved, first, result) => {
                self.keeping = false;
                let options = self.delivery.options;
                match result {
                    Ok(()) => {
                        self.delivery.status.set_kept(saved.paused);
                        (self.kept, self.kept_first) = (saved, first);
                        self.keep_at = self.now() + options.keep_every;
                        add(&self.delivery.status.cursor_writes, 1);
                    }
                    Err(why) => {
                        self.trouble(&format!("cannot keep the cursor: {why}"));
                        self.keep_at = self.now() + options.retry_first.max(options.keep_every);
                    }
                }
            }
            Did::Probed(answer) => {
                let (now, options) = (self.now(), self.delivery.options);
                if self.health.probed(answer, now, &options, &mut self.random) {
                    tracing::info!(
                        sink = self.delivery.name,
                        "may take records again: one batch is tried"
                    );
                }
            }
        }
    }

    fn sent(&mut self, batch: &Batch, outcomes: Vec<Outcome>) {
        let left = self.settle(batch, outcomes);
        let now = self.now();
        let none_ended = left.again.len() == batch.numbers.len();
        let asked = left.again.iter().filter_map(|(_, _, asked)| *asked).max();
        if left.held.is_none() {
            if !none_ended {
                self.health.works();
            }
            // A probe may not see what held the batch; its answer to a batch says.
            if self.health.is_released() {
                tracing::info!(sink = self.delivery.name, "takes records again");
                let sink = self.delivery.name.clone();
                self.delivery.alarms.raise(Alarm::Released { sink });
            }
        }
        for (number, may_be_there, _) in &left.again {
            let until = if none_ended {
                Duration::ZERO
            } else {
                let attempts = self.window.attempts(*number);
                now + self.pause(attempts, None)
            };
            self.window.give_back(*number, *may_be_there, until);
        }
        self.window.free(&batch.shards);
        let options = self.delivery.options;
        if let Some(reason) = left.held {
            self.hold(reason);
        } else if none_ended && !left.again.is_empty() {
            self.health.failed(batch.left_at, now, asked, &options, &mut self.random);
        } else if let Some(asked) = asked {
            self.health.asked(now + asked.min(ASKED_MOST));
        }
        if let Some(trouble) = left.trouble {
            self.trouble(&trouble);
        }
        self.bury(left.refused, left.revived);
    }

    /// Goes through the outcomes; what ended well is out of the window after it.
    fn settle(&mut self, batch: &Batch, outcomes: Vec<Outcome>) -> Left {
        let mut left = Left::default();
        let status = std::sync::Arc::clone(&self.delivery.status);
        let records = batch.numbers.iter().zip(&batch.records);
        for ((number, record), outcome) in records.zip(outcomes) {
            match outcome {
                Outcome::Delivered | Outcome::Duplicate => {
                    let is_new = outcome == Outcome::Delivered;
                    add(if is_new { &status.delivered } else { &status.duplicates }, 1);
                    add(&status.sent_bytes, record.document.len() as u64);
                    if self.delivery.revives {
                        left.revived.push(*number);
                    } else {
                        self.window.end(*number);
                    }
                }
                Outcome::Refused { reason } => left.refused.push((*number, reason)),
                Outcome::Retry { after, reason } => {
                    add(&status.retried, 1);
                    left.trouble = Some(reason);
                    left.again.push((*number, false, after));
                }
                Outcome::Ambiguous { reason } => {
                    add(&status.retried, 1);
                    add(&status.ambiguous, 1);
                    left.trouble = Some(reason);
                    left.again.push((*number, true, None));
                }
                Outcome::Hold { reason } => {
                    left.held = Some(reason);
                    left.again.push((*number, false, None));
                }
            }
        }
        left
    }

    fn hold(&mut self, reason: String) {
        let (now, options) = (self.now(), self.delivery.options);
        let is_new = self.health.hold(reason.clone(), now, &options, &mut self.random);
        if is_new {
            let sink = self.delivery.name.clone();
            tracing::error!(sink, reason, "nothing is sent on until this is put right");
            self.delivery.status.set_trouble(&reason);
            self.delivery.alarms.raise(Alarm::Held { sink, reason });
        }
    }
}
