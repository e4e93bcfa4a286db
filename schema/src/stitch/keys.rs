//! What facts of one family have in common.

use super::detail::Name;
use super::fact::Fact;
use super::hash::hash_of;
use crate::ids::TraceId;
use crate::vocabulary::Agent;

/// Earlier events that are needed: all events with this session id, or those in this trace that
/// name no session.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HistoryKey {
    /// Whose.
    pub tenant: Name,
    /// Of which agent; says nothing where `trace` is true.
    pub agent: Agent,
    /// The column `session_id`, where `trace` is false; else the column `trace_id`.
    pub id: Name,
    /// Whether `id` is a trace's.
    pub trace: bool,
}

/// What facts may have in common, hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key(u64);

impl Key {
    /// The first of all keys.
    pub(super) const LEAST: Self = Self(0);
}

/// What a key was made of, where that is needed again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Join {
    Session(Agent, Name),
    Trace(TraceId),
    Opening(u64),
    Names(Name),
}

impl Join {
    /// The key, within a tenant. A conversation's id is one whoever sends it, so that what
    /// another principal sends under it is seen; all else is kept apart by principal.
    pub(super) fn key(&self, tenant: &str, principal: &str) -> Key {
        Key(match self {
            Self::Session(_, id) | Self::Names(id) => hash_of(&(0_u8, tenant, id)),
            Self::Trace(trace) => hash_of(&(1_u8, tenant, principal, trace)),
            Self::Opening(opening) => hash_of(&(2_u8, tenant, principal, opening)),
        })
    }

    /// The text in the column `joined_by`; nothing for the conversation's own id.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Session(..) => None,
            Self::Trace(trace) => Some(format!("trace:{trace}")),
            Self::Opening(opening) => Some(format!("opening:{opening:016x}")),
            Self::Names(id) => Some(format!("names:{id}")),
        }
    }

    /// Reads the text of the column `joined_by`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (what, id) = text.split_once(':')?;
        match what {
            "trace" => TraceId::parse(id).map(Self::Trace),
            "opening" => u64::from_str_radix(id, 16).ok().map(Self::Opening),
            "names" => Some(Self::Names(Name::from(id))),
            _ => None,
        }
    }
}

impl Fact {
    /// Everything that may join this fact to others.
    pub(super) fn joins(&self) -> impl Iterator<Item = Join> + '_ {
        let detail = self.detail.as_deref();
        let session = self.session_id.clone().map(|id| Join::Session(self.agent, id));
        let parent = detail.and_then(|detail| detail.parent_session_id.clone()).map(Join::Names);
        let opening = detail.and_then(|detail| detail.talk.exchange.as_ref());
        let opening = opening.map(|told| Join::Opening(told.opening));
        let names = detail.into_iter().flat_map(|detail| &detail.call.mentions).cloned();
        let own = [session, self.trace.map(Join::Trace), parent, opening];
        own.into_iter().flatten().chain(names.map(Join::Names))
    }
}
