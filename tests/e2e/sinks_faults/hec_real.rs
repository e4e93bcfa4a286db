//! Splunk's protocol with an event collector that is not ours: the OpenTelemetry Collector's.

use anyhow::{Context as _, ensure};
use seam_tests::mocks::hec::TOKEN;
use seam_tests::real::Real;
use serde_json::Value;

use super::judge::{Arrival, Told, judge};
use super::load::Load;
use super::stage::{Stage, await_that};

/// So many records have to arrive after each step.
const ON: usize = 200;

/// What the collector wrote, in order; half a line at the end is not there yet.
fn arrivals(real: &Real) -> anyhow::Result<Vec<Arrival>> {
    let text = std::fs::read_to_string(real.folder().join("events.json")).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let mut arrivals = Vec::new();
    for line in whole.lines() {
        let request: Value = serde_json::from_str(line)?;
        let list = |of: &Value, key: &str| of[key].as_array().cloned().unwrap_or_default();
        for resource in list(&request, "resourceLogs") {
            for record in list(&resource, "scopeLogs").iter().flat_map(|of| list(of, "logRecords"))
            {
                let said = |key: &str| {
                    let attributes = record["attributes"].as_array().into_iter().flatten();
                    let mut named = attributes.filter(|attribute| attribute["key"] == key);
                    let value = &named.next()?["value"]["stringValue"];
                    value.as_str().map(str::to_owned)
                };
                let id = said("event_id").context("an event has its id")?;
                let is_marked = Some(said("redelivery").as_deref() == Some("true"));
                arrivals.push(Arrival { id, is_marked });
            }
        }
    }
    Ok(arrivals)
}

/// Guarantees: an independent event collector gets every event from the real binary, over kills of
/// both; copies say so; actions fold to what has settled.
#[test]
fn an_independent_event_collector_gets_everything() -> anyhow::Result<()> {
    let test = "an_independent_event_collector_gets_everything";
    let Some(mut real) = Real::start(test, "otelcol", &["hec-server"], &["go"])? else {
        return Ok(());
    };
    let sink = format!(
        "kind = \"splunk\"\nurl = \"{}\"\ntoken_env = \"HEC_TOKEN\"\nacknowledgement = \"required\"\n\
         poll_every_ms = 100\nacknowledged_within_ms = 2000\nrequest_records = 100\nlinger_ms = 10\ncontent = true\n",
        real.url()
    );
    let variables = [("HEC_TOKEN".to_owned(), TOKEN.to_owned())];
    let mut stage = Stage::start_with(&sink, variables.into(), Load::slow(75, 12, None))?;
    let goes_on = |stage: &Stage, real: &Real| {
        let before = arrivals(real)?.len();
        stage.during(|server| {
            await_that(server, "records arrive", || Ok(arrivals(real)?.len() >= before + ON))
        })
    };
    goes_on(&stage, &real)?;
    stage.during(|_| {
        real.kill();
        real.run()
    })?;
    goes_on(&stage, &real)?;
    stage.kill(|| arrivals(&real).map_or(0, |arrivals| arrivals.len()))?;
    goes_on(&stage, &real)?;
    stage.restart(|| arrivals(&real).map_or(0, |arrivals| arrivals.len()))?;
    real.kill();
    stage.kill(|| arrivals(&real).map_or(0, |arrivals| arrivals.len()))?;
    real.run()?;
    goes_on(&stage, &real)?;
    // What the killed collector had received it may or may not have written: it cannot say.
    let told = || Ok(Told { arrivals: arrivals(&real)?, ..Told::default() });
    let found = judge(&stage, told, |_, _| false)?;
    eprintln!(
        "{} events, {} copies, {} revised actions",
        found.events, found.copies, found.revised
    );
    ensure!(found.dead.is_empty(), "dead: {:?}", found.dead);
    ensure!(found.revised > 0, "no settled action was revised: the fold was not tried");
    Ok(())
}
