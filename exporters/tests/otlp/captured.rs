//! All that agents really sent, sent on.

use std::collections::BTreeMap;
use std::fs;

use seam_exporters::otlp::{Options, Otlp, Protocol, Signal as Sent, split};
use seam_exporters::{Destination as _, Outcome, Record};
use seam_schema::event::{AttributeValue, Event};
use seam_schema::frame::{ContentType, FrameKind, FrameMeta, Transport};
use seam_schema::ids::{LogId, Principal, ReceivedAt, RequestDigest, Sequence, Tenant};
use seam_schema::normalise::{FrameInput, Mapping, Rows, Wanted};
use seam_schema::otlp::{self, Limits, Signal};
use seam_schema::project::withhold;
use seam_schema::vocabulary::RecordSignal;
use seam_tests::captures;

use crate::events::record_of;
use crate::server::Server;

/// Rows of `events`, as one frame fills them.
fn rows(signal: Signal, payload: &[u8], principal: &str) -> arrow_array::RecordBatch {
    let tenant = Tenant::default();
    let meta = FrameMeta {
        kind: FrameKind::Otlp(signal),
        content_type: ContentType::Protobuf,
        transport: Transport::Grpc,
        repeat: false,
        relay: false,
        digest: RequestDigest::of(&tenant, signal, payload),
        tenant,
        principal: Principal::new(principal).unwrap(),
        peer_address: "127.0.0.1".to_owned(),
        certificate_host: String::new(),
    };
    let frame = FrameInput {
        log_id: LogId::from_bytes([7; 16]),
        sequence: Sequence(3),
        received_at: ReceivedAt(1_795_174_500_000_000),
        meta: &meta,
        payload,
    };
    let mut rows = Rows::default();
    let mapping = Mapping { keep_all: true, ..Mapping::default() };
    mapping.normalise(&frame, Wanted::default(), &mut rows).unwrap();
    rows.events.finish().unwrap()
}

/// Every request of every capture but metrics.
fn requests() -> Vec<(Signal, Vec<u8>)> {
    let mut all = Vec::new();
    for name in captures::names("").unwrap() {
        let mut files: Vec<_> = fs::read_dir(captures::folder().join(name)).unwrap().collect();
        files.sort_by_key(|file| file.as_ref().unwrap().file_name());
        for file in files {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let part = |signal: &Signal| name.contains(&format!("-{}-", signal.as_str()));
            let Some(signal) = [Signal::Logs, Signal::Traces].into_iter().find(part) else {
                continue;
            };
            let mut bytes = fs::read(&path).unwrap();
            if path.extension().is_some_and(|extension| extension == "json") {
                bytes = otlp::transcode(signal, &bytes, &Limits::default()).unwrap();
            }
            all.push((signal, bytes));
        }
    }
    assert!(all.len() > 100, "the captures are there");
    all
}

fn said<'e>(event: &'e Event<'_>, key: &str) -> Option<&'e str> {
    let found = event.attributes.iter().find(|attribute| attribute.key == key)?;
    match &found.value {
        AttributeValue::Column(_, text) => Some(text),
        _ => None,
    }
}

/// Guarantees: what agents sent arrives whole, each record once; and a Seam that receives it sees
/// the same of logs and spans as the one that sent it: kind, conversation, call, tool and decision.
#[tokio::test]
async fn captures_arrive_and_mean_the_same() {
    let server = Server::start().await;
    let otlp = Otlp::new(Options::new(&server.url(), Protocol::Grpc)).unwrap();
    let (mut ids, mut sent, mut number) = (BTreeMap::new(), 0, 0);
    for (signal, payload) in requests() {
        let batch = rows(signal, &payload, "laptop");
        let events: Vec<_> = (0..batch.num_rows()).map(|row| Event::read(&batch, row)).collect();
        let records: Vec<Record> = events.iter().map(|event| record_of(0, event)).collect();
        for (event, record) in events.iter().zip(&records) {
            number += 1;
            *ids.entry(event.columns.event_id.to_string()).or_insert(0) += 1;
            // Much of it is alike: every third is enough to compare.
            if number % 3 == 0 {
                compare(event, record);
            }
        }
        for part in records.chunks(otlp.limits().records) {
            let outcomes = otlp.send(part).await;
            assert!(outcomes.iter().all(|one| *one == Outcome::Delivered), "{outcomes:?}");
            sent += part.len();
        }
    }
    assert!(sent > 15_000, "{sent}");
    assert_eq!(server.taken(), ids);
}

/// The row that another Seam makes of a record.
fn received(record: &Record) -> arrow_array::RecordBatch {
    let (signal, request) = split(&record.document).unwrap();
    let signal = if signal == Sent::Logs { Signal::Logs } else { Signal::Traces };
    otlp::check(signal, &request, &Limits::default()).unwrap();
    let batch = rows(signal, &request, "relay");
    assert_eq!(batch.num_rows(), 1);
    batch
}

/// What another Seam makes of a record.
fn compare(event: &Event<'_>, record: &Record) {
    let batch = received(record);
    let there = Event::read(&batch, 0);
    let id = event.columns.event_id.to_string();
    assert_eq!(said(&there, "seam.event_id"), Some(&*id));
    assert_eq!(said(&there, "seam.principal"), Some("laptop"));
    assert_eq!(there.columns.principal, "relay");
    if event.columns.signal == Some(RecordSignal::SpanEvent) {
        return;
    }
    let (here, there) = (&event.columns, &there.columns);
    assert_eq!((here.kind, here.agent, &here.name), (there.kind, there.agent, &there.name), "{id}");
    assert_eq!((&here.session_id, &here.call_id), (&there.session_id, &there.call_id), "{id}");
    assert_eq!((&here.tool, here.decision), (&there.tool, there.decision), "{id}");
    assert_eq!((here.time_unix_nano, here.outcome), (there.time_unix_nano, there.outcome), "{id}");
}

/// Shorter texts stand in ids and names by chance.
const LEAST_BYTES: usize = 12;

/// The texts of a row that people and programs said, and no column or attribute that is sent
/// repeats.
fn content(event: &Event<'_>) -> Vec<String> {
    let row = &event.columns;
    let said = [
        &row.prompt,
        &row.response,
        &row.arguments,
        &row.output,
        &row.rationale,
        &row.error,
        &row.status_message,
        &row.span_links,
    ];
    let body = Some(&row.body).filter(|_| row.body != row.name);
    let mut shown = String::new();
    for text in [&row.command, &row.path, &row.url, &row.name, &row.tool, &row.decision_source] {
        shown.push_str(text.as_deref().unwrap_or_default());
        shown.push('\n');
    }
    for kept in event.attributes.iter().chain(&event.resource) {
        // Ids and the like, which the policy of capture calls no content either.
        if let AttributeValue::Column(_, text) = &kept.value
            && text.len() <= 128
        {
            shown.push_str(text);
            shown.push('\n');
        }
    }
    let said = said.into_iter().chain(body).flatten().map(ToString::to_string);
    said.filter(|text| text.len() >= LEAST_BYTES && !shown.contains(text)).collect()
}

/// Guarantees: where content is withheld no text of it is in a request; the record arrives all the
/// same, under its own name and id. What a mapper reads out of content a receiver cannot know.
#[test]
fn no_content_is_in_a_request_that_withholds_it() {
    let (mut there, mut withheld) = (0, 0);
    for (signal, payload) in requests() {
        let batch = rows(signal, &payload, "laptop");
        for row in 0..batch.num_rows() {
            let event = Event::read(&batch, row);
            let mut less = event.clone();
            withhold(&mut less);
            let (whole, record) = (record_of(0, &event), record_of(0, &less));
            for text in content(&event) {
                let holds = |record: &Record| {
                    memchr::memmem::find(&record.document, text.as_bytes()).is_some()
                };
                assert!(!holds(&record), "{}: {text}", event.columns.event_id);
                there += usize::from(holds(&whole));
                withheld += 1;
            }
            if row % 7 == 0 {
                let batch = received(&record);
                let there = Event::read(&batch, 0);
                let id = event.columns.event_id.to_string();
                assert_eq!(said(&there, "seam.event_id"), Some(&*id));
                match event.columns.signal {
                    Some(RecordSignal::SpanEvent) => {}
                    Some(RecordSignal::Traces) => {
                        assert_eq!(event.columns.name, there.columns.name, "{id}");
                    }
                    // A record without a name of its own may be called after its body.
                    _ => assert_eq!(event.columns.event_name, there.columns.event_name, "{id}"),
                }
            }
        }
    }
    assert!(withheld > 500 && there * 2 > withheld, "{there} of {withheld}");
}
