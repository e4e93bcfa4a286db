//! Which role and which parent of a conversation the delivered records show.

use crate::judge::evidence::Evidence;
use crate::story::{ConversationIx, Story};
use crate::truth::Role;

/// Roles and parents, as far as they are shown.
#[derive(Debug)]
pub(super) struct Lineage {
    roles: Vec<bool>,
    parents: Vec<Vec<&'static str>>,
}

impl Lineage {
    /// Works it out for every conversation of a client.
    pub(super) fn find(story: &Story, evidence: &Evidence) -> Self {
        let mut lineage = Self { roles: Vec::new(), parents: Vec::new() };
        for (ix, conversation) in story.conversations.iter().enumerate() {
            let mut shown_by: Vec<&'static str> = evidence.parents[ix].iter().copied().collect();
            if evidence.chains[ix] == [true; 3] {
                shown_by.push("span");
            }
            if conversation.parent.is_some_and(|parent| has_trace_with(ix, parent, evidence)) {
                shown_by.push("trace");
            }
            // The title's order repeats a prompt: that leads somewhere only if the prompt arrived.
            let opening = story
                .prompts
                .iter()
                .position(|prompt| Some(prompt.conversation) == conversation.parent);
            if !opening.is_some_and(|opening| evidence.prompts[opening]) {
                shown_by.retain(|how| *how != "title_text");
            }
            let role = match conversation.role {
                Role::Main => evidence.conversations[ix],
                _ => evidence.roles[ix] || !shown_by.is_empty(),
            };
            lineage.roles.push(role);
            lineage.parents.push(shown_by);
        }
        lineage
    }

    /// Whether the role is shown.
    pub(super) fn role_shown(&self, conversation: ConversationIx) -> bool {
        self.roles[conversation]
    }

    /// What shows the parent.
    pub(super) fn parent_shown_by(&self, conversation: ConversationIx) -> Vec<&'static str> {
        self.parents[conversation].clone()
    }

    /// Whether every parent between two conversations is shown.
    pub(super) fn leads(&self, story: &Story, from: ConversationIx, to: ConversationIx) -> bool {
        let mut at = from;
        while at != to {
            let Some(parent) = story.conversations[at].parent else { return false };
            if self.parents[at].is_empty() {
                return false;
            }
            at = parent;
        }
        true
    }
}

/// Whether two conversations arrived in a trace in which no other has a part.
fn has_trace_with(one: ConversationIx, other: ConversationIx, evidence: &Evidence) -> bool {
    evidence.traces.iter().any(|(trace, arrived)| {
        arrived.contains(&one)
            && arrived.contains(&other)
            && evidence.all_traces.get(trace).is_some_and(|all| all.len() == 2)
    })
}
