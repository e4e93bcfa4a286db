//! Which facts are of one call.
//!
//! Facts with one call id in one conversation are one call. A fact without one belongs to the
//! call of the nearest span above it; a tool's span without an id, below no call of that tool,
//! is a call of its own. Gemini's log records of a call have no id, and stand in the span of a
//! batch: they are matched to the calls of that batch by tool and arguments.

use super::{Detail, FactAt, Scene};
use crate::ids::EventId;
use crate::stitch::detail::Name;
use crate::stitch::fact::Fact;
use crate::stitch::hash::FastMap;
use crate::vocabulary::{Agent, Kind, RecordSignal, ToolKind};

/// What makes a call one, within its conversation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum CallKey {
    /// The agent's own id.
    Id(Name),
    /// The span of a tool.
    Span(String),
    /// A record that nothing else belongs to.
    Record(EventId),
}

/// One call.
#[derive(Debug)]
#[expect(clippy::struct_field_names, reason = "agents and tables call it `call_id`")]
pub(super) struct Call {
    /// The conversation it was made in.
    pub session: usize,
    /// What makes it one.
    pub key: CallKey,
    /// Its id, as the agent gave it.
    pub call_id: Option<Name>,
    /// Its facts, in order.
    pub facts: Vec<FactAt>,
    /// The call of another agent inside which it was made.
    pub inside: Option<usize>,
    /// What a request to a model told of it: the fact, and whether it was refused.
    pub told: Option<(FactAt, bool)>,
    /// The turn it belongs to.
    pub turn: Option<super::turns::Belongs>,
}

impl Call {
    fn new(session: usize, key: CallKey) -> Self {
        let call_id = match &key {
            CallKey::Id(id) => Some(id.clone()),
            _ => None,
        };
        Self { session, key, call_id, facts: Vec::new(), inside: None, told: None, turn: None }
    }
}

/// All calls, and which each fact is of.
#[derive(Debug, Default)]
pub(super) struct Calls {
    pub all: Vec<Call>,
    of: Vec<Option<u32>>,
}

impl Calls {
    /// The call of a fact.
    pub(super) fn of_fact(&self, at: FactAt) -> Option<usize> {
        self.of.get(at).copied().flatten().map(|call| call as usize)
    }

    pub(super) fn get(&self, call: usize) -> Option<&Call> {
        self.all.get(call)
    }

    /// Adds a call that only a request to a model tells of.
    pub(super) fn add_told(&mut self, session: usize, id: Name, at: FactAt, refused: bool) {
        let mut call = Call::new(session, CallKey::Id(id));
        call.told = Some((at, refused));
        self.all.push(call);
    }

    /// Moves the facts of calls to the first of them, and gives that its id.
    pub(super) fn name(&mut self, calls: &[usize], id: &Name) {
        let Some((first, others)) = calls.split_first() else { return };
        let mut facts = Vec::new();
        for other in others {
            if let Some(other) = self.all.get_mut(*other) {
                facts.append(&mut other.facts);
            }
        }
        for at in &facts {
            if let Some(of) = self.of.get_mut(*at) {
                *of = u32::try_from(*first).ok();
            }
        }
        if let Some(call) = self.all.get_mut(*first) {
            call.facts.append(&mut facts);
            call.facts.sort_unstable();
            call.key = CallKey::Id(id.clone());
            call.call_id = Some(id.clone());
        }
    }
}

/// Whether facts of this kind can be of a call.
const fn can_be(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::ToolCall
            | Kind::ToolResult
            | Kind::Approval
            | Kind::Hook
            | Kind::Reviewer
            | Kind::Error
            | Kind::McpServer
    )
}

/// What Codex calls the tool of a decision about network access that belongs to no call.
const NETWORK_ACCESS: &str = "network_access";

/// Whether a call exists because this fact does.
fn makes(fact: &Fact) -> bool {
    let tool = fact.detail.as_ref().and_then(|detail| detail.tool.as_deref());
    match fact.kind {
        _ if tool == Some(NETWORK_ACCESS) => false,
        Kind::ToolCall | Kind::ToolResult | Kind::Approval | Kind::Reviewer => true,
        Kind::Session => fact.call_id.is_some() && fact.is_span(),
        _ => false,
    }
}

pub(super) fn find(scene: &Scene<'_>) -> Calls {
    let mut finder = Finder {
        scene,
        calls: Calls { all: Vec::new(), of: vec![None; scene.facts.len()] },
        numbers: FastMap::default(),
    };
    finder.named();
    finder.spans();
    finder.below();
    finder.batches();
    finder.nested();
    let mut calls = finder.calls;
    for call in &mut calls.all {
        call.facts.sort_unstable();
    }
    calls
}

struct Finder<'s, 'f> {
    scene: &'s Scene<'f>,
    calls: Calls,
    numbers: FastMap<(usize, CallKey), usize>,
}

impl Finder<'_, '_> {
    fn number(&mut self, session: usize, key: CallKey) -> usize {
        let calls = &mut self.calls.all;
        *self.numbers.entry((session, key)).or_insert_with_key(|(session, key)| {
            calls.push(Call::new(*session, key.clone()));
            calls.len() - 1
        })
    }

    fn join(&mut self, at: FactAt, call: usize) {
        if let Some(of) = self.calls.of.get_mut(at) {
            *of = u32::try_from(call).ok();
        }
        if let Some(call) = self.calls.all.get_mut(call) {
            call.facts.push(at);
        }
    }

    /// Facts that carry an id.
    fn named(&mut self) {
        // A plain span may carry the id of a call, but does not make one.
        for making in [true, false] {
            for (at, fact) in self.scene.facts.iter().enumerate() {
                let (Some(id), Some(session)) = (&fact.call_id, self.scene.sessions.of_fact(at))
                else {
                    continue;
                };
                if makes(fact) != making {
                    continue;
                }
                let key = CallKey::Id(id.clone());
                if making {
                    let call = self.number(session, key);
                    self.join(at, call);
                } else if let Some(call) = self.numbers.get(&(session, key)).copied() {
                    self.join(at, call);
                }
            }
        }
    }

    /// Spans of tools without an id: calls of their own, unless they stand below one that is
    /// the same call told by another layer. Parents come before children: by depth.
    fn spans(&mut self) {
        let scene = self.scene;
        let mut open: Vec<(usize, FactAt)> = Vec::new();
        for (at, fact) in scene.facts.iter().enumerate() {
            let wanted = fact.kind == Kind::ToolCall && fact.is_span() && fact.call_id.is_none();
            if wanted && self.calls.of_fact(at).is_none() {
                open.push((scene.tree.above(at).count(), at));
            }
        }
        open.sort_unstable();
        for (_, at) in open {
            let fact = scene.fact(at);
            let Some(session) = scene.sessions.of_fact(at) else { continue };
            if let Some(call) = self.same_above(at) {
                self.join(at, call);
            } else if scene.detail(at).is_some_and(|detail| detail.tool.is_some()) {
                let span = fact.span.map_or_else(String::new, |span| span.to_string());
                let trace = fact.trace.map_or_else(String::new, |trace| trace.to_string());
                let call = self.number(session, CallKey::Span(format!("{trace}:{span}")));
                self.join(at, call);
            }
        }
    }

    /// The call above a span, if the span tells of the same tool or of none, and no other
    /// agent's run lies between.
    fn same_above(&self, at: FactAt) -> Option<usize> {
        for above in self.scene.tree.above(at) {
            if let Some(call) = self.calls.of_fact(above) {
                return self.same_tool(at, above).then_some(call);
            }
            if is_run(self.scene.fact(above)) {
                return None;
            }
        }
        None
    }

    /// Whether a fact speaks of the tool of the call that a span above it is of, or of none.
    fn same_tool(&self, at: FactAt, above: FactAt) -> bool {
        let names = |detail: &Detail| [detail.tool.clone(), detail.call.mcp_tool.clone()];
        let mine = self.scene.detail(at).map(names).into_iter().flatten().flatten();
        let call = self.calls.of_fact(above).and_then(|call| self.calls.get(call));
        let said = call.into_iter().flat_map(|call| &call.facts);
        let theirs: Vec<Name> =
            said.filter_map(|at| self.scene.detail(*at).map(names)).flatten().flatten().collect();
        let mut mine = mine.peekable();
        mine.peek().is_none() || theirs.is_empty() || mine.any(|name| theirs.contains(&name))
    }

    /// Other facts below the span of a call.
    fn below(&mut self) {
        for (at, fact) in self.scene.facts.iter().enumerate() {
            if self.calls.of_fact(at).is_some() || !can_be(fact.kind) || fact.call_id.is_some() {
                continue;
            }
            if fact.kind == Kind::ToolResult && fact.agent == Agent::Gemini {
                continue;
            }
            let mut call = None;
            for above in self.scene.tree.above(at) {
                call = self.calls.of_fact(above).filter(|_| self.same_tool(at, above));
                if call.is_some() || is_run(self.scene.fact(above)) {
                    break;
                }
            }
            let same_session = |call: &usize| {
                let of = self.calls.get(*call).map(|call| call.session);
                of.is_some() && of == self.scene.sessions.of_fact(at)
            };
            if let Some(call) = call.filter(same_session) {
                self.join(at, call);
            }
        }
    }

    /// Records of results without an id: of a call in the span they stand in, or calls of
    /// their own.
    fn batches(&mut self) {
        let scene = self.scene;
        let mut members: FastMap<FactAt, Vec<usize>> = FastMap::default();
        for (at, fact) in scene.facts.iter().enumerate() {
            let Some(call) = self.calls.of_fact(at).filter(|_| fact.is_span()) else { continue };
            for batch in [Some(at), scene.tree.parent(at)].into_iter().flatten() {
                let calls = members.entry(batch).or_default();
                if !calls.contains(&call) {
                    calls.push(call);
                }
            }
        }
        let mut taken = vec![false; self.calls.all.len()];
        // Those whose arguments fit first, so that they are not taken by others.
        for exactly in [true, false] {
            for (at, fact) in scene.facts.iter().enumerate() {
                let open = fact.kind == Kind::ToolResult
                    && fact.signal == RecordSignal::Logs
                    && fact.call_id.is_none()
                    && self.calls.of_fact(at).is_none();
                let Some(detail) = scene.detail(at).filter(|_| open) else { continue };
                let batch = scene.tree.parent(at).and_then(|batch| members.get(&batch));
                let fits = |call: &&usize| {
                    !taken.get(**call).copied().unwrap_or(true)
                        && self.fits(**call, detail, exactly)
                };
                let found = batch.into_iter().flatten().find(fits).copied();
                if let Some(call) = found {
                    if let Some(taken) = taken.get_mut(call) {
                        *taken = true;
                    }
                    self.join(at, call);
                } else if let (false, Some(session)) = (exactly, scene.sessions.of_fact(at)) {
                    let call = self.number(session, CallKey::Record(fact.event_id));
                    taken.resize(self.calls.all.len(), true);
                    self.join(at, call);
                }
            }
        }
    }

    fn fits(&self, call: usize, detail: &Detail, exactly: bool) -> bool {
        let facts = self.calls.get(call).map(|call| call.facts.as_slice()).unwrap_or_default();
        facts.iter().filter_map(|at| self.scene.detail(*at)).any(|other| {
            let arguments = other.call.arguments == detail.call.arguments || !exactly;
            other.tool.is_some() && other.tool == detail.tool && arguments
        })
    }

    /// A call below the span of another agent's call was made inside that: of a tool that
    /// starts agents, or of one below which a model was asked.
    fn nested(&mut self) {
        let mut starts: Vec<bool> =
            self.calls.all.iter().map(|call| self.is_subagent(call)).collect();
        for (at, fact) in self.scene.facts.iter().enumerate() {
            if fact.kind != Kind::ModelRequest {
                continue;
            }
            let mut above = self.scene.tree.above(at);
            let call = above.find_map(|above| self.calls.of_fact(above));
            if let Some(starts) = call.and_then(|call| starts.get_mut(call)) {
                *starts = true;
            }
        }
        let mut inside = Vec::new();
        for (number, call) in self.calls.all.iter().enumerate() {
            let above = call.facts.iter().find_map(|at| {
                let mut above = self.scene.tree.above(*at);
                above.find_map(|above| {
                    let other = self.calls.of_fact(above).filter(|other| *other != number);
                    other.filter(|other| starts.get(*other).copied().unwrap_or_default())
                })
            });
            inside.push(above.or_else(|| self.by_path(number)));
        }
        for (call, inside) in self.calls.all.iter_mut().zip(inside) {
            call.inside = inside;
        }
        self.calls.break_circles();
    }

    /// Qwen names a subagent after the call that started it.
    fn by_path(&self, number: usize) -> Option<usize> {
        let call = self.calls.get(number)?;
        self.scene.sessions.get(call.session).filter(|of| of.agent == Agent::Qwen)?;
        let path = call.facts.iter().find_map(|at| self.scene.fact(*at).agent_path.clone())?;
        let mut others = self.calls.all.iter().enumerate();
        others.find_map(|(other, spawn)| {
            let id = spawn.call_id.as_deref()?;
            let spawned = other != number
                && spawn.session == call.session
                && id.len() > 3
                && path.ends_with(id)
                && self.is_subagent(spawn);
            spawned.then_some(other)
        })
    }

    fn is_subagent(&self, call: &Call) -> bool {
        let mut said = call.facts.iter().filter_map(|at| self.scene.detail(*at));
        said.any(|detail| detail.tool_kind == Some(ToolKind::Subagent))
    }
}

impl Calls {
    /// A call that would be inside itself is inside none.
    fn break_circles(&mut self) {
        for start in 0..self.all.len() {
            let mut at = start;
            for _ in 0..64 {
                let Some(next) = self.all.get(at).and_then(|call| call.inside) else { break };
                if next == start {
                    if let Some(call) = self.all.get_mut(start) {
                        call.inside = None;
                    }
                    break;
                }
                at = next;
            }
        }
    }
}

/// Whether a span is the run of an agent: what stands below it is that agent's work.
fn is_run(fact: &Fact) -> bool {
    fact.is_span() && matches!(fact.kind, Kind::Prompt | Kind::Response)
}
