//! What LangChain and LangGraph put into OpenInference's `input.value` and `output.value`.

use serde_json::Value;

use crate::agents::genai::messages::{inside, parse, plain};
use crate::normalise::attributes::SentAttributes;

/// How the input of a node begins that runs one tool call.
const TOOL_NODE: &str = "tool_call_with_context";
/// So far is searched for that mark.
const TOOL_NODE_BYTES: usize = 64;

/// Whether a span is LangGraph's node around one tool call.
pub(super) fn is_tool_node(sent: &SentAttributes<'_>) -> bool {
    let input = sent.text("input.value").unwrap_or_default();
    let head = input.as_bytes().get(..TOOL_NODE_BYTES.min(input.len())).unwrap_or_default();
    head.windows(TOOL_NODE.len()).any(|window| window == TOOL_NODE.as_bytes())
}

/// A tool call, as the node's input names it.
#[derive(Debug, PartialEq)]
pub(super) struct NodeCall {
    pub(super) call_id: Option<String>,
    pub(super) tool: Option<String>,
    pub(super) arguments: Option<String>,
}

/// The call a node runs.
pub(super) fn node_call(input: &str) -> Option<NodeCall> {
    let value = parse(input)?;
    let call = value.get("tool_call")?;
    let text = |key: &str| Some(call.get(key)?.as_str()?.to_owned());
    let arguments = call.get("args").map(Value::to_string);
    Some(NodeCall { call_id: text("id"), tool: text("name"), arguments })
}

/// What a tool gave back, as a message of LangChain.
#[derive(Debug, PartialEq)]
pub(super) struct ToolMessage {
    pub(super) call_id: Option<String>,
    pub(super) content: Option<String>,
    /// `success` or `error`; the tool's own handler may turn an error into a success.
    pub(super) failed: Option<bool>,
}

/// Reads `output.value` of a tool or of the node around it; `None` where it is no such message.
pub(super) fn tool_message(output: &str) -> Option<ToolMessage> {
    if output.starts_with("content=") {
        return printed(output);
    }
    let value = parse(output)?;
    let listed = value.get("messages").unwrap_or(&value);
    let message = inside(match listed.as_array().map(Vec::as_slice) {
        Some([message]) => message,
        Some(_) => return None,
        None => listed,
    });
    let call_id = message.get("tool_call_id")?.as_str().map(str::to_owned);
    let failed = message.get("status").and_then(Value::as_str).map(|status| status == "error");
    Some(ToolMessage { call_id, content: message.get("content").and_then(plain), failed })
}

/// The same as older versions print it: `content='…' name='…' tool_call_id='…' status='error'`.
/// What comes after the content cannot be part of it, so it is searched from the end.
fn printed(output: &str) -> Option<ToolMessage> {
    let at = output.rfind(" tool_call_id='")?;
    let (before, after) = output.split_at(at);
    let call_id = after.split('\'').nth(1)?.to_owned();
    let content = before.rfind(" name='").and_then(|end| before.get(..end)).unwrap_or(before);
    let content = content.strip_prefix("content=")?;
    let quoted = content.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
    Some(ToolMessage {
        call_id: Some(call_id),
        content: Some(quoted.unwrap_or(content).replace("\\n", "\n")),
        failed: Some(after.contains(" status='error'")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tool's answer is read in every form LangChain has written it.
    #[test]
    fn tool_messages() {
        for (output, failed) in [
            (
                r#"{"type":"tool","data":{"content":"x","tool_call_id":"c","status":"success"}}"#,
                Some(false),
            ),
            (
                r#"{"messages":[{"type":"tool","data":{"content":[{"type":"text","text":"x"}],"tool_call_id":"c","status":"error"}}]}"#,
                Some(true),
            ),
            (
                r#"{"lc":1,"id":["a","ToolMessage"],"kwargs":{"content":"x","tool_call_id":"c"}}"#,
                None,
            ),
            ("content='x' name='lookup' tool_call_id='c'", Some(false)),
            ("content='x' tool_call_id='c' status='error'", Some(true)),
        ] {
            let expected =
                ToolMessage { call_id: Some("c".into()), content: Some("x".into()), failed };
            assert_eq!(tool_message(output), Some(expected), "{output}");
        }
        for output in ["", "x", "5", "{", "{}", r#"{"messages":[]}"#, "content='x'"] {
            assert_eq!(tool_message(output), None, "{output}");
        }
    }
}
