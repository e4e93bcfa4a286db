//! When a conversation's agent had to ask, what its sandbox allowed, in which mode it was: each
//! carried forward from the record that said so last.

use super::{FactAt, Scene};
use crate::stitch::detail::{Detail, Name};

/// One of the three.
pub(super) type Read = fn(&Detail) -> Option<&Name>;

/// The three, with the names of their columns.
pub(super) const READS: [(&str, Read); 3] = [
    ("approval_policy", |detail| detail.origin.approval_policy.as_ref()),
    ("sandbox_policy", |detail| detail.origin.sandbox_policy.as_ref()),
    ("mode", |detail| detail.origin.mode.as_ref()),
];

/// What a conversation's records said of one of the three, as it changed: the fact and the
/// value, oldest first.
pub(super) type Changes<'f> = Vec<(FactAt, &'f Name)>;

/// All changes of every conversation, in the order of [`READS`].
pub(super) fn find<'f>(scene: &Scene<'f>) -> Vec<[Changes<'f>; 3]> {
    let mut all = Vec::with_capacity(scene.sessions.all.len());
    for session in &scene.sessions.all {
        let mut of: [Changes<'f>; 3] = Default::default();
        for at in &session.facts {
            let Some(detail) = scene.detail(*at) else { continue };
            for (changes, (_, read)) in of.iter_mut().zip(READS) {
                if let Some(value) = read(detail)
                    && changes.last().is_none_or(|(_, last)| *last != value)
                {
                    changes.push((*at, value));
                }
            }
        }
        all.push(of);
    }
    all
}

/// The changes of one conversation.
pub(super) fn of_session<'s, 'f>(scene: &'s Scene<'f>, session: usize) -> &'s [Changes<'f>] {
    scene.posture.get(session).map(<[_; 3]>::as_slice).unwrap_or_default()
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
