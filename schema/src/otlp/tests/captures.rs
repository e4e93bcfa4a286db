//! Telemetry recorded from real agents.

use std::path::{Path, PathBuf};

use prost::Message as _;

use super::{decoded, reencode, viewed};
use crate::otlp::{Limits, Signal, check, transcode};

const CAPTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/captures");

/// The recorded bodies with this extension, by signal.
fn bodies(extension: &str) -> Vec<(PathBuf, Signal, Vec<u8>)> {
    let mut bodies = Vec::new();
    for folder in std::fs::read_dir(CAPTURES)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
    {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let signal = signal(&path);
            if let (true, Some(signal)) =
                (path.extension().is_some_and(|found| found == extension), signal)
            {
                let bytes = std::fs::read(&path).unwrap();
                bodies.push((path, signal, bytes));
            }
        }
    }
    bodies
}

/// `NNNN-<signal>-….<extension>`.
fn signal(path: &Path) -> Option<Signal> {
    let word = path.file_name()?.to_str()?.split('-').nth(1)?;
    Signal::ALL.into_iter().find(|signal| signal.as_str() == word)
}

/// Every recorded protobuf body passes the check and looks the same as to `prost`.
#[test]
fn recorded_protobuf_looks_the_same() {
    let bodies = bodies("pb");
    assert!(bodies.len() > 100, "{} bodies", bodies.len());
    for (path, signal, bytes) in bodies {
        check(signal, &bytes, &Limits::default())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(viewed(signal, &bytes) == decoded(signal, &bytes).unwrap(), "{}", path.display());
    }
}

/// Every recorded JSON body becomes canonical protobuf that passes the check, and all
/// its strings, keys, and records arrive.
#[test]
fn recorded_json_is_transcoded() {
    let bodies = bodies("json");
    assert!(bodies.len() > 10, "{} bodies", bodies.len());
    for (path, signal, json) in bodies {
        let at = path.display();
        let bytes = transcode(signal, &json, &Limits::default())
            .unwrap_or_else(|error| panic!("{at}: {error}"));
        let checked = check(signal, &bytes, &Limits::default())
            .unwrap_or_else(|error| panic!("{at}: {error}"));
        assert!(reencode(signal, &bytes).unwrap() == bytes, "{at}: not canonical");
        let document: serde_json::Value = serde_json::from_slice(&json).unwrap();
        let mut sent = Sent::default();
        sent.collect(&document, "");
        assert_eq!(checked.records, sent.records, "{at}");
        let mut missing = sent.strings;
        missing.retain(|string| !contains(&bytes, string.as_bytes()));
        assert!(missing.is_empty(), "{at}: {} strings did not arrive", missing.len());
        assert_eq!(sent.ints, ints(signal, &bytes), "{at}");
    }
}

/// What stands in a JSON document, found without the tables.
#[derive(Default)]
struct Sent {
    records: u64,
    strings: Vec<String>,
    /// Sum of all `intValue`.
    ints: i128,
}

impl Sent {
    fn collect(&mut self, value: &serde_json::Value, name: &str) {
        match value {
            serde_json::Value::Object(members) => {
                for (name, member) in members {
                    self.collect(member, name);
                }
            }
            serde_json::Value::Array(elements) => {
                if matches!(name, "logRecords" | "spans" | "events" | "dataPoints") {
                    self.records += elements.len() as u64;
                }
                for element in elements {
                    self.collect(element, name);
                }
            }
            serde_json::Value::String(text)
                if matches!(name, "stringValue" | "key" | "name" | "description") =>
            {
                self.strings.push(text.clone());
            }
            _ if name == "intValue" => {
                let text = value.to_string();
                self.ints += text.trim_matches('"').parse::<i128>().unwrap();
            }
            _ => {}
        }
    }
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    text.is_empty() || bytes.windows(text.len()).any(|window| window == text)
}

/// Sum of all `int_value`, from how `prost` shows the request.
fn ints(signal: Signal, bytes: &[u8]) -> i128 {
    use opentelemetry_proto::tonic::collector::{logs, metrics, trace};
    let shown = match signal {
        Signal::Logs => format!("{:?}", logs::v1::ExportLogsServiceRequest::decode(bytes).unwrap()),
        Signal::Traces => {
            format!("{:?}", trace::v1::ExportTraceServiceRequest::decode(bytes).unwrap())
        }
        Signal::Metrics => {
            format!("{:?}", metrics::v1::ExportMetricsServiceRequest::decode(bytes).unwrap())
        }
    };
    let numbers = shown.split("value: Some(IntValue(").skip(1);
    numbers.filter_map(|tail| tail.split(')').next()?.parse::<i128>().ok()).sum()
}
