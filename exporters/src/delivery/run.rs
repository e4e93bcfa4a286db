//! A delivery at work: one loop that fills the window, lets batches leave, and moves the cursor.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use seam_schema::redact::Profile;
use tokio::sync::watch;

use super::backoff::pause;
use super::batch::{Batch, Next};
use super::clock::Clock;
use super::cursor::{Cursor, Saved};
use super::doubt::Doubt;
use super::encode::Encode;
use super::entries::Rows;
use super::filter::Filter;
use super::health::Health;
use super::options::DeliveryOptions;
use super::orders::{Order, Told};
use super::ports::{Alarm, Alarms, DeadLetters, Keeper, Lane, Pulled, Source, SourceError};
use super::sending::{probe, send};
use super::status::{Status, add};
use super::window::Window;
use crate::destination::{Destination, Limits};
use crate::outcome::Outcome;

mod ended;
mod filling;
mod keeping;
mod letters;

/// Everything a delivery is made of.
pub struct Delivery {
    /// The destination's name.
    pub name: String,
    /// Where records go.
    pub destination: Arc<dyn Destination>,
    /// Where rows come from, from the saved cursor on.
    pub source: Box<dyn Source>,
    /// Which of them are sent.
    pub filter: Filter,
    /// What is taken out of them first.
    pub redact: Arc<Profile>,
    /// What is sent of them.
    pub encode: Arc<dyn Encode>,
    /// Where the cursor is kept.
    pub keeper: Arc<dyn Keeper>,
    /// Where dead letters go.
    pub dead_letters: Arc<dyn DeadLetters>,
    /// Who is told of a hold.
    pub alarms: Arc<dyn Alarms>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// How it works.
    pub options: DeliveryOptions,
    /// What was kept when it ran last; nothing for one that never ran.
    pub saved: Option<Saved>,
    /// Every record was sent before: a replay.
    pub replays: bool,
    /// The records are dead letters: those that arrive are said to have been delivered.
    pub revives: bool,
    /// What it shows of itself.
    pub status: Arc<Status>,
}

/// Something that was under way and has ended.
enum Did {
    Sent(Batch, Vec<Outcome>),
    Buried(Vec<u64>),
    Kept(Saved, u64, Result<(), String>),
    Probed(Result<(), String>),
}

/// What woke the loop.
enum Woken {
    Did(Did),
    Pulled(Result<Pulled, SourceError>),
    Ordered(bool),
    Time,
}

impl Delivery {
    /// Sends until told to stop, or until the source ends. May be dropped at any await: what was
    /// under way is sent again by the next delivery that starts from what was kept.
    pub async fn run(self, orders: watch::Receiver<Told>) {
        let mut running = Running::new(self, orders);
        if running.keep_first().await {
            running.work_on().await;
        }
        running.end().await;
    }
}

/// A delivery at work.
struct Running {
    delivery: Delivery,
    limits: Limits,
    orders: watch::Receiver<Told>,
    /// What it was told last.
    told: Told,
    order: Order,
    window: Window,
    health: Health,
    random: fastrand::Rng,
    /// How far it is.
    cursor: Cursor,
    /// What is durable.
    kept: Saved,
    /// The number of the first entry behind it.
    kept_first: u64,
    keeping: bool,
    keep_at: Duration,
    work: FuturesUnordered<BoxFuture<'static, Did>>,
    in_flight: usize,
    burying: usize,
    /// What is left of the rows that were pulled.
    rows: Option<Rows>,
    buffer: Vec<u8>,
    source_ended: bool,
    pull_at: Duration,
    pull_failures: u32,
    pulled_at: Duration,
    resting: bool,
    doubt: Doubt,
    stop_by: Option<Duration>,
    next_batch_at: Option<Duration>,
}

impl Running {
    fn new(delivery: Delivery, orders: watch::Receiver<Told>) -> Self {
        let limits = delivery.destination.limits();
        let saved = delivery.saved.as_ref();
        let most = delivery.options.resend_records();
        let mut doubt = Doubt::new(saved, most, delivery.clock.unix_us());
        if delivery.filter.no_actions {
            doubt.pass(Lane::Actions);
        }
        let kept = saved.cloned().unwrap_or_default();
        let random =
            delivery.options.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        let now = delivery.clock.now();
        let told = *orders.borrow();
        Self {
            window: Window::new(),
            limits,
            order: told.order(),
            told,
            orders,
            health: Health::default(),
            random,
            cursor: kept.cursor.clone(),
            kept_first: 0,
            keeping: false,
            keep_at: now,
            work: FuturesUnordered::new(),
            in_flight: 0,
            burying: 0,
            rows: None,
            buffer: Vec::new(),
            source_ended: false,
            pull_at: now,
            pull_failures: 0,
            pulled_at: now,
            resting: false,
            doubt,
            stop_by: None,
            next_batch_at: None,
            kept,
            delivery,
        }
    }

    async fn work_on(&mut self) {
        loop {
            self.obey();
            self.fill();
            self.dispatch();
            self.probe();
            self.keep();
            self.rest();
            self.show();
            if self.is_done() {
                return;
            }
            let more = self.rows.is_some() && self.takes_rows();
            match self.woken(more).await {
                Woken::Did(did) => self.did(did),
                Woken::Pulled(pulled) => self.pulled(pulled),
                Woken::Ordered(there) => {
                    if !there {
                        self.order = Order::Stop;
                    }
                }
                Woken::Time => {}
            }
        }
    }

    /// Waits until there is something to do; hardly at all if `more` rows are at hand.
    async fn woken(&mut self, more: bool) -> Woken {
        let until = self.wake_at();
        let pulls = self.pulls() && self.pull_at <= self.now();
        let stopping = self.order == Order::Stop;
        let clock = &self.delivery.clock;
        tokio::select! {
            biased;
            changed = self.orders.changed(), if !stopping => Woken::Ordered(changed.is_ok()),
            Some(did) = self.work.next(), if !self.work.is_empty() => Woken::Did(did),
            () = tokio::task::yield_now(), if more => Woken::Time,
            pulled = self.delivery.source.next(), if pulls => Woken::Pulled(pulled),
            () = clock.sleep_until(until.unwrap_or_default()), if until.is_some() => Woken::Time,
            else => Woken::Ordered(false),
        }
    }

    /// Whether rows are wanted.
    fn pulls(&self) -> bool {
        self.order == Order::Run
            && self.rows.is_none()
            && !self.source_ended
            && self.health.held().is_none()
            && self.has_room()
    }

    /// Whether more rows may come into the window: it is bounded, and so is what a restart would
    /// have to take for sent.
    fn has_room(&self) -> bool {
        let options = &self.delivery.options;
        self.window.has_room(options)
            && self.window.since(self.kept_first) < options.resend_records()
    }

    fn obey(&mut self) {
        let told = *self.orders.borrow_and_update();
        self.told = told;
        if self.order != Order::Stop {
            self.order = told.order();
        }
        if self.order == Order::Stop && self.stop_by.is_none() {
            self.stop_by = Some(self.now() + self.delivery.options.stop_within);
        }
    }

    /// Lets batches leave.
    fn dispatch(&mut self) {
        self.next_batch_at = None;
        self.limits = self.delivery.destination.limits();
        let (now, options) = (self.now(), self.delivery.options);
        let opens = self.health.opens_at().filter(|_| self.order == Order::Run);
        let Some(opens) = opens.filter(|_| self.window.open() > 0) else { return };
        if opens > now {
            self.next_batch_at = Some(opens);
            return;
        }
        let most = if self.health.is_on_trial() { 1 } else { self.limits.in_flight.max(1) };
        // A window that takes no more, or a source without more, is not worth waiting for.
        let no_linger = !self.has_room() || self.source_ended;
        while self.in_flight < most {
            match self.window.next_batch(&self.limits, &options, now, no_linger) {
                Next::Batch(batch) => self.leave(batch),
                Next::At(at) => {
                    self.next_batch_at = Some(at);
                    return;
                }
                Next::Nothing => return,
            }
        }
    }

    fn leave(&mut self, batch: Batch) {
        self.in_flight += 1;
        let destination = Arc::clone(&self.delivery.destination);
        self.work.push(Box::pin(async move {
            let outcomes = send(destination.as_ref(), &batch.records).await;
            Did::Sent(batch, outcomes)
        }));
    }

    /// Asks a held destination whether it takes records again.
    fn probe(&mut self) {
        let due = self.health.probe_at().is_some_and(|at| at <= self.now());
        if !due || self.order != Order::Run || self.in_flight > 0 {
            return;
        }
        self.health.probing();
        let destination = Arc::clone(&self.delivery.destination);
        self.work.push(Box::pin(async move { Did::Probed(probe(destination.as_ref()).await) }));
    }

    /// Lets the source rest when nothing is taken from it for long.
    fn rest(&mut self) {
        if !self.resting && !self.pulls() && self.rest_at() <= self.now() {
            self.resting = true;
            self.delivery.source.rest();
        }
    }

    fn rest_at(&self) -> Duration {
        self.pulled_at + self.delivery.options.rest_after
    }

    /// When there may be something to do although nothing happens.
    fn wake_at(&self) -> Option<Duration> {
        let running = self.order == Order::Run;
        let probe = self.health.probe_at().filter(|_| running && self.in_flight == 0);
        let moved = self.kept.cursor != self.cursor || self.kept.paused != self.told.paused;
        let keep = (moved && !self.keeping && self.order != Order::Stop).then_some(self.keep_at);
        let pull = (self.pulls() && self.pull_at > self.now()).then_some(self.pull_at);
        let rest = (!self.resting && !self.pulls() && !self.source_ended).then(|| self.rest_at());
        let all = [self.next_batch_at, probe, keep, pull, rest, self.stop_by];
        all.into_iter().flatten().min()
    }

    fn is_done(&self) -> bool {
        if let Some(stop_by) = self.stop_by {
            return (self.in_flight == 0 && self.burying == 0) || stop_by <= self.now();
        }
        self.source_ended
            && self.rows.is_none()
            && self.window.open() == 0
            && self.in_flight == 0
            && self.burying == 0
    }

    fn show(&mut self) {
        use std::sync::atomic::Ordering::Relaxed;
        let status = &self.delivery.status;
        status.window_records.store(self.window.open() as u64, Relaxed);
        status.window_bytes.store(self.window.bytes() as u64, Relaxed);
        status.oldest_us.store(self.window.oldest_us().unwrap_or(0), Relaxed);
        status.set_state(self.health.trouble(), self.order == Order::Pause, &self.cursor);
    }

    fn now(&self) -> Duration {
        self.delivery.clock.now()
    }

    fn trouble(&self, what: &str) {
        tracing::warn!(sink = self.delivery.name, what, "sending on has trouble");
        self.delivery.status.set_trouble(what);
    }

    fn pause(&mut self, failures: u32, asked: Option<Duration>) -> Duration {
        pause(&self.delivery.options, failures, asked, &mut self.random)
    }
}
