//! How soon what was acknowledged is in an answer to SQL, while the load runs.
//!
//! A probe is one request of two records, the decision about a tool call and its result, in a
//! conversation that nobody else has. From its acknowledgement on the same statement is asked
//! over HTTP until the answer holds it; the time counts to the end of that answer, so it holds the
//! cost of the statement too. Probes ask by turns for `events` and for `actions`.
//!
//! The prober has one connection for each door, and never asks two things at once: it is one
//! person beside the load, and what its statements cost is in the latency that is measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use hdrhistogram::Histogram;
use serde::Serialize;

use crate::api::{Api, ApiConnection};
use crate::bodies::call;
use crate::drive::{Answer, Sender, Target, open};

/// Probes a second.
const RATE: f64 = 10.0;
/// Before the same statement is asked again.
const PAUSE: Duration = Duration::from_millis(2);
/// A probe that is not visible by then ends the run.
const VISIBLE_WITHIN: Duration = Duration::from_mins(1);
/// Longest time told apart.
const LONGEST_US: u64 = 120_000_000;

/// Times from acknowledged to visible, in microseconds.
pub(crate) struct Freshness {
    events: Histogram<u64>,
    actions: Histogram<u64>,
}

/// Their figures.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Fresh {
    /// Probes of each table.
    pub(crate) probes: u64,
    pub(crate) events_p50_ms: f64,
    pub(crate) events_p99_ms: f64,
    pub(crate) actions_p50_ms: f64,
    pub(crate) actions_p99_ms: f64,
}

impl Freshness {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let empty =
            || Histogram::new_with_bounds(1, LONGEST_US, 3).context("cannot make the histogram");
        Ok(Self { events: empty()?, actions: empty()? })
    }

    pub(crate) fn add(&mut self, other: &Self) -> anyhow::Result<()> {
        self.events.add(&other.events).context("cannot add the histograms")?;
        self.actions.add(&other.actions).context("cannot add the histograms")
    }

    pub(crate) fn figures(&self) -> Fresh {
        let ms = |times: &Histogram<u64>, share| times.value_at_quantile(share) as f64 / 1e3;
        Fresh {
            probes: self.events.len().min(self.actions.len()),
            events_p50_ms: ms(&self.events, 0.5),
            events_p99_ms: ms(&self.events, 0.99),
            actions_p50_ms: ms(&self.actions, 0.5),
            actions_p99_ms: ms(&self.actions, 0.99),
        }
    }
}

/// Probes a server until told to stop; on a runtime of its own, so that it waits for nobody.
pub(crate) fn probe(
    target: &Target,
    api: &Api,
    stop: &Arc<AtomicBool>,
) -> anyhow::Result<Freshness> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("cannot start a runtime")?.block_on(async {
        let mut sender = open(target, 1, 1).await?.pop().context("no connection was opened")?;
        let mut connection = api.connect().await?;
        let mut found = Freshness::new()?;
        let began = Instant::now();
        for number in 0_u32.. {
            let due = began + Duration::from_secs_f64(f64::from(number) / RATE);
            tokio::time::sleep(due.saturating_duration_since(Instant::now())).await;
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let (table, times) = if number.is_multiple_of(2) {
                ("events", &mut found.events)
            } else {
                ("actions", &mut found.actions)
            };
            let took = once(&mut sender, &mut connection, table).await?;
            times.saturating_record(u64::try_from(took.as_micros()).unwrap_or(LONGEST_US));
        }
        Ok(found)
    })
}

/// One probe: the time from its acknowledgement to the answer that holds it.
async fn once(
    sender: &mut Sender,
    connection: &mut ApiConnection,
    table: &str,
) -> anyhow::Result<Duration> {
    let (session, body) = call()?;
    let answer = sender.send(body).await?;
    let acknowledged = Instant::now();
    anyhow::ensure!(
        matches!(answer, Answer::Acknowledged { rejected: 0 }),
        "a probe was refused: {answer:?}"
    );
    let statement = format!("select count(*) from {table} where session_id = '{session}'");
    loop {
        if connection.number(&statement).await? > 0 {
            return Ok(acknowledged.elapsed());
        }
        anyhow::ensure!(
            acknowledged.elapsed() < VISIBLE_WITHIN,
            "a probe is not in {table} after {} s",
            VISIBLE_WITHIN.as_secs()
        );
        tokio::time::sleep(PAUSE).await;
    }
}
