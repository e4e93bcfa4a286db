//! What ordinary telemetry and ordinary source code say: hardly anything of it may be replaced.

use std::path::{Path, PathBuf};

use super::redactor;
use crate::otlp::descriptor::{Kind, Message};
use crate::otlp::wire::{Reader, Value};
use crate::otlp::{Limits, Signal, descriptor, transcode};

/// One false hit in so many strings or lines is allowed.
const ONE_IN: usize = 10_000;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The recorded requests as protobuf, with the name of their folder.
pub(super) fn captured() -> Vec<(String, Signal, Vec<u8>)> {
    let mut bodies = Vec::new();
    for folder in std::fs::read_dir(root().join("tests/fixtures/captures")).unwrap() {
        let folder = folder.unwrap().path();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        for file in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = file.unwrap().path();
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            let word = file.split('-').nth(1).unwrap_or_default();
            let Some(signal) = Signal::ALL.into_iter().find(|signal| signal.as_str() == word)
            else {
                continue;
            };
            let bytes = std::fs::read(&path).unwrap();
            let bytes = if path.extension().is_some_and(|extension| extension == "json") {
                transcode(signal, &bytes, &Limits::default()).unwrap()
            } else {
                bytes
            };
            bodies.push((name.clone(), signal, bytes));
        }
    }
    bodies
}

/// Every string of a message, keys too.
fn strings(message: &'static Message, bytes: &[u8], out: &mut Vec<String>) {
    for (number, value) in Reader::new(bytes) {
        let (Some(field), Value::Bytes(bytes)) = (message.field(number), value) else { continue };
        match field.kind {
            Kind::String => out.push(String::from_utf8_lossy(bytes).into_owned()),
            Kind::Message(inner) => strings(inner, bytes, out),
            _ => {}
        }
    }
}

pub(super) fn captured_strings() -> Vec<String> {
    let mut all = Vec::new();
    for (_, signal, bytes) in captured() {
        strings(descriptor::request(signal), &bytes, &mut all);
    }
    all
}

/// How values that were put into the captures as secrets begin, and by which rule they are found:
/// to find these is right.
const MADE_UP: &[(&str, &str)] = &[("github-pat", "ghp_abc"), ("aws-secret-access-key", "wJalr")];

/// What was found in a text, as a line to print; hits on secrets that were made up on purpose are
/// left out.
fn false_hits(texts: impl Iterator<Item = String>) -> (usize, Vec<String>) {
    let (mut count, mut found) = (0, Vec::new());
    for text in texts {
        count += 1;
        for hit in redactor().text(&text).hits {
            let value = &text[hit.span.clone()];
            if !MADE_UP.iter().any(|(rule, begins)| hit.rule == *rule && value.starts_with(begins))
            {
                found.push(format!("{}: {value}", hit.rule));
            }
        }
    }
    (count, found)
}

fn assert_rare(what: &str, count: usize, found: &[String]) {
    println!("{what}: {} false hits in {count}", found.len());
    assert!(count > ONE_IN, "too few {what} to say anything: {count}");
    assert!(found.len() * ONE_IN <= count, "{} of {count}:\n{}", found.len(), found.join("\n"));
}

/// Guarantees: at most one false hit in 10,000 strings of recorded telemetry.
#[test]
fn telemetry_is_left_alone() {
    let (count, found) = false_hits(captured_strings().into_iter());
    assert_rare("strings", count, &found);
}

/// Guarantees: at most one false hit in 10,000 lines of source code and of text about it.
#[test]
fn source_code_is_left_alone() {
    let mut lines = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !matches!(name.as_str(), "target" | "fixtures" | "node_modules" | "redact")
                    && !name.starts_with('.')
                {
                    folders.push(path);
                }
            } else if [".rs", ".py", ".md", ".toml", ".sh"]
                .iter()
                .any(|ending| name.ends_with(ending))
            {
                lines.extend(std::fs::read_to_string(&path).unwrap().lines().map(str::to_owned));
            }
        }
    }
    let (count, found) = false_hits(lines.into_iter());
    assert_rare("lines", count, &found);
}

/// How many ordinary records are walked without need decides what redaction costs.
#[test]
fn few_ordinary_records_are_walked() {
    let (mut records, mut walked) = (0_usize, 0_usize);
    for (_, signal, bytes) in captured() {
        count(descriptor::request(signal), &bytes, &mut records, &mut walked);
    }
    println!("{walked} of {records} records are walked");
    assert!(walked * 5 < records, "{walked} of {records}");
}

fn count(message: &'static Message, bytes: &[u8], records: &mut usize, walked: &mut usize) {
    if matches!(message.role, descriptor::Role::Record(_)) {
        *records += 1;
        *walked += usize::from(redactor().suspects(bytes));
    }
    for (number, value) in Reader::new(bytes) {
        if let (Some(Kind::Message(inner)), Value::Bytes(bytes)) =
            (message.field(number).map(|field| field.kind), value)
        {
            count(inner, bytes, records, walked);
        }
    }
}
