//! A server that speaks as much of Splunk's HTTP Event Collector as one client needs: it keeps ids.
//!
//! Source: Splunk, "HTTP Event Collector REST API endpoints": codes 0, 4 and 6.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Deserializer, Value};

/// What it does with events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Mood {
    /// Takes all.
    #[default]
    Takes,
    /// Refuses the first event that ends in an odd digit of each request, and takes those before it.
    RefusesFirst,
    /// Says that the token is wrong.
    WrongToken,
}

#[derive(Debug, Default)]
struct Kept {
    mood: Mood,
    ids: BTreeSet<String>,
    count: usize,
    marked: usize,
    alarms: Vec<Value>,
}

/// The server; it lives as long as the test's process.
#[derive(Debug)]
pub(crate) struct Hec {
    address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
}

impl Hec {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let kept: Arc<Mutex<Kept>> = Arc::default();
        let of_thread = Arc::clone(&kept);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&of_thread);
                // A client that goes away ends its thread.
                std::thread::spawn(move || serve(stream, &kept).ok());
            }
        });
        Ok(Self { address, kept })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn mood(&self, mood: Mood) {
        self.kept().mood = mood;
    }

    /// The ids of all events it took.
    pub(crate) fn taken(&self) -> BTreeSet<String> {
        self.kept().ids.clone()
    }

    /// How many events it took, each time counted.
    pub(crate) fn count(&self) -> usize {
        self.kept().count
    }

    /// What it was told at `/alarms`.
    pub(crate) fn alarms(&self) -> Vec<Value> {
        self.kept().alarms.clone()
    }

    /// How many of them said that they may have been sent before.
    pub(crate) fn marked(&self) -> usize {
        self.kept().marked
    }
}

fn serve(mut stream: TcpStream, kept: &Mutex<Kept>) -> anyhow::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut length = 0;
        let mut first = String::new();
        if reader.read_line(&mut first)? == 0 {
            return Ok(());
        }
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let line = line.trim().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let (status, answer) = if first.starts_with("POST /alarms") {
            let said = serde_json::from_slice(&body)?;
            kept.lock().unwrap_or_else(PoisonError::into_inner).alarms.push(said);
            ("200 OK", String::new())
        } else if first.starts_with("POST") {
            take(&body, &mut kept.lock().unwrap_or_else(PoisonError::into_inner))
        } else {
            health(&kept.lock().unwrap_or_else(PoisonError::into_inner))
        };
        write!(
            stream,
            "HTTP/1.1 {status}\r\nserver: Splunkd\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{answer}",
            answer.len()
        )?;
    }
}

const WRONG: (&str, &str) = ("403 Forbidden", r#"{"text":"Invalid token","code":4}"#);

fn health(kept: &Kept) -> (&'static str, String) {
    if kept.mood == Mood::WrongToken {
        return (WRONG.0, WRONG.1.to_owned());
    }
    ("200 OK", r#"{"text":"HEC is healthy","code":17}"#.to_owned())
}

fn take(body: &[u8], kept: &mut Kept) -> (&'static str, String) {
    if kept.mood == Mood::WrongToken {
        return (WRONG.0, WRONG.1.to_owned());
    }
    for (number, envelope) in Deserializer::from_slice(body).into_iter::<Value>().enumerate() {
        let envelope = envelope.unwrap_or_default();
        let fields = &envelope["fields"];
        let Some(id) = fields["event_id"].as_str().map(str::to_owned) else { continue };
        let odd = id.split('-').next().unwrap_or_default().ends_with(['1', '3', '5', '7', '9']);
        if kept.mood == Mood::RefusesFirst && odd {
            let answer = format!(
                r#"{{"text":"Invalid data format","code":6,"invalid-event-number":{number}}}"#
            );
            return ("400 Bad Request", answer);
        }
        kept.count += 1;
        kept.marked +=
            usize::from(!fields["redelivery"].is_null() && fields["redelivery"] != "false");
        kept.ids.insert(id);
    }
    ("200 OK", r#"{"text":"Success","code":0}"#.to_owned())
}
