//! A world for deliveries: rows, a destination that follows a script, what is durable.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use seam_schema::ids::{LogId, Offset, RequestDigest, Sequence};
use seam_schema::table::dead_letters::{DEAD, Letter};

use super::super::*;
use super::rows::{Ids, Numbers, action_id};
use super::time::{VirtualClock, run};
use crate::{Destination, Limits, Outcome, Record, Step};

/// What the next call of `send` does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act {
    /// Takes what is good, refuses what is poison.
    Take,
    /// Takes nothing now.
    Retry(Option<Duration>),
    /// Takes some and breaks off.
    Break,
    /// Takes nothing until `probe` was asked so often.
    Hold(u32),
    /// Takes every other record, and the others later.
    Half,
    Panic,
}

/// What there is beside the delivery, and outlives it.
#[derive(Default)]
pub(super) struct World {
    pub(super) rows: usize,
    /// Frames that settle actions.
    pub(super) frames: usize,
    /// How many each of them settles.
    pub(super) actions_a_frame: i64,
    /// When a frame of a lane was first there to be read.
    pub(super) received_us: BTreeMap<(Lane, i64), i64>,
    pub(super) delivered: Vec<(String, i64, bool)>,
    pub(super) letters: Vec<Letter>,
    pub(super) kept: Option<Saved>,
    pub(super) script: Vec<Act>,
    pub(super) calls: Vec<(Duration, usize)>,
    pub(super) alarms: Vec<Alarm>,
    pub(super) keeper_fails: u32,
    pub(super) bury_fails: u32,
    pub(super) probes_left: u32,
    pub(super) in_flight: usize,
    pub(super) in_flight_most: usize,
    pub(super) busy: BTreeSet<String>,
    pub(super) rests: u32,
}

#[derive(Clone)]
pub(super) struct Rig {
    pub(super) world: Arc<Mutex<World>>,
    pub(super) clock: Arc<VirtualClock>,
    pub(super) limits: Limits,
    pub(super) options: DeliveryOptions,
    pub(super) filter: Filter,
    /// Refuses a batch as a whole when one of it is bad.
    pub(super) whole: bool,
    /// The source ends after its rows.
    pub(super) ends: bool,
    /// The event that makes its encoding panic; 0 for none.
    pub(super) unwritable: i64,
}

pub(super) const LOG: LogId = LogId::from_bytes([7; 16]);

/// Every so many rows one is refused for good.
pub(super) const POISON_EVERY: i64 = 13;

pub(super) fn is_poison(sequence: i64) -> bool {
    sequence % POISON_EVERY == 0
}

pub(super) fn id_of(sequence: i64) -> String {
    RequestDigest::from_bytes([1; 12]).event_id(sequence).to_string()
}

impl Rig {
    pub(super) fn new(rows: usize) -> Self {
        let world = World { rows, actions_a_frame: 3, ..World::default() };
        Self {
            world: Arc::new(Mutex::new(world)),
            clock: Arc::default(),
            limits: Limits { records: 10, bytes: 1 << 20, document_bytes: 4096, in_flight: 3 },
            options: DeliveryOptions { seed: Some(1), ..DeliveryOptions::default() },
            filter: Filter::default(),
            whole: false,
            ends: true,
            unwritable: 0,
        }
    }

    pub(super) fn script(self, acts: impl IntoIterator<Item = Act>) -> Self {
        let mut script: Vec<Act> = acts.into_iter().collect();
        script.reverse();
        self.world().script = script;
        self
    }

    pub(super) fn world(&self) -> std::sync::MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    pub(super) fn delivery(&self, status: &Arc<Status>) -> Delivery {
        let saved = self.world().kept.clone();
        let cursor = saved.as_ref().map(|saved| saved.cursor.clone()).unwrap_or_default();
        Delivery {
            name: "siem".to_owned(),
            destination: Arc::new(self.clone()),
            source: Box::new(Numbers::from(self.clone(), &cursor)),
            filter: self.filter.clone(),
            redact: Arc::default(),
            encode: Arc::new(Ids { unwritable: self.unwritable }),
            keeper: Arc::new(self.clone()),
            dead_letters: Arc::new(self.clone()),
            alarms: Arc::new(self.clone()),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            options: self.options,
            saved,
            replays: false,
            revives: false,
            status: Arc::clone(status),
        }
    }

    /// Runs a delivery for so many polls, or to its end; true if it ended. Then it is killed.
    pub(super) fn run_for(&self, polls: usize) -> bool {
        self.live(polls, false)
    }

    /// The same, but it is told to stop then, and runs to its end.
    pub(super) fn stop_after(&self, polls: usize) {
        self.live(polls, true);
    }

    fn live(&self, polls: usize, stops: bool) -> bool {
        {
            let mut world = self.world();
            world.in_flight = 0;
            world.busy.clear();
        }
        let (orders, receiver) = Orders::new(Order::Run);
        let mut delivery = Box::pin(self.delivery(&Arc::default()).run(receiver));
        let long = Duration::from_hours(100_000);
        let ended = run(&self.clock, delivery.as_mut(), polls, long);
        if stops && !ended {
            orders.give(Order::Stop);
            assert!(run(&self.clock, delivery, usize::MAX, long), "it did not stop");
        }
        ended
    }

    /// What holds after every end: everything is there or among the dead, and what came twice
    /// said so.
    pub(super) fn judge(&self) {
        let world = self.world();
        let mut first: BTreeMap<&str, i64> = BTreeMap::new();
        for (id, sequence, redelivery) in &world.delivered {
            assert!(id.contains('.') || !is_poison(*sequence), "{id} was poison");
            let known = first.insert(id, *sequence);
            assert!(known.is_none() || *redelivery, "{id} came twice and did not say so");
        }
        let dead: BTreeSet<&str> =
            world.letters.iter().map(|letter| letter.record_id.as_str()).collect();
        for sequence in 1..=i64::try_from(world.rows).unwrap() {
            let id = id_of(sequence);
            let (there, gone) = (first.contains_key(id.as_str()), dead.contains(id.as_str()));
            assert!(there || gone, "{id} is lost");
            assert_eq!(gone, is_poison(sequence) || sequence == self.unwritable, "{id}");
        }
        for frame in 1..=i64::try_from(world.frames).unwrap() {
            let revision = world.received_us[&(Lane::Actions, frame)];
            for number in 0..world.actions_a_frame {
                let id = format!("{}.{revision}", action_id(frame, number));
                assert!(
                    first.contains_key(id.as_str()),
                    "action {number} of frame {frame} is lost"
                );
            }
        }
        let kept = world.kept.as_ref().unwrap();
        let rows = i64::try_from(world.rows).unwrap();
        let last = Offset { log_id: LOG, sequence: Sequence(rows), index: 0 };
        assert!(kept.cursor.is_past(Lane::Events, last), "{kept:?}");
    }
}

#[async_trait]
impl Destination for Rig {
    fn limits(&self) -> Limits {
        self.limits
    }

    fn refuses_whole_batches(&self) -> bool {
        self.whole
    }

    async fn send(&self, records: &[Record]) -> Vec<Outcome> {
        let sessions: BTreeSet<String> =
            records.iter().map(|record| record.session_id.to_string()).collect();
        let act = {
            let mut world = self.world();
            let at = self.clock.now();
            world.calls.push((at, records.len()));
            world.in_flight += 1;
            world.in_flight_most = world.in_flight_most.max(world.in_flight);
            for session in &sessions {
                assert!(world.busy.insert(session.clone()), "{session} is in two batches");
            }
            world.script.pop().unwrap_or(Act::Take)
        };
        let outcomes = self.act(act, records).await;
        let mut world = self.world();
        world.in_flight -= 1;
        for session in &sessions {
            world.busy.remove(session);
        }
        outcomes
    }

    async fn probe(&self) -> Result<(), String> {
        let mut world = self.world();
        world.probes_left = world.probes_left.saturating_sub(1);
        if world.probes_left == 0 { Ok(()) } else { Err("still closed".to_owned()) }
    }

    async fn check(&self) -> Vec<Step> {
        Vec::new()
    }

    async fn set_up(&self, _: bool) -> Vec<Step> {
        Vec::new()
    }
}

/// Of events only; what is asked of the destination.
fn is_bad(record: &Record) -> bool {
    record.kind != "action" && is_poison(record.offset.sequence.0)
}

impl Rig {
    async fn take(&self, record: &Record) -> Outcome {
        let sequence = record.offset.sequence.0;
        if is_bad(record) {
            return Outcome::Refused { reason: "code 400".to_owned() };
        }
        self.world().delivered.push((record.id.to_string(), sequence, record.redelivery));
        // What is killed from here on was taken, and nobody knows.
        self.clock.sleep_until(self.clock.now() + Duration::from_micros(100)).await;
        Outcome::Delivered
    }

    async fn act(&self, act: Act, records: &[Record]) -> Vec<Outcome> {
        let all = |outcome: Outcome| vec![outcome; records.len()];
        let reason = || "said so".to_owned();
        self.clock.sleep_until(self.clock.now() + Duration::from_millis(3)).await;
        let mut outcomes = Vec::new();
        match act {
            Act::Take => {
                let poison = records.iter().any(is_bad);
                if self.whole && poison {
                    return all(Outcome::Refused { reason: reason() });
                }
                for record in records {
                    outcomes.push(self.take(record).await);
                }
            }
            Act::Half => {
                for (at, record) in records.iter().enumerate() {
                    let later = Outcome::Retry { after: None, reason: reason() };
                    let takes = at % 2 == 0;
                    outcomes.push(if takes { self.take(record).await } else { later });
                }
            }
            Act::Break => {
                for record in records.iter().take(records.len() / 2) {
                    if !is_bad(record) {
                        self.take(record).await;
                    }
                }
                return all(Outcome::Ambiguous { reason: reason() });
            }
            Act::Retry(after) => return all(Outcome::Retry { after, reason: reason() }),
            Act::Hold(probes) => {
                self.world().probes_left = probes;
                return all(Outcome::Hold { reason: "wrong token".to_owned() });
            }
            Act::Panic => {
                self.world().busy.clear();
                panic!("the destination panics, as the script says")
            }
        }
        outcomes
    }
}

#[async_trait]
impl Keeper for Rig {
    async fn keep(&self, saved: &Saved) -> Result<(), String> {
        self.clock.sleep_until(self.clock.now() + Duration::from_millis(1)).await;
        let mut world = self.world();
        if world.keeper_fails > 0 {
            world.keeper_fails -= 1;
            return Err("the disk is full".to_owned());
        }
        world.kept = Some(saved.clone());
        Ok(())
    }
}

#[async_trait]
impl DeadLetters for Rig {
    async fn bury(&self, _: &str, letters: Vec<Letter>) -> Result<(), String> {
        self.clock.sleep_until(self.clock.now() + Duration::from_millis(2)).await;
        let mut world = self.world();
        if world.bury_fails > 0 {
            world.bury_fails -= 1;
            return Err("the log is full".to_owned());
        }
        assert!(letters.iter().all(|letter| letter.state == DEAD && letter.sink == "siem"));
        world.letters.extend(letters);
        Ok(())
    }
}

impl Alarms for Rig {
    fn raise(&self, alarm: Alarm) {
        self.world().alarms.push(alarm);
    }
}
