//! What is withheld is nowhere.

use std::collections::{BTreeMap, BTreeSet};

use seam_schema::event::{AttributeValue, Event, Text};
use seam_schema::project::{Content, Format, Projector, withhold};
use serde_json::Value;

use crate::rows::{action_text, each_action, each_document, each_event, event_text, projector};

/// Shorter texts stand in ids and names by chance.
const LEAST_BYTES: usize = 12;

/// The texts of a row that people and programs said.
fn said(event: &Event<'_>) -> Vec<String> {
    let row = &event.columns;
    let body = row.body.as_ref().filter(|_| row.body != row.name);
    [
        &row.prompt,
        &row.response,
        &row.arguments,
        &row.output,
        &row.rationale,
        &row.error,
        &row.status_message,
        &row.span_links,
    ]
    .into_iter()
    .filter_map(Option::as_ref)
    .chain(body)
    .map(ToString::to_string)
    .collect()
}

/// Texts behind one another.
fn joined(texts: &[&Option<Text<'_>>]) -> String {
    let there: Vec<&str> = texts.iter().filter_map(|text| text.as_deref()).collect();
    there.join("\n")
}

/// The texts of a row that are written whatever is withheld: what was done, and names.
fn shown(event: &Event<'_>) -> String {
    let row = &event.columns;
    let texts = [
        &row.command,
        &row.path,
        &row.url,
        &row.name,
        &row.tool,
        &row.model,
        &row.net_host,
        &row.decision_source,
        &row.net_reason,
        &row.net_source,
        &row.approval_policy,
        &row.sandbox_policy,
        &row.cwd,
        &row.session_id,
        &row.call_id,
        &row.mcp_tool,
    ];
    let mut all = joined(&texts);
    for kept in event.attributes.iter().chain(&event.resource) {
        // Ids and the like that the policy of capture calls no content either.
        if let AttributeValue::Column(_, text) = &kept.value
            && text.len() <= 128
        {
            all.push('\n');
            all.push_str(text);
        }
    }
    all
}

/// A text as it would stand in JSON, without its quotes.
fn escaped(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// What was said anywhere in each capture.
fn said_in_captures() -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    each_event(|name, event| {
        let long = said(event).into_iter().filter(|said| said.len() >= LEAST_BYTES);
        all.entry(name.to_owned()).or_default().extend(long);
    });
    each_action(|name, action| {
        let texts = [&action.intent, &action.rationale, &action.error].into_iter().flatten();
        let long = texts.filter(|text| text.len() >= LEAST_BYTES).map(ToString::to_string);
        all.entry(name.to_owned()).or_default().extend(long);
    });
    all
}

/// Guarantees: with content withheld no text that somebody said is in any document of its
/// capture, in any format, whichever row said it.
#[test]
fn nothing_said_is_written() {
    let said = said_in_captures();
    assert!(said.values().map(BTreeSet::len).sum::<usize>() > 200, "the captures say something");
    for format in Format::ALL {
        let projector = projector(format, Content::Withheld);
        let mut checked = 0_usize;
        each_event(|name, event| {
            let (text, shown) = (event_text(&projector, event), shown(event));
            for said in said[name].iter().filter(|said| !shown.contains(*said)) {
                assert!(!text.contains(&escaped(said)), "{name}: {said}: {text}");
                checked += 1;
            }
        });
        each_action(|name, action| {
            let text = action_text(&projector, action);
            let shown = [&action.command, &action.path, &action.url, &action.approval_policy];
            let shown = joined(&shown);
            for said in said[name].iter().filter(|said| !shown.contains(*said)) {
                assert!(!text.contains(&escaped(said)), "{name}: {said}: {text}");
                checked += 1;
            }
        });
        assert!(checked > 10_000, "{format}: {checked}");
    }
}

/// A row whose content was withheld says in a document exactly what a document without content
/// says, lengths apart: there is one rule.
#[test]
fn a_row_is_withheld_as_a_document_is() {
    let plain = |projector: &Projector, event: &Event<'_>| {
        let document: Value = serde_json::from_str(&event_text(projector, event)).unwrap();
        let Value::Object(mut members) = document else { panic!("no object") };
        let stands_in = |key: &str| key.ends_with("_bytes") || key.ends_with("_hash");
        members.retain(|key, value| {
            let is_hash = value.as_str().is_some_and(|text| text.starts_with("[hashed:"));
            !stands_in(key) && !is_hash
        });
        Value::Object(members)
    };
    let (kept, withheld) =
        (projector(Format::Seam, Content::Kept), projector(Format::Seam, Content::Withheld));
    let mut changed = 0;
    let mut compare = |event: &Event<'_>| {
        let mut less = event.clone();
        withhold(&mut less);
        assert_eq!(plain(&kept, &less), plain(&withheld, event));
        changed += usize::from(plain(&kept, event) != plain(&kept, &less));
    };
    each_event(|_, event| compare(event));
    crate::made::events().iter().for_each(&mut compare);
    assert!(changed > 1_000, "{changed}");
}

/// With content kept the same texts are there, so the test above can fail.
#[test]
fn what_is_kept_is_written() {
    let projector = projector(Format::Seam, Content::Kept);
    let mut found = 0;
    each_event(|name, event| {
        let text = event_text(&projector, event);
        for said in said(event) {
            assert!(text.contains(&escaped(&said)), "{name}: {said}");
            found += 1;
        }
    });
    assert!(found > 500, "{found}");
}

/// In the place of a text stands its length, or the keyed hash that the table has.
#[test]
fn lengths_and_hashes_stand_in() {
    let (mut lengths, mut hashes) = (0, 0);
    each_document(Format::Seam, Content::Withheld, |_, text, document| {
        lengths += usize::from(document["prompt_bytes"].is_u64());
        hashes += usize::from(document["output_hash"] == "0123456789abcdef");
        for member in ["prompt", "response", "arguments", "output", "intent", "rationale"] {
            assert!(document[member].is_null(), "{text}");
        }
    });
    assert!(lengths > 10 && hashes > 10, "{lengths} {hashes}");
}
