//! Ten thousand conversations at once: how soon an action is visible, in how much memory, and how
//! soon a new process has caught up. A program of its own, so that no other test takes its time.

#![allow(
    clippy::expect_used,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "tests fail by panicking, and say what they measured"
)]

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use seam_sessions::{Plan, Request, Signal};
use seam_tests::raw::Client;
use seam_tests::server::{Options, Server, wait_until};
use seam_tests::skip::quick;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// Clients that send at once.
const CLIENTS: usize = 8;
/// Calls whose way into SQL is timed, and the pause between two of them.
const PROBES: usize = 300;
const PROBE_EVERY: Duration = Duration::from_millis(40);
/// The other conversations go on meanwhile: a request each so often.
const OTHERS_EVERY: Duration = Duration::from_millis(4);
const SESSION: &str = "01a20000-0000-7000-8000-00000000beef";
/// What the stitcher may hold by default.
const MEMORY_BYTES: i64 = 1 << 30;
/// The slowest but one in a hundred may take so long.
const VISIBLE_P99: Duration = Duration::from_secs(1);
/// A new process may take so long until it has derived everything.
const CAUGHT_UP: Duration = Duration::from_secs(10);

/// Posts a request that has to be taken.
fn post(client: &Client, path: &str, content_type: &str, body: Vec<u8>) -> anyhow::Result<()> {
    let answer = client.post(path, &[("content-type", content_type)], body)?;
    anyhow::ensure!(answer.status == 200, "{path} answered {}", answer.status);
    Ok(())
}

fn send(client: &Client, request: &Request) -> anyhow::Result<()> {
    let path = match request.signal {
        Signal::Logs => "/v1/logs",
        Signal::Traces => "/v1/traces",
    };
    post(client, path, "application/x-protobuf", request.body.clone())
}

/// Sends all of them, several at once, about in their order.
fn send_all(server: &Server, requests: &[Request]) -> anyhow::Result<()> {
    let next = AtomicUsize::new(0);
    let work = || -> anyhow::Result<()> {
        let client = Client::of(server)?;
        while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
            send(&client, request)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(work)).collect();
        clients.into_iter().try_for_each(|client| client.join().expect("a client did not panic"))
    })
}

fn status(server: &Server) -> anyhow::Result<Value> {
    let token = fs::read_to_string(server.data().join("keys/local-token"))?;
    Runtime::new()?.block_on(async {
        let url = format!("http://{}/v1/status", server.api_addr());
        let answer = reqwest::Client::new().get(url).bearer_auth(token.trim()).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    })
}

fn is_derived(server: &Server) -> anyhow::Result<bool> {
    let status = status(server)?;
    let lag = |of: &str| status[of]["lag_frames"].as_i64().context("a status has lags");
    Ok(lag("log")? == 0 && lag("stitching")? == 0)
}

/// The decision about a call and its result, as Codex sends them.
fn probe(number: usize) -> anyhow::Result<Vec<u8>> {
    let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let record = |event: &str, more: Vec<Value>| {
        let mut attributes = vec![
            text("event.name", event),
            text(
                "event.timestamp",
                &format!("2026-11-21T08:00:{:02}.{:03}Z", number / 1000 % 60, number % 1000),
            ),
            text("conversation.id", SESSION),
            text("tool_name", "exec_command"),
            text("call_id", &format!("call_probe{number}")),
        ];
        attributes.extend(more);
        json!({"attributes": attributes})
    };
    let output = "Process exited with code 0\nOutput:\n";
    let records = [
        record("codex.tool_decision", vec![text("decision", "approved"), text("source", "User")]),
        record("codex.tool_result", vec![text("success", "true"), text("output", output)]),
    ];
    let request = json!({"resourceLogs": [{
        "resource": {"attributes": [text("service.name", "codex_exec")]},
        "scopeLogs": [{"logRecords": records}],
    }]});
    Ok(serde_json::to_vec(&request)?)
}

/// Sends probes; notes when each was acknowledged.
fn send_probes(server: &Server, sent: &Mutex<BTreeMap<String, Instant>>) -> anyhow::Result<()> {
    let client = Client::of(server)?;
    for number in 0..PROBES {
        post(&client, "/v1/logs", "application/json", probe(number)?)?;
        let mut sent = sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.insert(format!("call_probe{number}"), Instant::now());
        drop(sent);
        std::thread::sleep(PROBE_EVERY);
    }
    Ok(())
}

/// How long each probe took from its acknowledgement until SQL told of it as a whole, asking
/// again and again; in order.
fn visible_after(server: &Server, others: &[Request]) -> anyhow::Result<Vec<Duration>> {
    let (sent, over) = (Mutex::new(BTreeMap::new()), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let probes = scope.spawn(|| send_probes(server, &sent));
        let rest = scope.spawn(|| -> anyhow::Result<()> {
            let client = Client::of(server)?;
            for request in others {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                send(&client, request)?;
                std::thread::sleep(OTHERS_EVERY);
            }
            Ok(())
        });
        let statement = format!(
            "select distinct call_id from actions_revisions \
             where session_id = '{SESSION}' and outcome = 'succeeded' and not retracted"
        );
        let mut seen: BTreeMap<String, Instant> = BTreeMap::new();
        let all = wait_until("all probes in SQL", Duration::from_mins(2), || {
            let rows = server.sql_json(&statement)?;
            let now = Instant::now();
            let ids = rows.as_array().into_iter().flatten();
            for id in ids.filter_map(|row| row["call_id"].as_str()) {
                seen.entry(id.to_owned()).or_insert(now);
            }
            Ok(seen.len() == PROBES)
        });
        over.store(true, Ordering::Relaxed);
        probes.join().expect("the probes did not panic")?;
        rest.join().expect("the others did not panic")?;
        all?;
        let sent = sent.lock().unwrap_or_else(PoisonError::into_inner);
        let took = |(id, seen): (&String, &Instant)| {
            // It may be seen before its acknowledgement is.
            sent.get(id).map(|sent| seen.saturating_duration_since(*sent))
        };
        let mut took: Vec<Duration> = seen.iter().filter_map(took).collect();
        took.sort();
        Ok(took)
    })
}

/// The processor time of the stitcher's thread so far, in clock ticks of 10 ms.
fn stitching_ticks(server: &Server) -> anyhow::Result<u64> {
    for task in fs::read_dir(format!("/proc/{}/task", server.pid()))? {
        let task = task?.path();
        if fs::read_to_string(task.join("comm"))?.trim() == "stitching" {
            let stat = fs::read_to_string(task.join("stat"))?;
            let (_, fields) = stat.rsplit_once(") ").context("a stat names its command")?;
            let fields: Vec<&str> = fields.split(' ').collect();
            return Ok(fields[11].parse::<u64>()? + fields[12].parse::<u64>()?);
        }
    }
    anyhow::bail!("there is no thread `stitching`")
}

/// Guarantees (G18): with ten thousand live conversations an action is visible a second after its
/// last record, memory stays within its bound, and a killed server has caught up in ten seconds.
#[test]
fn ten_thousand_live_conversations() -> anyhow::Result<()> {
    let sessions = if quick() { 500 } else { 10_000 };
    let mut requests = Plan::new(11, sessions).undisturbed().generate().requests;
    let others = requests.split_off(requests.len() * 9 / 10);
    let server = Server::start()?;
    let began = Instant::now();
    send_all(&server, &requests)?;
    eprintln!("{} requests sent in {:?}", requests.len(), began.elapsed());
    wait_until("everything is derived", Duration::from_mins(5), || is_derived(&server))?;
    let events = server.number("select count(*) as n from events")?;
    let ns = stitching_ticks(&server)? * 10_000_000 / u64::try_from(events.max(1))?;
    let memory = status(&server)?["stitching"]["memory_bytes"].as_i64().context("memory")?;
    eprintln!(
        "{events} events of {sessions} conversations derived after {:?}: {ns} ns of processor \
         time per event, {} MiB held",
        began.elapsed(),
        memory >> 20
    );
    assert!(memory <= MEMORY_BYTES, "{memory} bytes are held");
    let took = visible_after(&server, &others)?;
    let p99 = took[took.len() * 99 / 100];
    eprintln!("visible after {:?} (median), {p99:?} (p99)", took[took.len() / 2]);
    assert!(p99 <= VISIBLE_P99, "an action was visible only after {p99:?}");
    let folder = server.kill()?;
    let began = Instant::now();
    let server = Server::start_with(folder, &Options::default())?;
    wait_until("a new process has caught up", Duration::from_mins(2), || is_derived(&server))?;
    eprintln!("caught up {:?} after the start", began.elapsed());
    assert!(began.elapsed() <= CAUGHT_UP, "it took {:?}", began.elapsed());
    Ok(())
}
