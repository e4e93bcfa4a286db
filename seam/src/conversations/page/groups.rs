//! What stands where: turns in their order, and in each what happened in it.

use super::super::Document;
use super::super::document::{Action, Attempt, Turn};
use super::super::placing::running;
use super::super::rows::{GapRow, Moment};

/// Something that has a place in time.
#[derive(Debug)]
pub(super) enum Item<'d> {
    Action(&'d Action),
    Attempt(&'d Attempt),
    Gap(&'d GapRow),
    Child(&'d Document),
}

impl Item<'_> {
    fn time(&self) -> Option<Moment> {
        match self {
            Self::Action(action) => action.row.time(),
            Self::Attempt(attempt) => attempt.row.time,
            Self::Gap(gap) => gap.detected_at,
            Self::Child(child) => child.session.started_at,
        }
    }
}

/// A turn, or what belongs to none.
#[derive(Debug)]
pub(super) struct Group<'d> {
    pub(super) turn: Option<&'d Turn>,
    pub(super) items: Vec<Item<'d>>,
    start: Option<Moment>,
}

/// The groups of a conversation in their order, the items of each in theirs. Conversations that
/// a call began are not among them: they stand under that call.
pub(super) fn of(document: &Document) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = document.turns.iter().map(of_turn).collect();
    let loose: Vec<Item<'_>> = document
        .actions
        .iter()
        .map(Item::Action)
        .chain(document.network.iter().map(Item::Attempt))
        .collect();
    if !loose.is_empty() || document.model_requests.count > 0 {
        let start = loose.iter().filter_map(Item::time).min();
        groups.push(Group { turn: None, items: loose, start });
    }
    groups.sort_by_key(|group| group.start);
    let free = document.children.iter().filter(|child| child.spawned_by.is_none());
    for item in document.gaps.iter().map(Item::Gap).chain(free.map(Item::Child)) {
        let starts: Vec<_> = groups.iter().map(|group| group.start).collect();
        let at = running(&starts, item.time()).unwrap_or_default();
        match groups.get_mut(at) {
            Some(group) => group.items.push(item),
            None => groups.push(Group { turn: None, start: item.time(), items: vec![item] }),
        }
    }
    for group in &mut groups {
        group.items.sort_by_key(|item| (item.time().is_none(), item.time()));
    }
    groups
}

fn of_turn(turn: &Turn) -> Group<'_> {
    let actions = turn.actions.iter().map(Item::Action);
    let items: Vec<Item<'_>> = actions.chain(turn.network.iter().map(Item::Attempt)).collect();
    let first = items.iter().filter_map(Item::time).min();
    Group { turn: Some(turn), start: turn.row.started_at.or(first), items }
}
