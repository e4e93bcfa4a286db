//! A store with events in it, and stage 2 behind it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use seam_disk::Disk;
use seam_schema::derived::sessions::SessionRow;
use seam_schema::event::{Event, EventColumns, EventsBuilder};
use seam_schema::ids::{LogId, ReceivedAt, RequestDigest, Sequence};
use seam_schema::table::Table;
use seam_schema::table::cell::{Day, TimeUs};
use seam_schema::vocabulary::{Agent, Kind};
use seam_store::{DataFolder, Group, Store, StoreOptions};
use tokio::runtime::Handle;

use super::super::driver::Driver;
use super::super::{Stitching, StitchingOptions};
use super::fake::Fake;
use crate::metrics::Metrics;

/// Long enough for any machine; nothing waits so long unless it fails.
pub(super) const LONG: Duration = Duration::from_mins(1);
/// A second, in microseconds; frames are so far apart.
pub(super) const SECOND: i64 = 1_000_000;

pub(super) const LOG: LogId = LogId::from_bytes([1; 16]);

/// A data folder, its tables, and what stage 2 counts.
pub(super) struct Rig {
    _dir: tempfile::TempDir,
    _folder: DataFolder,
    disk: Arc<dyn Disk>,
    pub(super) store: Store,
    pub(super) metrics: Arc<Metrics>,
    log_id: LogId,
    next: i64,
}

/// What a row of `sessions` says: events, and whether it is settled.
pub(super) type Rows = BTreeMap<String, (i64, bool)>;

impl Rig {
    pub(super) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (folder, disk) = DataFolder::open(dir.path()).unwrap();
        let store = open(&disk, LOG, 0).await;
        let metrics = Arc::default();
        Self { _dir: dir, _folder: folder, disk, store, metrics, log_id: LOG, next: 1 }
    }

    /// The same folder in a new process, after a clean end or a crash; the log begins again at
    /// its first frame.
    pub(super) async fn reopened(self, log_id: LogId) -> Self {
        let end = if log_id == self.log_id { self.next - 1 } else { 0 };
        let next = if log_id == self.log_id { self.next } else { 1 };
        let store = open(&self.disk, log_id, end).await;
        Self { store, metrics: Arc::default(), log_id, next, ..self }
    }

    pub(super) fn spawn(&self) -> Stitching {
        self.spawn_with(Fake::default)
    }

    pub(super) fn spawn_with(&self, make: impl Fn() -> Fake + Send + 'static) -> Stitching {
        let options = StitchingOptions {
            publish_every: Duration::ZERO,
            read_again_after: Duration::from_millis(1),
            ..StitchingOptions::default()
        };
        let (store, metrics) = (self.store.clone(), Arc::clone(&self.metrics));
        Stitching::spawn_with(None, store, metrics, options, make).unwrap()
    }

    /// The hands of stage 2, to be moved by the test.
    pub(super) fn driver(&self) -> Driver<Fake> {
        let options =
            StitchingOptions { publish_every: Duration::ZERO, ..StitchingOptions::default() };
        let (store, metrics) = (self.store.clone(), Arc::clone(&self.metrics));
        let (runtime, shared) = (Handle::current(), Arc::default());
        Driver::new(store, runtime, metrics, options, shared, Fake::default).unwrap()
    }

    /// The newest frame that a row of `sessions` names as its cause.
    pub(super) async fn newest_cause(&self) -> Sequence {
        let newest = self.store.snapshot().newest_revisions(Table::Sessions, &[]).await.unwrap();
        let rows = newest.iter().flat_map(|batch| {
            (0..batch.num_rows()).map(|row| SessionRow::read(batch, row).caused_by_sequence)
        });
        Sequence(rows.max().unwrap_or(0))
    }

    /// Appends frames of one event each, in one group; gives the last.
    pub(super) async fn append(&mut self, sessions: &[&str]) -> Sequence {
        let first = self.next;
        self.next += i64::try_from(sessions.len()).unwrap();
        self.append_at(first, sessions).await
    }

    /// Appends the frames again that a process lost.
    pub(super) async fn append_at(&self, first: i64, sessions: &[&str]) -> Sequence {
        let mut builder = EventsBuilder::default();
        for (sequence, session) in (first..).zip(sessions) {
            let digest = format!("{} {sequence}", self.log_id);
            let digest = RequestDigest::of(
                &seam_schema::ids::Tenant::default(),
                seam_schema::otlp::Signal::Logs,
                digest.as_bytes(),
            );
            let columns = EventColumns {
                log_id: self.log_id.to_string().into(),
                offset_sequence: sequence,
                event_id: digest.event_id(0),
                tenant: "default".into(),
                principal: "local".into(),
                received_at: TimeUs(sequence * SECOND),
                day: Day(0),
                time: TimeUs(sequence * SECOND),
                agent: Some(Agent::Codex),
                kind: Some(Kind::Prompt),
                session_id: Some((*session).into()),
                ..EventColumns::default()
            };
            builder.append(&Event { columns, ..Event::default() });
        }
        let through = Sequence(first + i64::try_from(sessions.len()).unwrap() - 1);
        let received_at = ReceivedAt(through.0 * SECOND);
        let rows = vec![(Table::Events, builder.finish().unwrap())];
        let group = Group { first: Sequence(first), through, received_at, rows };
        let store = self.store.clone();
        tokio::task::spawn_blocking(move || store.append(group)).await.unwrap().unwrap();
        through
    }

    /// A frame without rows, received so many seconds after 1970.
    pub(super) fn tick(&mut self, seconds: i64) -> Sequence {
        let sequence = Sequence(self.next);
        self.next += 1;
        self.store.mark_applied(sequence, ReceivedAt(seconds * SECOND));
        sequence
    }

    /// Waits until stage 2 has derived from a frame; gives what `sessions` says then.
    pub(super) async fn derived(&self, through: Sequence) -> Rows {
        assert_eq!(self.store.wait_derived(through, LONG).await, through);
        self.rows().await
    }

    pub(super) async fn rows(&self) -> Rows {
        let snapshot = self.store.snapshot();
        let newest = snapshot.newest_revisions(Table::Sessions, &[]).await.unwrap();
        let mut rows = Rows::new();
        if let Some(batch) = &newest {
            for row in (0..batch.num_rows()).map(|row| SessionRow::read(batch, row)) {
                if !row.retracted {
                    rows.insert(row.session_id.to_string(), (row.events, row.settled));
                }
            }
        }
        rows
    }
}

async fn open(disk: &Arc<dyn Disk>, log_id: LogId, end: i64) -> Store {
    let options = StoreOptions { seal_after: Duration::from_hours(1), ..StoreOptions::default() };
    Store::open(Arc::clone(disk), log_id, Sequence(end), options).await.unwrap()
}

/// Rows of which none is settled.
pub(super) fn unsettled(rows: &[(&str, i64)]) -> Rows {
    rows.iter().map(|(session, events)| ((*session).to_owned(), (*events, false))).collect()
}
