//! One of those that are measured side by side: its server, and what was measured so far.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, anyhow};

use crate::bodies::Bodies;
use crate::drive::{Extent, Plan, Rate, drive};
use crate::figures::{Figures, Summary};
use crate::freshness::{self, Fresh, Freshness};
use crate::kept::Stored;
use crate::measure::measure;
use crate::server::Server;
use crate::suite::Subject;

/// Of the closed loop's rate, for the open loop.
const LOAD_SHARE: f64 = 0.5;
/// What Seam stored, whoever sent it.
const STORED: &str = "select count(*) from events";

/// What the runs of one case have in common.
pub(crate) struct Round {
    pub(crate) bodies: Arc<Bodies>,
    pub(crate) connections: usize,
    pub(crate) in_flight: usize,
    pub(crate) threads: usize,
    /// Of each run.
    pub(crate) length: Duration,
    /// Before a contender's first run.
    pub(crate) warmup: Duration,
}

/// A server under measurement. It runs from the first turn to the last; between its turns it is idle.
pub(crate) struct Contender {
    name: &'static str,
    server: Server,
    closed: Vec<Figures>,
    half: Vec<Figures>,
    fresh: Option<Fresh>,
    /// Records that it was sent, those of the warm-up too.
    events: u64,
}

impl Contender {
    pub(crate) fn of(name: &'static str, server: Server) -> Self {
        Self { name, server, closed: Vec::new(), half: Vec::new(), fresh: None, events: 0 }
    }

    /// A run as fast as it acknowledges.
    pub(crate) fn closed(&mut self, round: &Round) -> anyhow::Result<()> {
        let warmup = if self.closed.is_empty() { round.warmup } else { Duration::ZERO };
        let figures = self.measure(round, Rate::Closed, warmup)?;
        anyhow::ensure!(figures.requests_per_s > 0.0, "{} acknowledged nothing", self.name);
        self.closed.push(figures);
        Ok(())
    }

    /// A run at half the rate at which it acknowledged.
    pub(crate) fn half(&mut self, round: &Round) -> anyhow::Result<()> {
        let figures = self.measure(round, self.half_rate(), Duration::ZERO)?;
        self.half.push(figures);
        Ok(())
    }

    /// As many runs at half of what can be kept up, with a prober beside them; nothing where there
    /// is no SQL.
    pub(crate) fn freshness(&mut self, round: &Round, runs: u32) -> anyhow::Result<()> {
        let Some(api) = self.server.watched.flush.clone() else { return Ok(()) };
        let rate = Rate::Open(self.kept_up()? * LOAD_SHARE);
        let mut found = Freshness::new()?;
        for _ in 0..runs {
            self.server.watched.settle()?;
            let stop = Arc::new(AtomicBool::new(false));
            let (target, told) = (self.server.target.clone(), Arc::clone(&stop));
            let api = api.clone();
            let prober = thread::Builder::new()
                .name("prober".to_owned())
                .spawn(move || freshness::probe(&target, &api, &told))
                .context("cannot start the prober's thread")?;
            let driven = drive(&self.plan(round, rate), &round.bodies);
            stop.store(true, Ordering::Relaxed);
            let seen = prober.join().map_err(|_| anyhow!("the prober panicked"))?;
            driven?;
            found.add(&seen.context("cannot probe")?)?;
        }
        self.fresh = Some(found.figures());
        Ok(())
    }

    /// Its figures; its server ends.
    pub(crate) fn end(self) -> anyhow::Result<Subject> {
        let stored = match (&self.server.kept, &self.server.watched.flush) {
            (None, _) => None,
            (Some(kept), api) => {
                self.server.watched.settle()?;
                let events = match api {
                    Some(api) => api.number(STORED)?,
                    None => self.events,
                };
                Some(Stored { bytes: kept.bytes()?, events })
            }
        };
        Ok(Subject {
            name: self.name,
            closed: Summary::of(&self.closed),
            half: Summary::of(&self.half),
            stored,
            fresh: self.fresh,
        })
    }

    fn measure(&mut self, round: &Round, rate: Rate, warmup: Duration) -> anyhow::Result<Figures> {
        let before = round.bodies.made();
        let plan = self.plan(round, rate);
        let figures = measure(&plan, &round.bodies, Some(&self.server.watched), warmup)
            .with_context(|| format!("cannot measure {}", self.name))?;
        self.events += (round.bodies.made() - before) * round.bodies.shape().batch as u64;
        Ok(figures)
    }

    fn plan(&self, round: &Round, rate: Rate) -> Plan {
        Plan {
            target: self.server.target.clone(),
            connections: round.connections,
            in_flight: round.in_flight,
            threads: round.threads,
            rate,
            extent: Extent::Time(round.length),
        }
    }

    fn half_rate(&self) -> Rate {
        Rate::Open(Summary::of(&self.closed).requests_per_s * LOAD_SHARE)
    }

    /// The requests a second for which this machine has the processors, with all that follows from
    /// them and with their making: a log takes more for a while.
    fn kept_up(&self) -> anyhow::Result<f64> {
        let summary = Summary::of(&self.closed);
        let cores = thread::available_parallelism().context("cannot count the processors")?;
        let per_million = summary.server_cpu_s_per_million + summary.generator_cpu_s_per_million;
        let events_per_s = cores.get() as f64 * 1e6 / per_million;
        let kept_up = summary.requests_per_s * events_per_s / summary.events_per_s;
        Ok(kept_up.min(summary.requests_per_s))
    }
}
