//! Data folders that earlier versions wrote (`tests/fixtures/data-folders`), under today's binary.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;
use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use seam_tests::raw::{Client, one_record};
use seam_tests::server::{Folder, Options, Server, binary};
use serde_json::{Map, Value};

const FOLDERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/data-folders");
/// Tables whose rows have revisions; every one is in SQL as `<name>_revisions`.
const DERIVED: [&str; 5] = ["actions", "turns", "sessions", "links", "gaps"];

type Row = Map<String, Value>;

/// What one earlier version left.
fn earlier() -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(FOLDERS)? {
        let path = entry?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    anyhow::ensure!(!found.is_empty(), "there is nothing in {FOLDERS}");
    Ok(found)
}

/// A copy of the data folder to work in.
fn unpacked(earlier: &Path) -> anyhow::Result<Folder> {
    let folder = Folder::fresh()?;
    let archive = earlier.join("data.tar.gz");
    let mut tar = Command::new("tar");
    let unpacked = tar.arg("-xzf").arg(&archive).arg("-C").arg(folder.path()).status()?;
    anyhow::ensure!(unpacked.success(), "cannot unpack {}", archive.display());
    Ok(folder)
}

fn rows_of(text: &str) -> anyhow::Result<Vec<Row>> {
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// The rows of each table, as the version that wrote them printed them.
fn printed_then(earlier: &Path) -> anyhow::Result<BTreeMap<String, Vec<Row>>> {
    let mut tables = BTreeMap::new();
    for entry in fs::read_dir(earlier.join("rows"))? {
        let path = entry?.path();
        let name = path.file_name().context("a file has a name")?.to_string_lossy().into_owned();
        let table = name.strip_suffix(".ndjson.gz").context("a name as README.md says")?;
        let mut text = String::new();
        GzDecoder::new(fs::File::open(&path)?).read_to_string(&mut text)?;
        tables.insert(table.to_owned(), rows_of(&text)?);
    }
    Ok(tables)
}

/// The rows of a table as today's binary prints them, without a server.
fn printed_now(folder: &Folder, table: &str) -> anyhow::Result<Vec<Row>> {
    let all = if DERIVED.contains(&table) { "_revisions" } else { "" };
    let statement = format!("select * from {table}{all}");
    let mut command = Command::new(binary()?);
    command.args(["sql", &statement, "--output", "ndjson", "--data"]).arg(folder.data());
    let output = command.output()?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    rows_of(&String::from_utf8(output.stdout)?)
}

/// Rows in an order of their own; a column that was not there then has to be null now.
fn in_order(mut rows: Vec<Row>, known: Option<&Row>) -> anyhow::Result<Vec<String>> {
    let mut lines = Vec::new();
    for row in &mut rows {
        if let Some(known) = known {
            for (column, value) in &*row {
                let new = !known.contains_key(column);
                anyhow::ensure!(!new || value.is_null(), "the new column {column} is {value}");
            }
            row.retain(|column, _| known.contains_key(column));
        }
        lines.push(serde_json::to_string(row)?);
    }
    lines.sort();
    Ok(lines)
}

/// Guarantees: every row that an earlier version committed is read, value by value; columns that
/// came later are null in it.
#[test]
fn rows_of_earlier_versions_are_read() -> anyhow::Result<()> {
    for earlier in earlier()? {
        let folder = unpacked(&earlier)?;
        for (table, then) in printed_then(&earlier)? {
            let at = format!("{table} of {}", earlier.display());
            let now = printed_now(&folder, &table)?;
            let known = then.first().cloned();
            let now = in_order(now, known.as_ref()).with_context(|| at.clone())?;
            let then = in_order(then, None)?;
            assert_eq!(now.len(), then.len(), "{at}");
            for (now, then) in now.iter().zip(&then) {
                assert_eq!(now, then, "{at}");
            }
        }
    }
    Ok(())
}

/// The ids of all events, with how often each is there.
fn events(server: &Server) -> anyhow::Result<BTreeMap<String, i64>> {
    let rows = server.seam_ok(&[
        "sql",
        "select event_id, count(*) as n from events group by 1",
        "--output",
        "ndjson",
    ])?;
    let ids = rows_of(&rows)?;
    let pair = |row: &Row| {
        let id = row.get("event_id")?.as_str()?.to_owned();
        Some((id, row.get("n")?.as_i64()?))
    };
    ids.iter().map(|row| pair(row).context("an id and a count")).collect()
}

/// Guarantees: today's server goes on with the folder of an earlier version: what its tables hold
/// stays, what only its log held comes into the tables, each once, and new records come after.
#[test]
fn folders_of_earlier_versions_are_served() -> anyhow::Result<()> {
    for earlier in earlier()? {
        let accepted: i64 = fs::read_to_string(earlier.join("accepted"))?.trim().parse()?;
        let rows = printed_then(&earlier)?;
        let mut folder = unpacked(&earlier)?;
        for round in 0..2 {
            let server = Server::start_with(folder, &Options::default())?;
            let record = one_record(&format!("round-{round}"), LogRecord::default());
            assert_eq!(Client::of(&server)?.post_logs(record)?.status, 200);
            let sum = server.number("select sum(accepted) from ledger")?;
            assert_eq!(sum, accepted + round + 1, "{}", earlier.display());
            server.flush()?;
            let found = events(&server)?;
            for row in rows.get("events").context("events were kept")? {
                let id = row["event_id"].as_str().context("an id")?;
                assert_eq!(found.get(id), Some(&1), "{id} of {}", earlier.display());
            }
            assert!(found.values().all(|times| *times == 1), "doubled: {found:?}");
            let sessions: Vec<&Row> = rows["sessions"].iter().collect();
            for session in sessions {
                let id = session["session_id"].as_str().context("an id")?;
                let known = format!("select count(*) from sessions where session_id = '{id}'");
                assert_eq!(server.number(&known)?, 1, "{id} of {}", earlier.display());
            }
            // What only the log held is derived too.
            let derived = server.number("select count(*) from sessions where agent = 'gemini'")?;
            assert!(derived > 0, "{}", earlier.display());
            let (status, left) = server.terminate(Duration::from_mins(1))?;
            assert!(status.success(), "{status}");
            folder = left;
        }
    }
    Ok(())
}
