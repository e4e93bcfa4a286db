//! Killed at any await or told to stop, again and again: nothing is lost, and what comes twice says
//! so.

use proptest::collection::vec;
use proptest::prelude::*;

use super::rig::{Act, Rig};

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        5 => Just(Act::Take),
        2 => Just(Act::Break),
        2 => Just(Act::Half),
        1 => Just(Act::Retry(None)),
        1 => Just(Act::Retry(Some(std::time::Duration::from_secs(7)))),
        1 => (1..4_u32).prop_map(Act::Hold),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Guarantees: whatever a destination does and wherever the process is killed, what was
    /// delivered and what is dead are together everything.
    #[test]
    fn nothing_is_lost_wherever_it_is_killed(
        rows in 1..160_usize,
        script in vec(act(), 0..60),
        frames in 0..40_usize,
        kills in vec((1..120_usize, any::<bool>()), 0..12),
        in_flight in 1..5_usize,
        whole in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let mut rig = Rig { whole, ..Rig::new(rows) }.script(script);
        rig.limits.in_flight = in_flight;
        rig.options.seed = Some(seed);
        rig.options.window_records = 40;
        rig.world().frames = frames;
        for (polls, orderly) in kills {
            if orderly {
                rig.stop_after(polls);
            } else {
                rig.run_for(polls);
            }
        }
        prop_assert!(rig.run_for(usize::MAX));
        rig.judge();
    }
}
