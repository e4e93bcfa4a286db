//! Every path that is written as OCSF, with its JSON type, class by class: `golden/ocsf-paths.snap`.
//! What is below `unmapped` is ours and left out.
//!
//! A new attribute is a new line there, so that whoever reviews it looks it up at
//! <https://schema.ocsf.io/1.9.0>. When the list was made, each of its paths was compared once,
//! outside of the tests, with the names and types of the schema's public repository as of 23 July
//! 2026, eleven days before the release, and with the notes of the release. The released schema
//! itself is not held against them in CI, because nothing that CI can reach has it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use seam_schema::project::{Content, Format};
use serde_json::Value;

use crate::rows::each_document;

/// JSON types by path.
type Paths = BTreeMap<String, BTreeSet<&'static str>>;

const OURS: &str = "unmapped";

fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Adds a value and what is in it; elements of an array are `path[]`.
fn add(path: &str, value: &Value, paths: &mut Paths) {
    paths.entry(path.to_owned()).or_default().insert(json_type(value));
    match value {
        Value::Array(values) => {
            for value in values {
                add(&format!("{path}[]"), value, paths);
            }
        }
        Value::Object(members) if path != OURS => {
            for (name, value) in members {
                add(&format!("{path}.{name}"), value, paths);
            }
        }
        _ => {}
    }
}

/// Guarantees: no attribute is written as OCSF that nobody has looked at.
#[test]
fn what_is_written_is_listed() {
    let mut classes: BTreeMap<i64, (String, Paths)> = BTreeMap::new();
    for content in [Content::Withheld, Content::Kept] {
        each_document(Format::Ocsf, content, |_, _, record| {
            let class = classes.entry(record["class_uid"].as_i64().unwrap()).or_default();
            record["class_name"].as_str().unwrap().clone_into(&mut class.0);
            for (name, value) in record.as_object().unwrap() {
                add(name, value, &mut class.1);
            }
        });
    }
    let mut list = String::new();
    for (uid, (name, paths)) in classes {
        writeln!(list, "== {uid} {name}").unwrap();
        for (path, types) in paths {
            let types: Vec<_> = types.into_iter().collect();
            writeln!(list, "{path} {}", types.join("|")).unwrap();
        }
    }
    insta::with_settings!({ snapshot_path => "../golden", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("ocsf-paths", list);
    });
}
