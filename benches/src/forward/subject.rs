//! One of those that are compared, and what its runs cost.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use super::place::Place;
use crate::bare;
use crate::bodies::Bodies;
use crate::drive::{Extent, Plan, drive};
use crate::figures::{median, per_million};
use crate::process::Process;
use crate::server::Server;
use crate::sink::{KeptRequest, KeptRequests, Sink, SinkOptions};

/// How long what was sent may take to arrive.
const ARRIVE_WITHIN: Duration = Duration::from_mins(5);
/// As many requests at once as Seam sends.
const IN_FLIGHT: usize = 4;

/// What the runs have in common.
pub(super) struct Round {
    pub(super) bodies: Arc<Bodies>,
    pub(super) plan: Plan,
}

/// What one thing at a destination is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// A record.
    Event,
    /// All records of a request.
    Request,
}

/// Whom a cost is to be compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    Seam,
    Otelcol,
    /// A client that has nothing to do but send.
    Bare,
}

/// A server, with or without a destination. It runs from the first turn to the last.
pub(super) struct Subject {
    whose: Whose,
    name: String,
    server: Server,
    place: Place,
    unit: Unit,
    /// What should have arrived so far.
    expected: u64,
    costs: Vec<f64>,
}

/// What one of them costs.
pub(super) struct Cost {
    pub(super) whose: Whose,
    pub(super) name: String,
    /// Whether it sends nothing on: what the others of its kind are measured against.
    pub(super) is_base: bool,
    /// CPU seconds per million events, all that the process does.
    pub(super) whole: f64,
}

impl Subject {
    pub(super) fn new(
        (whose, name): (Whose, &str),
        server: Server,
        place: Place,
        unit: Unit,
    ) -> Self {
        let (name, costs) = (name.to_owned(), Vec::new());
        Self { whose, name, server, place, unit, expected: 0, costs }
    }

    /// Sends for a while, and waits until that has gone on.
    pub(super) fn warm_up(&mut self, round: &Round, length: Duration) -> anyhow::Result<()> {
        self.send(round, Extent::Time(length)).map(drop)
    }

    /// One run, from the first request until everything has arrived and the server is idle.
    pub(super) fn turn(&mut self, round: &Round) -> anyhow::Result<()> {
        let cost = self.send(round, round.plan.extent)?;
        self.costs.push(cost);
        Ok(())
    }

    fn send(&mut self, round: &Round, extent: Extent) -> anyhow::Result<f64> {
        let told = || format!("cannot measure {}", self.name);
        let watched = &self.server.watched;
        watched.settle().with_context(told)?;
        let before = watched.process.cpu_seconds()?;
        let plan = Plan { target: self.server.target.clone(), extent, ..round.plan.clone() };
        let driven = drive(&plan, &round.bodies).with_context(told)?;
        let tally = &driven.tally;
        ensure!(
            tally.given_up == 0 && tally.rejected_events == 0,
            "{} refused requests",
            self.name
        );
        self.expected += match self.unit {
            Unit::Event => tally.events,
            Unit::Request => tally.requests,
        };
        self.wait_until_arrived()?;
        let cost = self.server.watched.process.cpu_seconds()? - before;
        Ok(per_million(cost, tally.events))
    }

    /// Waits until the server is idle and everything has arrived, once.
    fn wait_until_arrived(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + ARRIVE_WITHIN;
        loop {
            self.server.watched.settle()?;
            let Some(arrived) = self.place.arrived()? else { return Ok(()) };
            let Self { name, expected, .. } = self;
            ensure!(arrived <= *expected, "{name}: {arrived} arrived, only {expected} were sent");
            if arrived == *expected {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "{name}: only {arrived} of {expected} arrived");
        }
    }

    pub(super) fn cost(&self) -> Cost {
        Cost {
            whose: self.whose,
            name: self.name.clone(),
            is_base: matches!(self.place, Place::Nowhere),
            whole: median(self.costs.iter().copied()),
        }
    }
}

/// The client that sends what Seam sent.
pub(super) struct ReadyMade {
    requests: Vec<KeptRequest>,
    sink: Sink,
    costs: Vec<f64>,
}

impl ReadyMade {
    pub(super) fn new(kept: &Path, parent: &Path) -> anyhow::Result<Self> {
        let requests: anyhow::Result<Vec<_>> = KeptRequests::open(kept)?.collect();
        Ok(Self {
            requests: requests?,
            sink: Sink::start(parent, SinkOptions::default())?,
            costs: Vec::new(),
        })
    }

    pub(super) fn turn(&mut self) -> anyhow::Result<()> {
        let before = self.sink.counted()?.events;
        let requests = self.requests.clone();
        let cpu_before = Process::this().cpu_seconds()?;
        bare::send(requests.into_iter().map(Ok), self.sink.address, IN_FLIGHT)?;
        let cost = Process::this().cpu_seconds()? - cpu_before;
        let events = self.sink.counted()?.events - before;
        self.costs.push(per_million(cost, events));
        Ok(())
    }

    pub(super) fn cost(&self) -> Cost {
        Cost {
            whose: Whose::Bare,
            name: "bare client".to_owned(),
            is_base: false,
            whole: median(self.costs.iter().copied()),
        }
    }
}
