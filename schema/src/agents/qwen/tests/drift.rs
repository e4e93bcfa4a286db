//! Records of other versions: attributes that were renamed, dropped or retyped.

use super::{A, B, D, I, Is, Null, S, SENDER};

const CALL: &[(&str, Is)] = &[
    ("event.name", S("qwen-code.tool_call")),
    ("event.timestamp", S("2026-11-20T11:33:33.221Z")),
    ("session.id", S("s-1")),
    ("function_name", S("run_shell_command")),
    ("function_args", S(r#"{"command":"ls"}"#)),
    ("call_id", S("call_0")),
    ("duration_ms", I(5)),
    ("status", S("error")),
    ("execution_status", S("error")),
    ("decision", S("accept")),
    ("prompt_id", S("s-1#a#0")),
    ("error", S("Output: x\nError: y\nExit Code: 1")),
    ("error_type", S("shell_execute_error")),
];
const SPAN: &[(&str, Is)] = &[
    ("session.id", S("s-1")),
    ("qwen-code.prompt_id", S("s-1#a#0")),
    ("qwen-code.subagent.id", S("b")),
    ("gen_ai.tool.name", S("run_shell_command")),
    ("gen_ai.tool.call.id", S("call_0")),
    ("gen_ai.tool.call.arguments", S(r#"{"command":"ls"}"#)),
    ("tool.failure_kind", S("tool_error")),
    ("success", B(false)),
    ("should_proceed", B(false)),
    ("decision", S("cancel")),
    ("source", S("cli")),
    ("gen_ai.output.messages", S("[{}]")),
    ("error", S("x")),
];
const VALUES: &[Is] = &[
    S(""),
    S("7"),
    S("true"),
    S("{}"),
    S("[[[]]]"),
    S("#"),
    I(-1),
    B(false),
    D(f64::NAN),
    A(&["a", "b"]),
    Null,
];
const SPANS: &[&str] = &[
    "qwen-code.interaction",
    "qwen-code.llm_request",
    "qwen-code.tool",
    "qwen-code.tool.execution",
    "qwen-code.tool.blocked_on_user",
    "qwen-code.hook",
    "qwen-code.subagent",
    "new",
];

/// Whatever one attribute becomes, nothing breaks and nothing is lost: the helper that maps
/// checks that the record comes back from its row.
#[test]
fn retyped_renamed_and_dropped() {
    for spans in [false, true] {
        let attributes = if spans { SPAN } else { CALL };
        for index in 0..attributes.len() {
            for value in VALUES {
                let mut changed = attributes.to_vec();
                changed[index].1 = *value;
                check(spans, &changed);
            }
            let mut changed = attributes.to_vec();
            changed[index].0 = "renamed";
            check(spans, &changed);
            changed.remove(index);
            check(spans, &changed);
        }
    }
}

fn check(spans: bool, attributes: &[(&str, Is)]) {
    if spans {
        for name in SPANS {
            assert_eq!(SENDER.span(name, attributes).get("agent"), "qwen");
        }
    } else {
        assert_eq!(SENDER.log("x", attributes).get("agent"), "qwen");
    }
}

/// Numbers and truth values are read in the other spelling, and then kept as sent.
#[test]
fn other_spellings() {
    let own = [
        ("event.name", S("qwen-code.tool_call")),
        ("function_name", S("read_file")),
        ("success", S("true")),
        ("duration_ms", S("12")),
    ];
    let row = SENDER.log("x", &own);
    row.has(&[("outcome", "succeeded"), ("duration_ms", "12")]);
    assert!(row.kept.iter().any(|key| key == "duration_ms"));
}
