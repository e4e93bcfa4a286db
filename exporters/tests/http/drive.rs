//! Records, and a caller that sends them until each has ended: the smallest one that keeps the
//! promise of the delivery core.

use std::collections::BTreeMap;

use bytes::Bytes;
use seam_exporters::{Destination, Outcome, Record};
use seam_schema::ids::{LogId, Offset, Sequence};

/// Calls of `send` after which something is stuck.
const ROUNDS_MAX: usize = 20_000;

/// The record with a number.
pub(crate) fn record(number: usize, document: &str) -> Record {
    let index = i64::try_from(number).unwrap();
    Record {
        id: format!("0123456789abcdef01234567-{number}").into(),
        offset: Offset { log_id: LogId::default(), sequence: Sequence(1), index },
        time_us: 1_700_000_000_000_000 + index,
        tenant: "default".into(),
        session_id: format!("s-{}", number % 7).into(),
        kind: "tool_call",
        agent: "claude_code",
        host: Some("laptop".into()),
        document: Bytes::copy_from_slice(document.as_bytes()),
        redelivery: false,
    }
}

/// So many good records.
pub(crate) fn records(count: usize) -> Vec<Record> {
    (0..count).map(|number| record(number, &format!(r#"{{"number":{number}}}"#))).collect()
}

/// The last word on each record, how often it was said to be a duplicate, and what else was said.
#[derive(Debug, Default)]
pub(crate) struct Driven {
    pub(crate) delivered: Vec<String>,
    pub(crate) duplicates: usize,
    pub(crate) refused: BTreeMap<String, String>,
    pub(crate) retried: usize,
    pub(crate) held: usize,
    pub(crate) ambiguous: usize,
}

/// Sends until every record has ended. `between` is called after each round that left something.
pub(crate) async fn drive(
    destination: &dyn Destination,
    records: Vec<Record>,
    mut between: impl FnMut(&Driven),
) -> Driven {
    let mut driven = Driven::default();
    let mut left = records;
    for _ in 0..ROUNDS_MAX {
        let most = destination.limits().records.min(left.len());
        let outcomes = destination.send(&left[..most]).await;
        assert_eq!(outcomes.len(), most, "one outcome for each record");
        let mut again = Vec::new();
        for (mut record, outcome) in left.drain(..most).zip(outcomes) {
            assert_clean(outcome.reason());
            match outcome {
                Outcome::Delivered => driven.delivered.push(record.id.to_string()),
                Outcome::Duplicate => {
                    driven.duplicates += 1;
                    driven.delivered.push(record.id.to_string());
                }
                Outcome::Refused { reason } => {
                    driven.refused.insert(record.id.to_string(), reason);
                }
                Outcome::Retry { .. } => {
                    driven.retried += 1;
                    again.push(record);
                }
                Outcome::Hold { .. } => {
                    driven.held += 1;
                    again.push(record);
                }
                Outcome::Ambiguous { .. } => {
                    driven.ambiguous += 1;
                    record.redelivery = true;
                    again.push(record);
                }
            }
        }
        let waits = !again.is_empty();
        again.append(&mut left);
        left = again;
        if left.is_empty() {
            return driven;
        }
        if waits {
            between(&driven);
        }
    }
    panic!("{} records never ended: {driven:?}", left.len());
}

/// No reason holds a secret or content, whatever the servers put into their answers.
pub(crate) fn assert_clean(text: &str) {
    for secret in ["hush", "11111111-2222"] {
        assert!(!text.contains(secret), "{text}");
    }
}

/// The one outcome of one record.
pub(crate) async fn one(destination: &dyn Destination) -> Outcome {
    let outcomes = destination.send(&records(1)).await;
    assert_clean(outcomes[0].reason());
    outcomes.into_iter().next().unwrap()
}
