//! Somebody who sends through faults and restarts, and remembers what was acknowledged.

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::ensure;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message as _;
use seam_sessions::{Plan, Signal};
use seam_tests::raw::{Client, request};
use seam_tests::server::Server;

/// What carries the sender's own id of a record.
pub(super) const OWN: &str = "test.id";
/// Between two requests of a sender; what a real server takes within the time of a test.
const PAUSE: Duration = Duration::from_millis(30);
const PAUSE_REAL: Duration = Duration::from_millis(120);
/// Records of a request.
const RECORDS: u64 = 10;
/// Records of a session: deriving a session costs by its length.
const SESSION: u64 = 50;
/// When the first record happened, by its own clock.
const EPOCH_NS: u64 = 1_795_248_000_000_000_000;
/// Tries of the last request, after which something is stuck.
const TRIES: usize = 2000;

/// All senders; one sends generated sessions, the others records of their own.
pub(super) struct Load {
    senders: Vec<Mutex<Sender>>,
    pause: Duration,
    acknowledged: Mutex<BTreeSet<String>>,
}

struct Sender {
    name: String,
    next: u64,
    /// One of so many records is of no session; none, if there is no number.
    stray: Option<u64>,
    generated: VecDeque<Request>,
    /// What was sent and not acknowledged: it is sent again, byte for byte.
    pending: Option<Request>,
}

#[derive(Clone)]
struct Request {
    path: &'static str,
    body: Vec<u8>,
    own: Vec<String>,
}

impl Load {
    /// Two senders with records of their own, one with so many generated sessions.
    pub(super) fn new(seed: u64, sessions: usize, stray: Option<u64>) -> Self {
        let sender = |name: &str, generated| {
            let name = name.to_owned();
            Mutex::new(Sender { name, next: 0, stray, generated, pending: None })
        };
        let senders = vec![
            sender("a", VecDeque::new()),
            sender("b", VecDeque::new()),
            sender("", generated(seed, sessions)),
        ];
        Self { senders, pause: PAUSE, acknowledged: Mutex::default() }
    }

    /// The same, in no hurry: for real servers, which take long to start again.
    pub(super) fn slow(seed: u64, sessions: usize, stray: Option<u64>) -> Self {
        Self { pause: PAUSE_REAL, ..Self::new(seed, sessions, stray) }
    }

    /// The senders' own ids of what was acknowledged.
    pub(super) fn acknowledged(&self) -> BTreeSet<String> {
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Does something while all senders send.
    pub(super) fn during<T>(
        &self,
        server: &Server,
        work: impl FnOnce() -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let senders: Vec<_> = self
                .senders
                .iter()
                .map(|sender| {
                    let stop = &stop;
                    scope.spawn(move || self.send(sender, server, stop))
                })
                .collect();
            let done = work();
            stop.store(true, Ordering::Relaxed);
            for sender in senders {
                sender.join().expect("no sender panicked")?;
            }
            done
        })
    }

    /// Sends what was not acknowledged, and the generated requests that are left.
    pub(super) fn finish(&self, server: &Server) -> anyhow::Result<()> {
        let client = Client::of(server)?;
        for sender in &self.senders {
            let mut sender = sender.lock().unwrap_or_else(PoisonError::into_inner);
            let mut tries = 0;
            while sender.pending.is_some() || !sender.generated.is_empty() {
                tries += usize::from(!self.step(&mut sender, &client));
                ensure!(tries < TRIES, "a request is never acknowledged");
            }
        }
        Ok(())
    }

    /// Sends one record whose document is so large.
    pub(super) fn send_large(
        &self,
        server: &Server,
        own: &str,
        bytes: usize,
    ) -> anyhow::Result<()> {
        let client = Client::of(server)?;
        let record = record(own, "large", 0, &"x".repeat(bytes));
        let answer = client.post_logs(of_agent(vec![record]))?;
        ensure!(answer.status == 200, "the large record was refused: {}", answer.status);
        self.note([own.to_owned()]);
        Ok(())
    }

    fn send(
        &self,
        sender: &Mutex<Sender>,
        server: &Server,
        stop: &AtomicBool,
    ) -> anyhow::Result<()> {
        let client = Client::of(server)?;
        let mut sender = sender.lock().unwrap_or_else(PoisonError::into_inner);
        while !stop.load(Ordering::Relaxed) {
            self.step(&mut sender, &client);
            std::thread::sleep(self.pause);
        }
        Ok(())
    }

    /// Sends the next request, or again the one before; whether it was acknowledged.
    fn step(&self, sender: &mut Sender, client: &Client) -> bool {
        let Some(request) = sender.pending.take().or_else(|| sender.next()) else { return true };
        let headers = [("content-type", "application/x-protobuf")];
        let answer = client.post(request.path, &headers, request.body.clone());
        let is_good = answer.is_ok_and(|answer| answer.status == 200);
        if is_good {
            self.note(request.own);
        } else {
            sender.pending = Some(request);
        }
        is_good
    }

    fn note(&self, own: impl IntoIterator<Item = String>) {
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).extend(own);
    }
}

impl Sender {
    fn next(&mut self) -> Option<Request> {
        if self.name.is_empty() {
            return self.generated.pop_front();
        }
        let numbers = self.next..self.next + RECORDS;
        self.next += RECORDS;
        let own: Vec<String> =
            numbers.clone().map(|number| format!("{}-{number}", self.name)).collect();
        let records = numbers.zip(&own).map(|(number, own)| {
            let is_stray = self.stray.is_some_and(|every| number % every == 0);
            let session = format!("load-{}-{}", self.name, number / SESSION);
            record(own, if is_stray { "" } else { &session }, number, "go on")
        });
        let body = of_agent(records.collect());
        Some(Request { path: "/v1/logs", body, own })
    }
}

/// The requests of generated sessions: first all logs, then all spans, which change what is settled.
fn generated(seed: u64, sessions: usize) -> VecDeque<Request> {
    let mut requests = Plan::new(seed, sessions).generate().requests;
    requests.sort_by_key(|request| request.signal);
    let path = |signal| match signal {
        Signal::Logs => "/v1/logs",
        Signal::Traces => "/v1/traces",
    };
    let request = |request: seam_sessions::Request| Request {
        path: path(request.signal),
        body: request.body,
        own: Vec::new(),
    };
    requests.into_iter().map(request).collect()
}

/// A prompt as Claude Code tells it.
fn record(own: &str, session: &str, number: u64, prompt: &str) -> LogRecord {
    let mut attributes =
        vec![text("event.name", "user_prompt"), text("prompt", prompt), text(OWN, own)];
    if !session.is_empty() {
        attributes.push(text("session.id", session));
    }
    let nanos = EPOCH_NS + number * 1_000_000;
    LogRecord {
        time_unix_nano: nanos,
        observed_time_unix_nano: nanos,
        body: Some(string("claude_code.user_prompt")),
        attributes,
        ..LogRecord::default()
    }
}

fn of_agent(records: Vec<LogRecord>) -> Vec<u8> {
    let mut request = request(records);
    for of in &mut request.resource_logs {
        let attributes = vec![text("service.name", "claude-code")];
        of.resource = Some(Resource { attributes, ..Resource::default() });
    }
    request.encode_to_vec()
}

fn text(key: &str, value: &str) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(string(value)), ..KeyValue::default() }
}

fn string(value: &str) -> AnyValue {
    AnyValue { value: Some(any_value::Value::StringValue(value.to_owned())) }
}
