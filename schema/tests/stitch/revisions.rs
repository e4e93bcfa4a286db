//! Which settled revision a revision of an action says it replaces.

use std::collections::BTreeMap;

use seam_schema::derived::Id;
use seam_schema::derived::actions::ActionRow;
use seam_schema::stitch::{Fact, StitchOptions};
use seam_sessions::Plan;

use crate::story::{Run, story};

/// What ought to be known of the actions that were said.
#[derive(Default)]
struct Settled {
    newest: BTreeMap<Id, i64>,
    /// How many revisions replaced a settled one.
    replaced: usize,
}

impl Settled {
    /// Looks at the revisions that were said since the last look.
    fn look(&mut self, run: &mut Run<'_>) {
        for batch in run.ends.actions.replace(Vec::new()).unwrap_or_default() {
            (0..batch.num_rows()).for_each(|row| self.next(&ActionRow::read(&batch, row)));
        }
    }

    fn next(&mut self, row: &ActionRow<'_>) {
        let before = self.newest.get(&row.action_id).copied();
        let before = before.filter(|before| *before < row.revision);
        assert_eq!(row.supersedes, before, "{row:?}");
        self.replaced += usize::from(before.is_some());
        if row.retracted {
            self.newest.remove(&row.action_id);
        } else if row.settled {
            let newest = self.newest.entry(row.action_id).or_insert(row.revision);
            *newest = row.revision.max(*newest);
        }
    }
}

/// Guarantees: a revision names the newest settled one before it. After a start, and after others
/// have said revisions, it names none rather than a wrong one.
#[test]
fn a_revision_names_what_it_replaces() {
    let mut all = 0;
    for seed in 0..20 {
        let story = story(&Plan::new(seed, 3).generate().requests);
        let mut facts: Vec<&Fact> = story.facts.iter().collect();
        fastrand::Rng::with_seed(seed).shuffle(&mut facts);
        let mut run = Run::new(StitchOptions::default());
        run.ends.actions = Some(Vec::new());
        let mut settled = Settled::default();
        for (number, some) in facts.chunks(7).enumerate() {
            run.tell(some);
            settled.look(&mut run);
            if number % 19 == 11 {
                run.restart();
                settled.newest.clear();
            }
            if number % 19 == 17 {
                run.stitcher.forget_revisions();
                settled.newest.clear();
            }
        }
        run.end();
        settled.look(&mut run);
        all += settled.replaced;
    }
    assert!(all > 100, "settled actions have changed: {all}");
}
