//! The answer to a call that needed one, in the words of logs and of spans.
//!
//! A call that the policy allows gets the answer `once` as well: Gemini notes no difference.
//!
//! Source: `tool-call-decision.ts` and `ToolConfirmationOutcome` in `tools.ts`.

/// What was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// Go on, this time.
    Once,
    /// Go on, in this session.
    Always,
    /// Go on, for good.
    Saved,
    /// Go on, with what was changed by hand.
    Modified,
    /// Do not.
    No,
}

impl Answer {
    /// Reads the attribute `decision` of a log record. The version at hand has no word for
    /// [`Answer::Saved`] and says `reject`; see [`Answer::of_a_call_that_ran`].
    pub(super) fn of_decision(word: &str) -> Option<Self> {
        Some(match word {
            "accept" => Self::Once,
            "auto_accept" => Self::Always,
            "modify" => Self::Modified,
            "reject" => Self::No,
            _ => return None,
        })
    }

    /// Reads the member `outcome` of a call in the JSON of a span.
    pub(super) fn of_outcome(word: &str) -> Option<Self> {
        Some(match word {
            "proceed_once" => Self::Once,
            "proceed_always" | "proceed_always_server" | "proceed_always_tool" => Self::Always,
            "proceed_always_and_save" => Self::Saved,
            "modify_with_editor" => Self::Modified,
            "cancel" => Self::No,
            _ => return None,
        })
    }

    /// The same answer, for a call that ran: then nobody rejected it.
    pub(super) fn of_a_call_that_ran(self) -> Self {
        if self == Self::No { Self::Saved } else { self }
    }
}
