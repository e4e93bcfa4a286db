//! The running destinations.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use futures::FutureExt as _;
use seam_disk::Disk;
use seam_exporters::delivery::{
    Clock, DeadLetters, Delivery, Lane, Order, Orders, Status, TokioClock,
};
use seam_exporters::{Destination, Step};
use seam_schema::project::{Content, Observer};
use seam_schema::redact::Profile;
use seam_schema::table::Table;
use seam_store::Store;
use seam_store::cursors::Cursors;
use seam_store::replays::Replays;
use seam_wal::SegmentLog;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::alarms::AlarmBell;
use super::build::{Built, build, options};
use super::keeper::FolderKeeper;
use super::letters::LogLetters;
use super::source::{TableSource, position};
use super::threads::SinkThreads;
use super::view::SinkView;
use crate::config::sinks::SinkConfig;

/// How long a pause may take to be on stable storage.
const KEPT_WITHIN: Duration = Duration::from_secs(5);

/// What destinations are made of.
pub(crate) struct Parts<'p> {
    pub(crate) sinks: &'p [SinkConfig],
    /// What may be taken out of rows before they are sent, by name.
    pub(crate) profiles: BTreeMap<String, Arc<Profile>>,
    pub(crate) store: &'p Store,
    pub(crate) log: &'p SegmentLog,
    pub(crate) disk: Arc<dyn Disk>,
    /// The machine.
    pub(crate) host: String,
}

/// The destinations of a running server.
pub(crate) struct Sinks {
    pub(super) all: Vec<Arc<Sink>>,
    pub(super) store: Store,
    pub(super) letters: Arc<dyn DeadLetters>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) bell: AlarmBell,
    pub(super) replays: Replays,
    /// What runs beside the deliveries: replays.
    pub(super) others: Mutex<Vec<Beside>>,
    threads: SinkThreads,
}

/// What runs beside the deliveries.
pub(super) struct Beside {
    /// Whose records it sends, if it sends any.
    pub(super) sink: Option<String>,
    pub(super) orders: Orders,
    pub(super) task: JoinHandle<()>,
}

/// One of them.
pub(super) struct Sink {
    pub(super) config: SinkConfig,
    pub(super) built: Built,
    pub(super) redact: Arc<Profile>,
    pub(super) status: Arc<Status>,
    orders: Orders,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Sinks {
    /// Makes them all and lets them run; an error names the sink that cannot be made.
    pub(crate) fn start(parts: Parts<'_>) -> anyhow::Result<Self> {
        let Parts { sinks: configs, profiles, store, log, disk, host } = parts;
        let threads = SinkThreads::start().context("cannot start the threads that send on")?;
        let handle = threads.handle().cloned().ok_or_else(|| anyhow!("the server is ending"))?;
        let observer = Observer {
            name: host.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            instance_id: store.log_id().to_string(),
        };
        let cursors = Cursors::new(Arc::clone(&disk));
        let bell = AlarmBell::hang(configs, &host, &handle)?;
        let mut sinks = Self {
            all: Vec::new(),
            store: store.clone(),
            letters: Arc::new(LogLetters::new(log.clone())),
            clock: Arc::new(TokioClock::default()),
            bell,
            replays: Replays::new(disk),
            others: Mutex::default(),
            threads,
        };
        for config in configs {
            // Making a client of a library may want a runtime.
            let _entered = handle.enter();
            let named = || format!("cannot make the sink `{}`", config.name);
            if let Some(built) = build(config, &observer).with_context(named)? {
                let keeper = FolderKeeper::new(cursors.clone(), &config.name);
                let redact = profiles.get(config.text("redaction")).cloned().unwrap_or_default();
                let sink = sinks.run(config, built, redact, keeper, &handle);
                sinks.all.push(Arc::new(sink));
            }
        }
        Ok(sinks)
    }

    fn run(
        &self,
        config: &SinkConfig,
        built: Built,
        redact: Arc<Profile>,
        keeper: FolderKeeper,
        handle: &Handle,
    ) -> Sink {
        let (orders, receiver) = Orders::new(Order::Run);
        let status: Arc<Status> = Arc::default();
        let (own, task) = (config.clone(), Mutex::default());
        let sink = Sink { config: own, built, redact, status, orders, task };
        let saved = match keeper.read() {
            Ok(saved) => saved,
            // One sink is no reason to take nothing in.
            Err(error) => {
                self.bell.ring("ended", Some(&config.name), &error.to_string());
                sink.status.set_failed(&error.to_string());
                return sink;
            }
        };
        let cursor = saved.as_ref().map(|saved| saved.cursor.clone()).unwrap_or_default();
        let paused = saved.as_ref().is_some_and(|saved| saved.paused);
        if paused {
            sink.orders.give(Order::Pause);
        }
        let actions = !config.filter.no_actions;
        let source = TableSource::new(self.store.clone(), handle.clone(), &cursor, actions);
        let delivery = Delivery {
            name: config.name.clone(),
            destination: Arc::clone(&sink.built.destination),
            source: Box::new(source),
            filter: config.filter.clone(),
            redact: Arc::clone(&sink.redact),
            encode: Arc::clone(&sink.built.encode),
            keeper: Arc::new(keeper),
            dead_letters: Arc::clone(&self.letters),
            alarms: Arc::new(self.bell.clone()),
            clock: Arc::clone(&self.clock),
            options: options(config),
            saved,
            replays: false,
            revives: false,
            status: Arc::clone(&sink.status),
        };
        tracing::info!(sink = config.name, kind = config.kind.as_str(), paused, "sends on");
        let task = handle.spawn(self.watched(config, &sink.status, delivery.run(receiver)));
        *sink.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
        sink
    }

    /// A delivery that says so when it panics: nobody else would.
    fn watched(
        &self,
        config: &SinkConfig,
        status: &Arc<Status>,
        delivery: impl Future<Output = ()> + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (name, status, bell) = (config.name.clone(), Arc::clone(status), self.bell.clone());
        async move {
            if AssertUnwindSafe(delivery).catch_unwind().await.is_err() {
                let why = "a defect of seam: its delivery panicked; a restart goes on where it was";
                status.set_failed(why);
                bell.ring("ended", Some(&name), why);
            }
        }
    }

    pub(super) fn handle(&self) -> Option<Handle> {
        self.threads.handle().cloned()
    }

    pub(super) fn find(&self, name: &str) -> Option<&Arc<Sink>> {
        self.all.iter().find(|sink| sink.config.name == name)
    }

    /// Who rings alarms.
    pub(crate) fn bell(&self) -> &AlarmBell {
        &self.bell
    }

    /// Pauses one, or lets it go on; nothing if there is none of that name, false if that is not
    /// on stable storage after a while.
    pub(crate) async fn pause(&self, name: &str, paused: bool) -> Option<bool> {
        let sink = self.find(name)?;
        sink.orders.give(if paused { Order::Pause } else { Order::Run });
        Some(timeout(KEPT_WITHIN, sink.status.pause_kept(paused)).await.is_ok())
    }

    /// Asks one to go to its destination and back.
    pub(crate) async fn check(&self, name: &str) -> Option<Vec<Step>> {
        self.aside(name, |destination| async move { destination.check().await }).await
    }

    /// Makes what a destination needs, or says what that would be.
    pub(crate) async fn set_up(&self, name: &str, dry: bool) -> Option<Vec<Step>> {
        self.aside(name, move |destination| async move { destination.set_up(dry).await }).await
    }

    /// Does something with a destination on the threads that send on.
    async fn aside<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
        &self,
        name: &str,
        work: impl FnOnce(Arc<dyn Destination>) -> F,
    ) -> Option<T> {
        let destination = Arc::clone(&self.find(name)?.built.destination);
        self.handle()?.spawn(work(destination)).await.ok()
    }

    /// What they show.
    pub(crate) fn views(&self) -> Vec<SinkView> {
        let snapshot = self.store.snapshot();
        let only = self.store.is_shared().then(|| self.store.log_id());
        let view = |sink: &Arc<Sink>| {
            let status = sink.status.view();
            let cursor = position(&status.cursor, Lane::Events);
            let backlog = snapshot.table(Table::Events).map(|table| table.backlog(&cursor, only));
            let content = match sink.config.content {
                Content::Withheld => "withheld",
                Content::Kept => "kept",
            };
            SinkView::new(
                (&sink.config.name, sink.config.kind.as_str()),
                (sink.built.encode.format(), content),
                status,
                sink.built.destination.quarantined(),
                backlog.unwrap_or_default(),
            )
        };
        self.all.iter().map(view).collect()
    }

    /// Ends them all: waits a while for what is under way, and keeps the cursors.
    pub(crate) async fn stop(&self, within: Duration) {
        let mut tasks: Vec<JoinHandle<()>> = Vec::new();
        for sink in &self.all {
            sink.orders.give(Order::Stop);
            tasks.extend(sink.task.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
        let others =
            std::mem::take(&mut *self.others.lock().unwrap_or_else(PoisonError::into_inner));
        for other in others {
            other.orders.give(Order::Stop);
            tasks.push(other.task);
        }
        let all = async {
            for task in &mut tasks {
                // A delivery that panicked has said so.
                task.await.ok();
            }
        };
        if timeout(within, all).await.is_err() {
            tracing::warn!("a sink did not end in time: what was under way is sent again");
        }
        tasks.iter().for_each(JoinHandle::abort);
    }
}
