//! From the facts of some conversations that belong together to their rows.
//!
//! A pure function of the set of facts. The passes, in order:
//!
//! 1. [`tree`]: which span stands below which.
//! 2. [`sessions`]: whose conversation each fact is in.
//! 3. [`calls`]: which facts are of one call.
//! 4. [`turns`]: prompts, and what followed from each.
//! 5. [`lineage`]: which conversation serves which.
//! 6. [`network`]: which call made which network attempt.
//! 7. [`verdict`]: what was decided about a call, and how it ended.
//! 8. [`rows`]: the rows.

mod calls;
mod drift;
mod gaps;
mod intent;
mod lineage;
mod network;
mod posture;
mod rows;
mod sessions;
mod told;
mod tree;
mod turns;
mod verdict;

use super::detail::Detail;
use super::fact::Fact;
use super::hash::FastSet;
use crate::ids::EventId;
use crate::vocabulary::{Kind, LinkRelation};
use calls::{Call, Calls};
use lineage::Lineage;
use network::Attempts;
use sessions::Sessions;
use tree::Tree;
use turns::Turns;

pub(super) use rows::{Print, Takes};

/// The number of a fact among those that are derived from.
type FactAt = usize;

/// Clocks that stamp milliseconds, and threads that log a moment late.
const SLACK_US: i64 = 50_000;

/// The facts of one family, in order and each once.
#[derive(Debug)]
pub(super) struct Scene<'f> {
    facts: Vec<&'f Fact>,
    tree: Tree,
    sessions: Sessions,
    calls: Calls,
    turns: Turns,
    lineage: Lineage,
    attempts: Attempts,
    posture: Vec<[posture::Changes<'f>; 3]>,
    /// Everything up to this receive time was seen.
    now_us: i64,
    settle_after_us: i64,
}

/// Finds out what there is to know of a family, and gives it to `take`.
pub(super) fn derive<'f, T>(
    facts: impl IntoIterator<Item = &'f Fact>,
    now_us: i64,
    settle_after_us: i64,
    take: impl FnOnce(&Scene<'_>) -> T,
) -> T {
    let facts = in_order(facts);
    let tree = Tree::of(&facts);
    let sessions = Sessions::of(&facts, &tree);
    let mut scene = Scene {
        facts,
        tree,
        sessions,
        calls: Calls::default(),
        turns: Turns::default(),
        lineage: Lineage::default(),
        attempts: Attempts::default(),
        posture: Vec::new(),
        now_us,
        settle_after_us,
    };
    scene.posture = posture::find(&scene);
    scene.calls = calls::find(&scene);
    told::tell(&mut scene);
    scene.turns = turns::find(&scene);
    lineage::find(&mut scene);
    turns::assign(&mut scene);
    scene.attempts = network::attribute(&scene);
    take(&scene)
}

/// Sorted by time, then by what comes first where clocks cannot tell; copies left out.
fn in_order<'f>(facts: impl IntoIterator<Item = &'f Fact>) -> Vec<&'f Fact> {
    let mut facts: Vec<&Fact> = facts.into_iter().collect();
    // The first copy that came is the one that counts.
    facts.sort_unstable_by_key(|fact| (fact.position(), fact.event_id));
    let mut seen = FastSet::default();
    seen.reserve(facts.len());
    facts.retain(|fact| seen.insert(fact.same));
    facts.sort_by(|a, b| order(a).cmp(&order(b)));
    facts
}

/// The order of facts that does not depend on how they came, nor on the process.
fn order(fact: &Fact) -> (i64, u8, Option<i64>, &str, &str, EventId) {
    let sequence = fact.detail.as_ref().and_then(|detail| detail.source_sequence);
    let call = fact.call_id.as_deref().unwrap_or_default();
    (fact.time_us, rank(fact.kind), sequence, &fact.name, call, fact.event_id)
}

/// What comes first within one millisecond.
const fn rank(kind: Kind) -> u8 {
    match kind {
        Kind::Session | Kind::Config => 0,
        Kind::Prompt => 1,
        Kind::ModelRequest => 2,
        Kind::ToolCall | Kind::Hook | Kind::Reviewer => 3,
        Kind::Approval => 4,
        Kind::Network => 5,
        Kind::ToolResult => 6,
        Kind::Response => 7,
        _ => 8,
    }
}

/// What a fact of a call is to it; nothing for a plain span.
fn links_of(scene: &Scene<'_>, at: FactAt) -> Option<LinkRelation> {
    let fact = scene.fact(at);
    match fact.kind {
        Kind::Approval => Some(LinkRelation::Decision),
        Kind::ToolResult => Some(LinkRelation::Result),
        Kind::ToolCall if !fact.is_span() => Some(LinkRelation::Request),
        Kind::Hook => Some(match scene.detail(at).and_then(|detail| detail.decision) {
            Some(_) => LinkRelation::Decision,
            None => LinkRelation::Span,
        }),
        Kind::ToolCall | Kind::Reviewer | Kind::Error | Kind::Session | Kind::McpServer => {
            Some(LinkRelation::Span)
        }
        _ => None,
    }
}

impl<'f> Scene<'f> {
    /// Gives the rows.
    pub(super) fn rows(&self, to: &mut impl Takes) {
        rows::make(self, to);
    }

    fn fact(&self, at: FactAt) -> &'f Fact {
        #[expect(clippy::indexing_slicing, reason = "numbers of facts are made from this list")]
        self.facts[at]
    }

    fn detail(&self, at: FactAt) -> Option<&'f Detail> {
        self.facts.get(at).and_then(|fact| fact.detail.as_deref())
    }

    /// The facts of a call that say something, with what they say.
    fn said<'s>(
        &'s self,
        call: &'s Call,
    ) -> impl Iterator<Item = (FactAt, &'f Fact, &'f Detail)> + 's {
        call.facts.iter().filter_map(|at| Some((*at, self.fact(*at), self.detail(*at)?)))
    }
}
