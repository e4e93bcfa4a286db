//! The log against a plain vector.

use proptest::collection::vec;
use proptest::prelude::*;
use seam_disk::PowerCutDisk;

use super::oracle::{Oracle, frame, open, open_closed};
use crate::{ReadError, SegmentLog, Sequence};

#[derive(Debug, Clone)]
enum Act {
    Append(Vec<u64>),
    Release(u64),
    Restart,
    ReadFrom(u64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => vec(prop_oneof![0..50_u64, 0..1500_u64, 3000..9000_u64], 1..6).prop_map(Act::Append),
        2 => (0..120_u64).prop_map(Act::Release),
        1 => Just(Act::Restart),
        2 => (0..120_u64).prop_map(Act::ReadFrom),
    ]
}

/// Reads from a place; the frames must be those of the model from there on.
fn read_from(log: &SegmentLog, model: &[u64], from: u64) {
    let mut reader = log.read(Sequence::new(from));
    let from = from.max(1);
    if from < log.start().get() {
        let refused = reader.next().unwrap_err();
        assert!(matches!(refused, ReadError::Released { .. }));
        return;
    }
    for (sequence, payload) in (1..).zip(model).filter(|(sequence, _)| *sequence >= from) {
        let stored = reader.next().unwrap().unwrap();
        assert_eq!(stored.sequence.get(), sequence);
        assert_eq!(stored.payload, frame(sequence, *payload).payload);
    }
    assert_eq!(reader.next().unwrap(), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Appends, releases, restarts and reads in any order: the log is the
    /// vector, less what was released.
    #[test]
    fn the_log_is_a_vector(acts in vec(act(), 1..40)) {
        let disk = PowerCutDisk::new();
        let mut log = open(&disk);
        let mut oracle = Oracle::default();
        let mut model = Vec::new();
        for act in acts {
            match act {
                Act::Append(payloads) => {
                    prop_assert!(oracle.append(&log, &payloads));
                    model.extend(payloads);
                }
                Act::Release(up_to) => oracle.release(&log, up_to),
                Act::ReadFrom(from) => read_from(&log, &model, from),
                Act::Restart => {
                    drop(log);
                    log = open_closed(&disk);
                    oracle.check(&log);
                }
            }
            prop_assert_eq!(log.end().get(), model.len() as u64);
            prop_assert!(log.start().get() <= oracle.released + 1);
        }
        oracle.check(&log);
    }
}
