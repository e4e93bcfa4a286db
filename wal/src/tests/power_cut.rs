//! The power goes at any moment.

use std::sync::Arc;

use seam_disk::PowerCutDisk;

use super::oracle::{DIR, Oracle, Rng, open, open_closed, small};
use crate::{Housekeeping, Options, SegmentLog};

#[derive(Debug, Clone)]
pub(super) enum Step {
    Append(Vec<u64>),
    /// Releases all but so many of the newest frames.
    ReleaseBut(u64),
    Reopen,
}

/// Opens the log and takes steps until they end or the power goes.
pub(super) fn live(
    disk: &PowerCutDisk,
    oracle: &mut Oracle,
    steps: &[Step],
    options: impl Fn() -> Options,
) {
    let open = || {
        let opened = SegmentLog::open(Arc::new(disk.clone()), DIR, options());
        match opened {
            Ok((log, report)) => {
                assert_eq!(report.damaged, []);
                Some(log)
            }
            Err(error) => {
                assert!(disk.is_cut(), "only the cut hinders: {error}");
                None
            }
        }
    };
    let Some(mut log) = open() else { return };
    for step in steps {
        match step {
            Step::Append(payloads) => {
                if !oracle.append(&log, payloads) {
                    assert!(disk.is_cut());
                    return;
                }
            }
            Step::ReleaseBut(kept) => {
                let up_to = log.end().get().saturating_sub(*kept);
                oracle.release(&log, up_to);
            }
            Step::Reopen => {
                log.close();
                let Some(again) = open() else { return };
                log = again;
            }
        }
    }
    log.close();
}

/// After a cut the log opens, shows all that it must, and goes on.
fn check_and_go_on(disk: &PowerCutDisk, mut oracle: Oracle) {
    let log = open(disk);
    oracle.check(&log);
    assert!(oracle.append(&log, &[10, 2000]));
    drop(log);
    oracle.check(&open_closed(disk));
}

pub(super) fn short_traces() -> Vec<Vec<Step>> {
    let append = |payloads: &[u64]| Step::Append(payloads.to_vec());
    vec![
        vec![append(&[5]), append(&[700, 0, 700]), append(&[1, 2, 3, 4])],
        vec![append(&[1500]), append(&[1500, 20]), append(&[1500]), append(&[900, 900])],
        vec![
            append(&[1200, 1200]),
            append(&[1200, 1200]),
            Step::ReleaseBut(1),
            append(&[1200, 1200]),
            append(&[1200, 1200]),
            Step::ReleaseBut(0),
            append(&[1200, 300]),
        ],
        vec![append(&[6000]), append(&[100]), Step::ReleaseBut(0), append(&[7000, 10])],
        vec![append(&[600]), Step::Reopen, append(&[2000, 400]), Step::Reopen, append(&[9])],
    ]
}

/// Short traces with batches, rotation, oversized frames, release, reuse and
/// restart: the power goes during every single operation, and again during
/// every early operation of the recovery.
#[test]
fn every_cut_of_short_traces() {
    for steps in short_traces() {
        let undisturbed = PowerCutDisk::new();
        live(&undisturbed, &mut Oracle::default(), &steps, small);
        for cut in 1..=undisturbed.operations() {
            let disk = PowerCutDisk::new();
            disk.cut_after(cut);
            let mut oracle = Oracle::default();
            live(&disk, &mut oracle, &steps, small);
            for seed in 0..12 {
                check_and_go_on(&disk.after_cut(seed), oracle.clone());
            }
            for second_cut in 1..12 {
                let seed = cut * 100 + second_cut;
                let again = disk.after_cut(seed);
                again.cut_after(second_cut);
                let mut oracle = oracle.clone();
                let more = [Step::Append(vec![30, 30])];
                live_on(&again, &mut oracle, &more);
                check_and_go_on(&again.after_cut(seed), oracle);
            }
        }
    }
}

/// A life that starts on a disk with a past: what recovery shows before the
/// next cut is an obligation too.
fn live_on(disk: &PowerCutDisk, oracle: &mut Oracle, steps: &[Step]) {
    let opened = SegmentLog::open(Arc::new(disk.clone()), DIR, small());
    let Ok((log, report)) = opened else {
        assert!(disk.is_cut());
        return;
    };
    assert_eq!(report.damaged, []);
    let end = log.end().get();
    oracle.offered.retain(|sequence, _| *sequence <= end);
    for step in steps {
        if let Step::Append(payloads) = step
            && !oracle.append(&log, payloads)
        {
            return;
        }
    }
}

pub(super) fn random_steps(rng: &mut Rng) -> Vec<Step> {
    let count = 1 + rng.below(10);
    let step = |rng: &mut Rng| match rng.below(8) {
        0 => Step::ReleaseBut(rng.below(4)),
        1 => Step::Reopen,
        _ => {
            let most = [20, 400, 1500, 3500][usize::try_from(rng.below(4)).unwrap()];
            let frames = 1 + rng.below(5);
            Step::Append((0..frames).map(|_| rng.below(most)).collect())
        }
    };
    (0..count).map(|_| step(rng)).collect()
}

/// 10,000 seeds of random traces with up to three cuts each, with and without
/// a thread for housekeeping.
#[test]
fn ten_thousand_random_cuts() {
    for seed in 0..10_000 {
        let mut rng = Rng(seed);
        let mut disk = PowerCutDisk::new();
        let mut oracle = Oracle::default();
        for _ in 0..=rng.below(3) {
            let steps = random_steps(&mut rng);
            let housekeeping = match rng.below(8) {
                0 => Housekeeping::Thread,
                _ => Housekeeping::Inline,
            };
            disk.cut_after(1 + rng.below(60));
            if rng.below(2) == 0 {
                live(&disk, &mut oracle, &steps, || Options { housekeeping, ..small() });
            } else {
                live_on(&disk, &mut oracle, &steps);
            }
            disk = disk.after_cut(rng.below(u64::MAX));
            // A look at a copy: the next life recovers from the same bytes.
            oracle.check(&open(&disk.after_cut(0)));
        }
        check_and_go_on(&disk, oracle);
    }
}
