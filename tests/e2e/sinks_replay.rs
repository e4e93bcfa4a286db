//! A replay that the end of the server interrupts goes on after the next start.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;
use seam_tests::server::{Folder, Server, wait_until};
use serde_json::Value;

use crate::captures::send_all;
use crate::sinks::{event_ids, ids_of, lines, options, shown};
use crate::sinks_hec::{Hec, Mood};

const ARRIVE: Duration = Duration::from_mins(1);

/// The replays that the data folder knows of.
fn kept(data: &Path) -> anyhow::Result<Vec<String>> {
    let names = fs::read_dir(data.join("cursors"))?
        .map(|file| Ok(file?.file_name().to_string_lossy().into_owned()))
        .collect::<anyhow::Result<Vec<String>>>()?;
    Ok(names.into_iter().filter(|name| name.starts_with("replay.")).collect())
}

/// Asks for a replay that cannot end, and kills the server while it is under way.
fn killed_at_it(server: Server, ask: &[&str]) -> anyhow::Result<Folder> {
    std::thread::scope(|scope| -> anyhow::Result<()> {
        let asking = scope.spawn(|| server.seam(ask));
        wait_until("the replay is under way", ARRIVE, || Ok(!kept(&server.data())?.is_empty()))?;
        wait_until("it is held", ARRIVE, || {
            Ok(server.log().contains("nothing is sent on until this is put right"))
        })?;
        let killed = Command::new("kill").args(["-9", &server.pid().to_string()]).status()?;
        anyhow::ensure!(killed.success());
        let answer = asking.join().expect("the asking does not panic")?;
        assert!(!answer.status.success(), "it did not end before the server did");
        Ok(())
    })?;
    server.kill()
}

/// Guarantees: a replay to files that cannot be written goes on after a kill, once they can be, and
/// every event stands there once; afterwards nothing of it is left to go on with.
#[test]
#[expect(clippy::disallowed_methods, reason = "the test plays the operator who lost his files")]
fn a_replay_goes_on_after_a_kill() -> anyhow::Result<()> {
    let config = "[tables]\nseal_after_ms = 200\n\
        [[sinks]]\nname = \"plain\"\nkind = \"file\"\npath = \"out\"\nactions = false\nlinger_ms = 10\n";
    let server = Server::start_with(Folder::fresh()?, &options(config))?;
    send_all(&server, &[])?;
    server.flush()?;
    let events = ids_of(&server, "select event_id as id from events")?;
    let out = server.folder().join("out");
    wait_until("every event in the files", ARRIVE, || {
        Ok(event_ids(&lines(&out)?).len() == events.len()
            && shown(&server, "plain")?["lag_events"] == 0)
    })?;
    let (_, folder) = server.terminate(Duration::from_mins(1))?;
    fs::remove_dir_all(&out)?;
    fs::write(&out, "not a folder")?;
    let server = Server::start_with(folder, &options(config))?;
    let folder = killed_at_it(server, &["sinks", "replay", "plain", "--since", "1h"])?;
    fs::remove_file(&out)?;
    let server = Server::start_with(folder, &options(config))?;
    wait_until("every event in the files again", ARRIVE, || {
        Ok(event_ids(&lines(&out)?).len() == events.len())
    })?;
    wait_until("the replay has ended", ARRIVE, || Ok(kept(&server.data())?.is_empty()))?;
    let found = event_ids(&lines(&out)?);
    assert!(found.values().all(|times| *times == 1), "an event is there twice");
    assert_eq!(found.into_keys().collect::<std::collections::BTreeSet<_>>(), events);
    Ok(())
}

/// Guarantees: a replay of dead letters goes on after a kill; what arrives is no longer dead.
#[test]
fn a_replay_of_dead_letters_goes_on_after_a_kill() -> anyhow::Result<()> {
    let hec = Hec::start()?;
    let config = format!(
        "[tables]\nseal_after_ms = 200\n\
         [[sinks]]\nname = \"siem\"\nkind = \"splunk\"\nurl = \"http://{}\"\ntoken_env = \"HEC_TOKEN\"\n\
         gzip = false\nactions = false\nkinds = [\"prompt\"]\nacknowledgement = \"off\"\n",
        hec.address()
    );
    let mut options = options(&config);
    options.variables.insert("HEC_TOKEN".to_owned(), "hush-91cc".to_owned());
    hec.mood(Mood::RefusesFirst);
    let server = Server::start_with(Folder::fresh()?, &options)?;
    send_all(&server, &[])?;
    server.flush()?;
    let prompts = ids_of(&server, "select event_id as id from prompts")?;
    let dead = |server: &Server| -> anyhow::Result<usize> {
        let listed = server.seam_ok(&["sinks", "dlq", "list", "siem", "--output", "json"])?;
        let listed: Value = serde_json::from_str(&listed)?;
        Ok(listed.as_array().context("rows")?.len())
    };
    wait_until("all but the refused arrive", ARRIVE, || {
        let row = shown(&server, "siem")?;
        let ended = row["delivered"].as_u64().zip(row["refused"].as_u64());
        Ok(ended.is_some_and(|(taken, refused)| taken + refused == prompts.len() as u64))
    })?;
    wait_until("the refused are dead", ARRIVE, || {
        Ok(dead(&server)? + hec.taken().len() == prompts.len())
    })?;
    assert!(hec.taken().len() < prompts.len(), "something was refused");
    hec.mood(Mood::WrongToken);
    let folder = killed_at_it(server, &["sinks", "dlq", "replay", "siem"])?;
    assert!(hec.taken().len() < prompts.len(), "nothing of it has arrived");
    hec.mood(Mood::Takes);
    let server = Server::start_with(folder, &options)?;
    wait_until("every prompt arrives", ARRIVE, || Ok(hec.taken() == prompts))?;
    wait_until("no longer dead", ARRIVE, || Ok(dead(&server)? == 0))?;
    wait_until("the replay has ended", ARRIVE, || Ok(kept(&server.data())?.is_empty()))?;
    Ok(())
}
