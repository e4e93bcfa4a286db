//! What is noise: the listed names, and nothing else.

use crate::agents::opencode::noise;
use crate::vocabulary::IgnoreRule::{OpencodeInternalSpan, OpencodeStreamMark};
use crate::vocabulary::StatusCode;

/// Listed names are noise unless they failed; a file that is not there is noise all the same.
#[test]
fn spans() {
    let (ok, error) = (Some(StatusCode::Ok), Some(StatusCode::Error));
    for name in ["sql.execute", "Plugin.trigger", "Auth.get", "FileSystem.findUp"] {
        assert_eq!(noise::span(name, ok), Some(OpencodeInternalSpan), "{name}");
        assert_eq!(noise::span(name, None), Some(OpencodeInternalSpan), "{name}");
    }
    assert_eq!(noise::span("sql.execute", error), None);
    assert_eq!(noise::span("FileSystem.readJson", error), Some(OpencodeInternalSpan));
}

/// Spans that say something, their ancestors, and names that nobody listed are kept.
#[test]
fn kept_spans() {
    for name in [
        "Tool.execute",
        "Permission.ask",
        "ShellTool.ask",
        "TaskTool.execute",
        "TaskTool.runTask",
        "SessionTools.resolve",
        "SessionPrompt.run",
        "SessionProcessor.process",
        "LLM.run",
        "ai.streamText",
        "ai.toolCall",
        "http.server POST",
        "Tool.assertExternalDirectory",
        "FileSystem",
        "sql.executed",
        "Sql.execute",
        "",
    ] {
        assert_eq!(noise::span(name, Some(StatusCode::Ok)), None, "{name}");
    }
}

/// The marks of a stream are noise, and exceptions only of a look for a file.
#[test]
fn span_events() {
    let stream = "ai.streamText.doStream";
    assert_eq!(noise::span_event(stream, "ai.stream.firstChunk"), Some(OpencodeStreamMark));
    assert_eq!(noise::span_event(stream, "ai.stream.finish"), Some(OpencodeStreamMark));
    assert_eq!(noise::span_event(stream, "ai.stream.other"), None);
    assert_eq!(noise::span_event("FileSystem.readJson", "exception"), Some(OpencodeInternalSpan));
    for span in ["Tool.execute", "Permission.ask", "sql.execute", ""] {
        assert_eq!(noise::span_event(span, "exception"), None, "{span}");
    }
}
