//! Which span stands below which.

use super::{Fact, FactAt};
use crate::ids::{SpanId, TraceId};
use crate::stitch::hash::FastMap;

/// Chains of parents are followed at most so far.
const DEPTH_MOST: usize = 256;

/// The parent of each fact: of a span its parent span, of a record the span it stands in.
#[derive(Debug, Default)]
pub(super) struct Tree {
    parents: Vec<Option<u32>>,
}

impl Tree {
    pub(super) fn of(facts: &[&Fact]) -> Self {
        let mut spans: FastMap<(TraceId, SpanId), u32> = FastMap::default();
        for (at, fact) in (0_u32..).zip(facts) {
            if let (true, Some(trace), Some(span)) = (fact.is_span(), fact.trace, fact.span) {
                spans.entry((trace, span)).or_insert(at);
            }
        }
        let parents = (0_u32..).zip(facts).map(|(at, fact)| {
            let above = if fact.is_span() { fact.parent } else { fact.span };
            let parent = spans.get(&(fact.trace?, above?)).copied()?;
            (parent != at).then_some(parent)
        });
        Self { parents: parents.collect() }
    }

    /// The span a fact stands directly below.
    pub(super) fn parent(&self, at: FactAt) -> Option<FactAt> {
        self.parents.get(at).copied().flatten().map(|parent| parent as usize)
    }

    /// The spans above a fact, the nearest first.
    pub(super) fn above(&self, at: FactAt) -> impl Iterator<Item = FactAt> + '_ {
        std::iter::successors(self.parent(at), |at| self.parent(*at)).take(DEPTH_MOST)
    }
}
