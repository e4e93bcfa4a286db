//! What of opencode is noise.
//!
//! One prompt with ten calls brings 2,500 spans. Listed are those of its own storage, files,
//! credentials, environment and registries: they carry no id and no content but SQL, and whatever
//! lies below one of them is listed as well, so no span that is kept loses its ancestors. Names
//! whose spans may begin a plug-in, a process or a permission question are not listed. One that
//! failed is kept, except where a file was looked for that is not there.

use crate::vocabulary::{IgnoreRule, StatusCode};

/// Reads and looks for files; their parents say nothing of it failing.
const FILES: &str = "FileSystem.";

const INTERNAL: &[&str] = &[
    "AISDK.hook",
    "AppProcess.run",
    "Auth.all",
    "Auth.get",
    "Credential.list",
    "Env.all",
    "Env.get",
    "Env.state",
    "Instruction.clear",
    "Instruction.state",
    "MessageV2.get",
    "MessageV2.page",
    "Plugin.trigger",
    "ProjectDirectories.create",
    "ProjectDirectories.list",
    "Reference.list",
    "SQLiteDrizzle.make",
    "Session.findMessage",
    "Session.get",
    "Session.getPart",
    "Session.setAgentModel",
    "Session.setSummary",
    "Session.setTitle",
    "Session.touch",
    "Session.updatePart",
    "SessionProcessor.completeToolCall",
    "SessionProcessor.ensureToolCall",
    "SessionProcessor.failToolCall",
    "SessionProcessor.readToolCall",
    "SessionProcessor.settleToolCall",
    "SessionProcessor.updateToolCall",
    "SessionStatus.set",
    "SessionStatus.state",
    "State.transform",
    "ToolRegistry.register",
    "sql.execute",
];

/// The rule by which a span is noise.
pub(super) fn span(name: &str, status: Option<StatusCode>) -> Option<IgnoreRule> {
    let failed = status == Some(StatusCode::Error);
    let listed = name.starts_with(FILES) || (!failed && INTERNAL.contains(&name));
    listed.then_some(IgnoreRule::OpencodeInternalSpan)
}

/// The rule by which an event of a span is noise: the marks of a stream repeat what its span
/// says, and a file that was looked for and is not there is no error.
pub(super) fn span_event(span: &str, name: &str) -> Option<IgnoreRule> {
    match name {
        "ai.stream.firstChunk" | "ai.stream.finish" => Some(IgnoreRule::OpencodeStreamMark),
        "exception" if span.starts_with(FILES) => Some(IgnoreRule::OpencodeInternalSpan),
        _ => None,
    }
}
