//! The words of the tables: every closed set of values is one enum here.
//!
//! Each enum knows its text in the tables and reads it back. ARCHITECTURE.md lists them.

/// Declares an enum together with the text each variant has in the tables.
macro_rules! words {
    ($($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? })+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The text in the tables.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// Reads the text of a table; `None` for a word this version does not know.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl crate::table::cell::Word for $name {
            fn text(self) -> &'static str {
                self.as_str()
            }

            fn of(text: &str) -> Option<Self> {
                Self::parse(text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )+};
}
pub(crate) use words;

words! {
    /// Which agent sent a record.
    Agent {
        /// Codex.
        Codex = "codex",
        /// Claude Code.
        ClaudeCode = "claude-code",
        /// Gemini CLI.
        Gemini = "gemini",
        /// Qwen Code.
        Qwen = "qwen",
        /// GitHub Copilot CLI.
        Copilot = "copilot",
        /// opencode.
        Opencode = "opencode",
        /// A program on the OpenAI Agents SDK.
        OpenaiAgents = "openai-agents",
        /// A program on Pydantic AI.
        PydanticAi = "pydantic-ai",
        /// A program on LangGraph or LangChain.
        Langgraph = "langgraph",
        /// Cursor.
        Cursor = "cursor",
        /// Kiro.
        Kiro = "kiro",
        /// Cline.
        Cline = "cline",
        /// goose.
        Goose = "goose",
        /// Any other that follows the GenAI or MCP conventions, or OpenInference.
        Genai = "genai",
        /// Nobody this version knows.
        Unknown = "unknown",
    }

    /// What kind of OTLP record a row of `events` came from, or a line of the ledger counts.
    RecordSignal {
        /// A log record.
        Logs = "logs",
        /// A span.
        Traces = "traces",
        /// An event of a span.
        SpanEvent = "span_event",
        /// A data point; only in the ledger, `metrics` has a table of its own.
        Metrics = "metrics",
    }

    /// What a row of `events` is about.
    Kind {
        /// A conversation started, changed or was measured.
        Session = "session",
        /// Somebody, or something, asked the agent.
        Prompt = "prompt",
        /// The agent answered.
        Response = "response",
        /// A request to a model.
        ModelRequest = "model_request",
        /// A decision about a tool call.
        Approval = "approval",
        /// A tool call began, or a span of one.
        ToolCall = "tool_call",
        /// A tool call ended.
        ToolResult = "tool_result",
        /// A network attempt was allowed or denied.
        Network = "network",
        /// The state of an MCP server.
        McpServer = "mcp_server",
        /// A hook ran.
        Hook = "hook",
        /// An automatic reviewer worked.
        Reviewer = "reviewer",
        /// The agent's configuration.
        Config = "config",
        /// Something went wrong.
        Error = "error",
        /// A span without a meaning of its own.
        Span = "span",
        /// A record that no mapper knows.
        Other = "other",
        /// A frame that could not be mapped; its bytes are in quarantine.
        Undecoded = "undecoded",
    }

    /// Which clock `time` was taken from.
    TimeSource {
        /// The record's own `time_unix_nano`.
        Record = "record",
        /// The attribute `event.timestamp`.
        EventTimestamp = "event_timestamp",
        /// The record's `observed_time_unix_nano`.
        Observed = "observed",
        /// The frame's receive time: the record brought none.
        Received = "received",
    }

    /// How the host of a row is known.
    HostSource {
        /// From the client's certificate.
        Certificate = "certificate",
        /// As the payload claims it.
        Claimed = "claimed",
        /// The address the request came from.
        Peer = "peer",
    }

    /// The kind of a span, as OTLP names it.
    SpanKind {
        /// Work inside one process.
        Internal = "internal",
        /// The serving side of a call.
        Server = "server",
        /// The calling side.
        Client = "client",
        /// Puts a message somewhere.
        Producer = "producer",
        /// Takes a message from somewhere.
        Consumer = "consumer",
    }

    /// The status of a span; absent where it was left unset.
    StatusCode {
        /// Declared good.
        Ok = "ok",
        /// Declared failed.
        Error = "error",
    }

    /// What kind of tool was called.
    ToolKind {
        /// A command in a shell.
        Shell = "shell",
        /// Reads or changes files.
        File = "file",
        /// Fetches or searches the web.
        Web = "web",
        /// A tool of an MCP server.
        Mcp = "mcp",
        /// Another agent.
        Subagent = "subagent",
        /// Anything else.
        Other = "other",
    }

    /// What was decided about a call or a network attempt.
    Decision {
        /// It may go on.
        Allow = "allow",
        /// It may not.
        Deny = "deny",
        /// Somebody is to be asked.
        Ask = "ask",
        /// The question was called off.
        Cancel = "cancel",
        /// Nobody answered in time.
        Timeout = "timeout",
    }

    /// Who decided.
    DecidedBy {
        /// A person.
        User = "user",
        /// Configuration or a rule.
        Policy = "policy",
        /// A hook.
        Hook = "hook",
        /// An automatic reviewer.
        AiReviewer = "ai_reviewer",
        /// No signal says.
        Unknown = "unknown",
    }

    /// How far a permission reaches.
    GrantScope {
        /// This call only.
        Once = "once",
        /// This session.
        Session = "session",
        /// From now on.
        Permanent = "permanent",
    }

    /// Why something was denied.
    DenialReason {
        /// A rule or the configuration forbids it.
        PolicyDenied = "policy_denied",
        /// A person said no.
        UserDenied = "user_denied",
        /// A hook said no.
        HookDenied = "hook_denied",
        /// The automatic reviewer said no.
        ReviewerDenied = "reviewer_denied",
        /// The automatic reviewer gave no answer.
        ReviewerUnavailable = "reviewer_unavailable",
        /// Nobody could be asked.
        NonInteractiveDenied = "non_interactive_denied",
        /// The agent was in a mode that plans and changes nothing.
        PlanModeBlocked = "plan_mode_blocked",
        /// An agent in the background can ask nobody.
        BackgroundAgentDenied = "background_agent_denied",
        /// A guard of the program around the agent said no.
        InvocationGuardDenied = "invocation_guard_denied",
    }

    /// How a call ended.
    Outcome {
        /// It did what was asked.
        Succeeded = "succeeded",
        /// It ran and failed.
        Failed = "failed",
        /// It was not allowed to run.
        Denied = "denied",
        /// It was called off.
        Cancelled = "cancelled",
        /// It took too long.
        TimedOut = "timed_out",
        /// No signal says.
        Unknown = "unknown",
    }

    /// Why a call failed.
    FailureReason {
        /// There is no such tool.
        NoSuchTool = "no_such_tool",
        /// The tool reported an error.
        ToolError = "tool_error",
        /// The network policy stood in the way.
        NetworkBlocked = "network_blocked",
        /// It ran, then a hook stopped the agent before it saw the result.
        HookStopped = "hook_stopped",
    }

    /// Who wrote a prompt.
    PromptOrigin {
        /// A person.
        Human = "human",
        /// A parent agent, for its subagent.
        SubagentTask = "subagent_task",
        /// The automatic reviewer's transcript.
        Reviewer = "reviewer",
        /// The agent's own machinery.
        System = "system",
    }

    /// What a conversation, or who made a call in it, is for.
    SessionRole {
        /// A person, or a program in a person's place, leads it.
        Main = "main",
        /// It does a part of another conversation's work.
        Subagent = "subagent",
        /// It judges the calls of another conversation.
        Reviewer = "reviewer",
        /// It makes the title of another conversation.
        Title = "title",
        /// No signal says.
        Unknown = "unknown",
    }

    /// What a link says of its event, or of its conversation.
    LinkRelation {
        /// The prompt from which the action followed.
        Turn = "turn",
        /// The call was asked for.
        Request = "request",
        /// The call was decided on.
        Decision = "decision",
        /// The call's network attempt.
        Network = "network",
        /// What the call gave back.
        Result = "result",
        /// A span of the call.
        Span = "span",
        /// The conversation is a subagent's of the other.
        Parent = "parent",
        /// The conversation reviews the other.
        Reviewer = "reviewer",
        /// The conversation makes the other's title.
        Title = "title",
    }

    /// How a link was found.
    LinkMethod {
        /// Both carry the same id.
        Id = "id",
        /// The chain of parent spans, or a span that carries both ids.
        Span = "span",
        /// Both are in the same trace.
        Trace = "trace",
        /// The one follows the other in its conversation.
        Order = "order",
        /// The one happened while the other ran.
        Interval = "interval",
    }

    /// How sure a link is, the surest first.
    Confidence {
        /// The agent said so.
        Certain = "certain",
        /// Nothing else fits.
        Strong = "strong",
        /// It is the best guess.
        Weak = "weak",
        /// Several fit equally.
        Ambiguous = "ambiguous",
    }

    /// What kind of hole a gap is.
    GapKind {
        /// Numbers of the sender's counter are missing.
        MissingSequence = "missing_sequence",
        /// A result came, its request did not, although this agent sends one.
        ResultWithoutRequest = "result_without_request",
        /// A call was asked for or allowed, and no result came.
        RequestWithoutResult = "request_without_result",
        /// A prompt came without its text.
        PromptWithoutText = "prompt_without_text",
        /// Something followed from a prompt that did not come.
        MissingPrompt = "missing_prompt",
        /// Spans or metrics of the conversation go on, its log records stopped.
        SilentLogs = "silent_logs",
        /// A version of the agent stopped sending a field.
        Drift = "drift",
        /// Another principal sent records under the id of this conversation.
        ForeignPrincipal = "foreign_principal",
    }

    /// What a data point is.
    MetricType {
        /// The last value of something.
        Gauge = "gauge",
        /// A sum.
        Sum = "sum",
        /// A histogram with explicit bounds.
        Histogram = "histogram",
        /// A histogram with exponential buckets.
        ExponentialHistogram = "exponential_histogram",
        /// Quantiles.
        Summary = "summary",
    }

    /// What a sum or histogram counts from; absent where it was left unspecified.
    Temporality {
        /// Since the last point.
        Delta = "delta",
        /// Since the start.
        Cumulative = "cumulative",
    }

    /// Why an accepted record is not a row of its own.
    IgnoreRule {
        /// The same request was admitted within the last ten minutes.
        Repeat = "repeat",
        /// Claude Code began an attempt of a request to the model.
        ClaudeCodeRequestAttempt = "claude_code_request_attempt",
        /// A span of opencode's own storage, files and registries.
        OpencodeInternalSpan = "opencode_internal_span",
        /// The mark of a stream's first or last chunk in a span of opencode.
        OpencodeStreamMark = "opencode_stream_mark",
        /// A response of Codex' model goes on.
        CodexStreamEvent = "codex_stream_event",
        /// The metrics client of Codex speaks of itself.
        CodexMetricsLine = "codex_metrics_line",
        /// A span of Codex that keeps books.
        CodexBookkeepingSpan = "codex_bookkeeping_span",
        /// Gemini CLI tells a request to the model once more.
        GeminiInferenceDetails = "gemini_inference_details",
        /// The HTTP request under a request to the model, by Gemini CLI or Qwen Code.
        GeminiHttpClient = "gemini_http_client",
    }
}
