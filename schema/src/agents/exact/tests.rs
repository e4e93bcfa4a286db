//! Tests of `exact`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use super::*;
use crate::event::AttributeValue;

static TABLE: Table = Table::new(
    &[TIMESTAMP],
    exact! {
        "call_id" => call_id: Text,
        "method" => net_method: TextNot("none"),
        "port" => net_port: Int,
        "duration_ms" => duration_ms: IntText,
        "truncated" => content_truncated: Bool,
        "verdict" => net_verdict: Decision,
    },
);

fn text(key: &'static str, value: &'static str) -> Sent<'static> {
    let wire = AnyValue::Text(value.into());
    Sent { key: key.into(), value: wire, text: Some(value), nth: 1 }
}

fn wire(key: &'static str, value: AnyValue<'static>) -> Sent<'static> {
    Sent { key: key.into(), value, text: None, nth: 1 }
}

fn taken(sent: &Sent<'static>) -> (bool, Vec<(&'static str, Given<'static>)>) {
    let mut columns = EventColumns::default();
    let (_, entry) = TABLE.find(&sent.key).unwrap();
    let exact = take(entry.shape, sent, &mut columns);
    (exact, give(&TABLE, &mut columns, "", |_| false))
}

/// What a column holds exactly comes back in the type it was sent in.
#[test]
fn exact_values_come_back() {
    for (sent, given) in [
        (text("call_id", "c1"), Given::Text("c1".into())),
        (text("method", "GET"), Given::Text("GET".into())),
        (wire("port", AnyValue::Int(-1)), Given::Int(-1)),
        (text("duration_ms", "159"), Given::Text("159".into())),
        (text("duration_ms", "-3"), Given::Text("-3".into())),
        (wire("truncated", AnyValue::Bool(false)), Given::Bool(false)),
        (text("verdict", "deny"), Given::Text("deny".into())),
    ] {
        let (exact, back) = taken(&sent);
        assert!(exact, "{sent:?}");
        assert_eq!(
            back.first().map(|(key, given)| (*key, given)),
            Some((sent.key.as_ref(), &given))
        );
    }
}

/// What a column cannot hold exactly stays an attribute, though the column may read it.
#[test]
fn inexact_values_stay() {
    for (sent, read) in [
        (text("call_id", ""), false),
        (wire("call_id", AnyValue::Int(5)), false),
        (text("method", "none"), false),
        (text("port", "443"), true),
        (wire("duration_ms", AnyValue::Int(159)), true),
        (text("duration_ms", "0159"), true),
        (text("duration_ms", "-0"), true),
        (text("duration_ms", "soon"), false),
        (text("truncated", "true"), true),
        (text("verdict", "Deny"), false),
    ] {
        let (exact, back) = taken(&sent);
        assert!(!exact, "{sent:?}");
        assert_eq!(!back.is_empty(), read, "{sent:?}");
    }
}

/// A key that no entry has is not found, wherever its sketch leads.
#[test]
fn unknown_keys_are_not_found() {
    for key in ["", "x", "call_ie", "call-id", "portt"] {
        assert!(TABLE.find(key).is_none(), "{key}");
    }
}

/// The way back leaves out columns that were derived and keys that stand among the attributes.
#[test]
fn derived_columns_are_not_invented() {
    let columns = || EventColumns {
        call_id: Some("c1".into()),
        net_port: Some(1),
        ..EventColumns::default()
    };
    let back = give(&TABLE, &mut columns(), "net_port,other", |_| false);
    assert_eq!(back, [("call_id", Given::Text("c1".into()))]);
    let back = give(&TABLE, &mut columns(), "", |key| key == "call_id");
    assert_eq!(back, [("port", Given::Int(1))]);
    let mut event = Event { columns: columns(), ..Event::default() };
    let (held, _) = TABLE.find("call_id").unwrap();
    mark_derived(&TABLE, held, &mut event);
    let [Attribute { key, value: AttributeValue::Column(_, names) }] = event.attributes.as_slice()
    else {
        panic!("one attribute is kept");
    };
    assert_eq!((key.as_ref(), names.as_ref()), (DERIVED, "net_port"));
}

static AGAIN: Table = Table::new(
    &[TIMESTAMP_TOO, Exact::new("twin", "twin", Shape::Copy(|columns| &mut columns.prompt))],
    exact! {
        "event.name" => name: TextAfter("agent."),
        "prompt" => prompt: Text,
    },
);

fn put<'a>(sent: &[Sent<'a>], columns: &mut EventColumns<'a>) -> Vec<bool> {
    let take_one = |one: &Sent<'a>| take(AGAIN.find(&one.key).unwrap().1.shape, one, columns);
    sent.iter().map(take_one).collect()
}

/// A name without its prefix, a text that is sent twice and a time that is said twice cost
/// nothing, and come back; what differs stays an attribute.
#[test]
fn what_is_said_twice_is_held_once() {
    let stamp = "2026-11-20T11:33:33.222Z";
    let begin = || EventColumns {
        time: crate::table::cell::TimeUs(1_795_174_413_222_000),
        time_source: Some(TimeSource::Record),
        name: Some("agent.tool".into()),
        ..EventColumns::default()
    };
    let mut columns = begin();
    let sent = [
        text("event.timestamp", stamp),
        text("event.name", "tool"),
        text("prompt", "p"),
        text("twin", "p"),
    ];
    assert_eq!(put(&sent, &mut columns), [true; 4]);
    let back = give(&AGAIN, &mut columns, "", |_| false);
    assert_eq!(
        back,
        [
            ("event.timestamp", Given::Text(stamp.into())),
            ("twin", Given::Text("p".into())),
            ("event.name", Given::Text("tool".into())),
            ("prompt", Given::Text("p".into())),
        ]
    );
    let differ = [
        text("event.timestamp", "2026-11-20T11:33:33.223Z"),
        text("event.name", "other"),
        text("prompt", "p"),
        text("twin", "q"),
    ];
    assert_eq!(put(&differ, &mut begin()), [false, false, true, false]);
    let early = [text("twin", "p"), wire("event.name", AnyValue::Int(5))];
    assert_eq!(put(&early, &mut EventColumns::default()), [false, false]);
    let mut unnamed = EventColumns::default();
    assert_eq!(put(&[text("event.name", "tool")], &mut unnamed), [true]);
    assert_eq!(unnamed.name.as_deref(), Some("agent.tool"));
}

/// What was not sent twice is named, so that the way back does not send it.
#[test]
fn what_was_said_once_comes_back_once() {
    let mut event = Event::default();
    event.columns.prompt = Some("p".into());
    event.columns.time_source = Some(TimeSource::Record);
    let (held, _) = AGAIN.find("prompt").unwrap();
    mark_derived(&AGAIN, held, &mut event);
    let [Attribute { value: AttributeValue::Column(_, names), .. }] = event.attributes.as_slice()
    else {
        panic!("one attribute is kept");
    };
    assert_eq!(names.as_ref(), "time,twin");
    let back = give(&AGAIN, &mut event.columns, "time,twin", |_| false);
    assert_eq!(back, [("prompt", Given::Text("p".into()))]);
}
