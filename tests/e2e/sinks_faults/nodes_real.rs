//! A real OpenSearch that is killed while documents are sent to it.

use anyhow::ensure;
use seam_tests::real::Real;

use super::judge::{Arrival, Told, judge};
use super::kafka::{goes_on, waits};
use super::load::Load;
use super::stage::{SINK, Stage, await_state};
use crate::sinks_real::ids_of_stream;

/// Guarantees: a real node that is killed, alone and together with the server, has every event as
/// one document, and every settled action in its newest revision.
#[test]
fn a_killed_opensearch_loses_nothing() -> anyhow::Result<()> {
    let test = "a_killed_opensearch_loses_nothing";
    let Some(mut node) = Real::start(test, "opensearch", &[], &["java", "mvn"])? else {
        return Ok(());
    };
    let sink = format!(
        "kind = \"opensearch\"\nurl = \"{}\"\nformat = \"ecs\"\nlinger_ms = 10\nrequest_timeout_ms = 5000\n",
        node.url()
    );
    let mut stage = Stage::start(&sink, Load::slow(78, 8, None))?;
    stage.during(|server| {
        await_state(server, "held")?;
        server.seam_ok(&["sinks", "setup", SINK])?;
        goes_on(server, "it is set up")?;
        node.kill();
        waits(server)
    })?;
    node.run()?;
    stage.during(|server| goes_on(server, "after a kill of the node"))?;
    node.kill();
    stage.kill(|| 0)?;
    node.run()?;
    stage.during(|server| goes_on(server, "after a kill of both"))?;
    let told = || {
        let mut arrivals = Vec::new();
        for stream in ["event", "action"] {
            let ids = ids_of_stream(&node.url(), &format!("logs-seam.{stream}-default"))?;
            arrivals.extend(ids.into_iter().map(|id| Arrival { id, is_marked: None }));
        }
        // An id that stands there twice is a copy out of nothing.
        Ok(Told { arrivals, untold: Some(std::collections::BTreeSet::new()), ..Told::default() })
    };
    let found = judge(&stage, told, |_, _| false)?;
    eprintln!("{} events, {} revised actions", found.events, found.revised);
    ensure!(found.dead.is_empty() && found.copies == 0, "{found:?}");
    Ok(())
}
