//! A batch: attempts until every record has its outcome.
//!
//! A broker refuses a request, not a record. Where it does, what is left of the batch is sent again
//! with one message a request, in order: then each refusal is about one record.

use super::attempt::End;
use super::class::{self, Class};
use super::message::Message;
use super::options::Options;
use super::report::Report;
use crate::outcome::Outcome;
use crate::record::Record;

/// A batch on its way.
pub(super) struct Batch<'a> {
    options: &'a Options,
    sent: Vec<Sent<'a>>,
    /// Whether each message has a request of its own now.
    pub(super) alone: bool,
}

struct Sent<'a> {
    /// Nothing where the document can never be sent.
    message: Option<Message<'a>>,
    /// Whether it says that it may be stored already.
    marked: bool,
    outcome: Option<Outcome>,
}

/// What one report means.
enum Verdict {
    Final(Outcome),
    /// Certainly not stored, and nothing is wrong with it.
    Unsent,
    /// To be sent again alone.
    Again,
}

impl<'a> Batch<'a> {
    pub(super) fn new(records: &'a [Record], options: &'a Options) -> Self {
        let sent = records.iter().map(|record| {
            let marked = record.redelivery;
            match Message::new(record, options) {
                Ok(message) => Sent { message: Some(message), marked, outcome: None },
                Err(reason) => {
                    let outcome = Some(Outcome::Refused { reason: reason.to_owned() });
                    Sent { message: None, marked, outcome }
                }
            }
        });
        Self { options, sent: sent.collect(), alone: false }
    }

    /// What is still to be sent, in order.
    pub(super) fn open(&self) -> Vec<&Message<'a>> {
        let open = self.sent.iter().filter(|sent| sent.outcome.is_none());
        open.filter_map(|sent| sent.message.as_ref()).collect()
    }

    /// Gives everything that is open the same outcome.
    pub(super) fn end(&mut self, outcome: &Outcome) {
        for sent in self.sent.iter_mut().filter(|sent| sent.outcome.is_none()) {
            sent.outcome = Some(outcome.clone());
        }
    }

    /// Takes in the reports on what was open; `untouched` if no message can have reached a broker
    /// unless its report says so. What is open afterwards is to be sent alone.
    pub(super) fn read(&mut self, reports: &[Report], end: &End, untouched: bool) {
        let (options, alone) = (self.options, self.alone);
        let mut all_final = true;
        let mut again = false;
        let open = self.sent.iter_mut().filter(|sent| sent.outcome.is_none());
        for (sent, report) in open.zip(reports) {
            let Some(message) = &mut sent.message else { continue };
            match verdict(*report, message, alone, options) {
                Verdict::Final(outcome) => {
                    all_final &=
                        outcome.is_delivered() || matches!(outcome, Outcome::Refused { .. });
                    sent.outcome = Some(outcome);
                }
                Verdict::Unsent => {}
                Verdict::Again => again = true,
            }
        }
        // What may or may not be stored has to come first again, so nothing behind it is sent now.
        let go_on = again && all_final && matches!(end, End::All | End::Fatal(_));
        if go_on {
            self.alone = true;
        } else {
            for sent in self.sent.iter_mut().filter(|sent| sent.outcome.is_none()) {
                sent.outcome = Some(rest(end, untouched || sent.marked));
            }
        }
    }

    /// One outcome for each record.
    pub(super) fn outcomes(self) -> Vec<Outcome> {
        let missing = || Outcome::Ambiguous { reason: "it has no report".to_owned() };
        self.sent.into_iter().map(|sent| sent.outcome.unwrap_or_else(missing)).collect()
    }
}

/// What becomes of a message that was given back as unsent; `told` if it cannot be stored, or says
/// already that it may be.
fn rest(end: &End, told: bool) -> Outcome {
    match end {
        // What is in doubt has to say so first. It comes back soon, says so, and then it is held.
        End::Held(reason) if told => Outcome::Hold { reason: reason.clone() },
        // librdkafka gives back as unsent also what it sent once and would have sent again.
        End::Held(reason) | End::Stalled(reason) | End::Fatal(reason) => {
            Outcome::Ambiguous { reason: reason.clone() }
        }
        End::All => {
            let reason = "the brokers took only some of the batch".to_owned();
            Outcome::Retry { after: None, reason }
        }
    }
}

fn verdict<'a>(
    report: Report,
    message: &mut Message<'a>,
    alone: bool,
    options: &'a Options,
) -> Verdict {
    let code = match report {
        Report::Stored { .. } => return Verdict::Final(Outcome::Delivered),
        Report::Failed(code) => code,
    };
    let reason = class::told(code);
    match class::of(code) {
        Class::Retry => Verdict::Unsent,
        Class::Hold => Verdict::Final(Outcome::Hold { reason }),
        Class::Ambiguous => Verdict::Final(Outcome::Ambiguous { reason }),
        // The time stands in a header too.
        Class::Time if message.timestamp.take().is_some() => Verdict::Again,
        Class::TooLarge | Class::Time | Class::Refused | Class::Neighbour if !alone => {
            Verdict::Again
        }
        Class::TooLarge if !message.is_reference => {
            message.refer(options);
            Verdict::Again
        }
        Class::TooLarge | Class::Time | Class::Refused | Class::Neighbour => {
            Verdict::Final(Outcome::Refused { reason })
        }
    }
}

#[cfg(test)]
mod tests {
    use rdkafka::types::RDKafkaErrorCode as Code;
    use seam_schema::ids::{LogId, Offset, Sequence};

    use super::*;

    /// Guarantees: what may have been sent before a hold says so before it is held.
    #[test]
    fn doubt_comes_before_a_hold() {
        let record = |redelivery| Record {
            id: "id".into(),
            offset: Offset { log_id: LogId::default(), sequence: Sequence(1), index: 0 },
            time_us: 0,
            tenant: "acme".into(),
            session_id: "s".into(),
            kind: "prompt",
            agent: "codex",
            host: None,
            document: "{}".into(),
            redelivery,
        };
        let records = [record(false), record(true)];
        let options = Options::new(vec!["localhost:9092".to_owned()], "topic");
        let given_back = [Report::Failed(Code::PurgeQueue); 2];
        let held = End::Held("a wrong password".to_owned());
        for (untouched, first) in [(true, "Hold"), (false, "Ambiguous")] {
            let mut batch = Batch::new(&records, &options);
            batch.read(&given_back, &held, untouched);
            let outcomes = batch.outcomes();
            assert!(format!("{:?}", outcomes[0]).starts_with(first), "{outcomes:?}");
            assert!(matches!(outcomes[1], Outcome::Hold { .. }), "{outcomes:?}");
        }
    }
}
