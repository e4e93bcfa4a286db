//! Rows that are sent again because somebody asked: those of a conversation, those since a time,
//! or the dead letters of a sink.
//!
//! A replay is a delivery of its own beside the sink's: same destination, same ids, every record
//! marked as sent before. It ends where the sink's own cursor stood when it was asked for. How far
//! it is is kept (`kept`), so a start goes on with what the end of a server interrupted.

mod kept;
mod range;
mod unclosed;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use seam_exporters::delivery::{
    Cursor, Delivery, Filter, Keeper, Lane, Order, Orders, Saved, Status,
};
use seam_schema::ids::{LogId, Offset, Sequence};
use seam_schema::table::Table;
use seam_schema::table::dead_letters::{DEAD, DeadLetterRow};
use seam_store::replays::{KeptLetters, KeptReplay};
use seam_store::{ReadError, StatValue, Step};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::build::options;
use super::keeper::{cursor_of, lanes_of};
use super::running::{Beside, Sink, Sinks};
use kept::ReplayKeeper;
use range::Range;
use unclosed::Unclosed;

/// How long an answer waits for the end; the replay goes on after it.
const ANSWER_AFTER: Duration = Duration::from_mins(1);

/// What is sent again, and where. Something has to say what: everything is never meant by a slip.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ReplayAsk {
    /// The sink's name.
    pub(crate) sink: String,
    /// Rows received since then, microseconds since 1970.
    pub(crate) since_us: Option<i64>,
    /// Rows of this conversation.
    pub(crate) session: Option<String>,
    /// The dead letters, or the one of this record.
    pub(crate) dead_letters: bool,
    pub(crate) record_id: Option<String>,
}

/// What came of it so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReplayReport {
    /// Whether it has ended.
    pub(crate) done: bool,
    pub(crate) delivered: u64,
    pub(crate) duplicates: u64,
    pub(crate) refused: u64,
    /// Dead letters that were asked for; 0 for any other replay.
    pub(crate) letters: u64,
}

/// Why nothing was sent again.
#[derive(Debug, Error)]
pub(crate) enum ReplayError {
    #[error("there is no sink `{0}`; `seam sinks list` shows all")]
    NoSink(String),
    #[error("nothing says what to send again: give a time, a conversation, or `dead_letters`")]
    Everything,
    #[error("a replay of `{0}` is under way; wait for its end, `seam sinks list` shows how it is")]
    UnderWay(String),
    #[error("cannot read the tables: {0}")]
    Read(#[from] ReadError),
    #[error("the server is ending")]
    Ending,
    #[error("cannot name the replay: the system gives no random bytes")]
    Nameless,
}

/// A replay that is under way.
struct Begun {
    status: Arc<Status>,
    ended: oneshot::Receiver<()>,
    /// Dead letters that it sends.
    letters: u64,
}

impl Sinks {
    /// Sends rows again; answers when that is done, or after a while.
    pub(crate) async fn replay(&self, ask: &ReplayAsk) -> Result<ReplayReport, ReplayError> {
        let name = ask.sink.as_str();
        if ask.since_us.is_none() && ask.session.is_none() && !ask.dead_letters {
            return Err(ReplayError::Everything);
        }
        let sink = self.find(name).ok_or_else(|| ReplayError::NoSink(name.to_owned()))?;
        if self.is_replaying(name) {
            return Err(ReplayError::UnderWay(name.to_owned()));
        }
        let letters = ask
            .dead_letters
            .then(|| KeptLetters { until_us: i64::MAX, record_id: ask.record_id.clone() });
        let mut kept = KeptReplay {
            sink: name.to_owned(),
            since_us: ask.since_us,
            session: ask.session.clone(),
            letters,
            through: lanes_of(&sink.status.view().cursor),
            ..KeptReplay::default()
        };
        let mut id = [0_u8; 8];
        getrandom::fill(&mut id).map_err(|_| ReplayError::Nameless)?;
        let id = format!("{:016x}", u64::from_be_bytes(id));
        let Some(begun) = self.begin(sink, &id, &mut kept).await? else {
            return Ok(ReplayReport { done: true, ..ReplayReport::default() });
        };
        let done = timeout(ANSWER_AFTER, begun.ended).await.is_ok();
        let view = begun.status.view();
        Ok(ReplayReport {
            done,
            delivered: view.delivered,
            duplicates: view.duplicates,
            refused: view.refused,
            letters: begun.letters,
        })
    }

    /// Begins a replay, or goes on with it; nothing where no record is left for it.
    async fn begin(
        &self,
        sink: &Sink,
        id: &str,
        kept: &mut KeptReplay,
    ) -> Result<Option<Begun>, ReplayError> {
        let mut through = cursor_of(&kept.through);
        let mut filter = Filter {
            since_us: kept.since_us,
            session: kept.session.clone(),
            through: Some(through.clone()),
            ..sink.config.filter.clone()
        };
        let mut letters = 0;
        let mut from = self.start_of(kept.since_us);
        let mut lanes: BTreeSet<Lane> = Lane::ALL.into_iter().collect();
        if filter.no_actions {
            lanes.remove(&Lane::Actions);
        }
        if let Some(wanted) = &mut kept.letters {
            let dead = self.dead_letters(&kept.sink, wanted).await?;
            letters = dead.len() as u64;
            let Some(newest_us) = dead.values().map(|letter| letter.received_us).max() else {
                return Ok(None);
            };
            wanted.until_us = wanted.until_us.min(newest_us);
            // Its own conditions, and nothing of the sink's: they were let through once.
            filter = Filter { ids: Some(dead.keys().cloned().collect()), ..Filter::default() };
            from = before(dead.values().map(|letter| &letter.place));
            // A letter may be about a record beyond the sink's cursor.
            through = Cursor::default();
            for letter in dead.values() {
                through.advance(letter.place.0, letter.place.1);
            }
            lanes = dead.values().map(|letter| letter.place.0).collect();
        }
        let at = cursor_of(&kept.at);
        for lane in Lane::ALL {
            at.offsets(lane).for_each(|end| from.advance(lane, end));
        }
        let source = Range::new(&self.store, &from, &through, &lanes)?;
        let (status, ended) = self.send_again(sink, id, kept, filter, source)?;
        Ok(Some(Begun { status, ended, letters }))
    }

    fn send_again(
        &self,
        sink: &Sink,
        id: &str,
        kept: &KeptReplay,
        filter: Filter,
        source: Range,
    ) -> Result<(Arc<Status>, oneshot::Receiver<()>), ReplayError> {
        let handle = self.handle().ok_or(ReplayError::Ending)?;
        let status: Arc<Status> = Arc::default();
        let (orders, receiver) = Orders::new(Order::Run);
        let keeper = Arc::new(ReplayKeeper::new(self.replays.clone(), id, kept.clone()));
        let at = cursor_of(&kept.at);
        let delivery = Delivery {
            name: sink.config.name.clone(),
            destination: Arc::new(Unclosed(Arc::clone(&sink.built.destination))),
            source: Box::new(source),
            filter,
            redact: Arc::clone(&sink.redact),
            encode: Arc::clone(&sink.built.encode),
            keeper: Arc::clone(&keeper) as Arc<dyn Keeper>,
            dead_letters: Arc::clone(&self.letters),
            alarms: Arc::new(self.bell.clone()),
            clock: Arc::clone(&self.clock),
            options: options(&sink.config),
            saved: Some(Saved { cursor: at, paused: false, clean: false }),
            replays: true,
            revives: kept.letters.is_some(),
            status: Arc::clone(&status),
        };
        let (tell, ended) = oneshot::channel();
        let mine = orders.clone();
        let task = handle.spawn(async move {
            delivery.run(receiver).await;
            if !mine.is_stop() {
                keeper.end().await;
            }
            // Whoever asked may have gone away.
            tell.send(()).ok();
        });
        self.beside(Beside { sink: Some(sink.config.name.clone()), orders, task });
        Ok((status, ended))
    }

    /// Notes what runs beside the deliveries, for the end.
    fn beside(&self, other: Beside) {
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        others.retain(|other| !other.task.is_finished());
        others.push(other);
    }

    /// Whether a replay of a sink is under way: each has a window of its own.
    fn is_replaying(&self, name: &str) -> bool {
        let others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let of_sink = |other: &&Beside| other.sink.as_deref() == Some(name);
        others.iter().filter(of_sink).any(|other| !other.task.is_finished())
    }

    /// Goes on with what an earlier end interrupted, once everything in the log is in the tables
    /// again.
    pub(crate) fn take_up_replays(self: &Arc<Self>, log_end: Sequence) -> anyhow::Result<()> {
        let names = self.replays.names().context("cannot look for replays to go on with")?;
        let Some(handle) = self.handle().filter(|_| !names.is_empty()) else { return Ok(()) };
        let (orders, mut stopped) = Orders::new(Order::Run);
        let sinks = Arc::clone(self);
        let task = handle.spawn(async move {
            let taken_up = async {
                while sinks.store.wait_applied(log_end, ANSWER_AFTER).await < log_end {}
                for name in &names {
                    sinks.take_up(name).await;
                }
            };
            tokio::select! {
                biased;
                _ = stopped.wait_for(|told| told.is_stop()) => {}
                () = taken_up => {}
            }
        });
        self.beside(Beside { sink: None, orders, task });
        Ok(())
    }

    async fn take_up(&self, name: &str) {
        let kept = match self.replays.read(name) {
            Ok(Some(kept)) => kept,
            Ok(None) => return,
            Err(error) => {
                tracing::error!(%error, "a replay that was interrupted is not taken up");
                return;
            }
        };
        let (sink, mut kept) = (self.find(&kept.sink), kept);
        let begun = match sink {
            Some(sink) => self.begin(sink, name, &mut kept).await,
            None => Ok(None),
        };
        match begun {
            Ok(Some(_)) => tracing::info!(sink = kept.sink, "goes on with a replay"),
            Ok(None) => {
                tracing::info!(sink = kept.sink, "nothing is left of a replay");
                ReplayKeeper::new(self.replays.clone(), name, kept).end().await;
            }
            Err(error) => {
                tracing::error!(sink = kept.sink, %error, "cannot go on with a replay");
            }
        }
    }

    /// The place before the first row received since a time.
    fn start_of(&self, since_us: Option<i64>) -> Cursor {
        let mut cursor = Cursor::default();
        let Some(since_us) = since_us else { return cursor };
        let snapshot = self.store.snapshot();
        let files = snapshot.table(Table::Events).map(|table| Arc::clone(&table.files));
        let mut over: BTreeMap<LogId, i64> = BTreeMap::new();
        let mut kept: BTreeMap<LogId, i64> = BTreeMap::new();
        for file in files.iter().flat_map(|files| files.iter()) {
            let (Some(log_id), Some((first, last))) = (file.log_id, file.sequences()) else {
                continue;
            };
            let newest = file.stats("received_at").and_then(|stats| stats.max.as_ref());
            let is_over = matches!(newest, Some(StatValue::TimeUs(time)) if *time < since_us);
            let (of, at) = if is_over { (&mut over, last.0) } else { (&mut kept, first.0 - 1) };
            let end = of.entry(log_id).or_insert(at);
            *end = if is_over { (*end).max(at) } else { (*end).min(at) };
        }
        for (log_id, last) in over {
            let last = kept.get(&log_id).map_or(last, |kept| last.min(*kept));
            let end = Offset { log_id, sequence: Sequence(last), index: i64::MAX };
            for lane in Lane::ALL {
                cursor.advance(lane, end);
            }
        }
        cursor
    }

    /// The records that are dead for a sink, by their ids.
    async fn dead_letters(
        &self,
        name: &str,
        wanted: &KeptLetters,
    ) -> Result<HashMap<String, Dead>, ReplayError> {
        let mut dead = HashMap::new();
        let mut follower = self.store.follow(Table::DeadLetters, seam_store::Cursor::start())?;
        while let Step::Rows(rows) = follower.step().await? {
            for row in 0..rows.batch.num_rows() {
                let row = DeadLetterRow::read(&rows.batch, row);
                let is_wanted = wanted.record_id.as_ref().is_none_or(|id| row.record_id == *id);
                let lane = Lane::parse(&row.record_table);
                let (Some(lane), true) = (lane, row.sink == name && is_wanted) else { continue };
                if row.state != DEAD {
                    dead.remove(row.record_id.as_ref());
                    continue;
                }
                if row.received_at.0 > wanted.until_us {
                    continue;
                }
                let log_id = LogId::parse(&row.record_log_id).unwrap_or_default();
                let sequence = Sequence(row.record_sequence);
                let place = (lane, Offset { log_id, sequence, index: row.record_index });
                let letter = Dead { place, received_us: row.received_at.0 };
                dead.insert(row.record_id.into_owned(), letter);
            }
        }
        Ok(dead)
    }
}

/// A record that is dead for a sink.
struct Dead {
    place: (Lane, Offset),
    /// When its letter was received.
    received_us: i64,
}

/// The cursor right before the first of some records.
fn before<'p>(places: impl Iterator<Item = &'p (Lane, Offset)>) -> Cursor {
    let mut first: BTreeMap<(Lane, LogId), Sequence> = BTreeMap::new();
    for (lane, place) in places {
        let of = first.entry((*lane, place.log_id)).or_insert(place.sequence);
        *of = (*of).min(place.sequence);
    }
    let mut cursor = Cursor::default();
    for ((lane, log_id), sequence) in first {
        let sequence = Sequence(sequence.0 - 1);
        cursor.advance(lane, Offset { log_id, sequence, index: i64::MAX });
    }
    cursor
}
