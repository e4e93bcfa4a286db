//! Records of other versions: attributes that were renamed, dropped or retyped.

use super::{A, B, D, I, Is, Null, S, SENDER};

const CALL: &[(&str, Is)] = &[
    ("event.name", S("gemini_cli.tool_call")),
    ("event.timestamp", S("2026-11-20T11:33:33.221Z")),
    ("session.id", S("s-1")),
    ("interactive", B(true)),
    ("function_name", S("run_shell_command")),
    ("function_args", S(r#"{"command":"ls"}"#)),
    ("duration_ms", I(5)),
    ("success", B(true)),
    ("decision", S("accept")),
    ("prompt_id", S("s-1########0")),
    ("metadata", S(r#"{"exitCode":1}"#)),
    ("mcp_server_name", Null),
    ("error", S("x")),
];
const SPAN: &[(&str, Is)] = &[
    ("gen_ai.conversation.id", S("s-1")),
    ("gen_ai.tool.name", S("web_fetch")),
    ("gen_ai.tool.call_id", S("c-1")),
    ("url.full", S("https://a.example")),
    ("gen_ai.input.messages", S(r#"[{"callId":"c-1","args":{"command":"ls"}}]"#)),
    ("gen_ai.output.messages", S(r#"[{"status":"success","response":{"data":7}}]"#)),
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
    D(1e300),
    A(&["a", "b"]),
    Null,
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
        for name in ["tool_call", "schedule_tool_calls", "agent_call", "llm_call", "new"] {
            assert_eq!(SENDER.span(name, attributes).get("agent"), "gemini");
        }
    } else {
        assert_eq!(SENDER.log("x", attributes).get("agent"), "gemini");
    }
}

/// Numbers and truth values are read in the other spelling, and then kept as sent.
#[test]
fn other_spellings() {
    let own = [
        ("event.name", S("gemini_cli.tool_call")),
        ("function_name", S("read_file")),
        ("success", S("true")),
        ("duration_ms", S("12")),
        ("decision", S("accept")),
        ("interactive", S("false")),
    ];
    let row = SENDER.log("x", &own);
    row.has(&[("outcome", "succeeded"), ("duration_ms", "12"), ("decided_by", "policy")]);
    assert!(row.kept.iter().any(|key| key == "duration_ms"));
}

/// The metadata of older versions came as a list of pairs.
#[test]
fn metadata_as_pairs() {
    let row = SENDER.request(|out| {
        for (key, value) in [CALL[0], CALL[4], CALL[7]] {
            crate::agents::testing::attribute(out, 6, key, value);
        }
        out.message_field(6, |out| {
            out.bytes_field(1, b"metadata");
            out.message_field(2, |out| {
                out.message_field(6, |out| {
                    crate::agents::testing::attribute(out, 1, "exitCode", I(3));
                });
            });
        });
    });
    crate::agents::testing::map(crate::otlp::Signal::Logs, &row, 0)
        .has(&[("exit_code", "3"), ("outcome", "failed")]);
}
