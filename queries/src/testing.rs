//! What the tests of this crate share: a store with rows in files and in the tail.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::Arc;

use arrow::array::RecordBatch;
use seam_schema::event::{Attribute, Event, EventColumns, EventsBuilder};
use seam_schema::ids::{EventId, LogId, ReceivedAt, Sequence, Tenant};
use seam_schema::table::Table;
use seam_schema::table::cell::{Day, TimeUs};
use seam_schema::vocabulary::{Agent, Decision, Kind, StatusCode};
use seam_store::{DataFolder, Group, Store, StoreOptions, UpkeepOptions};

use crate::{Answer, Engine, Limits, QueryError, Statement, StaticSource};

/// 2026-01-01T00:00:00Z in microseconds.
pub(crate) const NEW_YEAR_US: i64 = 1_767_225_600_000_000;
/// One day in microseconds.
pub(crate) const DAY_US: i64 = 86_400_000_000;

/// One event, as far as the tests look at it.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) sequence: i64,
    pub(crate) tenant: &'static str,
    pub(crate) session: &'static str,
    pub(crate) kind: Kind,
    pub(crate) received_us: i64,
    pub(crate) text: String,
}

impl Row {
    /// A prompt of tenant `default`, received on New Year's day.
    pub(crate) fn at(sequence: i64) -> Self {
        Self {
            sequence,
            tenant: Tenant::DEFAULT,
            session: "s1",
            kind: Kind::Prompt,
            received_us: NEW_YEAR_US + sequence,
            text: format!("text {sequence}"),
        }
    }
}

/// The id of the event with a sequence.
pub(crate) fn event_id(sequence: i64) -> EventId {
    EventId::parse(&format!("{sequence:024x}-0")).unwrap()
}

/// Rows as the pipeline would hand them over.
pub(crate) fn batch(rows: &[Row]) -> RecordBatch {
    let mut builder = EventsBuilder::default();
    for row in rows {
        let columns = EventColumns {
            log_id: LogId::from_bytes([7; 16]).to_string().into(),
            offset_sequence: row.sequence,
            event_id: event_id(row.sequence),
            tenant: row.tenant.into(),
            principal: "local".into(),
            received_at: TimeUs(row.received_us),
            day: Day(ReceivedAt(row.received_us).day()),
            time: TimeUs(row.received_us),
            time_unix_nano: row.received_us * 1_000,
            agent: Some(Agent::Codex),
            kind: Some(row.kind),
            session_id: Some(row.session.into()),
            prompt: (row.kind == Kind::Prompt).then(|| row.text.as_str().into()),
            output: (row.kind == Kind::ToolResult).then(|| row.text.as_str().into()),
            mcp_server: (row.kind == Kind::ToolResult).then(|| "files".into()),
            net_verdict: (row.kind == Kind::Network).then_some(Decision::Deny),
            net_host: (row.kind == Kind::Network).then(|| row.text.as_str().into()),
            status_code: (row.kind == Kind::Span).then_some(StatusCode::Error),
            severity_number: (row.kind == Kind::Other).then_some(17),
            schema_version: 1,
            ..EventColumns::default()
        };
        let attributes = vec![Attribute::text("k", row.text.as_str())];
        builder.append(&Event { columns, attributes, ..Event::default() });
    }
    builder.finish().unwrap()
}

/// A store in a folder that goes away with it.
pub(crate) struct Fixture {
    pub(crate) store: Store,
    next: i64,
    _owner: DataFolder,
    _folder: tempfile::TempDir,
}

impl Fixture {
    /// An empty store that commits only when it is told to.
    pub(crate) async fn new() -> Self {
        Self::keeping_up(UpkeepOptions::default()).await
    }

    /// The same, whose files are kept in order in this way.
    pub(crate) async fn keeping_up(upkeep: UpkeepOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (owner, disk) = DataFolder::open(folder.path()).unwrap();
        let log_id = LogId::from_bytes([7; 16]);
        let seal_after = std::time::Duration::MAX / 4;
        let options = StoreOptions { seal_after, upkeep, ..StoreOptions::default() };
        let store = Store::open(disk, log_id, Sequence(1_000), options).await.unwrap();
        Self { store, next: 1, _owner: owner, _folder: folder }
    }

    /// Adds rows, each with a frame of its own; their sequences are given here.
    pub(crate) fn append(&mut self, rows: Vec<Row>) -> &mut Self {
        let first = self.next;
        let rows: Vec<Row> = rows
            .into_iter()
            .map(|row| {
                self.next += 1;
                Row { sequence: self.next - 1, ..row }
            })
            .collect();
        let received_at =
            seam_schema::ids::ReceivedAt(rows.last().map_or(0, |row| row.received_us));
        let group = Group {
            received_at,
            first: Sequence(first),
            through: Sequence(self.next - 1),
            rows: vec![(Table::Events, batch(&rows))],
        };
        self.store.append(group).unwrap();
        self
    }

    /// Six prompts in files of three days and two tenants, four other rows in the tail.
    pub(crate) async fn with_rows() -> Self {
        let mut fixture = Self::new().await;
        for day in 0..3 {
            let received_us = NEW_YEAR_US + day * DAY_US;
            let row = |tenant, session| Row { tenant, session, received_us, ..Row::at(0) };
            fixture.append(vec![row("default", "s1"), row("other", "s2")]);
            fixture.store.flush().await.unwrap();
        }
        let received_us = NEW_YEAR_US + 3 * DAY_US;
        let row = |kind, tenant| Row { tenant, kind, received_us, ..Row::at(0) };
        fixture.append(vec![
            row(Kind::ToolResult, "default"),
            row(Kind::ToolResult, "other"),
            row(Kind::Network, "default"),
            row(Kind::Error, "other"),
        ]);
        fixture
    }

    /// An engine over the rows as they are now.
    pub(crate) async fn engine(&self, limits: Limits) -> Engine {
        let snapshot = self.store.snapshot().as_ref().clone();
        Engine::new(Arc::new(StaticSource::new(snapshot)), limits).await.unwrap()
    }
}

/// Runs a statement for a tenant to its end.
pub(crate) async fn ask_as(
    engine: &Engine,
    tenant: Option<&str>,
    sql: &str,
) -> Result<(Vec<RecordBatch>, Answer), QueryError> {
    let tenant = tenant.map(|tenant| Tenant::new(tenant).unwrap());
    let mut answer = engine.run(Statement { sql: sql.to_owned(), tenant }).await?;
    let mut batches = Vec::new();
    while let Some(batch) = answer.next().await? {
        batches.push(batch);
    }
    Ok((batches, answer))
}

/// Runs a statement for everybody's rows and gives the rows as CSV, without the header.
pub(crate) async fn ask(engine: &Engine, sql: &str) -> Result<String, QueryError> {
    ask_text(engine, None, sql).await
}

/// As [`ask`], for one tenant.
pub(crate) async fn ask_text(
    engine: &Engine,
    tenant: Option<&str>,
    sql: &str,
) -> Result<String, QueryError> {
    let (batches, answer) = ask_as(engine, tenant, sql).await?;
    let mut encoder = crate::format::Format::Csv.encoder(answer.schema())?;
    let mut out = Vec::new();
    for batch in &batches {
        encoder.encode(batch, &mut out)?;
    }
    encoder.finish(&mut out)?;
    let text = String::from_utf8(out).unwrap();
    let (_, rows) = text.split_once("\r\n").unwrap();
    Ok(rows.replace("\r\n", "\n").trim_end().to_owned())
}
