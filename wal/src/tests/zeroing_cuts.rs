//! The power goes while old frames are zeroed.

use std::path::Path;
use std::time::Duration;

use seam_disk::{PowerCutDisk, read_to_vec};

use super::oracle::{DIR, Oracle, Rng, names, open, open_closed, small};
use super::power_cut::{Step, live, random_steps, short_traces};
use crate::{Housekeeping, Options};

/// Frames with fewer bytes are not looked for.
const TELLING_BYTES: usize = 32;

/// Zeroes whatever is free, at once.
fn zeroing() -> Options {
    Options { zero_free_after: Duration::ZERO, ..small() }
}

/// After a cut the log opens and shows every frame that was acknowledged and
/// not released. When all are released and it is closed, none of them stands
/// in any file any more, whatever the cut left half zeroed.
fn check_and_empty(disk: &PowerCutDisk, mut oracle: Oracle) {
    let log = open(disk);
    oracle.check(&log);
    assert!(oracle.append(&log, &[40, 700]));
    let files = files(disk);
    let newest = &oracle.offered[&log.end().get()].payload;
    assert!(stands_in(&files, newest), "what is looked for can be found");
    oracle.release(&log, log.end().get());
    log.close();
    let files = self::files(disk);
    for (sequence, frame) in &oracle.offered {
        if frame.payload.len() >= TELLING_BYTES {
            assert!(!stands_in(&files, &frame.payload), "frame {sequence} is left");
        }
    }
    oracle.check(&open_closed(disk));
}

fn files(disk: &PowerCutDisk) -> Vec<Vec<u8>> {
    let paths = names(disk, DIR).into_iter().map(|name| Path::new(DIR).join(name));
    // The committer may recycle one between the two looks.
    paths.filter_map(|path| read_to_vec(disk, &path, 1 << 20).ok()).collect()
}

/// Whether a piece of a payload stands in a file.
fn stands_in(files: &[Vec<u8>], payload: &[u8]) -> bool {
    let (first, last) = (&payload[..8], &payload[payload.len() - 8..]);
    let mut windows = files.iter().flat_map(|file| file.windows(8));
    windows.any(|window| window == first || window == last)
}

/// A trace in which files are recycled, zeroed, reused, and zeroed and
/// removed.
fn zeroing_trace() -> Vec<Step> {
    let append = |payloads: &[u64]| Step::Append(payloads.to_vec());
    vec![
        append(&[1200, 1200]),
        append(&[1200, 1200]),
        append(&[6000]),
        Step::ReleaseBut(1),
        append(&[300]),
        Step::ReleaseBut(1),
        append(&[3000]),
        Step::Reopen,
        append(&[3000, 50]),
        Step::ReleaseBut(0),
        append(&[60]),
        Step::ReleaseBut(0),
    ]
}

/// The power goes during every single operation of short traces: recycling,
/// zeroing, removal, the close with its last segment.
#[test]
fn every_cut_while_zeroing() {
    for steps in short_traces().into_iter().chain([zeroing_trace()]) {
        let undisturbed = PowerCutDisk::new();
        live(&undisturbed, &mut Oracle::default(), &steps, zeroing);
        for cut in 1..=undisturbed.operations() {
            let disk = PowerCutDisk::new();
            disk.cut_after(cut);
            let mut oracle = Oracle::default();
            live(&disk, &mut oracle, &steps, zeroing);
            for seed in 0..8 {
                check_and_empty(&disk.after_cut(seed), oracle.clone());
            }
        }
    }
}

/// Random traces with up to three cuts each, with and without the thread:
/// every acknowledged frame that was not released is there, bit by bit.
#[test]
fn random_cuts_while_zeroing() {
    for seed in 0..2_000 {
        let mut rng = Rng(seed);
        let mut disk = PowerCutDisk::new();
        let mut oracle = Oracle::default();
        for _ in 0..=rng.below(3) {
            let mut steps = random_steps(&mut rng);
            for at in (1..=steps.len()).rev() {
                if rng.below(3) == 0 {
                    steps.insert(at, Step::ReleaseBut(rng.below(3)));
                }
            }
            let housekeeping = match rng.below(4) {
                0 => Housekeeping::Thread,
                _ => Housekeeping::Inline,
            };
            disk.cut_after(1 + rng.below(90));
            live(&disk, &mut oracle, &steps, || Options { housekeeping, ..zeroing() });
            disk = disk.after_cut(rng.below(u64::MAX));
            // A look at a copy: the next life recovers from the same bytes.
            oracle.check(&open(&disk.after_cut(0)));
        }
        check_and_empty(&disk, oracle);
    }
}
