//! From rows to what stands in the window: filtered, encoded, with the place behind which the
//! cursor may stand.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::RecordBatch;
use bytes::Bytes;
use seam_schema::derived::actions::{ActionReader, ActionRow};
use seam_schema::event::{Event, EventReader};
use seam_schema::ids::{LogId, Offset, Sequence};
use seam_schema::project::action_time_us;
use seam_schema::redact::Profile;
use seam_schema::vocabulary::{Agent, Kind};

use super::encode::Encode;
use super::filter::Filter;
use super::ports::Lane;
use crate::record::Record;

/// What a row comes to.
pub(super) struct Row {
    pub(super) lane: Lane,
    /// Where the cursor may stand once this row and all before it have ended.
    pub(super) end: Offset,
    /// When its frame was received, microseconds since 1970.
    pub(super) received_us: i64,
    /// What is sent of it; nothing where the filter or the encoding leaves it out.
    pub(super) record: Option<Record>,
    /// It may have been given before.
    pub(super) again: bool,
    /// Its encoding panicked: it has no document, and cannot be sent.
    pub(super) is_unwritable: bool,
}

/// A batch of rows that is being worked through.
pub(super) struct Rows {
    lane: Lane,
    batch: RecordBatch,
    again: bool,
    next: usize,
    words: Words,
}

/// What is told of rows.
pub(super) struct Telling<'t> {
    /// Which of them are.
    pub(super) filter: &'t Filter,
    /// What is taken out of them first.
    pub(super) redact: &'t Profile,
    /// How.
    pub(super) encode: &'t dyn Encode,
}

/// Texts that most rows of a batch share.
#[derive(Default)]
struct Words {
    tenant: Option<Arc<str>>,
    session: Option<Arc<str>>,
    host: Option<Arc<str>>,
}

fn shared(last: &mut Option<Arc<str>>, text: &str) -> Arc<str> {
    match last {
        Some(same) if same.as_ref() == text => Arc::clone(same),
        _ => Arc::clone(last.insert(Arc::from(text))),
    }
}

impl Rows {
    pub(super) fn new(lane: Lane, batch: RecordBatch, again: bool) -> Self {
        Self { lane, batch, again, next: 0, words: Words::default() }
    }

    /// Whether every row was read.
    pub(super) fn are_read(&self) -> bool {
        self.next >= self.batch.num_rows()
    }

    /// Reads what is left. The columns are looked up now: that costs more than reading a row, so
    /// ask for many of it.
    pub(super) fn left(&mut self) -> Left<'_> {
        let reader = match self.lane {
            Lane::Events => Reader::Events(EventReader::new(&self.batch)),
            Lane::Actions => Reader::Actions(ActionReader::new(&self.batch)),
        };
        let rows = self.next..self.batch.num_rows();
        let again = self.again;
        Left { reader, rows, again, next: &mut self.next, words: &mut self.words }
    }
}

/// Rows of a batch that were not read yet.
pub(super) struct Left<'r> {
    reader: Reader<'r>,
    rows: Range<usize>,
    again: bool,
    /// Noted for whoever reads on later.
    next: &'r mut usize,
    words: &'r mut Words,
}

/// Knows where the columns of a batch are.
enum Reader<'r> {
    Events(EventReader<'r>),
    Actions(ActionReader<'r>),
}

impl Left<'_> {
    /// The next row; `buffer` is only lent.
    pub(super) fn next(&mut self, telling: &Telling<'_>, buffer: &mut Vec<u8>) -> Option<Row> {
        let row = self.rows.next()?;
        *self.next = row + 1;
        let mut told = |telling: &Telling<'_>| {
            buffer.clear();
            match &self.reader {
                Reader::Events(reader) => event(reader.read(row), telling, buffer, self.words),
                Reader::Actions(reader) => action(reader.read(row), telling, buffer, self.words),
            }
        };
        // A row that makes the encoding panic would do so again after every restart.
        let written = catch_unwind(AssertUnwindSafe(|| told(telling)));
        let is_unwritable = written.is_err();
        let row = written.unwrap_or_else(|_| told(&Telling { encode: &Unwritable, ..*telling }));
        Some(Row { again: self.again, is_unwritable, ..row })
    }
}

/// Stands in for a document that cannot be written.
struct Unwritable;

impl Encode for Unwritable {
    fn format(&self) -> &'static str {
        "nothing"
    }

    fn event(&self, _: &Event<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{}");
    }

    fn action(&self, _: &ActionRow<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{}");
    }
}

fn event(
    mut event: Event<'_>,
    telling: &Telling<'_>,
    buffer: &mut Vec<u8>,
    words: &mut Words,
) -> Row {
    let columns = &event.columns;
    let offset = Offset {
        log_id: LogId::parse(&columns.log_id).unwrap_or_default(),
        sequence: Sequence(columns.offset_sequence),
        index: columns.offset_index,
    };
    let filter = telling.filter;
    let taken = filter.takes_event(columns) && filter.takes_place(Lane::Events, offset);
    // The key of the order, whatever a profile takes out.
    let session_id = shared(&mut words.session, columns.session_id.as_deref().unwrap_or_default());
    if taken {
        telling.redact.event(&mut event);
        telling.encode.event(&event, buffer);
    }
    let columns = &event.columns;
    let record = (taken && !buffer.is_empty()).then(|| Record {
        id: Arc::from(columns.event_id.to_string()),
        offset,
        time_us: columns.time.0,
        tenant: shared(&mut words.tenant, &columns.tenant),
        session_id,
        kind: columns.kind.unwrap_or(Kind::Other).as_str(),
        agent: columns.agent.unwrap_or(Agent::Unknown).as_str(),
        host: columns.host.as_deref().map(|host| shared(&mut words.host, host)),
        document: Bytes::copy_from_slice(buffer),
        redelivery: false,
    });
    let received_us = columns.received_at.0;
    Row { lane: Lane::Events, end: offset, received_us, record, again: false, is_unwritable: false }
}

/// Of actions the cursor stands between frames: a row says only that every frame before its own is
/// done, for more rows of its frame may come.
fn action(
    mut action: ActionRow<'_>,
    telling: &Telling<'_>,
    buffer: &mut Vec<u8>,
    words: &mut Words,
) -> Row {
    let offset = Offset {
        log_id: action.caused_by_log,
        sequence: Sequence(action.caused_by_sequence),
        index: action.caused_by_index,
    };
    let end = Offset {
        log_id: offset.log_id,
        sequence: Sequence(offset.sequence.0 - 1),
        index: i64::MAX,
    };
    let filter = telling.filter;
    let taken = filter.takes_action(&action) && filter.takes_place(Lane::Actions, end);
    let session_id = shared(&mut words.session, &action.session_id);
    if taken {
        telling.redact.action(&mut action);
        telling.encode.action(&action, buffer);
    }
    let record = (taken && !buffer.is_empty()).then(|| Record {
        id: Arc::from(format!("{}.{}", action.action_id, action.revision)),
        offset,
        time_us: action_time_us(&action),
        tenant: shared(&mut words.tenant, &action.tenant),
        session_id,
        kind: "action",
        agent: action.agent.unwrap_or(Agent::Unknown).as_str(),
        host: action.host.as_deref().map(|host| shared(&mut words.host, host)),
        document: Bytes::copy_from_slice(buffer),
        redelivery: false,
    });
    let received_us = action.revision;
    Row { lane: Lane::Actions, end, received_us, record, again: false, is_unwritable: false }
}
