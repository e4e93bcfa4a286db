//! What has earlier events that are not held, and how they are found.

use std::collections::BTreeSet;

use super::keys::{HistoryKey, Key};
use crate::stitch::hash::FastMap;

/// The number of a group of conversations that belong together.
type GroupAt = usize;

/// Groups of conversations, each as the keys under which its events are found.
#[derive(Debug, Default)]
pub(super) struct Past {
    groups: Vec<Group>,
    of: FastMap<Key, GroupAt>,
}

#[derive(Debug, Default)]
struct Group {
    members: BTreeSet<HistoryKey>,
    /// The group that this one became a part of.
    part_of: Option<GroupAt>,
}

impl Past {
    /// Adds what is found under `members` and belongs to whatever has one of the keys. Groups
    /// that share a key are one.
    pub(super) fn add(
        &mut self,
        members: BTreeSet<HistoryKey>,
        keys: impl IntoIterator<Item = Key>,
    ) {
        let keys: Vec<Key> = keys.into_iter().collect();
        let mut found: Vec<GroupAt> = keys
            .iter()
            .filter_map(|key| self.of.get(key))
            .map(|group| self.whole(*group))
            .collect();
        found.sort_unstable();
        found.dedup();
        let group = found.first().copied().unwrap_or_else(|| {
            self.groups.push(Group::default());
            self.groups.len() - 1
        });
        let mut all = members;
        for other in found.into_iter().skip(1) {
            if let Some(other) = self.groups.get_mut(other) {
                all.append(&mut other.members);
                other.part_of = Some(group);
            }
        }
        if let Some(group) = self.groups.get_mut(group) {
            group.members.append(&mut all);
        }
        for key in keys {
            self.of.insert(key, group);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    fn whole(&self, mut group: GroupAt) -> GroupAt {
        while let Some(whole) = self.groups.get(group).and_then(|group| group.part_of) {
            group = whole;
        }
        group
    }

    /// Where the events of a group are found.
    fn members(&self, group: GroupAt) -> &BTreeSet<HistoryKey> {
        static NONE: BTreeSet<HistoryKey> = BTreeSet::new();
        self.groups.get(self.whole(group)).map_or(&NONE, |group| &group.members)
    }

    /// Where the events of what has a key are found, if there are any that are not held.
    pub(super) fn of(&self, key: Key) -> Option<&BTreeSet<HistoryKey>> {
        let group = self.of.get(&key)?;
        Some(self.members(*group)).filter(|members| !members.is_empty())
    }

    /// What has a key is held again, with all that belongs to it.
    pub(super) fn forget(&mut self, key: Key) {
        if let Some(group) = self.of.remove(&key) {
            let group = self.whole(group);
            if let Some(group) = self.groups.get_mut(group) {
                group.members.clear();
            }
        }
    }
}
