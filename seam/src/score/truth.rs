//! `truth.json`: what really happened. Keys that are not read here are for people.

use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;

/// What happened in a capture.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Truth {
    pub(super) conversations: Vec<Conversation>,
    /// Every network attempt, where the maker of the capture knows them one by one.
    pub(super) network_links: Option<Vec<NetworkLink>>,
}

/// A conversation. What a generated capture says beside what happened, a recorded one leaves
/// out: everything is asked of it then.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Conversation {
    /// Absent where the agent does not tell it to who wrote the truth.
    pub(super) id: Option<String>,
    pub(super) role: String,
    pub(super) parent: Option<String>,
    pub(super) serves: Option<String>,
    pub(super) reviews: Option<String>,
    pub(super) prompts: Vec<String>,
    /// Absent: what was called in it is not asked for.
    pub(super) calls: Option<Vec<Call>>,
    /// Who sent its records.
    pub(super) principal: Option<String>,
    /// Somebody else sent records under this id first.
    pub(super) foreign: bool,
    /// Whether any record of it arrived.
    pub(super) visible: Option<bool>,
    /// Whether any record shows its role.
    pub(super) role_shown: Option<bool>,
    /// What shows whom it serves.
    pub(super) parent_shown_by: Option<Vec<String>>,
    /// More about each prompt, in the same order.
    pub(super) prompt_details: Vec<Known>,
}

/// What is known of a prompt, or of the way to one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Known {
    /// Its record arrived.
    visible: Option<bool>,
    /// The records that arrived lead to it.
    shown: Option<bool>,
    /// Its text was kept back.
    redacted: bool,
}

impl Known {
    fn is_possible(&self) -> bool {
        self.visible != Some(false) && self.shown != Some(false) && !self.redacted
    }
}

impl Conversation {
    /// The conversation it serves, under whichever word.
    pub(super) fn parent(&self) -> Option<&str> {
        self.parent.as_deref().or(self.serves.as_deref()).or(self.reviews.as_deref())
    }

    /// The prompts whose text can be known.
    pub(super) fn known_prompts(&self) -> impl Iterator<Item = &str> {
        let is_known = |at: usize| self.prompt_details.get(at).is_none_or(Known::is_possible);
        let prompts = self.prompts.iter().enumerate();
        prompts.filter(move |(at, _)| is_known(*at)).map(|(_, prompt)| prompt.as_str())
    }

    pub(super) fn calls(&self) -> &[Call] {
        self.calls.as_deref().unwrap_or_default()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Call {
    #[serde(rename = "call_id")]
    pub(super) id: String,
    pub(super) tool: String,
    /// As the model wrote them: JSON.
    pub(super) arguments: String,
    pub(super) outcome: Option<String>,
    /// How it really ended, where `outcome` is what the records that arrived show of that.
    pub(super) happened: Option<String>,
    pub(super) decided_by: Option<String>,
    pub(super) denial_reason: Option<String>,
    pub(super) failure_reason: Option<String>,
    pub(super) exit_code: Option<i64>,
    pub(super) cancelled_by: Option<String>,
    pub(super) intent: Option<String>,
    pub(super) network: Vec<Attempt>,
    /// A subagent made it that shares the conversation.
    pub(super) by_subagent: bool,
    /// Whether any record shows it.
    pub(super) visible: Option<bool>,
    pub(super) intent_details: Option<Known>,
}

impl Call {
    /// The prompt that led to it, where that can be known.
    pub(super) fn known_intent(&self) -> Option<&str> {
        let can_be_known = self.intent_details.as_ref().is_none_or(Known::is_possible);
        self.intent.as_deref().filter(|_| can_be_known)
    }
}

/// A network attempt of a call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) struct Attempt {
    pub(super) host: String,
    pub(super) verdict: String,
}

/// A network attempt that is known by itself.
#[derive(Debug, Deserialize)]
pub(super) struct NetworkLink {
    pub(super) conversation: Option<String>,
    /// Who sent it.
    pub(super) principal: Option<String>,
    #[serde(flatten)]
    pub(super) attempt: Attempt,
    /// The call that made it.
    #[serde(alias = "owner", alias = "owner_call_id")]
    pub(super) call_id: Option<String>,
    /// The attribute `client.address` of its record, which no other record of the conversation
    /// has.
    pub(super) client_address: Option<String>,
    /// Whether its record arrived.
    pub(super) visible: Option<bool>,
    /// Whether any record shows the call.
    pub(super) owner_visible: Option<bool>,
    /// Whether the signals leave no doubt about it.
    pub(super) determined: Option<bool>,
}

impl Truth {
    /// Reads the truth of a capture.
    pub(super) fn read(capture: &Path) -> anyhow::Result<Self> {
        let path = capture.join("truth.json");
        let text = std::fs::read(&path)
            .with_context(|| format!("cannot read the truth in {}", path.display()))?;
        serde_json::from_slice(&text)
            .with_context(|| format!("{} is no truth that can be read", path.display()))
    }
}
