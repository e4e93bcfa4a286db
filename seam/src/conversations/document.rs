//! One conversation as one nested value: what `--output json` prints and the page is drawn from.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::gather::Material;
use super::placing::{Placed, Spawner, running, spawner};
use super::rows::{
    ActionRow, AttemptRow, GapRow, LinkRow, Moment, RequestRow, SessionRow, TurnRow,
};

/// These are shown one by one, so they are not counted among the events of no action.
const SHOWN_KINDS: &[&str] = &["prompt", "response", "model_request", "network"];

/// A conversation with everything in it.
#[derive(Debug, Serialize)]
pub(crate) struct Document {
    pub(crate) session: SessionRow,
    /// The edge to the conversation it serves.
    pub(crate) parent_link: Option<LinkRow>,
    /// The call of that conversation that began it.
    pub(crate) spawned_by: Option<Spawner>,
    pub(crate) turns: Vec<Turn>,
    /// Actions of no turn.
    pub(crate) actions: Vec<Action>,
    /// Network attempts of no action and no turn.
    pub(crate) network: Vec<Attempt>,
    /// Requests to models before the first turn.
    pub(crate) model_requests: Requests,
    pub(crate) children: Vec<Document>,
    pub(crate) gaps: Vec<GapRow>,
    /// How many events of each kind belong to no action.
    pub(crate) other_events: BTreeMap<String, i64>,
}

/// A prompt and what followed from it.
#[derive(Debug, Serialize)]
pub(crate) struct Turn {
    #[serde(flatten)]
    pub(crate) row: TurnRow,
    pub(crate) model_requests: Requests,
    pub(crate) actions: Vec<Action>,
    /// Network attempts of no action, or of one of several.
    pub(crate) network: Vec<Attempt>,
}

/// A tool call.
#[derive(Debug, Serialize)]
pub(crate) struct Action {
    #[serde(flatten)]
    pub(crate) row: ActionRow,
    pub(crate) network: Vec<Attempt>,
    /// Its edges, and those it is a candidate of.
    pub(crate) links: Vec<LinkRow>,
}

/// A network attempt and the edge to its action, if there is one.
#[derive(Debug, Serialize)]
pub(crate) struct Attempt {
    #[serde(flatten)]
    pub(crate) row: AttemptRow,
    pub(crate) link: Option<LinkRow>,
}

/// Requests to models.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Requests {
    pub(crate) count: usize,
    pub(crate) models: BTreeSet<String>,
    pub(crate) input_tokens: i64,
    pub(crate) output_tokens: i64,
}

impl Document {
    /// Nests everything under the first conversation; nothing where there is none.
    pub(crate) fn of(material: Material) -> Option<Self> {
        let first = material.sessions.first()?.session_id.clone();
        let mut parts = Parts::of(material);
        parts.document(&first)
    }
}

/// Everything of one conversation, not nested yet.
#[derive(Debug, Default)]
struct Part {
    turns: Vec<TurnRow>,
    actions: Vec<ActionRow>,
    links: Vec<LinkRow>,
    gaps: Vec<GapRow>,
    attempts: Vec<AttemptRow>,
    requests: Vec<RequestRow>,
    other_events: BTreeMap<String, i64>,
}

#[derive(Debug, Default)]
struct Parts {
    sessions: BTreeMap<String, SessionRow>,
    children: BTreeMap<String, Vec<String>>,
    of: BTreeMap<String, Part>,
}

impl Parts {
    fn of(material: Material) -> Self {
        let mut all = Self::default();
        for (index, session) in material.sessions.into_iter().enumerate() {
            let id = session.session_id.clone();
            // The first stands at the top, whomever it serves itself.
            if let Some(parent) = session.parent_session_id.clone().filter(|_| index > 0) {
                all.children.entry(parent).or_default().push(id.clone());
            }
            all.sessions.insert(id, session);
        }
        for row in material.turns {
            all.part(&row.session_id.clone()).turns.push(row);
        }
        for row in material.actions {
            all.part(&row.session_id.clone()).actions.push(row);
        }
        for row in material.links {
            all.part(&row.session_id.clone()).links.push(row);
        }
        for row in material.gaps {
            all.part(&row.session_id.clone()).gaps.push(row);
        }
        for row in material.attempts {
            all.part(&row.session_id.clone().unwrap_or_default()).attempts.push(row);
        }
        for row in material.requests {
            all.part(&row.session_id.clone().unwrap_or_default()).requests.push(row);
        }
        for row in material.others {
            let kind = row.kind.unwrap_or_else(|| "unknown".to_owned());
            if row.events > 0 && !SHOWN_KINDS.contains(&kind.as_str()) {
                let part = all.part(&row.session_id.unwrap_or_default());
                *part.other_events.entry(kind).or_default() += row.events;
            }
        }
        all
    }

    fn part(&mut self, session_id: &str) -> &mut Part {
        self.of.entry(session_id.to_owned()).or_default()
    }

    fn document(&mut self, id: &str) -> Option<Document> {
        let session = self.sessions.remove(id)?;
        let part = self.of.remove(id).unwrap_or_default();
        let children = self.children(id, &part.actions);
        let mut document = part.nested(session);
        document.children = children;
        Some(document)
    }

    /// The conversations that serve this one, in the order they began.
    fn children(&mut self, id: &str, actions: &[ActionRow]) -> Vec<Document> {
        let mut documents: Vec<Document> = Vec::new();
        for child in self.children.remove(id).unwrap_or_default() {
            documents.extend(self.document(&child));
        }
        documents.sort_by_key(|child| (child.session.started_at, child.session.session_id.clone()));
        let mut taken = BTreeSet::new();
        // What an edge says goes before what only the time says.
        for placed in [Placed::Link, Placed::Time] {
            for child in documents.iter_mut().filter(|child| child.spawned_by.is_none()) {
                let link = child.parent_link.as_ref();
                let found = spawner(placed, &child.session, link, actions, &taken);
                taken.extend(found.as_ref().map(|found| found.action_id.clone()));
                child.spawned_by = found;
            }
        }
        documents
    }
}

impl Part {
    fn nested(self, session: SessionRow) -> Document {
        let Self { mut turns, mut actions, links, mut gaps, attempts, requests, other_events } =
            self;
        turns.sort_by_key(|turn| (turn.started_at.is_none(), turn.started_at));
        actions.sort_by(|one, other| {
            (one.time(), &one.action_id).cmp(&(other.time(), &other.action_id))
        });
        gaps.sort_by_key(|gap| gap.detected_at);
        let mut document = Document {
            parent_link: links.iter().find(|link| is_parent(link)).cloned(),
            session,
            spawned_by: None,
            turns: Vec::new(),
            actions: Vec::new(),
            network: Vec::new(),
            model_requests: Requests::default(),
            children: Vec::new(),
            gaps,
            other_events,
        };
        let mut sorted_requests: Vec<Vec<RequestRow>> = turns.iter().map(|_| Vec::new()).collect();
        let mut early = Vec::new();
        for request in requests {
            let at = turn_of(&turns, request.turn_id.as_deref(), request.time);
            let to = at.and_then(|at| sorted_requests.get_mut(at));
            to.unwrap_or(&mut early).push(request);
        }
        document.model_requests = Requests::of(&early);
        for (mut row, requests) in turns.into_iter().zip(sorted_requests) {
            // Their number gives its place to the actions themselves.
            row.rest.remove("actions");
            let model_requests = Requests::of(&requests);
            let turn = Turn { row, model_requests, actions: Vec::new(), network: Vec::new() };
            document.turns.push(turn);
        }
        let mut actions: Vec<Action> = actions.into_iter().map(|row| action(row, &links)).collect();
        for attempt in attempts {
            place(attempt, &links, &mut actions, &mut document);
        }
        for action in actions {
            let of = |turn: &&mut Turn| action.row.turn_id.as_ref() == Some(&turn.row.turn_id);
            let turn = document.turns.iter_mut().find(of);
            turn.map_or(&mut document.actions, |turn| &mut turn.actions).push(action);
        }
        document
    }
}

fn is_parent(link: &LinkRow) -> bool {
    link.is("parent") || link.is("reviewer") || link.is("title")
}

fn action(row: ActionRow, links: &[LinkRow]) -> Action {
    let is_its = |link: &&LinkRow| {
        link.action_id.as_ref() == Some(&row.action_id)
            || link.candidates.iter().flatten().any(|candidate| *candidate == row.action_id)
    };
    let links = links.iter().filter(is_its).cloned().collect();
    Action { row, network: Vec::new(), links }
}

/// An attempt goes to its action; one of several or of none to the turn it was made in.
fn place(row: AttemptRow, links: &[LinkRow], actions: &mut [Action], document: &mut Document) {
    let of_event = |link: &&LinkRow| {
        link.is("network") && link.event_id.as_deref() == Some(row.event_id.as_str())
    };
    let link = links.iter().find(of_event).cloned();
    let owner = link.as_ref().and_then(|link| link.action_id.clone());
    if let Some(action) = owner.and_then(|id| actions.iter_mut().find(|it| it.row.action_id == id))
    {
        action.network.push(Attempt { row, link });
        return;
    }
    let turns: Vec<&TurnRow> = document.turns.iter().map(|turn| &turn.row).collect();
    let at = turn_of(&turns, row.turn_id.as_deref(), row.time);
    let turn = at.and_then(|at| document.turns.get_mut(at));
    turn.map_or(&mut document.network, |turn| &mut turn.network).push(Attempt { row, link });
}

/// The turn that an event names, else the one that ran at its time.
fn turn_of<T: std::borrow::Borrow<TurnRow>>(
    turns: &[T],
    turn_id: Option<&str>,
    time: Option<Moment>,
) -> Option<usize> {
    let named = |turn: &T| turn_id == Some(turn.borrow().turn_id.as_str());
    turns.iter().position(named).or_else(|| {
        let starts: Vec<_> = turns.iter().map(|turn| turn.borrow().started_at).collect();
        running(&starts, time)
    })
}

impl Requests {
    /// An agent tells of a request several times, in logs and in spans: those records count that
    /// are most, of those that say how many tokens it took if there are any.
    fn of(rows: &[RequestRow]) -> Self {
        // Rows with tokens, then all, of each kind of record.
        let mut told: BTreeMap<_, (usize, usize)> = BTreeMap::new();
        for row in rows {
            let (with_tokens, all) = told.entry((&row.signal, &row.name)).or_default();
            *with_tokens += usize::from(row.input_tokens.or(row.output_tokens).is_some());
            *all += 1;
        }
        let most = told.into_iter().max_by_key(|(_, counts)| *counts);
        let Some((kind, (with_tokens, all))) = most else { return Self::default() };
        let count = if with_tokens > 0 { with_tokens } else { all };
        let mut requests = Self { count, ..Self::default() };
        for row in rows.iter().filter(|row| (&row.signal, &row.name) == kind) {
            requests.models.extend(row.model.clone());
            requests.input_tokens += row.input_tokens.unwrap_or_default();
            requests.output_tokens += row.output_tokens.unwrap_or_default();
        }
        requests
    }
}
