//! What becomes of every capture, row by row, and what is left out and by which rule.
//!
//! A golden file is for a person to read: every row of a kind that means something with all its
//! columns, long texts cut; of the attributes that no column holds the keys; spans without a
//! meaning of their own only by name and number. That values are kept is for other tests.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Context as _;
use seam_tests::captures;
use seam_tests::server::Server;
use serde_json::Value;

use crate::captures::send_all;

/// In the order they were sent.
const ROWS: &str = "select * from events order by offset_sequence, offset_index";
/// Not in a golden file: where a row stands, when it was received, and what the envelope says.
const POSITION: &[&str] = &[
    "log_id",
    "event_id",
    "offset_sequence",
    "offset_index",
    "received_at",
    "day",
    "peer_address",
    "principal",
    "tenant",
    "schema_version",
    "signal",
    "kind",
    "name",
    "time_unix_nano",
    "attribute_types",
    "agent",
    "end_time",
    "flags",
    "observed_at",
    "parent_span_id",
    "scope_name",
    "scope_version",
    "severity_number",
    "severity_text",
    "span_id",
    "span_kind",
    "trace_id",
];
/// A longer text is cut.
const SHOWN_CHARS: usize = 200;

/// Guarantees: the normalised events of each capture are these.
#[test]
fn captures_match_their_golden_files() -> anyhow::Result<()> {
    for name in captures::names("")? {
        let server = Server::start()?;
        let folder = captures::folder().join(&name);
        let (grpc, http) = (server.grpc_addr().to_string(), server.http_addr().to_string());
        let path = folder.to_str().context("a path")?;
        server.seam_ok(&["send", path, "--to", &grpc, "--to-http", &http])?;
        let rows = server.sql_json(ROWS)?;
        let golden = golden(rows.as_array().context("rows")?)?;
        insta::with_settings!({ snapshot_path => "../golden", prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(name, golden);
        });
    }
    Ok(())
}

/// Guarantees: what the ignore rules leave out of all captures is this and no more.
#[test]
fn what_is_ignored_matches_its_golden_file() -> anyhow::Result<()> {
    let server = Server::start()?;
    send_all(&server, &[])?;
    let equation = "select count(*) from ledger where accepted <> stored + ignored + undecoded";
    assert_eq!(server.number(equation)?, 0);
    let rows = server.sql_json(
        "select agent, ignored_rule, signal, name, sum(ignored) as records from ledger \
         where ignored > 0 group by 1, 2, 3, 4 order by 1, 2, 3, 4",
    )?;
    let mut golden = String::new();
    for row in rows.as_array().context("rows")? {
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        writeln!(
            golden,
            "{} {} {} {:?} {}",
            text("agent"),
            text("ignored_rule"),
            text("signal"),
            text("name"),
            row["records"]
        )?;
    }
    insta::with_settings!({ snapshot_path => "../golden", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("ignored", golden);
    });
    Ok(())
}

/// The text without the hashes of replacements: each data folder has a key of its own.
fn without_hashes(text: &str) -> String {
    let mut parts = text.split("[redacted:");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("[redacted:");
        match part.split_once(']') {
            Some((mark, rest)) => {
                let rule = mark.rsplit_once(':').map_or(mark, |(rule, _)| rule);
                out.extend([rule, "]", rest]);
            }
            None => out.push_str(part),
        }
    }
    out
}

fn golden(rows: &[Value]) -> anyhow::Result<String> {
    let mut text = String::new();
    let mut spans: BTreeMap<String, u64> = BTreeMap::new();
    let mut resource = &Value::Null;
    for row in rows {
        if row["kind"] == "span" {
            let name = format!("{} {}", row["signal"].as_str().unwrap_or("?"), row["name"]);
            *spans.entry(name).or_default() += 1;
            continue;
        }
        text.push_str(&golden_row(row, &row["resource"] != resource)?);
        resource = &row["resource"];
    }
    for (name, count) in spans {
        writeln!(text, "{count} x span {name}")?;
    }
    Ok(text)
}

/// One row: only what is there, the resource only where it is another one.
fn golden_row(row: &Value, with_resource: bool) -> anyhow::Result<String> {
    let columns = row.as_object().context("a row")?;
    let signal = columns["signal"].as_str().unwrap_or("?");
    let kind = columns["kind"].as_str().unwrap_or("?");
    let mut text = format!("- {kind} {} ({signal})\n", columns["name"]);
    for (column, value) in columns {
        let empty = value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
        let wanted =
            !POSITION.contains(&column.as_str()) && (column != "resource" || with_resource);
        if empty || !wanted {
            continue;
        }
        match value.as_object() {
            Some(entries) if column == "attributes" => {
                let keys: Vec<&str> = entries.keys().map(String::as_str).collect();
                writeln!(text, "    attributes: {}", keys.join(" "))?;
            }
            Some(entries) => {
                writeln!(text, "    {column}:")?;
                for (key, value) in entries {
                    writeln!(text, "        {key}: {}", shown(value))?;
                }
            }
            None => writeln!(text, "    {column}: {}", shown(value))?,
        }
    }
    Ok(text)
}

fn shown(value: &Value) -> String {
    let text = without_hashes(&value.to_string());
    let mut shown: String = text.chars().take(SHOWN_CHARS).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
