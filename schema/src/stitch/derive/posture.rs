//! When a conversation's agent had to ask, what its sandbox allowed, in which mode it was: each
//! carried forward from the record that said so last.

use super::{FactAt, Scene};
use crate::stitch::fact::{Detail, Name};

/// One of the three.
pub(super) type Read = fn(&Detail) -> Option<&Name>;

/// The three, with the names of their columns.
pub(super) const READS: [(&str, Read); 3] = [
    ("approval_policy", |detail| detail.approval_policy.as_ref()),
    ("sandbox_policy", |detail| detail.sandbox_policy.as_ref()),
    ("mode", |detail| detail.mode.as_ref()),
];

/// What a conversation's records said, as it changed: the fact and the value, oldest first.
pub(super) fn changes<'f>(
    scene: &Scene<'f>,
    session: usize,
    read: Read,
) -> Vec<(FactAt, &'f Name)> {
    let mut changes: Vec<(FactAt, &Name)> = Vec::new();
    for at in scene.sessions.get(session).into_iter().flat_map(|session| &session.facts) {
        let Some(value) = scene.detail(*at).and_then(read) else { continue };
        if changes.last().is_none_or(|(_, last)| *last != value) {
            changes.push((*at, value));
        }
    }
    changes
}

/// What was in force at a time: the last value until then, else the first one after.
pub(super) fn in_force<'f>(
    scene: &Scene<'f>,
    changes: &[(FactAt, &'f Name)],
    at_us: i64,
) -> Option<&'f Name> {
    let until = changes.partition_point(|(at, _)| scene.fact(*at).time_us <= at_us);
    let found = until.checked_sub(1).and_then(|last| changes.get(last)).or(changes.first());
    found.map(|(_, value)| *value)
}
