//! Sends bodies until the run is over and counts what came back.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::task::JoinSet;

mod client;
mod pace;
mod tally;

pub(crate) use client::{Answer, Sender, Target, http1_connection, open};
pub(crate) use pace::{Extent, Pace, Rate};
pub(crate) use tally::Tally;

use crate::bodies::Bodies;

/// The wait before a refused body is sent again; it doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// A request refused for so long is given up.
const GIVE_UP_AFTER: Duration = Duration::from_secs(30);

/// How a run goes.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) target: Target,
    /// Connections that gRPC requests share.
    pub(crate) connections: usize,
    /// Requests on their way at once, over all connections.
    pub(crate) in_flight: usize,
    /// Threads of the generator.
    pub(crate) threads: usize,
    pub(crate) rate: Rate,
    pub(crate) extent: Extent,
}

/// What came back.
pub(crate) struct Driven {
    pub(crate) tally: Tally,
    /// From the first request's turn to the last answer.
    pub(crate) elapsed: Duration,
}

/// Runs the plan to its end: every request sent has its answer.
pub(crate) fn drive(plan: &Plan, bodies: &Arc<Bodies>) -> anyhow::Result<Driven> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(plan.threads.max(1))
        .enable_all()
        .build()
        .context("cannot start the generator's threads")?;
    runtime.block_on(run(plan, bodies))
}

async fn run(plan: &Plan, bodies: &Arc<Bodies>) -> anyhow::Result<Driven> {
    let senders = client::open(&plan.target, plan.connections, plan.in_flight.max(1)).await?;
    let count = senders.len();
    let start = Instant::now();
    let pace = Arc::new(Pace::new(plan.rate, plan.extent, start));
    let mut working = JoinSet::new();
    for sender in senders {
        let work = Worker { sender, bodies: bodies.clone(), tally: Tally::new()? };
        working.spawn(work.run(pace.clone()));
    }
    let keeper = pace.clone();
    thread::Builder::new()
        .name("pace".to_owned())
        .spawn(move || keeper.keep(count))
        .context("cannot start the pacer's thread")?;
    let mut tally = Tally::new()?;
    while let Some(done) = working.join_next().await {
        tally.add(&done.context("a sender panicked")??)?;
    }
    Ok(Driven { tally, elapsed: start.elapsed() })
}

struct Worker {
    sender: Sender,
    bodies: Arc<Bodies>,
    tally: Tally,
}

impl Worker {
    async fn run(mut self, pace: Arc<Pace>) -> anyhow::Result<Tally> {
        while let Some(turn) = pace.next().await {
            self.deliver(turn).await?;
        }
        Ok(self.tally)
    }

    /// Sends one body until it is acknowledged, refused for good, or refused for too long.
    async fn deliver(&mut self, turn: Instant) -> anyhow::Result<()> {
        let body = self.bodies.stamp();
        let events = self.bodies.shape().batch as u64;
        let mut pause = FIRST_PAUSE;
        loop {
            match self.sender.send(body.clone()).await? {
                Answer::Acknowledged { rejected } => {
                    self.tally.acknowledged(events, rejected, turn.elapsed());
                    return Ok(());
                }
                Answer::Refused { code, retryable } => {
                    self.tally.refused(code);
                    if !retryable || turn.elapsed() > GIVE_UP_AFTER {
                        self.tally.given_up += 1;
                        return Ok(());
                    }
                }
            }
            tokio::time::sleep(pause).await;
            pause = LONGEST_PAUSE.min(pause * 2);
            self.tally.retried += 1;
        }
    }
}

#[cfg(test)]
mod tests;
