//! What a record means, in one word: the key of the mapping table.
//!
//! A kind says which sort of record it is; a meaning says what happened. It is a function of the
//! row alone: of its kind, its tool, its decision, its outcome and, for conversations and hooks,
//! its name.

use crate::project::told::Told;
use crate::vocabulary::{Decision, Kind, Outcome, ToolKind, words};

words! {
    /// What happened.
    Meaning {
        /// A conversation began.
        SessionStarted = "session-started",
        /// A conversation ended.
        SessionEnded = "session-ended",
        /// A conversation changed, or was measured.
        SessionUpdated = "session-updated",
        /// A conversation that serves another began.
        SubagentStarted = "subagent-started",
        /// A conversation that serves another ended.
        SubagentEnded = "subagent-ended",
        /// Somebody, or something, asked the agent.
        PromptSubmitted = "prompt-submitted",
        /// The agent answered.
        ResponseGiven = "response-given",
        /// A request to a model.
        ModelRequested = "model-requested",
        /// A model refused to answer.
        ModelRefused = "model-refused",
        /// Somebody is to be asked about a call.
        ApprovalRequested = "approval-requested",
        /// A call was allowed.
        ApprovalGranted = "approval-granted",
        /// A call was not allowed.
        ApprovalDenied = "approval-denied",
        /// The question about a call was called off.
        ApprovalCancelled = "approval-cancelled",
        /// Nobody answered the question about a call in time.
        ApprovalTimedOut = "approval-timed-out",
        /// Something about a decision, without the decision.
        ApprovalNoted = "approval-noted",
        /// A command is to run.
        CommandCalled = "command-called",
        /// A command ended.
        CommandEnded = "command-ended",
        /// A command was kept from running.
        CommandPrevented = "command-prevented",
        /// A file is, or was, read.
        FileRead = "file-read",
        /// A file is, or was, written anew.
        FileCreated = "file-created",
        /// A file is, or was, changed.
        FileChanged = "file-changed",
        /// A file is, or was, deleted.
        FileDeleted = "file-deleted",
        /// Something is, or was, done with a file.
        FileUsed = "file-used",
        /// An address is, or was, fetched.
        WebFetched = "web-fetched",
        /// The web is, or was, searched.
        WebSearched = "web-searched",
        /// A tool of an MCP server is, or was, called.
        McpCalled = "mcp-called",
        /// Another agent is, or was, called.
        SubagentCalled = "subagent-called",
        /// Any other tool is, or was, called.
        ToolCalled = "tool-called",
        /// A network attempt was allowed.
        NetworkAllowed = "network-allowed",
        /// A network attempt was denied.
        NetworkDenied = "network-denied",
        /// A network attempt, without the verdict.
        NetworkAttempted = "network-attempted",
        /// An MCP server at an address was reached.
        McpServerConnected = "mcp-server-connected",
        /// An MCP server, wherever it is, works.
        McpServerStarted = "mcp-server-started",
        /// An MCP server does not work.
        McpServerFailed = "mcp-server-failed",
        /// A hook began.
        HookStarted = "hook-started",
        /// A hook ended.
        HookEnded = "hook-ended",
        /// An automatic reviewer worked.
        ReviewerWorked = "reviewer-worked",
        /// The agent's configuration, or a change of it.
        ConfigStated = "config-stated",
        /// Something went wrong.
        ErrorOccurred = "error-occurred",
        /// A span without a meaning of its own.
        SpanRecorded = "span-recorded",
        /// A record that no mapper knows.
        OtherRecorded = "other-recorded",
        /// A request that could not be read.
        Undecoded = "undecoded",
    }
}

/// How the names of records end that begin or end a conversation.
const STARTS: &[&str] = &["conversation_starts", "session.start", "session.started", "agent.start"];
const ENDS: &[&str] = &[
    "session.end",
    "session.ended",
    "end_session",
    "conversation_finished",
    "agent.finish",
    "subagent_completed",
];
/// Names of conversations that are a subagent's.
const SUBAGENT: &[&str] = &["agent.start", "agent.finish", "subagent_completed"];
/// What a record of a refusal ends in.
const REFUSAL: &str = "api_refusal";

impl Meaning {
    /// What an event means.
    pub(super) fn of_event(kind: Option<Kind>, told: &Told<'_>) -> Self {
        let name = told.name.unwrap_or_default();
        match kind {
            None | Some(Kind::Other) => Self::OtherRecorded,
            Some(Kind::Session) => Self::of_session(name, told.parent_session_id.is_some()),
            Some(Kind::Prompt) => Self::PromptSubmitted,
            Some(Kind::Response) => Self::ResponseGiven,
            Some(Kind::ModelRequest) => Self::ModelRequested,
            Some(Kind::Approval) => Self::of_decision(told.decision),
            Some(Kind::ToolCall) => Self::of_tool(told, Self::CommandCalled),
            Some(Kind::ToolResult) => Self::of_tool(told, Self::of_end(told.outcome)),
            Some(Kind::Network) => match told.net_verdict {
                Some(Decision::Allow) => Self::NetworkAllowed,
                Some(Decision::Deny) => Self::NetworkDenied,
                _ => Self::NetworkAttempted,
            },
            Some(Kind::McpServer) => match told.outcome {
                Some(Outcome::Failed | Outcome::TimedOut | Outcome::Denied) => {
                    Self::McpServerFailed
                }
                _ if told.has_address() => Self::McpServerConnected,
                _ => Self::McpServerStarted,
            },
            Some(Kind::Hook) if name.ends_with("start") => Self::HookStarted,
            Some(Kind::Hook) => Self::HookEnded,
            Some(Kind::Reviewer) => Self::ReviewerWorked,
            Some(Kind::Config) => Self::ConfigStated,
            Some(Kind::Error) if name.ends_with(REFUSAL) => Self::ModelRefused,
            Some(Kind::Error) => Self::ErrorOccurred,
            Some(Kind::Span) => Self::SpanRecorded,
            Some(Kind::Undecoded) => Self::Undecoded,
        }
    }

    /// What an action means: it is a call with its end, as far as one is known.
    pub(super) fn of_action(told: &Told<'_>) -> Self {
        Self::of_tool(told, Self::of_end(told.outcome))
    }

    fn of_session(name: &str, serves: bool) -> Self {
        let ends = |list: &[&str]| list.iter().any(|end| name.ends_with(end));
        let serves = serves || ends(SUBAGENT);
        match (ends(STARTS), ends(ENDS)) {
            (true, _) if serves => Self::SubagentStarted,
            (true, _) => Self::SessionStarted,
            (_, true) if serves => Self::SubagentEnded,
            (_, true) => Self::SessionEnded,
            _ => Self::SessionUpdated,
        }
    }

    fn of_decision(decision: Option<Decision>) -> Self {
        match decision {
            Some(Decision::Ask) => Self::ApprovalRequested,
            Some(Decision::Allow) => Self::ApprovalGranted,
            Some(Decision::Deny) => Self::ApprovalDenied,
            Some(Decision::Cancel) => Self::ApprovalCancelled,
            Some(Decision::Timeout) => Self::ApprovalTimedOut,
            None => Self::ApprovalNoted,
        }
    }

    fn of_end(outcome: Option<Outcome>) -> Self {
        if outcome == Some(Outcome::Denied) { Self::CommandPrevented } else { Self::CommandEnded }
    }

    /// What the call of a tool means; `command` if it is one. Without its file or its address it is
    /// only the call of a tool.
    fn of_tool(told: &Told<'_>, command: Self) -> Self {
        match told.tool_kind {
            Some(ToolKind::Shell) => command,
            Some(ToolKind::File) if told.path.is_some() => file(told.tool.unwrap_or_default()),
            Some(ToolKind::Web) if told.url.is_some() => Self::WebFetched,
            Some(ToolKind::Web) => Self::WebSearched,
            Some(ToolKind::Mcp) => Self::McpCalled,
            Some(ToolKind::Subagent) => Self::SubagentCalled,
            Some(ToolKind::File | ToolKind::Other) | None => Self::ToolCalled,
        }
    }
}

/// What the tools of the agents do with a file, by words of their names; the first that fits.
const FILE_TOOLS: &[(&str, Meaning)] = &[
    ("delete", Meaning::FileDeleted),
    ("remove", Meaning::FileDeleted),
    ("edit", Meaning::FileChanged),
    ("patch", Meaning::FileChanged),
    ("replace", Meaning::FileChanged),
    ("insert", Meaning::FileChanged),
    ("update", Meaning::FileChanged),
    ("create", Meaning::FileCreated),
    ("write", Meaning::FileCreated),
    ("read", Meaning::FileRead),
    ("view", Meaning::FileRead),
    ("glob", Meaning::FileRead),
    ("grep", Meaning::FileRead),
    ("search", Meaning::FileRead),
    ("list", Meaning::FileRead),
    ("ls", Meaning::FileRead),
];

fn file(tool: &str) -> Meaning {
    let contains = |word: &str| {
        let parts = tool.as_bytes().windows(word.len());
        parts.into_iter().any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
    };
    let found = FILE_TOOLS.iter().find(|(word, _)| contains(word));
    found.map_or(Meaning::FileUsed, |(_, meaning)| *meaning)
}
