//! It does not matter how the stitcher is told.

use std::collections::BTreeSet;

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
    let options = StitchOptions { memory_bytes: telling.memory_bytes, ..StitchOptions::default() };
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

fn same(one: &Said, other: &Said) -> Result<(), String> {
    for (key, row) in one {
        let told = other.get(key).ok_or_else(|| format!("{key:?} is missing"))?;
        let columns: BTreeSet<_> = row.keys().chain(told.keys()).collect();
        let differs = columns.into_iter().find(|column| row.get(*column) != told.get(*column));
        if let Some(column) = differs {
            let (is, was) = (told.get(column), row.get(column));
            return Err(format!("{key:?}: {column} is {is:?} and not {was:?}"));
        }
    }
    match other.keys().find(|key| !one.contains_key(*key)) {
        Some(key) => Err(format!("there is no {key:?}")),
        None => Ok(()),
    }
}

/// Before the first restart there may be nothing but spans that no conversation is named in: no
/// row tells of them.
#[test]
fn spans_without_a_row_are_found_after_a_start() {
    for seed in 0..20 {
        let story = story(&Plan::new(seed, 1).generate().requests);
        let (named, nameless): (Vec<&Fact>, Vec<&Fact>) =
            story.facts.iter().partition(|fact| fact.session_id.is_some());
        let mut run = Run::new(StitchOptions::default());
        run.tell(&nameless);
        run.restart();
        run.tell(&named);
        run.end();
        same(&plainly(&story.facts), &run.ends.said()).unwrap();
    }
}

/// Tellings that once ended differently: a nameless span before a start, and a review that only
/// its time joins to what it was for.
#[test]
fn what_once_differed_does_not() {
    let shuffled = |seed, sessions, groups, memory_bytes| Telling {
        seed,
        sessions,
        shuffled: true,
        repeated: true,
        groups,
        restarts: 3,
        memory_bytes,
    };
    for telling in [
        shuffled(6_260_746_901_385_638_184, 1, 5, 1 << 30),
        shuffled(1_210_648_873_738_071_631, 2, 10, 0),
    ] {
        let story = story(&Plan::new(telling.seed, telling.sessions).generate().requests);
        same(&plainly(&story.facts), &told(&story.facts, &telling)).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, max_shrink_iters: 50, ..ProptestConfig::default() })]

    /// Guarantees (G17): shuffled, split, repeated, restarted, and with hardly any memory, the
    /// rows are the same.
    #[test]
    fn however_it_is_told(telling in tellings()) {
        let scenario = Plan::new(telling.seed, telling.sessions).generate();
        let story = story(&scenario.requests);
        let (one, other) = (plainly(&story.facts), told(&story.facts, &telling));
        same(&one, &other).map_err(TestCaseError::fail)?;
    }
}
