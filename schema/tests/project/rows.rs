//! The rows of every capture, and what a projector makes of them.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use arrow_array::RecordBatch;
use seam_schema::derived::actions::ActionRow;
use seam_schema::event::Event;
use seam_schema::frame::{ContentType, FrameKind, FrameMeta, Transport};
use seam_schema::ids::{LogId, Principal, ReceivedAt, RequestDigest, Sequence, Tenant};
use seam_schema::normalise::{FrameInput, Mapping, Rows, Wanted};
use seam_schema::otlp::{self, Limits, Signal};
use seam_schema::project::{Content, Format, Observer, Projector};
use seam_schema::stitch::{DerivedRows, Moment, StitchOptions, Stitcher};
use seam_schema::table::Table;
use serde_json::Value;

const LOG: LogId = LogId::from_bytes([7; 16]);
/// Microseconds since 1970 of the first frame.
const RECEIVED_US: i64 = 1_795_174_500_000_000;
/// Long after the last frame: everything is settled.
const LATER_US: i64 = 86_400_000_000;

/// The rows of a capture.
pub(crate) struct Captured {
    pub(crate) name: String,
    pub(crate) events: Vec<RecordBatch>,
    pub(crate) actions: Vec<RecordBatch>,
}

/// All captures, in the order of their names. They are read once.
pub(crate) fn captures() -> &'static [Captured] {
    static ALL: OnceLock<Vec<Captured>> = OnceLock::new();
    ALL.get_or_init(|| {
        let root =
            PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/captures"));
        let mut folders: Vec<PathBuf> = fs::read_dir(root)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir())
            .collect();
        folders.sort();
        assert!(folders.len() > 20, "the captures are there");
        folders.iter().map(capture).collect()
    })
}

fn capture(folder: &PathBuf) -> Captured {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mapping = Mapping::default();
    let mut stitcher = Stitcher::new(StitchOptions::default());
    let (mut events, mut actions) = (Vec::new(), Vec::new());
    let mut moment = Moment { log_id: LOG, sequence: Sequence(0), received_at: ReceivedAt(0) };
    for (number, path) in (1..).zip(&files) {
        let name = path.file_name().unwrap().to_str().unwrap();
        let logs = name.contains("-logs-").then_some(Signal::Logs);
        let Some(signal) = logs.or(name.contains("-traces-").then_some(Signal::Traces)) else {
            continue;
        };
        let bytes = fs::read(path).unwrap();
        let json = path.extension().is_some_and(|extension| extension == "json");
        let payload =
            if json { otlp::transcode(signal, &bytes, &Limits::default()).unwrap() } else { bytes };
        let received_at = ReceivedAt(RECEIVED_US + number);
        let frame = FrameInput {
            log_id: LOG,
            sequence: Sequence(number),
            received_at,
            meta: &meta(signal, &payload),
            payload: &payload,
        };
        let mut rows = Rows::default();
        mapping.normalise(&frame, Wanted::default(), &mut rows).unwrap();
        let batch = rows.events.finish().unwrap();
        moment = Moment { log_id: LOG, sequence: Sequence(number), received_at };
        for fact in stitcher.read(&batch) {
            stitcher.apply(fact);
        }
        events.push(batch);
    }
    let mut rows = DerivedRows::default();
    stitcher.changed(moment, &mut rows);
    moment.received_at = ReceivedAt(moment.received_at.0 + LATER_US);
    stitcher.changed(moment, &mut rows);
    let tables = rows.finish().unwrap();
    actions.extend(tables.into_iter().filter(|(table, _)| *table == Table::Actions).map(|it| it.1));
    let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
    Captured { name, events, actions }
}

fn meta(signal: Signal, payload: &[u8]) -> FrameMeta {
    let tenant = Tenant::default();
    FrameMeta {
        kind: FrameKind::Otlp(signal),
        content_type: ContentType::Protobuf,
        transport: Transport::Grpc,
        repeat: false,
        relay: false,
        digest: RequestDigest::of(&tenant, signal, payload),
        tenant,
        principal: Principal::default(),
        peer_address: "127.0.0.1".to_owned(),
        certificate_host: String::new(),
    }
}

/// Hands over every event of every capture, with the name of its capture.
pub(crate) fn each_event(mut each: impl FnMut(&str, &Event<'_>)) {
    for captured in captures() {
        for batch in &captured.events {
            (0..batch.num_rows()).for_each(|row| each(&captured.name, &Event::read(batch, row)));
        }
    }
}

/// Hands over every action of every capture.
pub(crate) fn each_action(mut each: impl FnMut(&str, &ActionRow<'_>)) {
    for captured in captures() {
        for batch in &captured.actions {
            let rows = 0..batch.num_rows();
            rows.for_each(|row| each(&captured.name, &ActionRow::read(batch, row)));
        }
    }
}

/// A projector of the tests' collector.
pub(crate) fn projector(format: Format, content: Content) -> Projector {
    let observer = Observer {
        name: "collector-1".to_owned(),
        version: "0.1.0".to_owned(),
        instance_id: "07070707070707070707070707070707".to_owned(),
    };
    Projector::new(format, content, observer)
}

/// An event in a format, as text.
pub(crate) fn event_text(projector: &Projector, event: &Event<'_>) -> String {
    let mut out = Vec::new();
    projector.event(event, &mut out);
    String::from_utf8(out).unwrap()
}

/// An action in a format, as text.
pub(crate) fn action_text(projector: &Projector, action: &ActionRow<'_>) -> String {
    let mut out = Vec::new();
    projector.action(action, &mut out);
    String::from_utf8(out).unwrap()
}

/// Hands over every document of every capture and of the made-up rows in a format.
pub(crate) fn each_document(
    format: Format,
    content: Content,
    mut each: impl FnMut(&str, &str, &Value),
) {
    let projector = projector(format, content);
    let mut tell = |name: &str, text: &str| {
        let value = serde_json::from_str(text).unwrap_or_else(|error| {
            panic!("{name}: {error}: {text}");
        });
        each(name, text, &value);
    };
    each_event(|name, event| tell(name, &event_text(&projector, event)));
    each_action(|name, action| tell(name, &action_text(&projector, action)));
    for event in crate::made::events() {
        tell("made", &event_text(&projector, &event));
    }
    for action in crate::made::actions() {
        tell("made", &action_text(&projector, &action));
    }
}
