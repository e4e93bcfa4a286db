//! A strict event collector of our own, made from the tables of the contract: what Splunk, Vector
//! and the OpenTelemetry Collector each do with a bad event, acknowledgements that are told once,
//! restarts, and faults by script.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};

use super::peer::{Call, Handler, Reply};

/// The token that it takes first.
pub const TOKEN: &str = "11111111-2222-3333-4444-555555555555";

/// What is kept of a request with a bad event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// What stands in front of it; says `Server: Splunkd`.
    Splunkd,
    /// What stands in front of it.
    Vector,
    /// Nothing.
    Atomic,
}

/// What the next request meets.
#[derive(Debug, Clone)]
pub enum Fault {
    /// An answer with a code; nothing is taken.
    Code(u16, u64),
    /// The same, with `Retry-After`.
    Wait(u16, u64, &'static str),
    /// A status with some text.
    Status(u16, &'static str),
    /// The events are taken and the answer has this code.
    TakenWith(u64),
    /// The events are taken, then the connection ends.
    CutAfter,
    /// The connection ends, nothing is taken.
    CutBefore,
    /// The events are taken, and no answer comes.
    StallAfter,
    /// The events are taken, and the answer cannot be read.
    Garbled,
    /// The events are taken, and the answer comes late.
    Slow(Duration),
}

/// What a request brought.
#[derive(Debug)]
struct Received {
    /// Polls until it is stored.
    polls: usize,
    events: Vec<(String, Value)>,
}

/// What it holds, and how it behaves.
#[derive(Debug)]
pub struct State {
    /// The events that are stored: index and envelope.
    pub stored: Vec<(String, Value)>,
    /// Ids of events that were stored and of which no client was told.
    pub untold: BTreeSet<String>,
    /// How many events were stored whenever a request ended without an answer: what is told to others
    /// meanwhile leaves a client in doubt which request was meant.
    pub cuts: Vec<usize>,
    /// Ids of events that were received and gone at a restart before they were stored.
    pub forgotten: BTreeSet<String>,
    /// What was received and waits for an acknowledgement, by channel and id.
    pending: BTreeMap<(String, u64), Received>,
    /// Ids that were told as true and forgotten are not in here.
    told: BTreeSet<(String, u64)>,
    next: BTreeMap<String, u64>,
    /// Requests with events, refused ones too.
    pub requests: usize,
    /// Those that were larger than it takes.
    pub too_large: usize,
    /// Questions about acknowledgements.
    pub polls: usize,
    /// The most ids that one of them named.
    pub poll_ids_max: usize,
    /// Every channel that was named.
    pub channels: BTreeSet<String>,
    /// Every cookie that came back.
    pub cookies: BTreeSet<String>,
    /// What the next requests with events meet.
    pub script: VecDeque<Fault>,
    /// What requests about acknowledgements meet.
    pub ack_script: VecDeque<AckFault>,
    /// The token that it takes.
    pub token: String,
    /// Whether the token has indexer acknowledgement.
    pub has_acks: bool,
    /// What a load balancer in front of it sets.
    pub cookie: Option<String>,
    /// Which envelopes are malformed.
    pub bad: fn(&Value) -> bool,
    /// The indexes that there are.
    pub indexes: BTreeSet<String>,
    /// Bytes of a request, before compression.
    pub bytes_max: usize,
    /// Polls until what was received is stored.
    pub polls_until_stored: usize,
    /// Whether it says that it is well.
    pub healthy: bool,
}

/// A scripted answer to a question about acknowledgements.
#[derive(Debug, Clone)]
pub enum AckFault {
    /// A status with some text.
    Status(u16, &'static str),
    /// What is stored is told and forgotten, and the answer is lost.
    Cut,
}

/// The server.
#[derive(Debug, Clone)]
pub struct Hec {
    mode: Mode,
    /// Whether a refusal says which event is bad.
    says_where: bool,
    state: Arc<Mutex<State>>,
}

impl Hec {
    /// One with nothing in it.
    pub fn new(mode: Mode, says_where: bool) -> Self {
        let state = State {
            stored: Vec::new(),
            untold: BTreeSet::new(),
            cuts: Vec::new(),
            forgotten: BTreeSet::new(),
            pending: BTreeMap::new(),
            told: BTreeSet::new(),
            next: BTreeMap::new(),
            requests: 0,
            too_large: 0,
            polls: 0,
            poll_ids_max: 0,
            channels: BTreeSet::new(),
            cookies: BTreeSet::new(),
            script: VecDeque::new(),
            ack_script: VecDeque::new(),
            token: TOKEN.to_owned(),
            has_acks: false,
            cookie: None,
            bad: |envelope| envelope["event"]["bad"] == json!(true),
            indexes: ["main", "agents", "fallback"].map(str::to_owned).into(),
            bytes_max: usize::MAX,
            polls_until_stored: 1,
            healthy: true,
        };
        Self { mode, says_where, state: Arc::new(Mutex::new(state)) }
    }

    /// What it holds, to be looked at and changed.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// What the next requests with events meet.
    pub fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state().script.extend(faults);
    }

    /// How often each event is stored.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for (_, event) in &self.state().stored {
            *counts.entry(event["fields"]["event_id"].as_str().unwrap().to_owned()).or_default() +=
                1;
        }
        counts
    }

    /// The process starts again: what was not stored is gone, ids begin at 0.
    pub fn restart(&self) {
        let mut state = self.state();
        for (_, Received { events, .. }) in std::mem::take(&mut state.pending) {
            state.forgotten.extend(ids(&events));
        }
        state.told.clear();
        state.next.clear();
    }

    /// Stores what waits for an acknowledgement, and tells nobody: it ends before it could.
    pub fn store_untold(&self) {
        let mut state = self.state();
        for (_, Received { events, .. }) in std::mem::take(&mut state.pending) {
            state.store_silently(events);
        }
    }

    /// What answers.
    pub fn handler(&self) -> Handler {
        let hec = self.clone();
        Arc::new(move |call| {
            let reply = hec.answer(&call);
            let reply =
                if hec.mode == Mode::Splunkd { reply.with("server", "Splunkd") } else { reply };
            let cookie = hec.state().cookie.clone();
            match cookie {
                Some(cookie) => reply.with("set-cookie", format!("{cookie}; Path=/")),
                None => reply,
            }
        })
    }

    fn answer(&self, call: &Call) -> Reply {
        let path = call.path.as_str();
        match (call.method.as_str(), path) {
            ("GET", "/services/collector/health") if self.state().healthy => code(200, 17),
            ("GET", "/services/collector/health") => code(503, 18),
            ("POST", "/services/collector/event") => self.events(call),
            ("POST", "/services/collector/ack") => self.acks(call),
            _ => Reply::Answer {
                status: 404,
                headers: Vec::new(),
                body: "hush: no such page".to_owned(),
            },
        }
    }

    /// Refuses a request whose token or channel is wrong.
    fn gate(&self, call: &Call) -> Option<Reply> {
        let state = self.state();
        let Some(header) = call.header("authorization") else { return Some(code(401, 2)) };
        let Some(token) = header.strip_prefix("Splunk ") else { return Some(code(401, 3)) };
        if token != state.token {
            // As the OpenTelemetry Collector does: a refusal that repeats the token.
            let body = json!({ "text": format!("Invalid token hush {token}"), "code": 4 });
            return Some(Reply::json(403, body));
        }
        None
    }

    fn events(&self, call: &Call) -> Reply {
        self.state().requests += 1;
        if let Some(reply) = self.gate(call) {
            return reply;
        }
        let channel = call.header("x-splunk-request-channel").map(str::to_owned);
        if let Some(cookie) = call.header("cookie") {
            self.state().cookies.insert(cookie.to_owned());
        }
        if let Some(channel) = &channel {
            assert_eq!(channel.len(), 36, "a channel is a uuid");
            self.state().channels.insert(channel.clone());
        }
        if self.state().has_acks && channel.is_none() {
            return code(400, 10);
        }
        if call.body.len() > self.state().bytes_max {
            self.state().too_large += 1;
            return Reply::Answer {
                status: 413,
                headers: Vec::new(),
                body: "hush: too large".to_owned(),
            };
        }
        if call.body.is_empty() {
            return code(400, 5);
        }
        let fault = self.state().script.pop_front();
        match fault {
            None => {}
            Some(Fault::Code(status, number)) => return code(status, number),
            Some(Fault::Wait(status, number, wait)) => {
                return code(status, number).with("retry-after", wait);
            }
            Some(Fault::Status(status, body)) => {
                return Reply::Answer { status, headers: Vec::new(), body: body.to_owned() };
            }
            Some(Fault::CutBefore) => {
                self.state().cut();
                return Reply::Cut;
            }
            Some(fault) => {
                let is_told = matches!(fault, Fault::TakenWith(_) | Fault::Slow(_));
                let reply = self.take(call, channel.as_deref(), is_told);
                if !is_told {
                    self.state().cut();
                }
                return match fault {
                    Fault::TakenWith(number) if reply.is_good() => code(200, number),
                    Fault::CutAfter => Reply::Cut,
                    Fault::StallAfter => Reply::Stall,
                    Fault::Garbled => Reply::json(200, "hush"),
                    Fault::Slow(pause) => Reply::Late(pause, Box::new(reply)),
                    _ => reply,
                };
            }
        }
        self.take(call, channel.as_deref(), true)
    }

    /// Takes events; unless the client is told, they are stored at once and nobody knows.
    fn take(&self, call: &Call, channel: Option<&str>, is_told: bool) -> Reply {
        let mut taken = Vec::new();
        let mut refusal = None;
        for (number, line) in
            call.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).enumerate()
        {
            match self.event(line) {
                Ok(event) => taken.push(event),
                Err(wrong) => {
                    refusal = Some((number, wrong));
                    break;
                }
            }
        }
        if let Some((number, wrong)) = refusal {
            let mut state = self.state();
            if self.mode != Mode::Atomic && !state.has_acks {
                if is_told {
                    state.stored.append(&mut taken);
                } else {
                    state.store_silently(taken);
                }
            }
            let mut body = json!({ "text": "hush", "code": wrong });
            if self.says_where {
                body["invalid-event-number"] = json!(number);
            }
            return Reply::json(400, body);
        }
        let mut state = self.state();
        if !is_told {
            state.store_silently(taken);
            return code(200, 0);
        }
        match channel {
            Some(channel) if state.has_acks => {
                let next = state.next.entry(channel.to_owned()).or_default();
                let id = *next;
                *next += 1;
                let polls = state.polls_until_stored;
                let received = Received { polls, events: taken };
                state.pending.insert((channel.to_owned(), id), received);
                Reply::json(200, json!({ "text": "Success", "code": 0, "ackId": id }))
            }
            _ => {
                state.stored.append(&mut taken);
                code(200, 0)
            }
        }
    }

    /// Reads one event as strictly as the contract has it. `Err` is a code.
    fn event(&self, line: &[u8]) -> Result<(String, Value), u64> {
        let event: Value = serde_json::from_slice(line).map_err(|_| 6_u64)?;
        // A canary may leave the time to the server; an event may not.
        if event["sourcetype"] != "seam:check" {
            assert_three_decimals(line);
        }
        let fields = event["fields"].as_object().expect("fields");
        if !fields.values().all(Value::is_string) {
            return Err(15);
        }
        match &event["event"] {
            Value::Null => return Err(12),
            Value::String(text) if text.is_empty() => return Err(13),
            _ if (self.state().bad)(&event) => return Err(6),
            _ => {}
        }
        let index = event["index"].as_str().unwrap_or("main").to_owned();
        if !self.state().indexes.contains(&index) {
            return Err(7);
        }
        Ok((index, event))
    }

    fn acks(&self, call: &Call) -> Reply {
        if let Some(reply) = self.gate(call) {
            return reply;
        }
        if !self.state().has_acks {
            return code(400, 14);
        }
        let channel = call.parameter("channel").expect("a channel").to_owned();
        let asked: Value = serde_json::from_slice(&call.body).unwrap();
        // In order, whichever way they are asked: what is indexed follows what was received.
        let ids: BTreeSet<u64> =
            asked["acks"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect();
        let mut state = self.state();
        state.polls += 1;
        state.poll_ids_max = state.poll_ids_max.max(ids.len());
        let scripted = state.ack_script.pop_front();
        if let Some(AckFault::Status(status, body)) = scripted {
            return Reply::Answer { status, headers: Vec::new(), body: body.to_owned() };
        }
        let mut acks = serde_json::Map::new();
        for id in ids {
            let key = (channel.clone(), id);
            let mut stored = false;
            if let Some(received) = state.pending.get_mut(&key) {
                received.polls = received.polls.saturating_sub(1);
                stored = received.polls == 0;
            }
            if stored && let Some(Received { mut events, .. }) = state.pending.remove(&key) {
                match &scripted {
                    Some(_) => state.store_silently(events),
                    None => state.stored.append(&mut events),
                }
                assert!(state.told.insert(key), "told twice");
            }
            acks.insert(id.to_string(), json!(stored));
        }
        match scripted {
            Some(_) => Reply::Cut,
            None => Reply::json(200, json!({ "acks": acks })),
        }
    }
}

impl State {
    /// Remembers that a request ends without an answer.
    pub fn cut(&mut self) {
        self.cuts.push(self.stored.len());
    }

    /// How many requests wait for an acknowledgement.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    fn store_silently(&mut self, mut events: Vec<(String, Value)>) {
        self.untold.extend(ids(&events));
        self.stored.append(&mut events);
    }
}

fn ids(events: &[(String, Value)]) -> impl Iterator<Item = String> {
    events.iter().filter_map(|(_, event)| Some(event["fields"]["event_id"].as_str()?.to_owned()))
}

fn code(status: u16, code: u64) -> Reply {
    Reply::json(status, json!({ "text": "hush", "code": code }))
}

fn assert_three_decimals(line: &[u8]) {
    let time = line.strip_prefix(b"{\"time\":").expect("time comes first");
    let time = time.split(|byte| *byte == b',').next().unwrap();
    let dot = time.iter().position(|byte| *byte == b'.').expect("a fraction");
    assert_eq!(time.len() - dot, 4, "three decimals: {}", String::from_utf8_lossy(time));
}
