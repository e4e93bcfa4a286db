//! Every field of the format `ecs` is one of ECS 9.4.0, with its type, or ours and listed.
//!
//! Names and types of the released fields are read from the list that the project publishes with
//! its Go module (`tests/real/ecs/install`), in the folder `TEST_SEAM_CACHE`. Without it that one
//! test says aloud that it is skipped; in CI it fails.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::OnceLock;
use std::{env, fs};

use seam_schema::project::{Content, FieldType, Format, ecs_fields};
use seam_schema::vocabulary::Kind;
use serde_json::Value;

use crate::rows::each_document;

const RELEASED: &str = "ecs-9.4.0.csv";
/// What a line of a field begins with. A line of a longer description begins otherwise, and only
/// columns behind the type are ever quoted.
const VERSION: &str = "9.4.0";
/// Fields of the release are some thousands: fewer are another list.
const LEAST_FIELDS: usize = 2_000;

/// `event.category` and the values of `event.type` that go with it, as released.
const TYPES: &[(&str, &[&str])] = &[
    (
        "api",
        &[
            "access", "admin", "allowed", "change", "creation", "deletion", "denied", "end",
            "info", "start", "user",
        ],
    ),
    ("configuration", &["access", "change", "creation", "deletion", "info"]),
    ("file", &["access", "change", "creation", "deletion", "info"]),
    ("iam", &["admin", "change", "creation", "deletion", "group", "info", "user"]),
    ("network", &["access", "allowed", "connection", "denied", "end", "info", "protocol", "start"]),
    ("process", &["access", "change", "end", "info", "start"]),
    ("session", &["start", "end", "info"]),
    ("web", &["access", "error", "info"]),
];

fn listed() -> &'static BTreeMap<&'static str, FieldType> {
    static LISTED: OnceLock<BTreeMap<&str, FieldType>> = OnceLock::new();
    LISTED.get_or_init(|| {
        ecs_fields().iter().map(|field| (field.name.as_str(), field.kind)).collect()
    })
}

/// Walks the leaves of a document; an object of free keys is one leaf.
fn leaves<'v>(prefix: &str, value: &'v Value, each: &mut dyn FnMut(&str, &'v Value)) {
    for (key, value) in value.as_object().unwrap() {
        let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        let free = listed().get(name.as_str()) == Some(&FieldType::Flattened);
        if value.is_object() && !free {
            leaves(&name, value, each);
        } else {
            each(&name, value);
        }
    }
}

fn fits(kind: FieldType, value: &Value) -> bool {
    match (kind, value) {
        (FieldType::Flattened, value) => value.is_object(),
        (_, Value::Array(values)) => values.iter().all(|value| fits(kind, value)),
        (FieldType::Long, value) => value.is_i64(),
        (FieldType::Integer, value) => value.as_i64().is_some_and(|it| i32::try_from(it).is_ok()),
        (FieldType::Double, value) => value.is_number(),
        (FieldType::Boolean, value) => value.is_boolean(),
        (FieldType::Date, Value::String(text)) => {
            chrono::DateTime::parse_from_rfc3339(text).is_ok()
        }
        (FieldType::Ip, Value::String(text)) => text.parse::<std::net::IpAddr>().is_ok(),
        (_, value) => value.is_string(),
    }
}

/// The released list, where it is installed.
fn released_list() -> Option<String> {
    let path = Path::new(&env::var_os("TEST_SEAM_CACHE")?).join(RELEASED);
    fs::read_to_string(path).ok()
}

/// Names and types of a list with the columns `ECS_Version,Indexed,Field_Set,Field,Type,...`.
fn names_and_types(list: &str) -> BTreeMap<&str, &str> {
    list.lines().filter_map(name_and_type).collect()
}

fn name_and_type(line: &str) -> Option<(&str, &str)> {
    let mut columns = line.split(',');
    let (version, name, kind) = (columns.next()?, columns.nth(2)?, columns.next()?);
    (version == VERSION).then_some((name, kind))
}

/// Says aloud that the released list is missing; in CI that is a failure, as for every test that
/// needs something from outside.
#[expect(clippy::print_stderr, reason = "a skip must be seen")]
fn skip(test: &str) {
    let why = "no ecs-9.4.0.csv in TEST_SEAM_CACHE: run tests/real/ecs/install there";
    let in_ci = env::var_os("CI").is_some_and(|value| value == "true");
    let quick = env::var_os("TEST_SEAM_QUICK").is_some();
    assert!(!in_ci || quick, "{test} was skipped in CI: {why}");
    eprintln!("\n*** SKIPPED {test}: {why}\n");
}

/// Lines that are no fields are left out, however they come to be.
#[test]
fn a_list_is_read_to_the_type() {
    let list = "ECS_Version,Indexed,Field_Set,Field,Type,Level\n\
                9.4.0,true,base,labels,object,core,,\"{\"\"a\"\": 1, \"\"b\"\": 2}\",\"one,\n\
                and,two,three,four,five\"\r\n\
                9.4.0,true,base,message,match_only_text,core,,,x\n";
    let read = names_and_types(list);
    assert_eq!(read, [("labels", "object"), ("message", "match_only_text")].into());
}

/// The names outside `seam.` are released ones, and have the released types.
#[test]
fn standard_fields_are_released_ones() {
    let Some(list) = released_list() else {
        return skip("standard_fields_are_released_ones");
    };
    let released = names_and_types(&list);
    assert!(released.len() > LEAST_FIELDS, "{} fields", released.len());
    for field in ecs_fields() {
        if !field.name.starts_with("seam.") {
            let kind = released.get(field.name.as_str());
            assert_eq!(kind, Some(&field.kind.as_str()), "{}", field.name);
        }
    }
}

/// A name has one type.
#[test]
fn no_field_is_listed_twice() {
    let names: BTreeSet<&str> = ecs_fields().iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names.len(), ecs_fields().len());
}

/// Guarantees: every field of every document is listed, so that a template knows it, and is of its
/// type; and every listed field of ours is written by something.
#[test]
fn documents_have_listed_fields_only() {
    let listed = listed();
    let mut seen = BTreeSet::new();
    let mut wrong = BTreeMap::new();
    for content in [Content::Withheld, Content::Kept] {
        each_document(Format::Ecs, content, |_, text, document| {
            leaves("", document, &mut |name, value| {
                let good = listed.get(name).is_some_and(|kind| fits(*kind, value));
                if !good {
                    wrong.entry(name.to_owned()).or_insert_with(|| text.to_owned());
                }
                seen.insert(name.to_owned());
            });
        });
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let unseen: Vec<_> = listed.keys().filter(|name| !seen.contains(**name)).collect();
    // What no capture and no made-up row has.
    assert!(unseen.len() < 40, "{unseen:?}");
}

/// Categories and types go together as ECS says; every document has the fields a SIEM needs.
#[test]
fn categories_and_types_go_together() {
    let allowed: BTreeMap<&str, &[&str]> = TYPES.iter().copied().collect();
    each_document(Format::Ecs, Content::Withheld, |name, text, document| {
        let event = &document["event"];
        let words = |key: &str| {
            let list = event[key].as_array().cloned().unwrap_or_default();
            list.into_iter().map(|it| it.as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        for kind in words("type") {
            for category in words("category") {
                assert!(allowed[category.as_str()].contains(&kind.as_str()), "{name}: {text}");
            }
        }
        for field in ["id", "kind", "action", "created", "dataset", "severity"] {
            assert!(!event[field].is_null(), "{name}: no event.{field}: {text}");
        }
        assert!(document["@timestamp"].is_string(), "{name}: {text}");
        let kind = document["seam"]["kind"].as_str();
        assert!(kind.is_none_or(|kind| kind == "action" || Kind::parse(kind).is_some()));
    });
}
