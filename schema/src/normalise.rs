//! One frame in, rows of every table out.
//!
//! [`Mapping::normalise`] walks the views of a request in message order, lets the agent's mapper fill one
//! reused row per record and appends it. Nothing here can fail for an OTLP frame that passed the
//! check: what no mapper knows is stored as it came.
//!
//! The index of a record counts in message order, a span before its span events.

pub(crate) mod attributes;
mod context;
mod envelope;
mod logs;
mod points;
mod series;
pub mod skew;
mod spans;
mod tally;
pub(crate) mod time;

use std::sync::Arc;

use thiserror::Error;

use crate::capture;
use crate::event::{Attribute, Event, EventsBuilder, SCHEMA_VERSION, Text};
use crate::frame::{FrameKind, FrameMeta};
use crate::ids::{LogId, ReceivedAt, Sequence};
use crate::otlp::{self, Signal};
use crate::redact::Redactor;
use crate::table::Table;
use crate::table::audit::{Act, AuditBuilder, AuditRow};
use crate::table::cell::{Day, TimeUs};
use crate::table::dead_letters::{DeadLetterRow, DeadLettersBuilder, Letter};
use crate::table::ledger::{Ledger, LedgerCounts, LedgerKey};
use crate::table::metrics::MetricsBuilder;
use crate::vocabulary::{Agent, Kind, RecordSignal};

use context::Context;
use skew::Skews;
use tally::Tally;

/// One frame of the log.
#[derive(Debug, Clone, Copy)]
pub struct FrameInput<'a> {
    /// The log it stands in.
    pub log_id: LogId,
    /// Its number there.
    pub sequence: Sequence,
    /// When it was received.
    pub received_at: ReceivedAt,
    /// Who sent it and what it is.
    pub meta: &'a FrameMeta,
    /// The request, or the JSON of an [`Act`].
    pub payload: &'a [u8],
}

/// Which tables still need a frame: on replay a table skips what it has committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "one per table, and each is set by itself")]
pub struct Wanted {
    /// The table `events`.
    pub events: bool,
    /// The table `metrics`.
    pub metrics: bool,
    /// The table `audit`.
    pub audit: bool,
    /// The table `dead_letters`.
    pub dead_letters: bool,
    /// The table `ledger`.
    pub ledger: bool,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { events: true, metrics: true, audit: true, dead_letters: true, ledger: true }
    }
}

/// The rows of one or more frames.
#[derive(Debug, Default)]
pub struct Rows {
    /// Rows of `events`.
    pub events: EventsBuilder,
    /// Rows of `metrics`.
    pub metrics: MetricsBuilder,
    /// Rows of `audit`.
    pub audit: AuditBuilder,
    /// Rows of `dead_letters`.
    pub dead_letters: DeadLettersBuilder,
    /// Lines of `ledger`.
    pub ledger: Ledger,
    /// How far the clocks of the senders are off; no table of its own, the rows have both times.
    pub skews: Skews,
}

impl Rows {
    /// Makes room for about so many times as much as the last batches held. No row may wait.
    pub fn expect(&mut self, times: f64) {
        self.events.expect(times);
    }
}

/// Why a frame has no rows. Nothing was appended.
#[derive(Debug, Error)]
pub enum NormaliseError {
    /// The payload of an internal frame is not an act.
    #[error(
        "cannot read internal frame {sequence}: its payload is not the json of an act; use the version that wrote it"
    )]
    Act {
        /// The frame.
        sequence: Sequence,
        /// What is wrong with the JSON.
        source: serde_json::Error,
    },
    /// The payload of a frame of dead letters is none.
    #[error(
        "cannot read frame {sequence} of dead letters: its payload is not the json of letters; use the version that wrote it"
    )]
    Letters {
        /// The frame.
        sequence: Sequence,
        /// What is wrong with the JSON.
        source: serde_json::Error,
    },
}

/// The shape of [`Mapping::normalise`]: a pipeline takes it as a value, so that a test of the
/// pipeline can hand it a mapper that fails.
pub type Normalise =
    Arc<dyn Fn(&FrameInput<'_>, Wanted, &mut Rows) -> Result<(), NormaliseError> + Send + Sync>;

/// How frames become rows: what the operator chose.
#[derive(Debug, Clone, Default)]
pub struct Mapping {
    /// Stores also what a rule calls noise.
    pub keep_all: bool,
    /// What finds secrets, which are replaced before anything but the log sees them.
    pub redactor: Redactor,
    /// Which content is kept.
    pub capture: capture::Policy,
}

impl Mapping {
    /// The mapping as a value that a pipeline can hold.
    pub fn shared(self) -> Normalise {
        Arc::new(move |frame, wanted, rows| self.normalise(frame, wanted, rows))
    }

    /// Appends the rows of one frame.
    ///
    /// A repeated frame gives lines of the ledger only, an internal frame one row of `audit` and
    /// no line, dead letters their rows and no line, a tick nothing. After an error nothing was appended; after a panic the rows must be thrown away.
    pub fn normalise(
        &self,
        frame: &FrameInput<'_>,
        wanted: Wanted,
        rows: &mut Rows,
    ) -> Result<(), NormaliseError> {
        let signal = match frame.meta.kind {
            FrameKind::Otlp(signal) => signal,
            FrameKind::Internal => return self.act(frame, wanted, rows),
            FrameKind::DeadLetters => return self.letters(frame, wanted, rows),
            FrameKind::Tick => return Ok(()),
        };
        let log_id = frame.log_id.to_string();
        request(signal, &Context::new(self, frame, &log_id), frame, wanted, rows);
        Ok(())
    }

    /// Appends the row of an internal frame.
    fn act(
        &self,
        frame: &FrameInput<'_>,
        wanted: Wanted,
        rows: &mut Rows,
    ) -> Result<(), NormaliseError> {
        let act: Act = serde_json::from_slice(frame.payload)
            .map_err(|source| NormaliseError::Act { sequence: frame.sequence, source })?;
        if !wanted.audit {
            return Ok(());
        }
        // A statement can quote a secret, so this is redacted as well.
        let clean = |text: &str| Text::Owned(self.redactor.text(text).text);
        let meta = frame.meta;
        let received = time::Moment::received(frame.received_at);
        rows.audit.append(&AuditRow {
            log_id: frame.log_id.to_string().into(),
            offset_sequence: frame.sequence.0,
            offset_index: 0,
            event_id: meta.digest.event_id(0),
            tenant: meta.tenant.as_str().into(),
            principal: meta.principal.as_str().into(),
            peer_address: context::non_empty(&meta.peer_address),
            received_at: TimeUs(frame.received_at.0),
            day: Day(frame.received_at.day()),
            time: TimeUs(received.us),
            time_unix_nano: received.nanos,
            act: Some(act.act.into()),
            subject: Some(clean(&act.subject)),
            detail: Some(clean(&act.detail.to_string())),
            rows: act.rows,
            outcome: Some(act.outcome.into()),
        });
        Ok(())
    }

    /// Appends the rows of a frame of dead letters.
    fn letters(
        &self,
        frame: &FrameInput<'_>,
        wanted: Wanted,
        rows: &mut Rows,
    ) -> Result<(), NormaliseError> {
        let letters: Vec<Letter> = serde_json::from_slice(frame.payload)
            .map_err(|source| NormaliseError::Letters { sequence: frame.sequence, source })?;
        if !wanted.dead_letters {
            return Ok(());
        }
        let received = time::Moment::received(frame.received_at);
        for (index, letter) in (0..).zip(letters) {
            rows.dead_letters.append(&DeadLetterRow {
                log_id: frame.log_id.to_string().into(),
                offset_sequence: frame.sequence.0,
                offset_index: index,
                event_id: frame.meta.digest.event_id(index),
                tenant: frame.meta.tenant.as_str().into(),
                received_at: TimeUs(frame.received_at.0),
                day: Day(frame.received_at.day()),
                time: TimeUs(received.us),
                time_unix_nano: received.nanos,
                sink: letter.sink.into(),
                state: letter.state.into(),
                record_id: letter.record_id.into(),
                record_table: letter.record_table.into(),
                record_log_id: letter.record_log_id.into(),
                record_sequence: letter.record_sequence,
                record_index: letter.record_index,
                session_id: Some(letter.session_id).filter(|id| !id.is_empty()).map(Text::Owned),
                // A destination may quote what it was sent, whatever it was asked not to.
                reason: Some(self.redactor.text(&letter.reason).text.into()),
                attempts: letter.attempts,
                format: letter.format.into(),
                document_bytes: letter.document_bytes,
                document_blake3: letter.document_blake3.into(),
            });
        }
        Ok(())
    }
}

/// Appends the rows of a request.
fn request<'a>(
    signal: Signal,
    context: &Context<'a>,
    frame: &FrameInput<'a>,
    wanted: Wanted,
    rows: &mut Rows,
) {
    let mut tally = Tally::new(frame, wanted.ledger, &mut rows.ledger, &mut rows.skews);
    let stored = !frame.meta.repeat;
    let events = (stored && wanted.events).then_some(&mut rows.events);
    match signal {
        Signal::Logs => logs::map(context, frame.payload, events, &mut tally),
        Signal::Traces => spans::map(context, frame.payload, events, &mut tally),
        Signal::Metrics => {
            let metrics = (stored && wanted.metrics).then_some(&mut rows.metrics);
            points::map(context, frame.payload, metrics, &mut tally);
        }
    }
    tally.finish();
}

/// Appends the one row of a frame that could not be mapped, and its line in the ledger.
///
/// `reason` stands in the row's `error`; it must not quote the payload.
pub fn undecoded(frame: &FrameInput<'_>, reason: &str, rows: &mut Rows) {
    let log_id = frame.log_id.to_string();
    let mapping = Mapping::default();
    let context = Context::new(&mapping, frame, &log_id);
    let mut event = Event::default();
    context.begin(&mut event.columns, 0);
    let columns = &mut event.columns;
    columns.kind = Some(Kind::Undecoded);
    columns.agent = Some(Agent::Unknown);
    context::take_time(columns, time::Moment::received(frame.received_at));
    columns.error = Some(reason.into());
    let digest = frame.meta.digest.to_string();
    event.attributes.push(Attribute::text("otlp.request_digest", digest));
    event.attributes.push(Attribute::number("otlp.request_bytes", frame.payload.len() as u64));
    if let FrameKind::Otlp(signal) = frame.meta.kind {
        event.attributes.push(Attribute::text("otlp.request_signal", signal.as_str()));
        count_undecoded(frame, signal, &mut rows.ledger);
    }
    rows.events.append(&event);
}

/// Counts the records of a frame without mapping them.
fn count_undecoded(frame: &FrameInput<'_>, signal: Signal, ledger: &mut Ledger) {
    let limits = otlp::Limits {
        request_bytes: usize::MAX,
        estimated_bytes: u64::MAX,
        ..otlp::Limits::default()
    };
    let Ok(checked) = otlp::check(signal, frame.payload, &limits) else { return };
    let counts = [
        (RecordSignal::Logs, checked.log_records),
        (RecordSignal::Traces, checked.spans),
        (RecordSignal::SpanEvent, checked.span_events),
        (RecordSignal::Metrics, checked.data_points),
    ];
    for (signal, records) in counts.into_iter().filter(|(_, records)| *records > 0) {
        let records = i64::try_from(records).unwrap_or(i64::MAX);
        let key = LedgerKey {
            tenant: frame.meta.tenant.as_str().to_owned(),
            minute_us: frame.received_at.minute_us(),
            agent: Agent::Unknown,
            agent_version: String::new(),
            signal,
            name: String::new(),
            ignored_rule: None,
        };
        ledger.add(
            key,
            LedgerCounts { accepted: records, undecoded: records, ..LedgerCounts::default() },
        );
    }
}

/// The tables a frame of this kind feeds when it can be mapped.
///
/// One that cannot feeds `events` and, if it is of OTLP, `ledger`.
pub fn tables_fed(meta: &FrameMeta) -> &'static [Table] {
    match meta.kind {
        FrameKind::Internal => &[Table::Audit],
        FrameKind::DeadLetters => &[Table::DeadLetters],
        FrameKind::Tick => &[],
        FrameKind::Otlp(_) if meta.repeat => &[Table::Ledger],
        FrameKind::Otlp(Signal::Logs | Signal::Traces) => &[Table::Events, Table::Ledger],
        FrameKind::Otlp(Signal::Metrics) => &[Table::Metrics, Table::Ledger],
    }
}

/// The version every row is marked with.
const VERSION: i64 = SCHEMA_VERSION;

#[cfg(test)]
mod tests;
