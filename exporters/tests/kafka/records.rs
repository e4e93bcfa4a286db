//! Records to send.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use seam_exporters::Record;
use seam_schema::ids::{LogId, Offset, Sequence};

/// When the first of them happened: microseconds since 1970.
pub(crate) const START_US: i64 = 1_790_000_000_000_000;

/// A record with its number in it, of one of `sessions`.
pub(crate) fn record(number: usize, sessions: usize) -> Record {
    let session = format!("session-{}", number % sessions);
    let id = format!("{number:024x}-0");
    let document = format!(r#"{{"event_id":"{id}","number":{number},"session":"{session}"}}"#);
    Record {
        id: id.into(),
        offset: Offset {
            log_id: LogId::from_bytes([7; 16]),
            sequence: Sequence(i64::try_from(number).unwrap()),
            index: 0,
        },
        time_us: START_US + i64::try_from(number).unwrap(),
        tenant: Arc::from("acme"),
        session_id: session.into(),
        kind: "tool_result",
        agent: "codex",
        host: None,
        document: Bytes::from(document),
        redelivery: false,
    }
}

/// Records with these numbers.
pub(crate) fn records(numbers: Range<usize>, sessions: usize) -> Vec<Record> {
    numbers.map(|number| record(number, sessions)).collect()
}

/// The same, as they are sent again.
pub(crate) fn again(records: &[Record]) -> Vec<Record> {
    let again = records.iter().cloned();
    again.map(|record| Record { redelivery: true, ..record }).collect()
}

/// A document of OTLP: one log record with its number in the body.
pub(crate) fn otlp(number: usize) -> Bytes {
    use seam_schema::event::{Event, Text};
    use seam_schema::vocabulary::{Kind, RecordSignal};
    let mut event = Event::default();
    let columns = &mut event.columns;
    columns.tenant = Text::from("acme");
    columns.principal = Text::from("laptop-1");
    columns.signal = Some(RecordSignal::Logs);
    columns.kind = Some(Kind::Other);
    columns.body = Some(Text::from(format!("number {number}")));
    let mut document = Vec::new();
    seam_exporters::otlp::event(&event, &mut document).unwrap();
    document.into()
}
