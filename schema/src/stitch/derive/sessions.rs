//! Whose conversation each fact is in.
//!
//! A record that names its conversation is in it. Another is in that of the nearest span above
//! it, or of its turn, or in the only one of its trace. Where an agent names none at all, the
//! traces that tell one history are one conversation, called after the first of them.
//!
//! A conversation belongs to the principal that was first received; what another principal sent
//! under its id is a conversation of its own.

use std::collections::BTreeMap;

use super::{Fact, FactAt, Tree};
use crate::ids::TraceId;
use crate::stitch::detail::Name;
use crate::stitch::hash::FastMap;
use crate::vocabulary::{Agent, Kind};

/// One conversation.
#[derive(Debug)]
pub(super) struct Session {
    /// Its id in the tables.
    pub id: Name,
    /// Its agent.
    pub agent: Agent,
    /// Who sends its records.
    pub principal: Name,
    /// Whether it is what another principal sent under somebody's id, and then whose id.
    pub foreign_to: Option<Name>,
    /// Its facts, in order.
    pub facts: Vec<FactAt>,
}

/// All conversations, and where each fact is.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    pub all: Vec<Session>,
    of: Vec<Option<u32>>,
}

/// What makes a conversation one: its agent, its name, and who sent it.
type Key = (Agent, Name, Name);

impl Sessions {
    pub(super) fn of(facts: &[&Fact], tree: &Tree) -> Self {
        let mut keys: Vec<Option<Key>> = facts.iter().map(|fact| named(fact)).collect();
        above(facts, tree, &mut keys);
        by_turn(facts, &mut keys);
        by_trace(facts, &mut keys);
        nameless(facts, &mut keys);
        let owners = owners(facts, &keys);
        let mut sessions = Self { all: Vec::new(), of: Vec::with_capacity(facts.len()) };
        let mut numbers: FastMap<&Key, u32> = FastMap::default();
        for (at, key) in keys.iter().enumerate() {
            let number = key.as_ref().map(|key| {
                *numbers.entry(key).or_insert_with(|| {
                    sessions.all.push(session(key, &owners));
                    u32::try_from(sessions.all.len() - 1).unwrap_or(u32::MAX)
                })
            });
            if let Some(session) = number.and_then(|at| sessions.all.get_mut(at as usize)) {
                session.facts.push(at);
            }
            sessions.of.push(number);
        }
        sessions
    }

    /// The conversation of a fact.
    pub(super) fn of_fact(&self, at: FactAt) -> Option<usize> {
        self.of.get(at).copied().flatten().map(|session| session as usize)
    }

    pub(super) fn get(&self, session: usize) -> Option<&Session> {
        self.all.get(session)
    }
}

fn named(fact: &Fact) -> Option<Key> {
    let id = fact.session_id.clone()?;
    Some((fact.agent, id, fact.principal.clone()))
}

fn session(key: &Key, owners: &FastMap<(Agent, Name), Name>) -> Session {
    let (agent, id, principal) = key;
    let owner = owners.get(&(*agent, id.clone()));
    let foreign = owner.is_some_and(|owner| owner != principal);
    Session {
        id: if foreign { foreign_id(id, principal) } else { id.clone() },
        agent: *agent,
        principal: principal.clone(),
        foreign_to: foreign.then(|| id.clone()),
        facts: Vec::new(),
    }
}

/// The id of what another principal sent under a conversation's id.
fn foreign_id(id: &str, principal: &str) -> Name {
    let hash = blake3::hash(principal.as_bytes()).to_hex();
    Name::from(format!("{id}~{}", hash.get(..8).unwrap_or_default()))
}

/// The first principal of each conversation that was received.
fn owners(facts: &[&Fact], keys: &[Option<Key>]) -> FastMap<(Agent, Name), Name> {
    let mut first: FastMap<(Agent, Name), &Fact> = FastMap::default();
    for (fact, key) in facts.iter().zip(keys) {
        let Some((agent, id, _)) = key else { continue };
        let earliest = first.entry((*agent, id.clone())).or_insert(fact);
        if fact.position() < earliest.position() {
            *earliest = fact;
        }
    }
    first.into_iter().map(|(key, fact)| (key, fact.principal.clone())).collect()
}

/// A fact without a name has that of the nearest span above it.
fn above(facts: &[&Fact], tree: &Tree, keys: &mut [Option<Key>]) {
    for at in 0..facts.len() {
        if keys.get(at).is_some_and(Option::is_some) {
            continue;
        }
        let Some(fact) = facts.get(at) else { continue };
        let found = tree.above(at).find_map(|above| {
            let above = facts.get(above)?;
            named(above).filter(|(_, _, principal)| *principal == fact.principal)
        });
        if let Some(key) = keys.get_mut(at) {
            *key = found;
        }
    }
}

/// A fact without a name is in the conversation of its turn.
fn by_turn(facts: &[&Fact], keys: &mut [Option<Key>]) {
    let mut turns: FastMap<(&Name, &Name), Key> = FastMap::default();
    for (fact, key) in facts.iter().zip(keys.iter()) {
        if let (Some(turn), Some(key)) = (&fact.turn_id, key) {
            turns.entry((&fact.principal, turn)).or_insert_with(|| key.clone());
        }
    }
    for (fact, key) in facts.iter().zip(keys.iter_mut()).filter(|(_, key)| key.is_none()) {
        if let Some(turn) = &fact.turn_id {
            *key = turns.get(&(&fact.principal, turn)).cloned();
        }
    }
}

/// A fact without a name is in the only conversation of its trace.
fn by_trace(facts: &[&Fact], keys: &mut [Option<Key>]) {
    let mut traces: FastMap<(&Name, TraceId), Option<Key>> = FastMap::default();
    for (fact, key) in facts.iter().zip(keys.iter()) {
        if let (Some(trace), Some(key)) = (fact.trace, key) {
            let only = traces.entry((&fact.principal, trace)).or_insert_with(|| Some(key.clone()));
            if only.as_ref().is_some_and(|only| only != key) {
                *only = None;
            }
        }
    }
    for (fact, key) in facts.iter().zip(keys.iter_mut()).filter(|(_, key)| key.is_none()) {
        if let Some(trace) = fact.trace {
            *key = traces.get(&(&fact.principal, trace)).cloned().flatten();
        }
    }
}

/// Whether an agent's conversations may go without a name.
const fn may_be_nameless(agent: Agent) -> bool {
    !matches!(agent, Agent::Codex | Agent::Gemini | Agent::Qwen | Agent::Copilot | Agent::Opencode)
}

/// What no name was found for: the traces that tell one history, or the records of one turn.
fn nameless(facts: &[&Fact], keys: &mut [Option<Key>]) {
    let means =
        |kind| matches!(kind, Kind::Prompt | Kind::ToolCall | Kind::ToolResult | Kind::Approval);
    let mut groups: BTreeMap<(&Name, String), Vec<FactAt>> = BTreeMap::new();
    let mut openings: FastMap<(&Name, u64), TraceId> = FastMap::default();
    let mut joined: FastMap<TraceId, TraceId> = FastMap::default();
    for (at, fact) in facts.iter().enumerate() {
        if keys.get(at).is_none_or(Option::is_some) || !may_be_nameless(fact.agent) {
            continue;
        }
        if let (Some(trace), Some(told)) =
            (fact.trace, fact.detail.as_ref().and_then(|detail| detail.talk.exchange.as_ref()))
        {
            let first = openings.entry((&fact.principal, told.opening)).or_insert(trace);
            joined.entry(trace).or_insert(*first);
        }
    }
    for (at, fact) in facts.iter().enumerate() {
        if keys.get(at).is_none_or(Option::is_some) || !may_be_nameless(fact.agent) {
            continue;
        }
        let name = match (fact.trace, &fact.turn_id) {
            (Some(trace), _) => format!("trace:{}", joined.get(&trace).unwrap_or(&trace)),
            (None, Some(turn)) => format!("turn:{turn}"),
            (None, None) => continue,
        };
        groups.entry((&fact.principal, name)).or_default().push(at);
    }
    for ((principal, name), members) in groups {
        let meaning = members.iter().filter_map(|at| facts.get(*at)).find(|fact| means(fact.kind));
        let Some(meaning) = meaning else { continue };
        let key: Key = (meaning.agent, Name::from(name), principal.clone());
        for at in members {
            if let Some(of) = keys.get_mut(at) {
                *of = Some(key.clone());
            }
        }
    }
}
