//! Splunk: every fault that the strict event collector knows, with acknowledgement and without.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::ensure;
use seam_tests::mocks::hec::{AckFault, Fault, Hec, Mode, TOKEN};
use seam_tests::server::Server;
use tempfile::TempDir;

use super::front::Front;
use super::judge::{Arrival, Dead, Row, Told, is_bad, judge};
use super::load::Load;
use super::stage::{Stage, await_state, await_that};

/// So many records have to arrive after a fault.
const ON: usize = 60;
/// Requests at a time, and records of each.
const IN_FLIGHT: usize = 2;
const RECORDS: usize = 40;
/// What the server takes of a request, and a document that is larger.
const BYTES_MAX: usize = 30_000;
const LARGE: usize = 200_000;

/// An event collector, and what it takes to reach it.
struct Splunk {
    hec: Hec,
    front: Front,
    folder: TempDir,
    /// Records in flight, at most.
    in_flight: usize,
}

impl Splunk {
    fn start(has_acks: bool) -> anyhow::Result<Self> {
        let hec = Hec::new(Mode::Splunkd, true);
        {
            let mut state = hec.state();
            state.has_acks = has_acks;
            state.bad = |envelope| envelope["fields"]["event_id"].as_str().is_some_and(is_bad);
        }
        let front = Front::start(hec.handler())?;
        // Eight times as many requests may wait for an acknowledgement.
        let in_flight = IN_FLIGHT * RECORDS * if has_acks { 8 } else { 1 };
        let splunk = Self { hec, front, folder: tempfile::tempdir()?, in_flight };
        splunk.write_token(TOKEN)?;
        Ok(splunk)
    }

    fn token_file(&self) -> PathBuf {
        self.folder.path().join("token")
    }

    fn write_token(&self, token: &str) -> anyhow::Result<()> {
        #[expect(clippy::disallowed_methods, reason = "the test's own input")]
        Ok(std::fs::write(self.token_file(), token)?)
    }

    fn sink(&self, acknowledgement: &str, patience: Duration) -> String {
        format!(
            "kind = \"splunk\"\nurl = \"{}\"\ntoken_file = \"{}\"\nindex = \"agents\"\n\
             acknowledgement = \"{acknowledgement}\"\npoll_every_ms = 100\nacknowledged_within_ms = 5000\n\
             request_timeout_ms = {}\nrequest_records = {RECORDS}\nin_flight = {IN_FLIGHT}\nlinger_ms = 10\ncontent = true\n",
            self.front.url(),
            Path::new(&self.token_file()).display(),
            patience.as_millis()
        )
    }

    fn stored(&self) -> usize {
        self.hec.state().stored.len()
    }

    /// The next request meets a fault; afterwards records arrive again.
    fn meet(&self, server: &Server, fault: Fault) -> anyhow::Result<()> {
        let what = format!("{fault:?}");
        self.hec.script([fault]);
        self.goes_on(server, &what)
    }

    /// The script has come to its end, and records arrive after it.
    fn goes_on(&self, server: &Server, what: &str) -> anyhow::Result<()> {
        eprintln!("{what}, at {}", self.stored());
        let mut met_at = None;
        await_that(server, what, || {
            let state = self.hec.state();
            if !state.script.is_empty() || !state.ack_script.is_empty() {
                return Ok(false);
            }
            Ok(state.stored.len() >= *met_at.get_or_insert(state.stored.len()) + ON)
        })
    }

    /// Everything a server of this kind answers when it has enough, or is misled.
    fn answers_badly(&self, server: &Server) -> anyhow::Result<()> {
        for fault in [
            Fault::Code(503, 9),
            Fault::Wait(503, 9, "1"),
            Fault::Code(429, 26),
            Fault::Wait(429, 27, "1"),
            Fault::Status(502, "a gateway"),
            Fault::Code(401, 3),
            Fault::CutBefore,
            Fault::CutAfter,
            Fault::Garbled,
            Fault::TakenWith(24),
            Fault::Slow(Duration::from_secs(5)),
        ] {
            self.meet(server, fault)?;
        }
        Ok(())
    }

    /// What somebody has to put right holds everything: a token, an index.
    fn is_misconfigured(&self, server: &Server) -> anyhow::Result<()> {
        let other = "99999999-2222-3333-4444-555555555555";
        other.clone_into(&mut self.hec.state().token);
        await_state(server, "held")?;
        self.write_token(other)?;
        self.goes_on(server, "the token is repaired")?;
        self.hec.state().indexes.remove("agents");
        await_state(server, "held")?;
        self.hec.state().indexes.insert("agents".to_owned());
        self.goes_on(server, "the index is there again")
    }

    /// Requests that are too large are halved; a document that is too large alone is refused.
    fn takes_less(&self, stage: &Stage, server: &Server) -> anyhow::Result<()> {
        self.hec.state().bytes_max = BYTES_MAX;
        stage.load.send_large(server, "large-0", LARGE)?;
        await_that(server, "413", || Ok(self.hec.state().too_large > 0))?;
        self.goes_on(server, "less is sent")
    }

    /// Ends the event collector, does something to it, and starts it again.
    fn restart(&mut self, between: impl FnOnce(&Hec)) {
        self.front.stop();
        self.hec.state().cut();
        between(&self.hec);
        self.front.run();
    }

    fn told(&self) -> Told {
        let state = self.hec.state();
        let arrival = |(_, event): &(String, serde_json::Value)| Arrival {
            id: event["fields"]["event_id"].as_str().unwrap_or_default().to_owned(),
            is_marked: Some(event["fields"]["redelivery"] == "true"),
        };
        Told {
            arrivals: state.stored.iter().map(arrival).collect(),
            untold: Some(state.untold.clone()),
            cuts: state.cuts.clone(),
            in_flight: self.in_flight,
            torn: state.forgotten.clone(),
            has_order: true,
        }
    }

    fn judge(&self, stage: &Stage) -> anyhow::Result<()> {
        let refused =
            |row: &Row, _: &Dead| row.own.as_deref() == Some("large-0") || is_bad(&row.id);
        let found = judge(stage, || Ok(self.told()), refused)?;
        eprintln!(
            "{} events, {} dead, {} copies, {} revised actions",
            found.events,
            found.dead.len(),
            found.copies,
            found.revised
        );
        for (id, reason) in &found.dead {
            let wanted = if is_bad(id) { "code 6" } else { "413" };
            ensure!(reason.contains(wanted), "{id} is dead because of {reason}");
        }
        ensure!(found.revised > 0, "no settled action was revised: the fold was not tried");
        ensure!(!stage.server()?.log().contains(TOKEN), "the token is in the log");
        Ok(())
    }
}

/// Guarantees: whatever an event collector with acknowledgement answers, however it and the server
/// end, every event is stored or a dead letter with its reason; copies say so, and stand where
/// nobody could know better; sessions keep their order; actions fold to what has settled.
#[test]
fn an_acknowledging_splunk_loses_nothing() -> anyhow::Result<()> {
    let mut splunk = Splunk::start(true)?;
    let sink = splunk.sink("required", Duration::from_secs(10));
    let mut stage = Stage::start(&sink, Load::new(71, 12, None))?;
    stage.during(|server| {
        splunk.goes_on(server, "the first records")?;
        splunk.answers_badly(server)?;
        for fault in [AckFault::Cut, AckFault::Status(503, "busy"), AckFault::Status(404, "")] {
            splunk.hec.state().ack_script.push_back(fault);
            splunk.goes_on(server, "a question about acknowledgements fails")?;
        }
        splunk.is_misconfigured(server)?;
        splunk.takes_less(&stage, server)
    })?;
    stage.restart(|| splunk.stored())?;
    stage.during(|server| splunk.goes_on(server, "after a restart of the server"))?;
    // What was received and not yet stored is gone, and nobody says so.
    splunk.hec.state().polls_until_stored = usize::MAX;
    stage.during(|server| {
        await_that(server, "something waits", || Ok(splunk.hec.state().pending() > 0))?;
        splunk.restart(|hec| {
            hec.restart();
            hec.state().polls_until_stored = 1;
        });
        splunk.goes_on(server, "after a restart of the event collector")
    })?;
    for both in [false, true] {
        let hec = splunk.hec.clone();
        stage.kill(|| {
            // What was received is stored later, though nobody asks any more.
            hec.store_untold();
            hec.state().stored.len()
        })?;
        if both {
            splunk.restart(Hec::restart);
        }
        stage.during(|server| splunk.goes_on(server, "after a kill"))?;
    }
    splunk.judge(&stage)
}

/// Guarantees: the same of an event collector that acknowledges nothing and keeps what stands in
/// front of a bad event.
#[test]
fn a_plain_splunk_loses_nothing() -> anyhow::Result<()> {
    let mut splunk = Splunk::start(false)?;
    let sink = splunk.sink("off", Duration::from_secs(8));
    let mut stage = Stage::start(&sink, Load::new(72, 12, None))?;
    stage.during(|server| {
        splunk.goes_on(server, "the first records")?;
        splunk.answers_badly(server)?;
        splunk.meet(server, Fault::StallAfter)?;
        splunk.is_misconfigured(server)?;
        splunk.takes_less(&stage, server)
    })?;
    stage.restart(|| splunk.stored())?;
    stage.during(|server| {
        splunk.goes_on(server, "after a restart of the server")?;
        splunk.restart(|_| ());
        splunk.goes_on(server, "after a restart of the event collector")
    })?;
    for both in [false, true] {
        let hec = splunk.hec.clone();
        stage.kill(|| hec.state().stored.len())?;
        if both {
            splunk.restart(|_| ());
        }
        stage.during(|server| splunk.goes_on(server, "after a kill"))?;
    }
    splunk.judge(&stage)
}
