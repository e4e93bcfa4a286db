//! Attributes that change their type or their name: nothing is lost, nothing panics.

use super::{A, ANY, B, D, I, Is, LANGGRAPH, Null, OPENAI, PYDANTIC, S, log_by_field, sender};
use crate::agents::genai::catalogue::KNOWN;
use crate::vocabulary::RecordSignal;

/// Every known attribute of every kind of record, as every type and under another name.
/// [`super::Row`]'s maker checks that the record comes back from its row.
#[test]
fn any_attribute_may_change() {
    let values = [
        S("7"),
        S(""),
        S("{\"messages\":[5]}"),
        S("[[\"user\"]]"),
        I(-1),
        B(true),
        D(f64::NAN),
        A(&["x"]),
        Null,
    ];
    for known in KNOWN {
        let keys: Vec<&str> = known.always.iter().chain(known.sometimes).map(|one| one.0).collect();
        for value in values {
            let sent: Vec<(&str, Is)> = keys.iter().map(|key| (*key, value)).collect();
            let row = match known.signal {
                RecordSignal::Logs => log_by_field(sender("cline"), known.name, &sent),
                RecordSignal::SpanEvent => LANGGRAPH.span_event("x", known.name, &sent),
                _ => {
                    let operation = known.name.trim_end_matches(" *");
                    let named = [&[("gen_ai.operation.name", S("chat"))], &sent[..]].concat();
                    let _any = PYDANTIC.span(operation, &named);
                    let _any = LANGGRAPH.span(operation, &sent);
                    OPENAI.span(operation, &sent)
                }
            };
            assert!(!row.get("agent").is_empty());
        }
        let renamed: Vec<String> = keys.iter().map(|key| format!("{key}.v2")).collect();
        let sent: Vec<(&str, Is)> = renamed.iter().map(|key| (key.as_str(), S("x"))).collect();
        let row = ANY.span("x", &sent);
        assert!(renamed.iter().all(|key| row.kept.contains(key)), "{}", known.name);
    }
}

/// The values of OpenInference as every kind of span.
#[test]
fn any_value_may_change() {
    for kind in ["LLM", "TOOL", "CHAIN", "AGENT", "GUARDRAIL", "EVALUATOR", "NEW", ""] {
        for value in [
            S("{"),
            S("tool_call_with_context"),
            S(r#"{"__type":"tool_call_with_context"}"#),
            S(r#"{"__type":"tool_call_with_context","tool_call":5}"#),
            S(r#"{"messages":[{"type":"tool","data":5}]}"#),
            S("content= tool_call_id='"),
            S("content= name=' tool_call_id='"),
            I(1),
            Null,
        ] {
            let own = [
                ("openinference.span.kind", S(kind)),
                ("input.value", value),
                ("output.value", value),
                ("metadata", value),
                ("final_result", value),
            ];
            let _rows = [LANGGRAPH, OPENAI, PYDANTIC, ANY].map(|sender| sender.span("x", &own));
        }
    }
}
