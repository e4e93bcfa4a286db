//! What a destination was given, beside what the tables hold and what the senders remember.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, ensure};
use seam_tests::server::Server;
use serde_json::Value;

use super::load::OWN;
use super::stage::{End, SINK, Stage, await_that};

/// So many of what is wrong are shown.
const SHOWN: usize = 20;

/// A record as the destination got it.
#[derive(Debug, Clone)]
pub(super) struct Arrival {
    pub(super) id: String,
    /// It says that it may have been sent before; nothing where a destination does not show that.
    pub(super) is_marked: Option<bool>,
}

/// What the destination knows, in the order of its arrival.
#[derive(Default)]
pub(super) struct Told {
    pub(super) arrivals: Vec<Arrival>,
    /// Ids that were taken and of which nobody was told; nothing where the destination cannot say.
    pub(super) untold: Option<BTreeSet<String>>,
    /// So many records had arrived whenever a request got no answer; those that were in flight beside
    /// it may come again.
    pub(super) cuts: Vec<usize>,
    /// So many records are in flight at most.
    pub(super) in_flight: usize,
    /// Ids of batches of which a part was lost: their sessions may be out of order.
    pub(super) torn: BTreeSet<String>,
    /// Whether it keeps an order at all.
    pub(super) has_order: bool,
}

impl Told {
    /// Whether a record was in flight beside a request that got no answer, before its copy.
    fn is_near_a_cut(&self, earlier: usize, at: usize) -> bool {
        let beside = |cut: &usize| earlier.abs_diff(*cut) <= self.in_flight && at >= *cut;
        self.cuts.iter().any(beside)
    }
}

/// A row of `events`.
pub(crate) struct Row {
    pub(crate) id: String,
    pub(super) session: String,
    log: String,
    place: (i64, i64),
    /// The sender's own id.
    pub(super) own: Option<String>,
}

/// What was found, for people.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) events: usize,
    pub(super) dead: Dead,
    pub(super) copies: usize,
    /// Actions of which more than one revision arrived.
    pub(super) revised: usize,
}

/// About one of a hundred ids: those that destinations are made to refuse.
pub(super) fn is_bad(id: &str) -> bool {
    let sum = id.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    sum.is_multiple_of(100)
}

/// Dead letters: ids, and why.
pub(super) type Dead = BTreeMap<String, String>;

/// Waits until everything has ended, then judges it. `refused` says which events must be dead, and
/// no other may be.
pub(super) fn judge(
    stage: &Stage,
    told: impl Fn() -> anyhow::Result<Told>,
    refused: impl Fn(&Row, &Dead) -> bool,
) -> anyhow::Result<Found> {
    let server = stage.server()?;
    stage.drain()?;
    await_that(server, "every settled action has ended", || {
        let dead = dead(server)?;
        let arrived: BTreeSet<String> =
            told()?.arrivals.into_iter().map(|arrival| arrival.id).collect();
        let settled = settled(server)?;
        Ok(settled.iter().all(|(action, revision)| {
            let id = format!("{action}.{revision}");
            arrived.contains(&id) || dead.contains_key(&id)
        }))
    })?;
    let (told, dead, rows) = (told()?, dead(server)?, rows(server)?);
    let first = first_arrivals(&told.arrivals);
    let own: BTreeSet<String> = rows.iter().filter_map(|row| row.own.clone()).collect();
    ensure!(own == stage.load.acknowledged(), "the tables do not hold what was acknowledged");
    let lost: Vec<&str> = rows
        .iter()
        .filter(|row| !first.contains_key(&row.id) && !dead.contains_key(&row.id))
        .map(|row| row.id.as_str())
        .collect();
    ensure!(lost.is_empty(), "{} of {} events are lost: {lost:?}", lost.len(), rows.len());
    let both: Vec<_> = dead.keys().filter(|id| first.contains_key(*id)).collect();
    ensure!(both.is_empty(), "dead and arrived: {both:?}");
    let wanted: BTreeSet<&String> =
        rows.iter().filter(|row| refused(row, &dead)).map(|row| &row.id).collect();
    let ids: BTreeSet<&String> = rows.iter().map(|row| &row.id).collect();
    let dead_events: BTreeSet<&String> = dead.keys().filter(|id| ids.contains(*id)).collect();
    ensure!(dead_events == wanted, "dead: {dead_events:?}\nbut refused: {wanted:?}");
    let revisions = known_revisions(server)?;
    let strange: Vec<_> = first
        .keys()
        .chain(dead.keys())
        .filter(|id| !ids.contains(*id) && !revisions.contains(*id))
        .collect();
    ensure!(strange.is_empty(), "in no table: {strange:?}");
    let copies = copies(&told, &stage.ends, &rows)?;
    if told.has_order {
        in_order(&rows, &first, &told.torn)?;
    }
    let revised = folded(server, &first, &dead, &ids)?;
    Ok(Found { events: rows.len(), dead, copies, revised })
}

/// Where each id arrived first.
fn first_arrivals(arrivals: &[Arrival]) -> BTreeMap<String, usize> {
    let mut first = BTreeMap::new();
    for (at, arrival) in arrivals.iter().enumerate() {
        first.entry(arrival.id.clone()).or_insert(at);
    }
    first
}

/// Every copy says so, and stands in a window of doubt: nobody was told of the first, or a process
/// ended between them and had not noted it.
fn copies(told: &Told, ends: &[End], rows: &[Row]) -> anyhow::Result<usize> {
    let rows: BTreeMap<&str, &Row> = rows.iter().map(|row| (row.id.as_str(), row)).collect();
    let mut before: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut copies, mut wrong) = (0, Vec::new());
    for (at, arrival) in told.arrivals.iter().enumerate() {
        let Some(earlier) = before.insert(&arrival.id, at) else { continue };
        copies += 1;
        let is_excused = told.untold.as_ref().is_none_or(|untold| untold.contains(&arrival.id))
            || told.is_near_a_cut(earlier, at)
            || ends.iter().any(|end| {
                let between = earlier < end.arrived && at >= end.arrived;
                between && may_come_again(end, rows.get(arrival.id.as_str()).copied())
            });
        if !is_excused || arrival.is_marked == Some(false) {
            wrong.push((earlier, at, arrival, is_excused));
        }
    }
    let shown = wrong.iter().take(SHOWN).collect::<Vec<_>>();
    let why = ends.iter().map(|end| (end.arrived, end.is_clean)).collect::<Vec<_>>();
    ensure!(
        wrong.is_empty(),
        "{} of {copies} copies are out of nothing or do not say so: {shown:?}; ends at {why:?}",
        wrong.len()
    );
    Ok(copies)
}

/// Whether a process left a record in doubt. Of actions the last frame comes again after every end.
fn may_come_again(end: &End, row: Option<&Row>) -> bool {
    let Some(row) = row else { return true };
    let durable = end.durable.get(&row.log);
    !end.is_clean && durable.is_none_or(|durable| row.place > *durable)
}

/// The events of a session arrived first in the order in which the tables have them, but for
/// sessions with a record of a batch that was torn.
pub(crate) fn in_order(
    rows: &[Row],
    first: &BTreeMap<String, usize>,
    torn: &BTreeSet<String>,
) -> anyhow::Result<()> {
    let torn: BTreeSet<&str> =
        rows.iter().filter(|row| torn.contains(&row.id)).map(|row| row.session.as_str()).collect();
    let mut last: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    let sessions =
        rows.iter().filter(|row| !row.session.is_empty() && !torn.contains(row.session.as_str()));
    for row in sessions {
        let Some(at) = first.get(&row.id) else { continue };
        let before = last.insert(&row.session, (*at, &row.id));
        ensure!(
            before.is_none_or(|(before, _)| before < *at),
            "out of order in {}: {} came at {at}, after {before:?}",
            row.session,
            row.id
        );
    }
    Ok(())
}

/// Folded on the newest revision, what arrived of actions is what has settled; gives how many came
/// in more than one revision.
fn folded(
    server: &Server,
    first: &BTreeMap<String, usize>,
    dead: &Dead,
    events: &BTreeSet<&String>,
) -> anyhow::Result<usize> {
    let mut newest: BTreeMap<&str, (i64, usize)> = BTreeMap::new();
    for id in first.keys().chain(dead.keys()).filter(|id| !events.contains(*id)) {
        let (action, revision) = id.rsplit_once('.').context("an action has a revision")?;
        let fold = newest.entry(action).or_default();
        *fold = (fold.0.max(revision.parse()?), fold.1 + 1);
    }
    for (action, revision) in settled(server)? {
        let fold = newest.get(action.as_str()).map(|(newest, _)| *newest);
        ensure!(fold == Some(revision), "{action}: {revision} settled, {fold:?} is the newest");
    }
    Ok(newest.values().filter(|(_, count)| *count > 1).count())
}

fn lines(server: &Server, statement: &str) -> anyhow::Result<Vec<Value>> {
    let text = server.seam_ok(&["sql", statement, "--output", "ndjson"])?;
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

fn word(row: &Value, key: &str) -> String {
    row[key].as_str().unwrap_or_default().to_owned()
}

/// All events, in the order of the tables.
pub(crate) fn rows(server: &Server) -> anyhow::Result<Vec<Row>> {
    let statement = format!(
        "select event_id, session_id, log_id, offset_sequence, offset_index, attributes['{OWN}'] as own \
         from events order by log_id, offset_sequence, offset_index"
    );
    let number = |row: &Value, key: &str| row[key].as_i64().context("a number");
    let row = |row: Value| {
        Ok(Row {
            id: word(&row, "event_id"),
            session: word(&row, "session_id"),
            log: word(&row, "log_id"),
            place: (number(&row, "offset_sequence")?, number(&row, "offset_index")?),
            own: row["own"].as_str().map(str::to_owned),
        })
    };
    lines(server, &statement)?.into_iter().map(row).collect()
}

fn dead(server: &Server) -> anyhow::Result<Dead> {
    let text = server.seam_ok(&["sinks", "dlq", "list", SINK, "--output", "json"])?;
    let rows: Vec<Value> = serde_json::from_str(&text)?;
    Ok(rows.iter().map(|row| (word(row, "record_id"), word(row, "reason"))).collect())
}

/// Settled actions with their newest revision.
fn settled(server: &Server) -> anyhow::Result<BTreeMap<String, i64>> {
    let rows = lines(server, "select action_id, revision from actions where settled")?;
    let pair = |row: &Value| Ok((word(row, "action_id"), row["revision"].as_i64().context("one")?));
    rows.iter().map(pair).collect()
}

fn known_revisions(server: &Server) -> anyhow::Result<BTreeSet<String>> {
    let rows = lines(
        server,
        "select action_id || '.' || cast(revision as varchar) as id from actions_revisions",
    )?;
    Ok(rows.iter().map(|row| word(row, "id")).collect())
}
