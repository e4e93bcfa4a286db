//! Records sent on: to files, and to a server that refuses what it likes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use seam_tests::server::{Folder, Options, Server, wait_until};
use serde_json::Value;

use crate::captures::send_all;
use crate::sinks_hec::{Hec, Mood};

/// How long records may take to arrive.
const ARRIVE: Duration = Duration::from_mins(1);

pub(crate) fn options(config: &str) -> Options {
    Options { config: config.to_owned(), ..Options::default() }
}

/// Every whole line of every file of a sink; half a line at the end is not one.
pub(crate) fn lines(folder: &Path) -> anyhow::Result<Vec<Value>> {
    let mut files: Vec<_> = match std::fs::read_dir(folder) {
        Ok(found) => found.map(|file| Ok(file?.path())).collect::<anyhow::Result<_>>()?,
        Err(_) => Vec::new(),
    };
    files.sort();
    let mut rows = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file)?;
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        for line in whole.lines() {
            rows.push(serde_json::from_str(line).with_context(|| format!("not json: {line}"))?);
        }
    }
    Ok(rows)
}

/// The ids of events among some documents, each with how often it is there.
pub(crate) fn event_ids(rows: &[Value]) -> BTreeMap<String, usize> {
    let mut ids = BTreeMap::new();
    for row in rows.iter().filter(|row| row["kind"] != "action") {
        let id = row["event_id"].as_str().unwrap_or_default().to_owned();
        *ids.entry(id).or_insert(0) += 1;
    }
    ids
}

/// The ids of a table.
pub(crate) fn ids_of(server: &Server, statement: &str) -> anyhow::Result<BTreeSet<String>> {
    let rows = server.sql_json(statement)?;
    let rows = rows.as_array().context("rows")?.iter();
    Ok(rows.map(|row| row["id"].as_str().unwrap_or_default().to_owned()).collect())
}

const EVENTS: &str = "select event_id as id from events";
const SETTLED: &str =
    "select action_id || '.' || cast(revision as varchar) as id from actions where settled";

/// What one sink shows.
pub(crate) fn shown(server: &Server, name: &str) -> anyhow::Result<Value> {
    let rows: Value =
        serde_json::from_str(&server.seam_ok(&["sinks", "list", "--output", "json"])?)?;
    let mut rows = rows.as_array().context("rows")?.iter();
    rows.find(|row| row["name"] == name).cloned().context("the sink is listed")
}

/// Guarantees: every event of every capture is one line of a file, and every action that has
/// settled is one; without content no prompt is among them; the lag goes to nothing.
#[test]
fn every_capture_is_sent_on_once() -> anyhow::Result<()> {
    let config = "[tables]\nseal_after_ms = 500\n\
        [[sinks]]\nname = \"plain\"\nkind = \"file\"\npath = \"out\"\nlinger_ms = 10\n\
        [[sinks]]\nname = \"prompts\"\nkind = \"file\"\npath = \"prompts\"\nkinds = [\"prompt\"]\nactions = false\ncontent = true\nformat = \"ecs\"\n";
    let server = Server::start_with(Folder::fresh()?, &options(config))?;
    send_all(&server, &[])?;
    server.flush()?;
    let out = server.folder().join("out");
    let events = ids_of(&server, EVENTS)?;
    wait_until("every event in the files", ARRIVE, || {
        Ok(event_ids(&lines(&out)?).len() >= events.len()
            && shown(&server, "plain")?["lag_events"] == 0)
    })?;
    let rows = lines(&out)?;
    let found = event_ids(&rows);
    assert_eq!(found.keys().cloned().collect::<BTreeSet<_>>(), events);
    assert!(found.values().all(|times| *times == 1), "an event is there twice");
    let settled = ids_of(&server, SETTLED)?;
    wait_until("every settled action in the files", ARRIVE, || {
        let rows = lines(&out)?;
        let sent: BTreeSet<String> = rows
            .iter()
            .filter(|row| row["kind"] == "action")
            .map(|row| row["record_id"].as_str().unwrap_or_default().to_owned())
            .collect();
        Ok(settled.is_subset(&sent))
    })?;
    eprintln!("{} events, {} settled actions", events.len(), settled.len());
    assert!(rows.iter().all(|row| row.get("prompt").is_none()), "content is withheld");
    let prompts = server.number("select count(*) from prompts")?;
    wait_until("every prompt in the other files", ARRIVE, || {
        Ok(i64::try_from(lines(&server.folder().join("prompts"))?.len())? == prompts)
    })?;
    let metrics = server.seam_ok(&["doctor", "--output", "json"])?;
    let report: Value = serde_json::from_str(&metrics)?;
    assert_eq!(report["state"]["sinks"][0]["name"], "plain");
    Ok(())
}

/// Guarantees: a server that is stopped and started again doubles no line, though of actions it
/// looks at the last frame once more.
#[test]
fn a_restart_doubles_no_line() -> anyhow::Result<()> {
    let config = "[tables]\nseal_after_ms = 200\n\
        [[sinks]]\nname = \"plain\"\nkind = \"file\"\npath = \"out\"\nlinger_ms = 10\n";
    let mut server = Server::start_with(Folder::fresh()?, &options(config))?;
    send_all(&server, &[])?;
    server.flush()?;
    let settled = ids_of(&server, SETTLED)?;
    assert!(!settled.is_empty(), "nothing has settled");
    let sent = |server: &Server| -> anyhow::Result<Vec<String>> {
        let rows = lines(&server.folder().join("out"))?;
        let actions = rows.iter().filter(|row| row["kind"] == "action");
        Ok(actions.map(|row| row["record_id"].as_str().unwrap_or_default().to_owned()).collect())
    };
    for _ in 0..3 {
        wait_until("every settled action in the files", ARRIVE, || {
            let sent: BTreeSet<String> = sent(&server)?.into_iter().collect();
            Ok(settled.is_subset(&sent) && shown(&server, "plain")?["lag_events"] == 0)
        })?;
        let (_, folder) = server.terminate(Duration::from_mins(1))?;
        server = Server::start_with(folder, &options(config))?;
    }
    let sent = sent(&server)?;
    let distinct: BTreeSet<&String> = sent.iter().collect();
    assert_eq!(distinct.len(), sent.len(), "an action is there twice");
    Ok(())
}

/// Guarantees: a paused sink sends nothing, also after a restart, and goes on where it was.
#[test]
fn a_pause_outlives_a_restart() -> anyhow::Result<()> {
    let config = "[[sinks]]\nname = \"plain\"\nkind = \"file\"\npath = \"out\"\n";
    let server = Server::start_with(Folder::fresh()?, &options(config))?;
    server.seam_ok(&["sinks", "pause", "plain"])?;
    wait_until("paused", ARRIVE, || Ok(shown(&server, "plain")?["state"] == "paused"))?;
    send_all(&server, &[])?;
    server.flush()?;
    let (_, folder) = server.terminate(Duration::from_mins(1))?;
    let server = Server::start_with(folder, &options(config))?;
    let row = shown(&server, "plain")?;
    let events = ids_of(&server, EVENTS)?;
    assert_eq!((row["state"].as_str(), row["delivered"].as_u64()), (Some("paused"), Some(0)));
    assert_eq!(row["lag_events"].as_u64(), Some(events.len() as u64));
    assert!(lines(&server.folder().join("out"))?.is_empty());
    server.seam_ok(&["sinks", "resume", "plain"])?;
    wait_until("every event in the files", ARRIVE, || {
        Ok(event_ids(&lines(&server.folder().join("out"))?).len() == events.len())
    })?;
    let unknown = server.seam(&["sinks", "pause", "nobody"])?;
    assert_eq!(unknown.status.code(), Some(1));
    Ok(())
}

/// Guarantees: a refused event is a dead letter with its reason, the others arrive; replayed, it
/// arrives too, and is no longer dead. A destination that refuses the token holds, says so, and
/// loses nothing.
#[test]
fn dead_letters_are_listed_and_replayed() -> anyhow::Result<()> {
    let hec = Hec::start()?;
    let config = format!(
        "[[sinks]]\nname = \"siem\"\nkind = \"splunk\"\nurl = \"http://{}\"\ntoken_env = \"HEC_TOKEN\"\n\
         gzip = false\nactions = false\nkinds = [\"prompt\"]\nacknowledgement = \"off\"\n\
         [[sinks]]\nname = \"pager\"\nkind = \"webhook\"\nurl = \"http://{0}/alarms\"\n",
        hec.address()
    );
    let mut options = options(&config);
    options.variables.insert("HEC_TOKEN".to_owned(), "hush-91cc".to_owned());
    hec.mood(Mood::WrongToken);
    let server = Server::start_with(Folder::fresh()?, &options)?;
    send_all(&server, &[])?;
    server.flush()?;
    wait_until("held", ARRIVE, || Ok(shown(&server, "siem")?["state"] == "held"))?;
    assert!(hec.taken().is_empty());
    let check = server.seam(&["sinks", "check", "siem", "--output", "json"])?;
    assert_eq!(check.status.code(), Some(4), "a wrong token is found");
    hec.mood(Mood::RefusesFirst);
    let prompts = ids_of(&server, "select event_id as id from prompts")?;
    wait_until("all but the refused arrive", ARRIVE, || {
        let row = shown(&server, "siem")?;
        let ended = row["delivered"].as_u64().zip(row["refused"].as_u64());
        Ok(ended.is_some_and(|(taken, refused)| taken + refused == prompts.len() as u64))
    })?;
    let dead: Value =
        serde_json::from_str(&server.seam_ok(&["sinks", "dlq", "list", "--output", "json"])?)?;
    let dead = dead.as_array().context("rows")?;
    assert!(!dead.is_empty() && dead.len() < prompts.len(), "{dead:?}");
    let reason = dead[0]["reason"].as_str().context("a reason")?;
    assert!(reason.contains('6') && !reason.contains("hush"), "{reason}");
    hec.mood(Mood::Takes);
    let said = server.seam_ok(&["sinks", "dlq", "replay", "siem"])?;
    assert!(said.starts_with(&format!("{} dead letters: {0} arrived", dead.len())), "{said}");
    assert_eq!(hec.taken(), prompts);
    wait_until("no longer dead", ARRIVE, || {
        Ok(server.seam_ok(&["sinks", "dlq", "list", "siem", "--output", "json"])?.trim() == "[]")
    })?;
    assert!(!server.log().contains("hush-91cc"));
    // Others may come too: of the disk of the machine that runs the test.
    let told = || -> Vec<Value> {
        let of_sink = hec.alarms().into_iter().filter(|said| said["sink"] == "siem");
        of_sink.map(|said| said["alarm"].clone()).collect()
    };
    wait_until("both alarms", ARRIVE, || Ok(told().len() >= 2))?;
    assert_eq!(told()[..2], ["held", "released"]);
    Ok(())
}

/// Guarantees: an agent that sends spans and no logs is told to the webhook, by a server that was
/// just started too.
#[test]
fn an_agent_that_is_silent_rings() -> anyhow::Result<()> {
    let hec = Hec::start()?;
    let config = format!(
        "[[sinks]]\nname = \"pager\"\nkind = \"webhook\"\nurl = \"http://{}/alarms\"\n",
        hec.address()
    );
    let server = Server::start()?;
    for entry in std::fs::read_dir(seam_tests::captures::folder().join("codex1"))? {
        let path = entry?.path();
        if path.to_string_lossy().contains("-traces-") {
            let grpc = server.grpc_addr().to_string();
            server.seam_ok(&["send", path.to_str().context("a path")?, "--to", &grpc])?;
        }
    }
    server.flush()?;
    let (_, folder) = server.terminate(Duration::from_mins(1))?;
    let _server = Server::start_with(folder, &options(&config))?;
    let silent = || hec.alarms().into_iter().find(|said| said["alarm"] == "silent");
    wait_until("the alarm", ARRIVE, || Ok(silent().is_some()))?;
    let said = silent().context("the alarm")?;
    assert!(said["what"].as_str().is_some_and(|what| what.starts_with("codex of local")), "{said}");
    Ok(())
}

/// Guarantees: rows of a time are sent again under their ids, and what stands in the files is not
/// doubled by it.
#[test]
fn a_replay_sends_again() -> anyhow::Result<()> {
    let hec = Hec::start()?;
    let config = format!(
        "[[sinks]]\nname = \"siem\"\nkind = \"splunk\"\nurl = \"http://{}\"\ntoken_env = \"HEC_TOKEN\"\n\
         gzip = false\nactions = false\nkinds = [\"prompt\"]\nacknowledgement = \"off\"\n",
        hec.address()
    );
    let mut options = options(&config);
    options.variables.insert("HEC_TOKEN".to_owned(), "hush-91cc".to_owned());
    let server = Server::start_with(Folder::fresh()?, &options)?;
    send_all(&server, &[])?;
    server.flush()?;
    let prompts = ids_of(&server, "select event_id as id from prompts")?;
    wait_until("every prompt arrives", ARRIVE, || Ok(hec.taken() == prompts))?;
    let before = hec.count();
    let said = server.seam_ok(&["sinks", "replay", "siem", "--since", "1h"])?;
    assert!(said.starts_with(&format!("{} records", prompts.len())), "{said}");
    assert_eq!((hec.count() - before, hec.taken()), (prompts.len(), prompts.clone()));
    assert_eq!(hec.marked(), prompts.len(), "every one of them says that it was sent before");
    Ok(())
}
