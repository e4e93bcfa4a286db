//! The format `seam` says everything: each column of a row, and nothing else.

use std::collections::BTreeSet;

use seam_schema::derived::actions;
use seam_schema::event;
use seam_schema::project::table::ALIASES;
use seam_schema::project::{Content, Format};
use serde_json::Value;

use crate::rows::{action_text, each_document, projector};

fn members() -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    each_document(Format::Seam, Content::Kept, |_, _, document| {
        seen.extend(document.as_object().unwrap().keys().cloned());
    });
    seen
}

/// Every member is a column, or one of the few that are not; every column of the made-up and
/// captured rows comes out.
#[test]
fn members_are_columns() {
    let mut columns: BTreeSet<String> = BTreeSet::new();
    for schema in [event::schema(), actions::schema()] {
        columns.extend(schema.fields().iter().map(|field| field.name().clone()));
    }
    for own in ["record_id", "meaning", "severity"] {
        columns.insert(own.to_owned());
    }
    let seen = members();
    let strange: Vec<_> = seen.difference(&columns).collect();
    assert!(strange.is_empty(), "{strange:?}");
    let unseen: Vec<_> = columns.difference(&seen).map(String::as_str).collect();
    // The partition day follows from `received_at`, the types of attributes are not written; the
    // others stand in no capture.
    let rare = ["attribute_types", "day"];
    assert!(rare.iter().all(|column| unseen.contains(column)), "{unseen:?}");
    assert!(unseen.len() < 12, "{unseen:?}");
}

/// Guarantees: a revision of an action names the id under which the one that it replaces was sent.
#[test]
fn a_document_names_what_it_replaces() {
    let mut named = 0;
    for (format, at) in [(Format::Seam, ""), (Format::Ocsf, "/unmapped"), (Format::Ecs, "/seam")] {
        let projector = projector(format, Content::Withheld);
        for action in crate::made::actions() {
            let text = action_text(&projector, &action);
            let document: Value = serde_json::from_str(&text).unwrap();
            let replaced = action.supersedes.map(|last| format!("{}.{last}", action.action_id));
            let told = document.pointer(&format!("{at}/supersedes")).and_then(Value::as_str);
            assert_eq!(told, replaced.as_deref(), "{text}");
            named += usize::from(told.is_some());
        }
    }
    assert!(named > 100, "{named}");
}

/// What Splunk's fields are read from exists.
#[test]
fn aliases_name_members() {
    let seen = members();
    for alias in ALIASES {
        for member in alias.members {
            assert!(seen.contains(*member), "{}: {member}", alias.dataset.name);
        }
    }
}

/// Numbers that a double cannot hold are strings.
#[test]
fn wide_numbers_are_strings() {
    each_document(Format::Seam, Content::Withheld, |name, text, document| {
        for member in
            ["time_unix_nano", "offset_sequence", "source_sequence", "revision", "caused_by_index"]
        {
            let value = &document[member];
            assert!(value.is_null() || value.is_string(), "{name}: {member}: {text}");
        }
        walk(document, &mut |number| {
            let exact = number.as_i64().is_none_or(|it| it.unsigned_abs() < 1 << 53);
            assert!(exact, "{name}: {number}: {text}");
        });
    });
}

fn walk(value: &Value, each: &mut dyn FnMut(&serde_json::Number)) {
    match value {
        Value::Number(number) => each(number),
        Value::Array(values) => values.iter().for_each(|value| walk(value, each)),
        Value::Object(members) => members.values().for_each(|value| walk(value, each)),
        _ => {}
    }
}
