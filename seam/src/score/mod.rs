//! How right the derived tables are: rows compared with what is known to have happened.
//!
//! A capture is a folder of bodies with a `truth.json`. [`trial`] sends the bodies through a
//! server of its own, [`read`] reads the tables through SQL; from there on everything is pure:
//! [`families`] finds the conversations, [`calls`] the calls, [`compare`] and [`network`] judge
//! them, [`signals`] proves what stands nowhere, [`report`] prints.
//!
//! How truth and rows are brought together:
//! - A conversation is known by its id; one without by its calls and prompts, else by its role and
//!   by whom it serves. It may be several rows then: nothing tells them that they are one.
//! - A call is known by its id within its conversation; without one by tool, arguments and order.
//!   A call `by_subagent` may stand in a conversation of its own that serves the one named.
//! - Tools are compared without what namespaces are joined with ([`names`]), texts with what was
//!   redacted left open ([`wording`]).
//! - What the truth does not say, lists as `unseen`, or calls invisible is not asked for.
//!
//! A miss is explained: no signal shows it (proved: it stands in no event and in no body), the
//! truth itself says that no signal determines it, or it is our fault.

mod calls;
mod compare;
mod families;
mod names;
mod network;
mod read;
mod report;
mod senders;
mod signals;
mod tally;
mod trial;
mod truth;
mod wording;

pub(crate) use report::{page, rows};
pub(crate) use tally::Score;
pub(crate) use trial::{captures, score};

#[cfg(test)]
mod tests;

use read::Derived;
use signals::Signals;
use truth::Truth;

/// Compares rows with the truth.
pub(crate) fn judge(name: &str, truth: &Truth, derived: &Derived, signals: &Signals) -> Score {
    let mut score = Score::new(name);
    let families = families::find(truth, derived);
    let calls = calls::find(truth, derived, &families);
    compare::conversations(truth, derived, &families, signals, &mut score);
    compare::calls(truth, derived, &calls, signals, &mut score);
    network::judge(truth, derived, &families, &calls, signals, &mut score);
    score
}
