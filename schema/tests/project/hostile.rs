//! Whatever stands in a row, the output is one valid JSON object on one line.

use std::borrow::Cow;

use proptest::prelude::*;
use seam_schema::derived::actions::ActionRow;
use seam_schema::event::{Attribute, AttributeValue, Event, EventColumns, EventsBuilder};
use seam_schema::otlp::ValueType;
use seam_schema::project::{Content, Format};
use seam_schema::table::cell::TimeUs;
use seam_schema::vocabulary::{Kind, ToolKind};
use serde_json::Value;

use crate::rows::{action_text, event_text, projector};

/// Texts that break careless writers.
const HARD: &[&str] = &[
    "",
    "\0",
    "\u{1}\u{1f}\u{7f}\u{85}",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "\u{2028}\u{2029}",
    "\u{feff}",
    "\u{fffd}\u{10ffff}",
    "a\r\nb",
    "</script>",
    "[hashed:0123456789abcdef]",
    "[hashed:\"123456789abcdef]",
    "{\"a\":1}",
    "://",
    "https://",
    "http://[",
    "@",
    "/",
    "\\\\",
    "💥 größe",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(HARD).prop_map(str::to_owned),
        any::<String>(),
        "[a-z ]{0,20}",
    ]
}

fn number() -> impl Strategy<Value = i64> {
    prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX), Just(0)]
}

/// Writes a row in every format and reads it back.
fn check(write: impl Fn(Format, Content) -> String) -> Result<(), TestCaseError> {
    for format in Format::ALL {
        for content in [Content::Withheld, Content::Kept] {
            let text = write(format, content);
            let value: Value = serde_json::from_str(&text)
                .map_err(|error| TestCaseError::fail(format!("{format}: {error}: {text}")))?;
            prop_assert!(value.is_object());
            prop_assert!(!text.contains('\n'), "{}", text);
            prop_assert_eq!(&text, &write(format, content), "the same row gives the same bytes");
            // No member stands twice: serde_json keeps one, and the text would be longer.
            let members = value.as_object().map_or(0, serde_json::Map::len);
            prop_assert!(members > 3);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Events with any text in any column, any attribute, any number and time.
    #[test]
    fn events(
        texts in proptest::collection::vec(text(), 1..8),
        numbers in proptest::collection::vec(number(), 1..4),
        fraction in any::<f64>(),
        kind in proptest::sample::select(Kind::ALL),
        tool_kind in proptest::sample::select(ToolKind::ALL),
        keys in proptest::collection::vec(text(), 0..6),
    ) {
        let mut columns = EventColumns {
            kind: Some(kind),
            tool_kind: Some(tool_kind),
            time: TimeUs(numbers[0]),
            end_time: numbers.get(1).copied().map(TimeUs),
            time_unix_nano: numbers[0],
            input_tokens: numbers.last().copied(),
            output_tokens: numbers.last().copied(),
            duration_ms: numbers.first().copied(),
            net_port: numbers.first().copied(),
            cost_usd: Some(fraction),
            ..EventColumns::default()
        };
        every_text(&mut columns, &texts);
        let attribute = |(index, key): (usize, &String)| {
            Attribute::text(key.clone(), texts[index % texts.len()].clone())
        };
        let attributes: Vec<_> = keys.iter().enumerate().map(attribute).collect();
        let event = Event { columns, resource: attributes.clone(), attributes, body_type: None };
        check(|format, content| event_text(&projector(format, content), &event))?;
    }

    /// Actions with any text, number and time.
    #[test]
    fn actions(text in text(), number in number(), tool_kind in proptest::sample::select(ToolKind::ALL)) {
        let some = || Some(Cow::Borrowed(text.as_str()));
        let action = ActionRow {
            revision: number,
            requested_at: Some(TimeUs(number)),
            tool_kind: Some(tool_kind),
            tool: some(), command: some(), path: some(), url: some(), intent: some(),
            session_id: text.as_str().into(), call_id: some(), host: some(), error: some(),
            user_email: some(), rationale: some(), exit_code: Some(number),
            ..ActionRow::default()
        };
        check(|format, content| action_text(&projector(format, content), &action))?;
    }
}

/// Puts texts into every text column there is, in turn.
fn every_text<'a>(columns: &mut EventColumns<'a>, texts: &'a [String]) {
    macro_rules! fill {
        ($($name:ident),+ $(,)?) => {
            let mut next = texts.iter().cycle();
            $(columns.$name = next.next().map(|text| Cow::Borrowed(text.as_str()));)+
        };
    }
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
        output,
    );
}

/// A megabyte in every content column, with and without escapes.
#[test]
fn long_texts() {
    for piece in ["x", "\u{1}", "ä", "\""] {
        let long = [piece.repeat(1 << 20)];
        let mut columns = EventColumns { kind: Some(Kind::ToolResult), ..EventColumns::default() };
        every_text(&mut columns, &long);
        let event = Event { columns, ..Event::default() };
        for format in Format::ALL {
            let text = event_text(&projector(format, Content::Withheld), &event);
            assert!(serde_json::from_str::<Value>(&text).is_ok(), "{format}");
        }
    }
}

/// As many attributes as a body of 64 MiB holds, with types and keys that repeat: written, and read
/// from their row, in a time that grows with their number and not with its square.
#[test]
fn many_attributes() {
    let key = |number: usize| format!("k{}", number % 200_000);
    let attributes: Vec<_> = (0..300_000)
        .map(|number| Attribute {
            key: key(number).into(),
            value: AttributeValue::Column(ValueType::Int, number.to_string().into()),
        })
        .collect();
    let event = Event { attributes, ..Event::default() };
    let mut builder = EventsBuilder::default();
    builder.append(&event);
    let batch = builder.finish().unwrap();
    let read = Event::read(&batch, 0);
    let is_int =
        |kept: &Attribute<'_>| matches!(kept.value, AttributeValue::Column(ValueType::Int, _));
    assert_eq!(read.attributes.iter().filter(|kept| is_int(kept)).count(), 300_000);
    for event in [&event, &read] {
        let text = event_text(&projector(Format::Seam, Content::Kept), event);
        assert!(text.contains(r#""k199999":"199999""#));
    }
}

/// A key that stands twice is written once, so that Elasticsearch takes the document.
#[test]
fn keys_stand_once() {
    let attributes = ["a", "b", "a", "", "a.b"].map(|key| Attribute::text(key, "v")).to_vec();
    let event = Event { attributes, ..Event::default() };
    let text = event_text(&projector(Format::Seam, Content::Kept), &event);
    assert!(text.contains(r#""attributes":{"a":"v","b":"v","a.b":"v"}"#), "{text}");
}

/// An attribute that is too long for one term of Lucene stands apart, whole: else a search engine
/// would refuse the document.
#[test]
fn long_attributes_stand_apart() {
    let long = "x".repeat(40_000);
    let attributes = vec![Attribute::text("a", long.clone()), Attribute::text("b", "short")];
    let event = Event { attributes, ..Event::default() };
    let text = event_text(&projector(Format::Ecs, Content::Kept), &event);
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["seam"]["attributes"], serde_json::json!({ "b": "short" }));
    assert_eq!(document["seam"]["long_attributes"], serde_json::json!([format!("a={long}")]));
}
