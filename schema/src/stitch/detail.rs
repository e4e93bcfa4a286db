//! What an event says, in parts: there are some forty things that an event can say, and each says
//! a few of them. A million facts are held, so what most do not say takes no room.

use std::ops::Deref;
use std::sync::{Arc, LazyLock};

use super::messages::Exchange;
use super::witness::Hosts;
use crate::derived::Usd;
use crate::vocabulary::{
    DecidedBy, Decision, DenialReason, FailureReason, GrantScope, Outcome, PromptOrigin, ToolKind,
};

/// A text that many facts share. There are a few dozen places for one in a fact, most of them
/// empty: it is one pointer wide.
pub type Name = arcstr::ArcStr;

/// A part of what an event says. Where it says nothing of the kind, all of the part is empty,
/// and nothing is held.
#[derive(Debug, Clone, Default)]
pub struct Part<T>(Option<Box<T>>);

/// What can be a part.
pub trait Empty: PartialEq + 'static {
    /// The part of an event that says nothing of the kind.
    fn empty() -> &'static Self;
}

impl<T: Empty> Part<T> {
    /// Holds a part, unless it is empty.
    pub(super) fn of(part: T) -> Self {
        Self((part != *T::empty()).then(|| Box::new(part)))
    }

    /// The memory that it takes, texts apart.
    fn bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |_| size_of::<T>())
    }
}

impl<T: Empty> Deref for Part<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_deref().unwrap_or_else(|| T::empty())
    }
}

macro_rules! parts {
    ($($part:ident),+) => {$(
        impl Empty for $part {
            fn empty() -> &'static Self {
                static EMPTY: LazyLock<$part> = LazyLock::new($part::default);
                &EMPTY
            }
        }
    )+};
}
parts!(OfCall, Ruling, Talk);

/// What an event with a meaning of its own says.
#[derive(Debug, Clone, Default)]
pub struct Detail {
    /// The sender's own counter.
    pub source_sequence: Option<i64>,
    /// The conversation that this one serves, as the agent says.
    pub parent_session_id: Option<Name>,
    /// The execution that network attempts belong to.
    pub execution_id: Option<Name>,
    /// The tool.
    pub tool: Option<Name>,
    /// What kind of tool it is.
    pub tool_kind: Option<ToolKind>,
    /// What was decided.
    pub decision: Option<Decision>,
    /// Who decided.
    pub decided_by: Option<DecidedBy>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Why it failed.
    pub failure_reason: Option<FailureReason>,
    /// The error's text.
    pub error: Option<Name>,
    /// How long it took.
    pub duration_ms: Option<i64>,
    /// Where it comes from.
    pub origin: Arc<Origin>,
    /// What it says of a call.
    pub call: Part<OfCall>,
    /// What it says of a decision, or of a network attempt.
    pub ruling: Part<Ruling>,
    /// What it says of an exchange with people and models.
    pub talk: Part<Talk>,
}

/// Where an event comes from: the same in most events of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Origin {
    /// The agent's version.
    pub agent_version: Option<Name>,
    /// Its front end.
    pub client: Option<Name>,
    /// The machine.
    pub host: Option<Name>,
    /// The user's e-mail address.
    pub user_email: Option<Name>,
    /// The repository.
    pub repository: Option<Name>,
    /// The folder.
    pub cwd: Option<Name>,
    /// When the agent has to ask.
    pub approval_policy: Option<Name>,
    /// What its sandbox allows.
    pub sandbox_policy: Option<Name>,
    /// The mode it is in.
    pub mode: Option<Name>,
}

/// What an event says of a call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OfCall {
    /// The MCP server.
    pub mcp_server: Option<Name>,
    /// The tool on it.
    pub mcp_tool: Option<Name>,
    /// The command.
    pub command: Option<Name>,
    /// The file.
    pub path: Option<Name>,
    /// The address.
    pub url: Option<Name>,
    /// The exit code.
    pub exit_code: Option<i64>,
    /// The arguments without white space, hashed: two records of one call have the same.
    pub arguments: Option<u64>,
    /// The result says that the command goes on in the background.
    pub runs_on: bool,
    /// The hosts that stand in the arguments.
    pub asked_hosts: Hosts,
    /// The hosts that stand in the output.
    pub told_hosts: Hosts,
    /// The conversations that a call of another agent names.
    pub mentions: Vec<Name>,
}

/// What an event says of a decision, or of a network attempt.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ruling {
    /// Who decided, as sent.
    pub decision_source: Option<Name>,
    /// How far the permission reaches.
    pub grant_scope: Option<GrantScope>,
    /// The risk the reviewer saw.
    pub risk_level: Option<Name>,
    /// Why it was decided so.
    pub rationale: Option<Name>,
    /// Why it was denied.
    pub denial_reason: Option<DenialReason>,
    /// The host of a network attempt.
    pub net_host: Option<Name>,
    /// What became of the attempt.
    pub net_verdict: Option<Decision>,
    /// Somebody allowed what the list did not.
    pub net_override: bool,
    /// Somebody was asked about the attempt.
    pub net_asked: bool,
}

/// What an event says of an exchange with people and models.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Talk {
    /// Tokens read.
    pub input_tokens: Option<i64>,
    /// Tokens written.
    pub output_tokens: Option<i64>,
    /// What it cost.
    pub cost: Option<Usd>,
    /// Who wrote the prompt.
    pub prompt_origin: Option<PromptOrigin>,
    /// The prompt.
    pub prompt: Option<Name>,
    /// The answer.
    pub response: Option<Name>,
    /// The MCP servers that the conversation began with.
    pub mcp_servers: Option<Name>,
    /// The calls that a request to a model tells of.
    pub exchange: Option<Box<Exchange>>,
}

impl Detail {
    /// About how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        // Two counters and the end of the text.
        const TEXT: usize = 24;
        let (call, ruling, talk) = (&self.call, &self.ruling, &self.talk);
        let texts = [
            &talk.prompt,
            &talk.response,
            &call.command,
            &call.path,
            &call.url,
            &self.error,
            &ruling.rationale,
        ];
        let texts = texts.into_iter().flatten().map(|text| text.len() + TEXT).sum::<usize>();
        let hosts = call.asked_hosts.bytes() + call.told_hosts.bytes();
        let exchange = talk.exchange.as_ref().map_or(0, |told| told.bytes());
        let parts = call.bytes() + ruling.bytes() + talk.bytes();
        size_of::<Self>() + parts + texts + hosts + call.mentions.len() * 64 + exchange
    }
}
