//! It does not matter how the stitcher is told.

use proptest::prelude::*;
use seam_schema::stitch::{Fact, StitchOptions};
use seam_sessions::Plan;

use crate::story::{Run, Said, story};

/// How the facts are told this time.
#[derive(Debug, Clone)]
struct Telling {
    seed: u64,
    sessions: usize,
    shuffled: bool,
    repeated: bool,
    groups: usize,
    restarts: usize,
    memory_bytes: usize,
}

fn tellings() -> impl Strategy<Value = Telling> {
    (
        any::<u64>(),
        1_usize..4,
        any::<bool>(),
        any::<bool>(),
        1_usize..12,
        0_usize..4,
        prop_oneof![Just(1_usize << 30), Just(1 << 18), Just(0)],
    )
        .prop_map(|(seed, sessions, shuffled, repeated, groups, restarts, memory_bytes)| {
            Telling { seed, sessions, shuffled, repeated, groups, restarts, memory_bytes }
        })
}

/// Everything told at once, in order.
fn plainly(facts: &[Fact]) -> Said {
    let mut run = Run::new(StitchOptions::default());
    run.tell(&facts.iter().collect::<Vec<_>>());
    run.end();
    run.ends.said()
}

fn told(facts: &[Fact], telling: &Telling) -> Said {
    let mut random = fastrand::Rng::with_seed(telling.seed);
    let mut told: Vec<&Fact> = facts.iter().collect();
    if telling.repeated {
        let again: Vec<&Fact> = told.iter().copied().filter(|_| random.u8(..) < 32).collect();
        told.extend(again);
    }
    if telling.shuffled {
        random.shuffle(&mut told);
    }
    let options = StitchOptions {
        memory_bytes: telling.memory_bytes,
        look_back_us: i64::MAX,
        ..StitchOptions::default()
    };
    let mut run = Run::new(options);
    let mut cuts: Vec<usize> = (0..telling.groups).map(|_| random.usize(..=told.len())).collect();
    cuts.extend([0, told.len()]);
    cuts.sort_unstable();
    let restarts: Vec<usize> = (0..telling.restarts).map(|_| random.usize(..cuts.len())).collect();
    for (number, pair) in cuts.windows(2).enumerate() {
        let [from, to] = pair else { continue };
        run.tell(&told[*from..*to]);
        if restarts.contains(&number) {
            run.restart();
        }
    }
    run.end();
    run.ends.said()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, max_shrink_iters: 50, ..ProptestConfig::default() })]

    /// Guarantees (G15): shuffled, split, repeated, restarted, and with hardly any memory, the
    /// rows are the same.
    #[test]
    fn however_it_is_told(telling in tellings()) {
        let scenario = Plan::new(telling.seed, telling.sessions).generate();
        let story = story(&scenario.requests);
        let (one, other) = (plainly(&story.facts), told(&story.facts, &telling));
        for (key, row) in &one {
            let Some(told) = other.get(key) else {
                return Err(TestCaseError::fail(format!("{key:?} is missing")));
            };
            let differs = row.iter().find(|(column, cell)| told.get(*column) != Some(cell));
            let differs = differs.map(|(column, cell)| (column, cell, told.get(column)));
            prop_assert_eq!(differs, None, "{:?}", key);
            prop_assert_eq!(row.len(), told.len(), "{:?}", key);
        }
        for key in other.keys() {
            prop_assert!(one.contains_key(key), "there is no {:?}", key);
        }
    }
}
