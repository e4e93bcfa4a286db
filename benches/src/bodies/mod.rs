//! The request bodies: encoded once before the clock starts, made distinct at each sending.
//!
//! A template is a whole export request. Sending one copies it and overwrites, in every
//! record, the observed time and half of the call id, so no two bodies and no two records
//! are equal and nothing is encoded again. Conversations and their traces are overwritten too, so
//! that each has about as many records as agents send in one, however long the load goes on.
//!
//! A body has whole conversations, or a conversation has several bodies: then its templates are
//! sent one after the other, each between those of all the conversations that live beside it.

use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, bail};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;

mod probe;
mod random;
mod record;
mod text;

pub(crate) use probe::call;
use random::{Random, mix};
use record::{Marks, Recorder, Session};

/// The gRPC frame in front of each body: a flag and the length. HTTP skips it.
pub(crate) const GRPC_PREFIX_BYTES: usize = 5;
const FEWEST_TEMPLATES: usize = 200;
const MOST_TEMPLATES: usize = 4_096;
/// Below the most, so many records are made.
const RECORDS_OVER_ALL: usize = 65_536;
/// Records of one conversation: of one body, or of as many bodies as it takes.
const RECORDS_PER_SESSION: usize = 64;
/// Compression is measured over so many bytes of bodies.
const COMPRESSED_SAMPLE_BYTES: usize = 16 << 20;
const SEED: u64 = 0x5ea3;
const MICROSECOND_NS: u64 = 1_000;
/// So many of the last digits of a conversation's id are overwritten.
const SESSION_DIGITS: usize = 12;

/// How big the bodies are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Mean size of a record on the wire.
    pub(crate) record_bytes: usize,
    /// Records in a body.
    pub(crate) batch: usize,
}

struct Template {
    framed: Vec<u8>,
    marks: Vec<Mark>,
    /// Per conversation: where the last digits of its id stand, and where its trace's first bytes.
    sessions: Vec<(Vec<usize>, Vec<usize>)>,
}

/// What is overwritten in a record.
struct Mark {
    /// Where the observed time stands.
    observed: usize,
    /// Which conversation of the body it is in.
    session: usize,
    /// Where the digits of the call id stand, and which call of the conversation it is.
    call: Option<(usize, u64)>,
}

/// All bodies of one shape.
pub(crate) struct Bodies {
    shape: Shape,
    templates: Vec<Template>,
    /// So many templates, one after the other, are of one conversation.
    parts: u64,
    next: AtomicU64,
    /// Sets this process's call ids apart from every other's.
    salt: u64,
    start_ns: u64,
    /// Between the observed times of two records.
    step_ns: u64,
}

impl Bodies {
    pub(crate) fn new(shape: Shape) -> anyhow::Result<Self> {
        let templates = (RECORDS_OVER_ALL / shape.batch).clamp(FEWEST_TEMPLATES, MOST_TEMPLATES);
        Self::with_templates(shape, templates)
    }

    /// With so many templates, at least one.
    pub(crate) fn with_templates(shape: Shape, count: usize) -> anyhow::Result<Self> {
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .context("the clock is before 1970")?;
        let mut random = Random::new(SEED ^ (shape.record_bytes as u64) << 32 ^ shape.batch as u64);
        let mut recorder = Recorder::new(shape.record_bytes);
        let parts = (RECORDS_PER_SESSION / shape.batch.max(1)).max(1);
        let mut templates = Vec::new();
        for _ in 0..count.div_ceil(parts).max(1) {
            let mut script = Script::new(shape, &mut random, now)?;
            for _ in 0..parts {
                templates.push(script.next(shape, &mut recorder, &mut random)?);
            }
        }
        let salt = getrandom::u64().context("cannot get random bytes from the system")?;
        let start_ns = u64::try_from(now.as_nanos()).context("the clock is past 2554")?;
        let parts = parts as u64;
        let next = AtomicU64::new(0);
        Ok(Self { shape, templates, parts, next, salt, start_ns, step_ns: 1 })
    }

    /// With observed times that tables hold exactly: microseconds, one apart.
    #[must_use]
    pub(crate) fn countable(mut self) -> Self {
        self.start_ns -= self.start_ns % MICROSECOND_NS;
        self.step_ns = MICROSECOND_NS;
        self
    }

    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    /// How many bodies were made so far.
    pub(crate) fn made(&self) -> u64 {
        self.next.load(Ordering::Relaxed)
    }

    /// The next body, framed for gRPC, unlike every other. Its records are numbered on from those
    /// of the body before; the observed time of each says its number.
    pub(crate) fn stamp(&self) -> Bytes {
        let ticket = self.next.fetch_add(1, Ordering::Relaxed);
        // As many conversations live as there are templates, each at a place of its own.
        let live = self.templates.len() as u64;
        let (lane, round) = (ticket % live, ticket / live);
        let (script, step) = (lane % (live / self.parts).max(1), round + lane);
        let (part, age) = (step % self.parts, step / self.parts);
        let place = usize::try_from(script * self.parts + part).ok();
        let Some(template) = place.and_then(|place| self.templates.get(place)) else {
            return Bytes::new();
        };
        let mut body = template.framed.clone();
        let one = |session: u64| {
            let one = mix(lane << 32 | session << 20).wrapping_add(age.wrapping_mul(0x9e37));
            mix(self.salt.wrapping_add(one))
        };
        let first = ticket * self.shape.batch as u64;
        for (nonce, mark) in (first..).zip(&template.marks) {
            let observed = self.start_ns + nonce * self.step_ns;
            put(&mut body, mark.observed, &observed.to_le_bytes());
            if let Some((at, call)) = mark.call {
                put(&mut body, at, &hex(mix(one(mark.session as u64).wrapping_add(call))));
            }
        }
        for (session, (ids, traces)) in (0_u64..).zip(&template.sessions) {
            let new = one(session);
            for at in ids {
                put(
                    &mut body,
                    *at,
                    hex(new).first_chunk::<SESSION_DIGITS>().unwrap_or(&[b'0'; 12]),
                );
            }
            for at in traces {
                put(&mut body, *at, &new.to_le_bytes());
            }
        }
        Bytes::from(body)
    }

    /// The observed time of the first record, in microseconds since 1970.
    pub(crate) fn start_us(&self) -> u64 {
        self.start_ns / MICROSECOND_NS
    }

    /// What the bodies are like, for the report.
    pub(crate) fn describe(&self) -> anyhow::Result<Described> {
        let total: usize = self.templates.iter().map(|t| t.framed.len() - GRPC_PREFIX_BYTES).sum();
        let (mut plain, mut packed) = (0, 0);
        for template in &self.templates {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(&template.framed).context("cannot compress a body")?;
            plain += template.framed.len();
            packed += encoder.finish().context("cannot compress a body")?.len();
            if plain > COMPRESSED_SAMPLE_BYTES {
                break;
            }
        }
        Ok(Described {
            templates: self.templates.len(),
            body_bytes: total as f64 / self.templates.len() as f64,
            bytes_per_record: total as f64 / (self.templates.len() * self.shape.batch) as f64,
            gzip_ratio: plain as f64 / packed as f64,
        })
    }
}

/// What the bodies of one shape are like.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Described {
    /// Different templates behind the bodies.
    pub(crate) templates: usize,
    /// Mean size of a body.
    pub(crate) body_bytes: f64,
    /// Mean size of a body divided by its records: the record with its share of the envelope.
    pub(crate) bytes_per_record: f64,
    /// How many times gzip shrinks a body, each by itself.
    pub(crate) gzip_ratio: f64,
}

/// The conversations of a body, or of the bodies that one conversation has.
struct Script(Vec<Session>);

impl Script {
    fn new(shape: Shape, random: &mut Random, now: Duration) -> anyhow::Result<Self> {
        let time_ms = u64::try_from(now.as_millis()).context("the clock is out of range")?;
        let sessions = shape.batch.div_ceil(RECORDS_PER_SESSION);
        Ok(Self((0..sessions).map(|_| Session::new(random, time_ms)).collect()))
    }

    /// The template of what comes next in them.
    fn next(
        &mut self,
        shape: Shape,
        recorder: &mut Recorder,
        random: &mut Random,
    ) -> anyhow::Result<Template> {
        let mut records = Vec::with_capacity(shape.batch);
        let mut wanted = Vec::with_capacity(shape.batch);
        for _ in 0..shape.batch {
            let chosen = random.below(self.0.len());
            let Some(session) = self.0.get_mut(chosen) else {
                bail!("a batch needs at least one record")
            };
            let (record, marks) = recorder.record(random, session);
            records.push(record);
            wanted.push((chosen, marks));
        }
        let framed = framed(&request(records).encode_to_vec())?;
        let marks = find(&framed, &wanted)?;
        let places = |session: &Session| {
            let digits = session.id().len().saturating_sub(SESSION_DIGITS);
            let ids = all(&framed, session.id().as_bytes()).map(|at| at + digits).collect();
            (ids, all(&framed, session.trace_id()).collect())
        };
        let sessions = self.0.iter().map(places).collect();
        Ok(Template { framed, marks, sessions })
    }
}

/// Finds where each record's marks stand. Within a record the attributes come before the observed time.
fn find(framed: &[u8], wanted: &[(usize, Marks)]) -> anyhow::Result<Vec<Mark>> {
    let mut from = 0;
    let mut found = Vec::with_capacity(wanted.len());
    for (session, marks) in wanted {
        let rest = framed.get(from..).unwrap_or_default();
        let needle = marks.observed.to_le_bytes();
        let length = rest.windows(needle.len()).position(|window| window == needle);
        let Some(length) = length else {
            bail!("an encoded record does not hold its observed time")
        };
        let record = rest.get(..length).unwrap_or_default();
        let call = marks.call.and_then(|call| {
            let digits = hex(call);
            let at = record.windows(digits.len()).position(|window| window == digits)?;
            Some((from + at, call))
        });
        found.push(Mark { observed: from + length, session: *session, call });
        from += length + needle.len();
    }
    Ok(found)
}

/// Where a needle stands, each time.
fn all<'b>(body: &'b [u8], needle: &'b [u8]) -> impl Iterator<Item = usize> + 'b {
    body.windows(needle.len().max(1))
        .enumerate()
        .filter(move |(_, window)| *window == needle)
        .map(|(at, _)| at)
}

fn request(log_records: Vec<LogRecord>) -> ExportLogsServiceRequest {
    let attributes = [
        ("service.name", "codex_exec"),
        ("service.version", "0.169.0"),
        ("env", "prod"),
        ("host.name", "build-host-01"),
        ("telemetry.sdk.name", "opentelemetry"),
        ("telemetry.sdk.language", "rust"),
        ("telemetry.sdk.version", "0.31.0"),
    ];
    let attributes = attributes.map(|(key, value)| KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) }),
        ..KeyValue::default()
    });
    let resource = Resource { attributes: attributes.to_vec(), ..Resource::default() };
    let scope = InstrumentationScope {
        name: "codex_otel.log_only".to_owned(),
        ..InstrumentationScope::default()
    };
    let scope_logs = vec![ScopeLogs { scope: Some(scope), log_records, schema_url: String::new() }];
    let logs = ResourceLogs { resource: Some(resource), scope_logs, schema_url: String::new() };
    ExportLogsServiceRequest { resource_logs: vec![logs] }
}

/// The message behind what gRPC puts in front of it.
fn framed(message: &[u8]) -> anyhow::Result<Vec<u8>> {
    let length =
        u32::try_from(message.len()).context("a body of 4 GiB or more: ask for smaller batches")?;
    let mut framed = Vec::with_capacity(message.len() + GRPC_PREFIX_BYTES);
    framed.push(0);
    framed.extend_from_slice(&length.to_be_bytes());
    framed.extend_from_slice(message);
    Ok(framed)
}

fn put(body: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = body.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

fn hex(value: u64) -> [u8; 16] {
    let mut digits = [0; 16];
    for (place, digit) in digits.iter_mut().enumerate() {
        let nibble = usize::try_from(value >> (60 - 4 * place) & 0xf).unwrap_or_default();
        *digit = b"0123456789abcdef"[nibble];
    }
    digits
}

#[cfg(test)]
mod tests;
