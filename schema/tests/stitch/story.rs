//! From the requests of a scenario to facts, by the way the server goes; and from a stitcher's
//! rows back to what they say.

use std::collections::{BTreeMap, HashMap, HashSet};

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};
use seam_schema::derived::actions::ActionRow;
use seam_schema::derived::gaps::GapRow;
use seam_schema::derived::links::LinkRow;
use seam_schema::derived::sessions::SessionRow;
use seam_schema::event::{AttributeValue, Event};
use seam_schema::frame::{ContentType, FrameKind, FrameMeta, Transport};
use seam_schema::ids::{EventId, LogId, Principal, ReceivedAt, RequestDigest, Sequence, Tenant};
use seam_schema::normalise::{FrameInput, Mapping, Rows, Wanted};
use seam_schema::otlp;
use seam_schema::stitch::{
    DerivedRows, Fact, Facts, HistoryKey, Moment, Names, StitchOptions, Stitcher,
};
use seam_schema::table::Table;
use seam_sessions::{Request, Signal};

/// A request with these bytes is a repeat for so long.
const REPEAT_US: i64 = 600_000_000;
const LOG: LogId = LogId::from_bytes([7; 16]);

/// The facts of some requests, and what else their events say.
pub(crate) struct Story {
    pub(crate) facts: Vec<Fact>,
    /// The attribute `client.address` of network attempts.
    pub(crate) clients: HashMap<EventId, String>,
}

/// Maps requests in the order in which they came.
pub(crate) fn story(requests: &[Request]) -> Story {
    let mapping = Mapping::default();
    let mut seen: HashMap<(String, RequestDigest), i64> = HashMap::new();
    let mut story = Story { facts: Vec::new(), clients: HashMap::new() };
    let mut rows = Rows::default();
    let mut last_us = 0;
    for (number, request) in (1..).zip(requests) {
        let received_us = request.sent_at_us.max(last_us + 1);
        last_us = received_us;
        let meta = meta(request);
        let key = (request.principal.clone(), meta.digest);
        let before = seen.insert(key, received_us);
        if before.is_some_and(|before| received_us - before < REPEAT_US) {
            continue;
        }
        let frame = FrameInput {
            log_id: LOG,
            sequence: Sequence(number),
            received_at: ReceivedAt(received_us),
            meta: &meta,
            payload: &request.body,
        };
        mapping.normalise(&frame, Wanted::default(), &mut rows).unwrap();
        if rows.events.len() > 4_000 {
            story.read(&rows.events.finish().unwrap());
        }
    }
    story.read(&rows.events.finish().unwrap());
    story
}

impl Story {
    /// What is known of a call, for a person who looks into a miss.
    pub(crate) fn facts_of(&self, call_id: &str) -> String {
        let of = self.facts.iter().filter(|fact| fact.call_id.as_deref() == Some(call_id));
        let lines = of.map(|fact| {
            let said = fact.detail.as_ref().map(|it| {
                (
                    it.decision,
                    it.decided_by,
                    it.outcome,
                    it.failure_reason,
                    it.call.exit_code,
                    &it.error,
                )
            });
            format!("[{} {} {said:?}]", fact.name, fact.kind)
        });
        lines.collect()
    }

    fn read(&mut self, batch: &RecordBatch) {
        let mut names = Names::default();
        let facts = Facts::new(batch, &mut names);
        for row in 0..batch.num_rows() {
            let Some(fact) = facts.read(row) else { continue };
            let event = Event::read(batch, row);
            for kept in &event.attributes {
                if let ("client.address", AttributeValue::Column(_, text)) =
                    (kept.key.as_ref(), &kept.value)
                {
                    self.clients.insert(fact.event_id, text.to_string());
                }
            }
            self.facts.push(fact);
        }
    }
}

fn meta(request: &Request) -> FrameMeta {
    let signal = match request.signal {
        Signal::Logs => otlp::Signal::Logs,
        Signal::Traces => otlp::Signal::Traces,
    };
    let tenant = Tenant::default();
    FrameMeta {
        kind: FrameKind::Otlp(signal),
        content_type: ContentType::Protobuf,
        transport: Transport::Http,
        repeat: false,
        relay: false,
        digest: RequestDigest::of(&tenant, signal, &request.body),
        tenant,
        principal: Principal::new(&request.principal).unwrap(),
        peer_address: "10.0.0.1".to_owned(),
        certificate_host: String::new(),
    }
}

/// A row of a derived table as text, without its revision: its id, and what it says.
pub(crate) type Said = BTreeMap<(&'static str, String), BTreeMap<String, String>>;

/// The rows that stand at the end.
#[derive(Default)]
pub(crate) struct Ends {
    newest: BTreeMap<(Table, String), (RecordBatch, usize)>,
    /// Every revision of `actions`, where somebody wants them.
    pub(crate) actions: Option<Vec<RecordBatch>>,
}

impl Ends {
    /// Takes the rows of one call of `changed`: they are newer than all before.
    pub(crate) fn take(&mut self, rows: &mut DerivedRows) {
        for (table, batch) in rows.finish().unwrap() {
            if let (Table::Actions, Some(actions)) = (table, &mut self.actions) {
                actions.push(batch.clone());
            }
            let ids = batch.column_by_name(id_column(table)).unwrap().as_string::<i32>().clone();
            for row in 0..batch.num_rows() {
                self.newest.insert((table, ids.value(row).to_owned()), (batch.clone(), row));
            }
        }
    }

    fn standing(&self, table: Table) -> impl Iterator<Item = &(RecordBatch, usize)> {
        let of = self.newest.iter().filter(move |((other, _), _)| *other == table);
        of.map(|(_, at)| at).filter(|(batch, row)| {
            !batch.column_by_name("retracted").unwrap().as_boolean().value(*row)
        })
    }

    pub(crate) fn actions(&self) -> Vec<ActionRow<'_>> {
        self.standing(Table::Actions).map(|(batch, row)| ActionRow::read(batch, *row)).collect()
    }

    pub(crate) fn sessions(&self) -> Vec<SessionRow<'_>> {
        self.standing(Table::Sessions).map(|(batch, row)| SessionRow::read(batch, *row)).collect()
    }

    pub(crate) fn links(&self) -> Vec<LinkRow<'_>> {
        self.standing(Table::Links).map(|(batch, row)| LinkRow::read(batch, *row)).collect()
    }

    pub(crate) fn gaps(&self) -> Vec<GapRow<'_>> {
        self.standing(Table::Gaps).map(|(batch, row)| GapRow::read(batch, *row)).collect()
    }

    /// Everything that stands, without what differs between runs that are the same.
    pub(crate) fn said(&self) -> Said {
        const RUN: [&str; 5] =
            ["revision", "caused_by_log", "caused_by_sequence", "caused_by_index", "supersedes"];
        let mut said = Said::new();
        for table in Table::DERIVED {
            for (batch, row) in self.standing(*table) {
                let schema = batch.schema();
                let mut cells = BTreeMap::new();
                for (field, column) in schema.fields().iter().zip(batch.columns()) {
                    if RUN.contains(&field.name().as_str()) || column.is_null(*row) {
                        continue;
                    }
                    cells.insert(field.name().clone(), format!("{:?}", column.slice(*row, 1)));
                }
                let ids = batch.column_by_name(id_column(*table)).unwrap();
                let id = ids.as_string::<i32>().value(*row).to_owned();
                said.insert((table.name(), id), cells);
            }
        }
        said
    }
}

fn id_column(table: Table) -> &'static str {
    match table {
        Table::Actions => "action_id",
        Table::Turns => "turn_row_id",
        Table::Sessions => "session_row_id",
        Table::Links => "link_id",
        _ => "gap_id",
    }
}

/// A stitcher together with all that was ever told to it, which stands in for the tables.
pub(crate) struct Run<'f> {
    pub(crate) stitcher: Stitcher,
    pub(crate) ends: Ends,
    options: StitchOptions,
    told: Vec<&'f Fact>,
    now: Option<(ReceivedAt, Sequence)>,
}

impl<'f> Run<'f> {
    pub(crate) fn new(options: StitchOptions) -> Self {
        let stitcher = Stitcher::new(options.clone());
        Self { stitcher, ends: Ends::default(), options, told: Vec::new(), now: None }
    }

    /// Tells some facts, and what changed by them.
    pub(crate) fn tell(&mut self, facts: &[&'f Fact]) {
        let owned: Vec<Fact> = facts.iter().map(|fact| (*fact).clone()).collect();
        self.bring(&owned);
        // Time goes on, whatever is told: frames are received one after the other.
        let last = owned.iter().map(|fact| (fact.received_at, fact.sequence));
        let last = last.chain(self.now).max();
        self.now = last;
        for fact in owned {
            self.stitcher.apply(fact);
        }
        self.told.extend(facts);
        if let Some((received_at, sequence)) = last {
            self.pass(received_at, sequence);
        }
    }

    /// Gives earlier events back for as long as they are wanted.
    fn bring(&mut self, facts: &[Fact]) {
        loop {
            let missing = self.stitcher.missing(facts);
            if missing.is_empty() {
                return;
            }
            let found = history(&self.told, &missing);
            self.stitcher.restore(&missing, vec![found]);
        }
    }

    fn pass(&mut self, received_at: ReceivedAt, sequence: Sequence) {
        let mut rows = DerivedRows::default();
        self.stitcher.changed(Moment { log_id: LOG, sequence, received_at }, &mut rows);
        self.ends.take(&mut rows);
    }

    /// Lets an hour pass after everything.
    pub(crate) fn end(&mut self) {
        let last = self.told.iter().map(|fact| fact.received_at.0).max().unwrap_or_default();
        // What was forgotten is brought back to settle, and may push others out.
        for _ in 0..3 {
            self.pass(ReceivedAt(last + 3_600_000_000), Sequence(i64::MAX));
            self.bring(&[]);
        }
        self.pass(ReceivedAt(last + 3_600_000_000), Sequence(i64::MAX));
    }

    /// Begins again with nothing but the tables.
    pub(crate) fn restart(&mut self) {
        self.stitcher = Stitcher::new(self.options.clone());
        for fact in self.told.iter().filter(|fact| fact.session_id.is_none()) {
            if let Some(trace) = fact.trace {
                self.stitcher.note_trace(&fact.tenant, &fact.principal, trace);
            }
        }
        let mut unsettled = Vec::new();
        for session in self.ends.sessions() {
            let agent = session.agent.unwrap();
            let tenant = session.tenant.to_string();
            let key = |id: &str| session_key(&tenant, agent, id);
            let own = key(&session.session_id);
            let root = session.root_session_id.as_deref().map_or_else(|| own.clone(), &key);
            let joins = session.joined_by.as_ref().map(|texts| texts.0.as_slice());
            let joins = joins.unwrap_or_default().iter().map(AsRef::as_ref);
            self.stitcher.note_known(&own, &session.principal, &root, joins);
            if !session.settled {
                unsettled.push(own);
            }
        }
        self.stitcher.want(&unsettled);
        self.bring(&[]);
    }
}

fn session_key(tenant: &str, agent: seam_schema::vocabulary::Agent, id: &str) -> HistoryKey {
    // What another principal sent stands under its owner's id in `events`.
    let id = id.split_once('~').map_or(id, |(id, _)| id);
    match id.strip_prefix("trace:") {
        Some(trace) => HistoryKey { tenant: tenant.into(), agent, id: trace.into(), trace: true },
        None => HistoryKey { tenant: tenant.into(), agent, id: id.into(), trace: false },
    }
}

fn history(told: &[&Fact], keys: &[HistoryKey]) -> Vec<Fact> {
    let sessions: HashSet<&str> =
        keys.iter().filter(|key| !key.trace).map(|key| key.id.as_str()).collect();
    let traces: HashSet<&str> =
        keys.iter().filter(|key| key.trace).map(|key| key.id.as_str()).collect();
    let wanted = |fact: &&&Fact| {
        let trace = fact.trace.map(|trace| trace.to_string());
        match &fact.session_id {
            Some(id) => sessions.contains(id.as_str()),
            None => trace.is_some_and(|trace| traces.contains(trace.as_str())),
        }
    };
    told.iter().filter(wanted).map(|fact| (*fact).clone()).collect()
}
