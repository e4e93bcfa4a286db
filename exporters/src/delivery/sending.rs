//! One batch to the destination and back, whatever the destination does.

use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use crate::destination::Destination;
use crate::outcome::Outcome;
use crate::record::Record;

/// Sends records; gives one outcome for each. Where the destination can only refuse a batch as a
/// whole, halves are sent until the bad records stand alone.
pub(super) fn send<'a>(
    destination: &'a dyn Destination,
    records: &'a [Record],
) -> BoxFuture<'a, Vec<Outcome>> {
    async move {
        let outcomes = guarded(destination, records).await;
        let refused = |outcome: &Outcome| matches!(outcome, Outcome::Refused { .. });
        let whole = records.len() > 1 && outcomes.iter().all(refused);
        if !whole || !destination.refuses_whole_batches() {
            return outcomes;
        }
        let (first, second) = records.split_at(records.len() / 2);
        let mut outcomes = send(destination, first).await;
        outcomes.extend(send(destination, second).await);
        outcomes
    }
    .boxed()
}

/// Asks a held destination whether it takes records again.
pub(super) async fn probe(destination: &dyn Destination) -> Result<(), String> {
    let asked = AssertUnwindSafe(async { destination.probe().await }).catch_unwind().await;
    asked.unwrap_or_else(|_| Err("a defect of seam: the destination panicked".to_owned()))
}

/// A destination that panics, or that does not give an outcome for each record, leaves it open
/// what became of them.
async fn guarded(destination: &dyn Destination, records: &[Record]) -> Vec<Outcome> {
    let sent = AssertUnwindSafe(async { destination.send(records).await }).catch_unwind().await;
    let open = |reason: &str| {
        let outcome = Outcome::Ambiguous { reason: reason.to_owned() };
        vec![outcome; records.len()]
    };
    match sent {
        Ok(outcomes) if outcomes.len() == records.len() => outcomes,
        Ok(_) => open("a defect of seam: the destination did not answer for each record"),
        Err(_) => open("a defect of seam: the destination panicked"),
    }
}
