//! Claude Code, as 2.1.329 emits.

use crate::chance::Chance;
use crate::draft::Process;
use crate::plan::Knobs;
use crate::story::Story;

/// One Claude Code at work.
pub(crate) struct Claude {
    pub(crate) chance: Chance,
    pub(crate) story: Story,
}

/// Writes a session.
pub(crate) fn session(_knobs: &Knobs, chance: Chance, _start_us: i64) -> (Claude, Vec<Process>) {
    (Claude { chance, story: Story::default() }, Vec::new())
}
