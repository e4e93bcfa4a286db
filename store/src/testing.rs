//! A log for tests: frames made of their number, a driver that applies them, and what to compare.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arrow::json::LineDelimitedWriter;
use arrow::record_batch::RecordBatch;
use seam_disk::{Disk, PowerCutDisk};
use seam_schema::derived::Id;
use seam_schema::derived::actions::{ActionRow, ActionsBuilder};
use seam_schema::derived::gaps::{GapRow, GapsBuilder};
use seam_schema::derived::links::{LinkRow, LinksBuilder};
use seam_schema::derived::sessions::{SessionRow, SessionsBuilder};
use seam_schema::derived::turns::{TurnRow, TurnsBuilder};
use seam_schema::event::{Event, EventColumns, EventsBuilder};
use seam_schema::ids::{LogId, ReceivedAt, RequestDigest, Sequence, Tenant, TraceId};
use seam_schema::otlp::Signal;
use seam_schema::table::Table;
use seam_schema::table::audit::{AuditBuilder, AuditRow};
use seam_schema::table::cell::{Day, TimeUs};
use seam_schema::table::dead_letters::{DEAD, DeadLetterRow, DeadLettersBuilder};
use seam_schema::table::ledger::{Ledger, LedgerCounts, LedgerKey};
use seam_schema::table::metrics::{MetricsBuilder, Point, PointColumns};
use seam_schema::vocabulary::{Agent, Kind, RecordSignal};

use crate::data_folder::DataFolder;
use crate::error::{OpenError, StoreError};
use crate::fold::newest_revisions;
use crate::group::Group;
use crate::options::{StoreOptions, UpkeepOptions};
use crate::read::FileRows;
use crate::snapshot::Snapshot;
use crate::store::Store;

/// The log of the tests.
pub(crate) const LOG: LogId = LogId::from_bytes([0xaa; 16]);
/// Another log.
pub(crate) const OTHER_LOG: LogId = LogId::from_bytes([0xbb; 16]);
/// Content that must be nowhere but in the data itself.
pub(crate) const CANARY: &str = "canary-7f3a";

const DAY_US: i64 = 86_400_000_000;

/// Some columns of a row of `events`; the rest follows from them.
#[derive(Debug, Clone)]
pub(crate) struct EventRow {
    pub(crate) log_id: LogId,
    pub(crate) sequence: i64,
    pub(crate) index: i64,
    pub(crate) tenant: String,
    pub(crate) session: String,
    pub(crate) received_at: i64,
}

impl EventRow {
    /// The row of a record. Frames are a second apart, two tenants take turns by sevens, and a
    /// day ends after every twentieth frame.
    pub(crate) fn at(sequence: i64, index: i64) -> Self {
        Self {
            log_id: LOG,
            sequence,
            index,
            tenant: ["red", "blue"][usize::from(sequence / 7 % 2 == 1)].to_owned(),
            session: format!("session-{}", sequence % 5),
            received_at: sequence / 20 * DAY_US + sequence * 1_000_000,
        }
    }

    pub(crate) fn digest(&self) -> RequestDigest {
        let tenant = Tenant::new(&self.tenant).unwrap();
        let message = format!("{} {}", self.log_id, self.sequence);
        RequestDigest::of(&tenant, Signal::Logs, message.as_bytes())
    }

    fn event(&self) -> Event<'_> {
        let columns = EventColumns {
            log_id: self.log_id.to_string().into(),
            offset_sequence: self.sequence,
            offset_index: self.index,
            event_id: self.digest().event_id(self.index),
            tenant: self.tenant.as_str().into(),
            principal: "local".into(),
            received_at: TimeUs(self.received_at),
            day: Day(ReceivedAt(self.received_at).day()),
            time: TimeUs(self.received_at),
            agent: Some(Agent::Codex),
            kind: Some(Kind::Prompt),
            session_id: (!self.session.is_empty()).then(|| self.session.as_str().into()),
            trace_id: u8::try_from(self.sequence % 128).ok().map(|byte| TraceId([byte; 16])),
            prompt: Some(format!("{CANARY} {}", self.sequence).into()),
            ..EventColumns::default()
        };
        Event { columns, ..Event::default() }
    }
}

pub(crate) fn events_batch(rows: &[EventRow]) -> RecordBatch {
    let mut builder = EventsBuilder::default();
    for row in rows {
        builder.append(&row.event());
    }
    builder.finish().unwrap()
}

fn metrics_batch(row: &EventRow) -> RecordBatch {
    let event = row.event().columns;
    let columns = PointColumns {
        log_id: event.log_id,
        offset_sequence: row.sequence,
        event_id: event.event_id,
        tenant: event.tenant,
        principal: event.principal,
        received_at: event.received_at,
        day: event.day,
        time: event.time,
        value_int: Some(row.sequence),
        ..PointColumns::default()
    };
    let mut builder = MetricsBuilder::default();
    builder.append(&Point { columns, ..Point::default() });
    builder.finish().unwrap()
}

fn audit_batch(row: &EventRow) -> RecordBatch {
    let event = row.event().columns;
    let mut builder = AuditBuilder::default();
    builder.append(&AuditRow {
        log_id: event.log_id,
        offset_sequence: row.sequence,
        event_id: event.event_id,
        tenant: event.tenant,
        principal: event.principal,
        received_at: event.received_at,
        day: event.day,
        time: event.time,
        act: Some("query".into()),
        detail: Some(CANARY.into()),
        ..AuditRow::default()
    });
    builder.finish().unwrap()
}

fn dead_letters_batch(row: &EventRow) -> RecordBatch {
    let event = row.event().columns;
    let mut builder = DeadLettersBuilder::default();
    builder.append(&DeadLetterRow {
        log_id: event.log_id,
        offset_sequence: row.sequence,
        event_id: event.event_id,
        tenant: event.tenant,
        received_at: event.received_at,
        day: event.day,
        time: event.time,
        sink: "siem".into(),
        state: DEAD.into(),
        reason: Some(CANARY.into()),
        ..DeadLetterRow::default()
    });
    builder.finish().unwrap()
}

fn ledger_batch(row: &EventRow, accepted: i64) -> RecordBatch {
    let key = LedgerKey {
        tenant: row.tenant.clone(),
        minute_us: ReceivedAt(row.received_at).minute_us(),
        agent: Agent::Codex,
        agent_version: String::new(),
        signal: RecordSignal::Logs,
        name: "codex.user_prompt".to_owned(),
        ignored_rule: None,
    };
    let mut ledger = Ledger::default();
    ledger.add(key, LedgerCounts { accepted, stored: accepted, ignored: 0, undecoded: 0 });
    ledger.finish().unwrap()
}

/// How many events a frame holds.
pub(crate) fn events_of(sequence: i64) -> i64 {
    1 + sequence % 3
}

/// The rows of one frame.
fn frame(log_id: LogId, sequence: i64) -> Vec<(Table, RecordBatch)> {
    let row = |index| EventRow { log_id, ..EventRow::at(sequence, index) };
    let events: Vec<EventRow> = (0..events_of(sequence)).map(row).collect();
    let mut rows = vec![
        (Table::Events, events_batch(&events)),
        (Table::Ledger, ledger_batch(&row(0), events_of(sequence))),
    ];
    if sequence % 3 == 0 {
        rows.push((Table::Metrics, metrics_batch(&row(0))));
    }
    if sequence % 5 == 0 {
        rows.push((Table::Audit, audit_batch(&row(0))));
        rows.push((Table::DeadLetters, dead_letters_batch(&row(0))));
    }
    rows
}

/// The rows of some frames, each table's without what it has committed.
pub(crate) fn group(store: &Store, log_id: LogId, frames: RangeInclusive<i64>) -> Group {
    let (first, through) = (Sequence(*frames.start()), Sequence(*frames.end()));
    let mut rows: Vec<(Table, Vec<RecordBatch>)> = Vec::new();
    for sequence in frames {
        for (table, batch) in frame(log_id, sequence) {
            if Sequence(sequence) <= store.committed(table) {
                continue;
            }
            match rows.iter_mut().find(|(of, _)| *of == table) {
                Some((_, batches)) => batches.push(batch),
                None => rows.push((table, vec![batch])),
            }
        }
    }
    let rows = rows.into_iter().map(|(table, batches)| {
        (table, arrow::compute::concat_batches(&table.schema(), &batches).unwrap())
    });
    let received_at = ReceivedAt(EventRow::at(through.0, 0).received_at);
    Group { first, through, received_at, rows: rows.collect() }
}

/// What the newest of some frames makes of a derived row.
struct Revision {
    event: EventRow,
    id: Id,
    count: i64,
}

/// The newest revision that some frames cause of each row of a table. Frames whose number divided
/// by `share` is the same belong to one row.
fn revisions(table: Table, frames: RangeInclusive<i64>, share: i64) -> Vec<Revision> {
    let of = |frame: i64| match table {
        Table::Sessions => frame % share,
        _ => frame / share,
    };
    let mut newest: BTreeMap<i64, i64> = BTreeMap::new();
    newest.extend(frames.map(|frame| (of(frame), frame)));
    let revision = |(row, frame): (i64, i64)| Revision {
        // All revisions of an id lie in the partition of its first frame.
        event: EventRow {
            tenant: "red".to_owned(),
            received_at: EventRow::at(frame, 0).received_at,
            ..EventRow::at(frame, 0)
        },
        id: Id::of(table.name(), &[&row.to_string()]),
        count: (1..=frame).filter(|earlier| of(*earlier) == row).count().try_into().unwrap(),
    };
    newest.into_iter().map(revision).collect()
}

macro_rules! derived_batch {
    ($table:expr, $frames:expr, $share:expr, $row:ident, $builder:ident, $id:ident
        $(, $column:ident: $cell:expr)*) => {{
        let mut builder = $builder::default();
        for Revision { event, id, count } in revisions($table, $frames, $share) {
            let cells = |_: i64| $row { $($column: $cell(count),)* ..$row::default() };
            builder.append(&$row {
                tenant: event.tenant.clone().into(),
                day: Day(0),
                revision: event.received_at,
                caused_by_log: event.log_id,
                caused_by_sequence: event.sequence,
                $id: id,
                session_id: event.session.clone().into(),
                ..cells(count)
            });
        }
        ($table, builder.finish().unwrap())
    }};
}

/// What some frames change in the derived tables: a function of the frames alone.
pub(crate) fn derived(frames: RangeInclusive<i64>) -> Vec<(Table, RecordBatch)> {
    let text = |count: i64| Some(format!("{CANARY} {count}").into());
    vec![
        derived_batch!(Table::Actions, frames.clone(), 2, ActionRow, ActionsBuilder, action_id,
            command: text),
        derived_batch!(Table::Turns, frames.clone(), 6, TurnRow, TurnsBuilder, turn_row_id,
            prompt: text, actions: |count| count),
        derived_batch!(Table::Sessions, frames.clone(), 5, SessionRow, SessionsBuilder,
            session_row_id, events: |count| count),
        derived_batch!(Table::Links, frames.clone(), 1, LinkRow, LinksBuilder, link_id),
        derived_batch!(Table::Gaps, frames, 9, GapRow, GapsBuilder, gap_id, detail: text),
    ]
}

/// Rows of `sessions` from (session, revision, events).
pub(crate) fn sessions_batch(rows: &[(i64, i64, i64)]) -> RecordBatch {
    let mut builder = SessionsBuilder::default();
    for (session, revision, events) in rows {
        builder.append(&SessionRow {
            tenant: "red".into(),
            revision: *revision,
            session_row_id: Id::of("sessions", &[&session.to_string()]),
            session_id: session.to_string().into(),
            events: *events,
            ..SessionRow::default()
        });
    }
    builder.finish().unwrap()
}

/// Which of those sessions a row is of.
pub(crate) fn session_id_of(row: &SessionRow<'_>) -> i64 {
    row.session_id.parse().unwrap()
}

/// Small limits, so that tests wait for conditions and not for time.
pub(crate) fn options() -> StoreOptions {
    StoreOptions {
        seal_after: Duration::from_hours(1),
        seal_along_after: Duration::from_hours(1),
        commit_backoff: Duration::from_millis(1),
        commit_attempts: 3,
        upkeep: UpkeepOptions {
            every: Duration::from_hours(1),
            removes_per_s: u64::MAX,
            ..UpkeepOptions::default()
        },
        ..StoreOptions::default()
    }
}

/// The same, and every file is old enough for everything that is done in the background.
pub(crate) fn impatient() -> StoreOptions {
    let upkeep = UpkeepOptions {
        merge_after: Duration::ZERO,
        merge_anyway_after: Duration::ZERO,
        clean_up_every: Duration::ZERO,
        history_kept: Duration::ZERO,
        ..options().upkeep
    };
    StoreOptions { upkeep, ..options() }
}

/// An empty data folder in memory.
pub(crate) fn new_disk() -> PowerCutDisk {
    let disk = PowerCutDisk::new();
    DataFolder::open_on(&disk, Path::new("data")).unwrap();
    disk
}

/// Opens the tables for the log of the tests, which ends where the caller says.
pub(crate) async fn open(disk: &PowerCutDisk, log_end: i64) -> Result<Store, OpenError> {
    open_with(disk, LOG, log_end, options()).await
}

pub(crate) async fn open_with(
    disk: &PowerCutDisk,
    log_id: LogId,
    log_end: i64,
    options: StoreOptions,
) -> Result<Store, OpenError> {
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    Store::open(disk, log_id, Sequence(log_end), options).await
}

/// Applies frames in groups of `at_once`, from a thread that may block, as the pipeline does; the
/// derived tables follow group by group.
pub(crate) async fn apply(
    store: &Store,
    log_id: LogId,
    frames: RangeInclusive<i64>,
    at_once: i64,
) -> Result<(), StoreError> {
    let derive = |store: &Store, frames: RangeInclusive<i64>| {
        store.append_derived(Sequence(*frames.end()), &derived(frames))
    };
    apply_groups(store, log_id, frames, at_once, derive).await
}

/// As [`apply`], without the derived tables.
pub(crate) async fn apply_events(
    store: &Store,
    log_id: LogId,
    frames: RangeInclusive<i64>,
    at_once: i64,
) -> Result<(), StoreError> {
    apply_groups(store, log_id, frames, at_once, |_, _| Ok(())).await
}

async fn apply_groups(
    store: &Store,
    log_id: LogId,
    frames: RangeInclusive<i64>,
    at_once: i64,
    after: impl Fn(&Store, RangeInclusive<i64>) -> Result<(), StoreError> + Send + 'static,
) -> Result<(), StoreError> {
    let store = store.clone();
    let append = move || {
        let mut first = *frames.start();
        while first <= *frames.end() {
            let last = (first + at_once - 1).min(*frames.end());
            store.append(group(&store, log_id, first..=last))?;
            after(&store, first..=last)?;
            first = last + 1;
        }
        Ok(())
    };
    tokio::task::spawn_blocking(append).await.unwrap()
}

/// Starts again after a crash: derives what the derived tables lack, applies what the log may
/// still hold.
pub(crate) async fn replay(
    store: &Store,
    released: Sequence,
    through: i64,
) -> Result<(), StoreError> {
    let derived_through = store.derived_committed();
    if derived_through < released {
        let rows = derived(derived_through.0 + 1..=released.0);
        store.append_derived(released, &rows)?;
    }
    apply(store, LOG, released.0 + 1..=through, 7).await
}

/// All rows of a table as JSON, sorted; the ledger's summed, the newest of derived ones.
pub(crate) async fn rows(snapshot: &Snapshot, table: Table) -> Vec<String> {
    let mut batches = Vec::new();
    let of = snapshot.table(table).unwrap();
    for file in of.files.iter() {
        let mut rows = FileRows::open(snapshot.reader(), file, table.schema()).await.unwrap();
        while let Some(batch) = rows.next().await.unwrap() {
            batches.push(batch);
        }
    }
    batches.extend(of.tail.iter().map(|batch| batch.as_ref().clone()));
    if table == Table::Ledger {
        batches = vec![crate::tail::sum_ledger(&batches).unwrap()];
    }
    if table.is_derived() {
        let folded = newest_revisions(table, &batches.iter().collect::<Vec<_>>()).unwrap();
        batches = folded.into_iter().collect();
    }
    let mut writer = LineDelimitedWriter::new(Vec::new());
    writer.write_batches(&batches.iter().collect::<Vec<_>>()).unwrap();
    writer.finish().unwrap();
    let text = String::from_utf8(writer.into_inner()).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// All rows of all tables.
pub(crate) async fn all_rows(store: &Store) -> Vec<Vec<String>> {
    let snapshot = store.snapshot();
    let mut tables = Vec::new();
    for table in Table::ALL {
        tables.push(rows(&snapshot, *table).await);
    }
    tables
}

/// What an undisturbed run leaves.
pub(crate) async fn undisturbed(frames: i64) -> Vec<Vec<String>> {
    let store = open(&new_disk(), 0).await.unwrap();
    apply(&store, LOG, 1..=frames, 3).await.unwrap();
    store.close().await.unwrap();
    all_rows(&store).await
}
