//! All clients of a plan put together: the requests in order of arrival, and the truth.

use std::collections::BTreeMap;

use crate::chance::Chance;
use crate::delivery::{self, Route};
use crate::draft::Process;
use crate::judge;
use crate::plan::{EPOCH_US, Plan};
use crate::story::Story;
use crate::truth::Truth;
use crate::{claude, codex};

/// What a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signal {
    /// `ExportLogsServiceRequest`.
    Logs,
    /// `ExportTraceServiceRequest`.
    Traces,
}

impl Signal {
    /// `logs` or `traces`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Logs => "logs",
            Self::Traces => "traces",
        }
    }
}

/// One export request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What it carries.
    pub signal: Signal,
    /// Whose token it came with.
    pub principal: String,
    /// The message, protobuf.
    pub body: Vec<u8>,
    /// When it arrives, by a clock that is right, in microseconds.
    pub sent_at_us: i64,
}

/// Requests and their truth.
#[derive(Debug, Clone, Default)]
pub struct Scenario {
    /// In the order of their arrival.
    pub requests: Vec<Request>,
    /// What really happened.
    pub truth: Truth,
}

/// Streams of chance for the clients that use an id that is not theirs.
const FOREIGN_STREAM: u64 = 1 << 40;

/// Generates a plan.
pub(crate) fn generate(plan: &Plan) -> Scenario {
    let mut scenario = Scenario::default();
    for number in 0..plan.sessions {
        add_client(plan, number, &mut scenario);
    }
    scenario.requests.sort_by_key(|request| request.sent_at_us);
    scenario
}

fn add_client(plan: &Plan, number: usize, scenario: &mut Scenario) {
    let mut chance = Chance::new(plan.seed, number as u64);
    let skewed = chance.happens("clock_skew", plan.knobs.clock_skew);
    let skew_us = if skewed { chance.millis(-3_600_000, 3_600_000) } else { 0 };
    let begins_us = EPOCH_US + chance.between(0, plan.window_us.max(1) - 1);
    let principal = format!("team-{}", number / 3);
    let is_codex = chance.coin(plan.codex_share);
    let foreign = is_codex && chance.happens("foreign_principal", plan.knobs.foreign_principal);
    let (story, processes, chance) = if is_codex {
        let (client, processes) = codex::session(&plan.knobs, chance, begins_us + skew_us, None);
        (client.story, processes, client.chance)
    } else {
        let (client, processes) = claude::session(&plan.knobs, chance, begins_us + skew_us);
        (client.story, processes, client.chance)
    };
    let id = story.conversations.first().map(|main| main.id.clone());
    let client = Client { story, processes, chance, principal, foreign: false };
    let route = Route { skew_us, not_before_us: i64::MIN };
    let first_us = add(plan, client, route, scenario);
    if let (true, Some(id), Some(first_us)) = (foreign, id, first_us) {
        let chance = Chance::new(plan.seed, FOREIGN_STREAM + number as u64);
        let (client, processes) =
            codex::session(&plan.knobs, chance, begins_us + 15_000_000, Some(id));
        let principal = format!("stranger-{number}");
        let (story, chance) = (client.story, client.chance);
        let client = Client { story, processes, chance, principal, foreign: true };
        let route = Route { skew_us: 0, not_before_us: first_us + 1_000_000 };
        add(plan, client, route, scenario);
    }
}

/// One client after its sessions.
pub(crate) struct Client {
    pub(crate) story: Story,
    pub(crate) processes: Vec<Process>,
    pub(crate) chance: Chance,
    pub(crate) principal: String,
    pub(crate) foreign: bool,
}

/// Delivers and judges; gives when the first request of the client arrived.
fn add(plan: &Plan, mut client: Client, route: Route, scenario: &mut Scenario) -> Option<i64> {
    let delivered = delivery::deliver(plan, &mut client, route);
    judge::judge(&client, &delivered.arrived, &mut scenario.truth);
    count(&mut scenario.truth.occurrences, &client.chance);
    let first = delivered.requests.iter().map(|request| request.sent_at_us).min();
    scenario.requests.extend(delivered.requests);
    first
}

fn count(all: &mut BTreeMap<&'static str, crate::Occurrence>, chance: &Chance) {
    for (knob, one) in &chance.occurrences {
        let sum = all.entry(knob).or_default();
        sum.asked += one.asked;
        sum.happened += one.happened;
    }
}
