//! Kill -9 under load: what is derived is what an undisturbed run derives.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;
use seam_tests::captures;
use seam_tests::server::{Folder, Options, Server, wait_until};
use seam_tests::skip::quick;
use serde_json::Value;

use seam_tests::raw::Client;

/// The derived tables, and the column that names a row.
const TABLES: [(&str, &str); 5] = [
    ("actions", "action_id"),
    ("turns", "turn_row_id"),
    ("sessions", "session_row_id"),
    ("links", "link_id"),
    ("gaps", "gap_id"),
];
/// The columns that say how a revision came about, not what it says.
const NOT_COMPARED: [&str; 5] =
    ["revision", "caused_by_log", "caused_by_sequence", "caused_by_index", "supersedes"];

/// Rows settle after a minute without news; until then time may still change them.
const SETTLED: Duration = Duration::from_mins(3);

/// One captured body of logs or spans.
struct Captured {
    path: &'static str,
    content_type: &'static str,
    bytes: Vec<u8>,
}

impl Captured {
    /// Every body of logs and spans, in the order in which they were sent.
    fn all() -> anyhow::Result<Vec<Self>> {
        let mut found = Vec::new();
        for name in captures::names("")? {
            let mut files: Vec<PathBuf> = fs::read_dir(captures::folder().join(name))?
                .map(|entry| Ok(entry?.path()))
                .collect::<anyhow::Result<_>>()?;
            files.sort();
            for file in files {
                let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let path = match name.split('-').nth(1) {
                    Some("logs") => "/v1/logs",
                    Some("traces") => "/v1/traces",
                    _ => continue,
                };
                let content_type = match file.extension().and_then(|extension| extension.to_str()) {
                    Some("pb") => "application/x-protobuf",
                    Some("json") => "application/json",
                    _ => continue,
                };
                found.push(Self { path, content_type, bytes: fs::read(&file)? });
            }
        }
        Ok(found)
    }

    /// The same as other conversations would have sent it: every UUID and trace begins anew.
    fn copy(&self, number: u16) -> anyhow::Result<Vec<u8>> {
        let mark = number.to_be_bytes();
        let bytes = if self.content_type == "application/json" {
            let mut bytes = self.bytes.clone();
            let mark = format!("{number:04x}");
            let key = b"\"traceId\":\"";
            for at in 0..bytes.len().saturating_sub(key.len() + 4) {
                // Some records have an empty one.
                if bytes[at..].starts_with(key) && bytes[at + key.len()] != b'"' {
                    bytes[at + key.len()..][..4].copy_from_slice(mark.as_bytes());
                }
            }
            bytes
        } else if self.path == "/v1/logs" {
            let mut request = ExportLogsServiceRequest::decode(self.bytes.as_slice())?;
            for scope in request.resource_logs.iter_mut().flat_map(|of| &mut of.scope_logs) {
                for record in &mut scope.log_records {
                    begin_with(&mut record.trace_id, mark);
                }
            }
            request.encode_to_vec()
        } else {
            let mut request = ExportTraceServiceRequest::decode(self.bytes.as_slice())?;
            for scope in request.resource_spans.iter_mut().flat_map(|of| &mut of.scope_spans) {
                for span in &mut scope.spans {
                    begin_with(&mut span.trace_id, mark);
                    span.links.iter_mut().for_each(|link| begin_with(&mut link.trace_id, mark));
                }
            }
            request.encode_to_vec()
        };
        Ok(uuids_begin_with(bytes, &format!("{number:04x}")))
    }
}

fn begin_with(id: &mut [u8], mark: [u8; 2]) {
    if let Some(start) = id.get_mut(..2) {
        start.copy_from_slice(&mark);
    }
}

/// Replaces the first digits of every UUID; no length changes, so the message stays whole.
fn uuids_begin_with(mut bytes: Vec<u8>, mark: &str) -> Vec<u8> {
    const LENGTHS: [usize; 5] = [8, 4, 4, 4, 12];
    let is_uuid = |text: &[u8]| {
        let mut parts = text.split(|byte| *byte == b'-');
        let fits = LENGTHS.iter().all(|length| {
            parts
                .next()
                .is_some_and(|part| part.len() == *length && part.iter().all(u8::is_ascii_hexdigit))
        });
        fits && parts.next().is_none()
    };
    let mut at = 0;
    while at + 36 <= bytes.len() {
        if bytes[at + 8] == b'-' && is_uuid(&bytes[at..at + 36]) {
            bytes[at..at + 4].copy_from_slice(mark.as_bytes());
            at += 36;
        } else {
            at += 1;
        }
    }
    bytes
}

/// What is sent, in order: all captures, again and again as other conversations.
struct Load {
    captured: Vec<Captured>,
}

impl Load {
    fn send(&self, client: &Client, number: usize) -> anyhow::Result<bool> {
        let captured = &self.captured[number % self.captured.len()];
        let copy = u16::try_from(number / self.captured.len())?;
        let headers = [("content-type", captured.content_type)];
        let answer = client.post(captured.path, &headers, captured.copy(copy)?);
        Ok(answer.is_ok_and(|answer| answer.status == 200))
    }

    /// Sends until a request is not acknowledged; gives its number.
    fn send_from(&self, server: &Server, first: usize) -> anyhow::Result<usize> {
        let client = Client::of(server)?;
        let mut number = first;
        while self.send(&client, number)? {
            number += 1;
        }
        Ok(number)
    }
}

fn random(bound: u64) -> anyhow::Result<u64> {
    Ok(getrandom::u64()? % bound)
}

/// Guarantees: over 25 kills at random moments under load the derived tables end as those of a
/// run that nobody disturbed, over the same records in the same order.
#[test]
fn killed_25_times_what_is_derived_is_the_same() -> anyhow::Result<()> {
    let kills = if quick() { 3 } else { 25 };
    let load = Load { captured: Captured::all()? };
    // Small tables, so that kills hit commits of derived tables too; little memory, so that
    // conversations are forgotten and rebuilt.
    let options = Options {
        config: "[redaction]\nenabled = false\n[tables]\nseal_after_ms = 150\n[stitching]\nmemory_bytes = 8388608\n".to_owned(),
        ..Options::default()
    };
    let mut folder = Folder::fresh()?;
    let mut next = 0;
    for _ in 0..kills {
        let server = Server::start_with(folder, &options)?;
        let lifetime = Duration::from_millis(100 + random(1500)?);
        let pid = server.pid().to_string();
        let started = Instant::now();
        next = std::thread::scope(|scope| -> anyhow::Result<usize> {
            let sender = scope.spawn(|| load.send_from(&server, next));
            std::thread::sleep(lifetime.saturating_sub(started.elapsed()));
            let killed = std::process::Command::new("kill").args(["-9", &pid]).status()?;
            anyhow::ensure!(killed.success());
            sender.join().expect("the sender did not panic")
        })?;
        folder = server.kill()?;
    }
    eprintln!("{next} requests over {kills} kills");
    let disturbed = Server::start_with(folder, &options)?;
    // Replacements of secrets depend on the folder's own key.
    let plain =
        Options { config: "[redaction]\nenabled = false\n".to_owned(), ..Options::default() };
    let undisturbed = Server::start_with(Folder::fresh()?, &plain)?;
    let client = Client::of(&undisturbed)?;
    for number in 0..=next {
        anyhow::ensure!(load.send(&client, number)?, "request {number} was refused");
    }
    // The last one was never acknowledged by the other; it may be a repeat there.
    anyhow::ensure!(load.send(&Client::of(&disturbed)?, next)?);
    for server in [&disturbed, &undisturbed] {
        // Everything received is derived when a flush returns.
        server.flush()?;
        wait_until("everything settles", SETTLED, || {
            Ok(server.number("select count(*) as n from sessions where not settled")? == 0)
        })?;
    }
    for (table, id) in TABLES {
        same(table, &rows(&disturbed, table, id)?, &rows(&undisturbed, table, id)?);
    }
    disturbed.flush()?;
    for (table, id) in TABLES {
        same(table, &rows(&disturbed, table, id)?, &rows(&undisturbed, table, id)?);
    }
    assert!(!rows(&undisturbed, "actions", "action_id")?.is_empty(), "nothing was derived");
    Ok(())
}

type Rows = BTreeMap<String, Value>;

/// The rows of a table by their id, without what says how they came about.
fn rows(server: &Server, table: &str, id: &str) -> anyhow::Result<Rows> {
    let statement = format!("select * from {table}");
    let text = server.seam_ok(&["sql", &statement, "--output", "ndjson"])?;
    let mut found = Rows::new();
    for line in text.lines() {
        let mut row: Value = serde_json::from_str(line)?;
        let columns = row.as_object_mut().context("a row is an object")?;
        columns.retain(|name, _| !NOT_COMPARED.contains(&name.as_str()));
        let id = columns.get(id).and_then(Value::as_str).context("a row has its id")?.to_owned();
        anyhow::ensure!(found.insert(id, row).is_none(), "{table} has a row twice");
    }
    Ok(found)
}

fn same(table: &str, disturbed: &Rows, undisturbed: &Rows) {
    let ids: BTreeSet<&String> = disturbed.keys().chain(undisturbed.keys()).collect();
    let different: Vec<_> =
        ids.into_iter().filter(|id| disturbed.get(*id) != undisturbed.get(*id)).collect();
    let shown: Vec<_> = different
        .iter()
        .take(3)
        .map(|id| format!("{:?}\nbut undisturbed {:?}", disturbed.get(*id), undisturbed.get(*id)))
        .collect();
    assert!(
        different.is_empty(),
        "{table}: {} rows differ of {}, such as\n{}",
        different.len(),
        undisturbed.len(),
        shown.join("\n")
    );
}
