//! What is left out by a rule, and what never is.

use super::{B, COMMON, I, Is, LOGS, S, SPANS};
use crate::agents::testing::attribute;
use crate::normalise::Mapping;
use crate::otlp::Signal;
use crate::otlp::writer::Writer;
use crate::record::tests::rows_by;

/// The rule by which the only record of a request is left out; empty if it is stored.
fn rule(signal: Signal, payload: &[u8]) -> &'static str {
    let rows = rows_by(&Mapping::default(), signal, payload);
    let lines: Vec<_> = rows.ledger.lines().collect();
    let [(key, counts)] = lines.as_slice() else { panic!("one record, one line") };
    assert_eq!(rows.events.len(), usize::try_from(counts.stored).unwrap());
    assert_eq!(counts.stored + counts.ignored, 1);
    key.ignored_rule.map_or("", |rule| rule.as_str())
}

fn log_rule(attributes: &[(&str, Is)], more: impl FnOnce(&mut Writer)) -> &'static str {
    let payload = LOGS.request(|out| {
        for (key, value) in attributes {
            attribute(out, 6, key, *value);
        }
        more(out);
    });
    rule(Signal::Logs, &payload)
}

fn span_rule(name: &str, attributes: &[(&str, Is)], status: u64) -> &'static str {
    let payload = SPANS.request(|out| {
        out.bytes_field(5, name.as_bytes());
        for (key, value) in attributes {
            attribute(out, 9, key, *value);
        }
        if status != 0 {
            out.message_field(15, |out| out.varint_field(3, status));
        }
    });
    rule(Signal::Traces, &payload)
}

/// A stream event goes only if it says nothing but that the stream goes on.
#[test]
fn stream_events() {
    for name in ["codex.sse_event", "codex.websocket_event"] {
        let rule = |own: &[(&str, Is)]| {
            let all = [&[("event.name", S(name))], COMMON, own].concat();
            log_rule(&all, |_| {})
        };
        let kind = ("event.kind", S("response.output_item.done"));
        let noise = "codex_stream_event";
        assert_eq!(rule(&[kind, ("duration_ms", S("3"))]), noise);
        assert_eq!(rule(&[("event.kind", S("response.completed"))]), noise);
        assert_eq!(rule(&[kind, ("success", S("true"))]), noise);
        for kept in [
            ("input_token_count", S("1200")),
            ("tokens.of.a.later.version", I(5)),
            ("error.message", S("stream closed")),
            ("delta", S("hel")),
            ("success", S("false")),
        ] {
            assert_eq!(rule(&[kind, kept]), "", "{}", kept.0);
        }
        for ending in ["response.failed", "response.incomplete", "response.cancelled", "error"] {
            assert_eq!(rule(&[("event.kind", S(ending))]), "", "{ending}");
        }
        assert_eq!(rule(&[("event.kind", I(3))]), "");
        assert_eq!(rule(&[]), "");
    }
}

/// The metrics client's own lines go, by scope and words; any other nameless record stays.
#[test]
fn metrics_lines() {
    let from = |scope: &'static str, body: &str, attributes: &[(&str, Is)]| {
        let sender = crate::agents::testing::Sender { scope, ..LOGS };
        let payload = sender.request(|out| {
            if !body.is_empty() {
                out.message_field(5, |out| out.bytes_field(1, body.as_bytes()));
            }
            for (key, value) in attributes {
                attribute(out, 6, key, *value);
            }
        });
        rule(Signal::Logs, &payload)
    };
    let (scope, line) = ("codex_otel::metrics::client", "flushing OTEL metrics");
    assert_eq!(from(scope, line, &[]), "codex_metrics_line");
    assert_eq!(from(scope, "", &[]), "codex_metrics_line");
    assert_eq!(from(scope, "metrics were lost", &[]), "");
    assert_eq!(from(scope, line, &[("call_id", S("c"))]), "");
    assert_eq!(from("codex_otel.log_only", line, &[]), "");
    assert_eq!(from("codex_otel.log_only", "", &[]), "");
}

/// Bookkeeping goes by its name; not if it names a call, a tool or an error.
#[test]
fn bookkeeping_spans() {
    let noise = "codex_bookkeeping_span";
    for name in ["append_items", "fs.read_file", "turn_diff_display_roots", "get_model_info"] {
        assert_eq!(span_rule(name, &[("sandboxed", B(false))], 1), noise);
        assert_eq!(span_rule(name, &[("added.by.an.administrator", S("x"))], 0), noise);
        assert_eq!(span_rule(name, &[("call_id", S("c"))], 0), "");
        assert_eq!(span_rule(name, &[("tool.call_id", S("c"))], 0), "");
        assert_eq!(span_rule(name, &[("tool_name", S("t"))], 0), "");
        assert_eq!(span_rule(name, &[], 2), "");
    }
    for name in ["exec_command", "run_turn", "something.new", "append", "append_items2", ""] {
        assert_eq!(span_rule(name, &[], 0), "", "{name}");
    }
}
