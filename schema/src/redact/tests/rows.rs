//! Rows: no text may slip by.

use crate::event::{self, Attribute, AttributeValue, Event};
use crate::otlp::writer::Writer;
use crate::otlp::{AnyValue, ValueType, base64, column_text};
use crate::redact::{RedactSettings, Redactor, add_counts};
use crate::table::cell::Counts;
use crate::table::metrics::{self, Point};
use arrow_schema::{DataType, Schema};

use super::made_up::{Dice, make};
use super::redactor;
use crate::redact::rows::PLAIN;

/// Columns of type string that hold ids, times or words of our own vocabulary, never a text.
const NO_TEXT: &[&str] = &[
    "event_id",
    "time_source",
    "agent",
    "signal",
    "kind",
    "host_source",
    "span_kind",
    "status_code",
    "trace_id",
    "span_id",
    "parent_span_id",
    "tool_kind",
    "decision",
    "decided_by",
    "grant_scope",
    "denial_reason",
    "net_verdict",
    "outcome",
    "failure_reason",
    "prompt_origin",
    "type",
    "temporality",
];

fn text_columns(schema: &Schema) -> Vec<String> {
    let texts = schema.fields().iter().filter(|field| field.data_type() == &DataType::Utf8);
    texts
        .map(|field| field.name().clone())
        .filter(|name| !NO_TEXT.contains(&name.as_str()))
        .collect()
}

fn secret() -> String {
    make("ghp_{A36}", &mut Dice::new(10)).secret
}

/// An event with the secret in every text column.
fn full_event(text: &str) -> Event<'static> {
    let mut event = Event::default();
    // Options are filled by reading a row in which every text stands.
    let columns = &mut event.columns;
    macro_rules! fill { ($($name:ident),+) => { $(columns.$name = Some(text.to_owned().into());)+ } }
    fill!(
        peer_address,
        agent_version,
        client,
        name,
        host,
        user_id,
        user_email,
        org_id,
        repository,
        cwd,
        body,
        severity_text,
        scope_name,
        scope_version,
        event_name,
        status_message,
        span_links,
        session_id,
        parent_session_id,
        turn_id,
        call_id,
        execution_id,
        request_id,
        agent_path,
        provider,
        model,
        tool,
        mcp_server,
        mcp_tool,
        command,
        path,
        url,
        decision_source,
        risk_level,
        rationale,
        net_host,
        net_protocol,
        net_method,
        net_reason,
        net_source,
        error,
        approval_policy,
        sandbox_policy,
        mode,
        prompt,
        response,
        arguments,
        output
    );
    columns.log_id = text.to_owned().into();
    columns.tenant = text.to_owned().into();
    columns.principal = text.to_owned().into();
    event
}

/// Guarantees: every text column of `events` is redacted, but those that Seam itself fills.
#[test]
fn no_text_column_of_events_is_missed() {
    let secret = secret();
    let mut event = full_event(&format!("say {secret}"));
    let mut seen = Vec::new();
    event.columns.texts(&mut |name, _| seen.push(name.to_owned()));
    let schema = event::schema();
    assert_eq!(
        seen,
        text_columns(&schema),
        "a column is new: fill it above, or say that it is no text"
    );
    redactor().event(true, &mut event);
    event.columns.texts(&mut |name, text| {
        assert_eq!(text.contains(&secret), PLAIN.contains(&name), "{name}");
    });
    let redacted = seen.len() - PLAIN.len();
    let counts = event.columns.redactions.unwrap();
    assert_eq!(counts, Counts(vec![("github-pat".to_owned(), i64::try_from(redacted).unwrap())]));
}

/// Guarantees: every text column of `metrics` is redacted, but those that Seam itself fills.
#[test]
fn no_text_column_of_metrics_is_missed() {
    let secret = secret();
    let text = || Some(format!("say {secret}").into());
    let mut point = Point::default();
    let columns = &mut point.columns;
    (columns.peer_address, columns.agent_version, columns.name, columns.unit) =
        (text(), text(), text(), text());
    (columns.exponential, columns.exemplars, columns.series_id) = (text(), text(), text());
    let mut seen = Vec::new();
    columns.texts(&mut |name, text| {
        seen.push(name.to_owned());
        *text = format!("say {secret}").into();
    });
    assert_eq!(
        seen,
        text_columns(&metrics::schema()),
        "a column is new: fill it above, or say that it is no text"
    );
    point.attributes.push(Attribute::text("otlp.metric.description", format!("say {secret}")));
    let counts = redactor().point(true, &mut point).unwrap();
    point.columns.texts(&mut |name, text| {
        assert_eq!(text.contains(&secret), PLAIN.contains(&name), "{name}");
    });
    assert_eq!(counts, Counts(vec![("github-pat".to_owned(), 7)]));
    assert!(!format!("{:?}", point.attributes).contains(&secret));
}

fn value(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut out = Writer::new();
    write(&mut out);
    out.into_bytes()
}

/// What a row keeps of an attribute once it is redacted.
fn redacted(mut attribute: Attribute<'_>) -> (String, ValueType, String, Option<Counts>) {
    let counts = redactor().attributes(std::slice::from_mut(&mut attribute));
    let mut scratch = String::new();
    let (kind, text) = match &attribute.value {
        AttributeValue::Wire(value) => column_text(*value, &mut scratch),
        AttributeValue::Column(kind, text) => (*kind, text.as_ref()),
        AttributeValue::Number(_) => (ValueType::Int, ""),
    };
    (attribute.key.to_string(), kind, text.to_owned(), counts)
}

/// Values of every type lose their secrets and keep their types where they can.
#[test]
fn values_of_every_type() {
    let secret = secret();
    let text = value(|out| out.bytes_field(1, secret.as_bytes()));
    let list = value(|out| out.message_field(5, |out| out.bytes_field(1, &text)));
    let bytes = value(|out| out.bytes_field(7, format!("a {secret}").as_bytes()));
    let blob = value(|out| out.bytes_field(7, &[&[0xff, 0x00], secret.as_bytes()].concat()));
    let nested = value(|out| out.message_field(5, |out| out.bytes_field(1, &bytes)));
    let map = value(|out| {
        out.message_field(6, |out| {
            out.message_field(1, |out| {
                out.bytes_field(1, b"password");
                out.message_field(2, |out| out.bytes_field(1, b"Tr0ub4dor&3"));
            });
        });
    });
    let cases = [
        (&text, ValueType::String),
        (&list, ValueType::Array),
        (&bytes, ValueType::Bytes),
        (&blob, ValueType::Bytes),
        (&nested, ValueType::String),
        (&map, ValueType::KvList),
    ];
    for (wire, expected) in cases {
        let (_, kind, text, counts) = redacted(Attribute::wire("x".into(), AnyValue::new(wire)));
        assert_eq!(kind, expected, "{text}");
        let plain = match kind {
            ValueType::Bytes => {
                String::from_utf8(base64::decode(text.as_bytes()).unwrap()).unwrap()
            }
            _ => text.clone(),
        };
        assert!(
            plain.contains("[redacted:") && !plain.contains(&secret) && !plain.contains("Tr0ub"),
            "{plain}"
        );
        assert!(counts.is_some());
        assert!(crate::otlp::from_column_text(kind, &text).is_ok(), "{text}");
        assert!(redactor().suspects(wire));
    }
}

/// The key of an attribute says what its value is; a key may be a secret itself.
#[test]
fn keys_say_what_values_are() {
    let string = |key: &'static str, value: &str| redacted(Attribute::text(key, value.to_owned()));
    assert_eq!(
        string("db.connection.password", "Tr0ub4dor&3").2,
        redacted(Attribute::text("password", "Tr0ub4dor&3")).2
    );
    let header = string("http.request.header.cookie", "theme=dark; session=a8F3kd92LsPq0Zx7");
    assert!(header.2.starts_with("theme=dark; session=[redacted:session-cookie:"), "{}", header.2);
    assert_eq!(string("gen_ai.usage.input_tokens", "123").2, "123");
    assert_eq!(string("gen_ai.token.type", "input").2, "input");
    let secret = secret();
    let (key, _, _, counts) = redacted(Attribute::text(secret.clone(), "x"));
    assert!(!key.contains(&secret) && counts.is_some(), "{key}");
}

/// The arguments of a process go whole, URLs lose the values of their query.
#[test]
fn fields_with_rules_of_their_own() {
    let arguments = redacted(Attribute::text("process.command_args", "[\"ls\",\"-l\"]"));
    assert!(
        arguments.2.starts_with("[redacted:process-command-args:") && arguments.2.ends_with(']'),
        "{}",
        arguments.2
    );
    let again = redacted(Attribute::text("process.command_args", arguments.2.clone()));
    assert_eq!((again.2, again.3), (arguments.2, None));
    let url = redacted(Attribute::text("url.full", "https://x.io/p?a=1&b=&c#top"));
    let mark = |text: &str| text.replace(|character: char| character.is_ascii_hexdigit(), "");
    assert_eq!(
        mark(&url.2),
        mark("https://x.io/p?a=[redacted:url-query:00000000]&b=&[redacted:url-query:00000000]#top")
    );
    assert_eq!(url.3, Some(Counts(vec![("url-query".to_owned(), 2)])));
    let query = redacted(Attribute::text("url.query", "a=1"));
    assert!(query.2.starts_with("a=[redacted:url-query:"), "{}", query.2);
    assert_eq!(redacted(Attribute::text("url.path", "/p/1")).2, "/p/1");

    let mut event = Event::default();
    event.columns.url = Some("https://x.io/p?a=1".into());
    redactor().event(false, &mut event);
    assert!(event.columns.url.as_deref().unwrap().starts_with("https://x.io/p?a=[redacted:"));
    assert!(event.columns.redactions.is_some());
    let off = RedactSettings {
        disabled: vec!["url-query".into(), "process-command-args".into()],
        ..RedactSettings::default()
    };
    let off = Redactor::new(&off).unwrap();
    let mut kept =
        [Attribute::text("process.command_args", "ls"), Attribute::text("url.query", "a=1")];
    assert_eq!(off.attributes(&mut kept), None);
}

/// Unknown fields go whole if anything is found in them.
#[test]
fn unknown_fields_go_whole() {
    let secret = secret();
    let mut text = String::new();
    base64::encode(&value(|out| out.bytes_field(99, secret.as_bytes())), &mut text);
    let unknown = redacted(Attribute::text("otlp.unknown", text));
    assert!(unknown.2.starts_with("[redacted:github-pat:"), "{}", unknown.2);
    let harmless = redacted(Attribute::text("otlp.unknown", "CAE="));
    assert_eq!((harmless.2.as_str(), harmless.3), ("CAE=", None));
}

/// Counts of a resource are added to those of a row.
#[test]
fn adds_counts() {
    let mut sum = None;
    add_counts(&mut sum, &Counts(vec![("a".into(), 1)]));
    add_counts(&mut sum, &Counts(vec![("b".into(), 2), ("a".into(), 3)]));
    assert_eq!(sum, Some(Counts(vec![("a".into(), 4), ("b".into(), 2)])));
}
