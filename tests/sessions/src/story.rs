//! What one client did: conversations, prompts, calls and network attempts as they were made.
//!
//! All times are of the client's own clock, in microseconds.

use crate::truth::{Outcome, Role};

/// A place in [`Story::conversations`].
pub(crate) type ConversationIx = usize;
/// A place in [`Story::prompts`].
pub(crate) type PromptIx = usize;
/// A place in [`Story::calls`].
pub(crate) type CallIx = usize;
/// A place in [`Story::attempts`].
pub(crate) type AttemptIx = usize;
/// A place in [`Story::questions`].
pub(crate) type QuestionIx = usize;

/// Everything that happened at one client.
#[derive(Debug, Default)]
pub(crate) struct Story {
    pub(crate) conversations: Vec<ConversationStory>,
    pub(crate) prompts: Vec<PromptStory>,
    pub(crate) calls: Vec<CallStory>,
    pub(crate) attempts: Vec<AttemptStory>,
    pub(crate) questions: Vec<QuestionStory>,
}

/// One conversation.
#[derive(Debug)]
pub(crate) struct ConversationStory {
    pub(crate) agent: &'static str,
    pub(crate) id: String,
    pub(crate) role: Role,
    pub(crate) parent: Option<ConversationIx>,
}

/// One prompt.
#[derive(Debug)]
pub(crate) struct PromptStory {
    pub(crate) conversation: ConversationIx,
    pub(crate) text: String,
    pub(crate) origin: &'static str,
    pub(crate) person: Option<String>,
    pub(crate) prompt_id: Option<String>,
    pub(crate) redacted: bool,
    pub(crate) at_us: i64,
}

/// What the record of a result says, for whoever reads its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// There is no such record.
    Missing,
    /// "Process exited with code n".
    Exit(i64),
    /// "Network access to … was blocked".
    NetworkBlocked,
    /// "Process running with session ID n".
    Running,
    /// A refusal that names the policy as its reason.
    RefusedByPolicy,
    /// A refusal in the reviewer's words.
    RefusedByReviewer,
    /// A refusal in words that anybody's refusal has.
    Refused,
    /// A tool answered.
    Answered,
    /// A tool reported an error.
    ToolError,
    /// "user cancelled MCP tool call".
    CalledOff,
    /// It failed because a person stopped it; only what does not follow says so (Claude Code).
    Stopped,
    /// "unsupported call".
    NoSuchTool,
    /// It failed, and the record does not say why.
    Failed,
}

impl Ending {
    /// What the flag `success` of the record says; a command that fails is a success to Codex.
    pub(crate) fn is_success(self) -> bool {
        matches!(self, Self::Exit(_) | Self::Running | Self::Answered)
    }
}

/// One decision that has a source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DecisionStory {
    /// Who, where the record says.
    pub(crate) by: Option<&'static str>,
    pub(crate) allowed: bool,
    /// The record names a person, but nobody could be asked: only the posture of the conversation
    /// or the text of the result tells.
    pub(crate) only_with_posture: bool,
}

/// One tool call.
#[derive(Debug)]
pub(crate) struct CallStory {
    pub(crate) id: String,
    pub(crate) conversation: ConversationIx,
    pub(crate) tool: String,
    pub(crate) arguments: String,
    pub(crate) output: String,
    /// Whether it starts a process that can use the network.
    pub(crate) executes: bool,
    pub(crate) started_us: i64,
    pub(crate) ended_us: i64,
    pub(crate) happened: Outcome,
    pub(crate) ending: Ending,
    pub(crate) decisions: Vec<DecisionStory>,
    pub(crate) denial_reason: Option<&'static str>,
    /// A hook blocked it and left no log record.
    pub(crate) blocked_silently: bool,
    pub(crate) cancelled_by: Option<&'static str>,
    /// It was stopped: its span says so, and it has no result.
    pub(crate) aborted: bool,
    pub(crate) agent_id: Option<String>,
    /// The subagent's number in a conversation that it shares (Claude Code).
    pub(crate) thread: u32,
    /// When it was allowed to run (Claude Code: the duration counts from there).
    pub(crate) run_us: i64,
    /// The id of its span, where something stands under it.
    pub(crate) span: Option<[u8; 8]>,
    pub(crate) intent: Option<PromptIx>,
    /// The prompt whose turn it was made in.
    pub(crate) turn: PromptIx,
}

/// One decision of the network proxy.
#[derive(Debug)]
pub(crate) struct AttemptStory {
    pub(crate) call: CallIx,
    pub(crate) host: String,
    pub(crate) verdict: &'static str,
    pub(crate) at_us: i64,
    pub(crate) client_address: String,
    pub(crate) observed_ns: u64,
    pub(crate) execution_id: Option<String>,
    /// The question that was answered for it.
    pub(crate) question: Option<QuestionIx>,
}

/// A person was asked about a host: a decision without a source.
#[derive(Debug)]
pub(crate) struct QuestionStory {
    pub(crate) conversation: ConversationIx,
    pub(crate) at_us: i64,
    /// The call the record names, unless it names one that does not exist.
    pub(crate) names: Option<CallIx>,
}

impl Story {
    /// Adds a conversation.
    pub(crate) fn conversation(
        &mut self,
        agent: &'static str,
        id: String,
        role: Role,
        parent: Option<ConversationIx>,
    ) -> ConversationIx {
        self.conversations.push(ConversationStory { agent, id, role, parent });
        self.conversations.len() - 1
    }

    /// Adds a prompt.
    pub(crate) fn prompt(&mut self, prompt: PromptStory) -> PromptIx {
        self.prompts.push(prompt);
        self.prompts.len() - 1
    }

    /// Adds a call.
    pub(crate) fn call(&mut self, call: CallStory) -> CallIx {
        self.calls.push(call);
        self.calls.len() - 1
    }
}

impl CallStory {
    /// A call that was asked for and of which nothing else is known yet.
    pub(crate) fn asked(
        id: String,
        conversation: ConversationIx,
        turn: PromptIx,
        intent: Option<PromptIx>,
        started_us: i64,
    ) -> Self {
        Self {
            id,
            conversation,
            tool: String::new(),
            arguments: String::new(),
            output: String::new(),
            executes: false,
            started_us,
            ended_us: started_us,
            happened: Outcome::Unknown,
            ending: Ending::Missing,
            decisions: Vec::new(),
            denial_reason: None,
            blocked_silently: false,
            cancelled_by: None,
            aborted: false,
            agent_id: None,
            thread: 0,
            run_us: started_us,
            span: None,
            intent,
            turn,
        }
    }
}
