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

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Conversation {
    /// Absent where the agent does not tell it to who wrote the truth.
    pub(super) id: Option<String>,
    pub(super) role: String,
    parent: Option<String>,
    serves: Option<String>,
    reviews: Option<String>,
    pub(super) prompts: Vec<String>,
    /// Absent: what was called in it is not asked for.
    pub(super) calls: Option<Vec<Call>>,
}

impl Conversation {
    /// The conversation it serves, under whichever word.
    pub(super) fn parent(&self) -> Option<&str> {
        self.parent.as_deref().or(self.serves.as_deref()).or(self.reviews.as_deref())
    }

    pub(super) fn calls(&self) -> &[Call] {
        self.calls.as_deref().unwrap_or_default()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Call {
    pub(super) call_id: String,
    pub(super) tool: String,
    /// As the model wrote them: JSON.
    pub(super) arguments: String,
    pub(super) outcome: Option<String>,
    pub(super) decided_by: Option<String>,
    pub(super) denial_reason: Option<String>,
    pub(super) failure_reason: Option<String>,
    pub(super) exit_code: Option<i64>,
    pub(super) cancelled_by: Option<String>,
    pub(super) intent: Option<String>,
    pub(super) network: Vec<Attempt>,
    /// A subagent made it that shares the conversation.
    pub(super) by_subagent: bool,
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
    #[serde(flatten)]
    pub(super) attempt: Attempt,
    /// The call that made it.
    #[serde(alias = "owner", alias = "owner_call_id")]
    pub(super) call_id: Option<String>,
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
