//! A proxy before an object store that does what networks and stores do: loses answers, refuses,
//! stalls, goes away.
//!
//! It speaks HTTP/1.1 with one request per connection to the store, and passes bytes on as they
//! are: signatures stay good.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail};

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It is passed on, and so is its answer.
    Passed,
    /// It is passed on; its answer is lost.
    AnswerLost,
    /// It is passed on; its answer becomes an error of the server.
    AnswerSpoilt,
    /// It is answered with this status, and not passed on.
    Refused(u16),
    /// It is passed on after this time, whether anybody waits for it still or not.
    Stalled(Duration),
}

/// The first line of a request and its place among those that are like it.
#[derive(Debug)]
pub struct Asked<'a> {
    /// `GET`, `PUT`, …
    pub method: &'a str,
    /// The path and the query.
    pub path: &'a str,
}

impl Asked<'_> {
    /// Whether it is a commit of a Delta table.
    pub fn is_commit(&self) -> bool {
        self.method == "PUT" && self.path.contains("/_delta_log/") && self.path.contains(".json")
    }
}

type Script = dyn Fn(&Asked<'_>) -> Fate + Send + Sync;

struct State {
    to: SocketAddr,
    away: AtomicBool,
    script: Box<Script>,
    fates: Mutex<BTreeMap<Fate, usize>>,
}

/// A running proxy. Its threads end with the process.
pub struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
}

impl Proxy {
    /// Starts one before a store; `script` says what becomes of each request.
    ///
    /// # Errors
    /// If it cannot listen.
    pub fn start(
        to: SocketAddr,
        script: impl Fn(&Asked<'_>) -> Fate + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let state = Arc::new(State {
            to,
            away: AtomicBool::new(false),
            script: Box::new(script),
            fates: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&shared);
                // A connection that breaks is the client's to notice.
                std::thread::spawn(move || state.serve(&client).ok());
            }
        });
        Ok(Self { address, state })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes the store away, or brings it back: while it is away every connection is closed.
    pub fn set_away(&self, away: bool) {
        self.state.away.store(away, Ordering::SeqCst);
    }

    /// How many requests met each fate.
    pub fn fates(&self) -> BTreeMap<Fate, usize> {
        self.state.fates.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl State {
    fn is_away(&self) -> bool {
        self.away.load(Ordering::SeqCst)
    }

    /// Serves one client's connection until a fate ends it.
    fn serve(&self, mut client: &TcpStream) -> anyhow::Result<()> {
        client.set_nodelay(true)?;
        let mut from_client = BufReader::new(client.try_clone()?);
        while !self.is_away() {
            let Some(request) = read_message(&mut from_client, false)? else { return Ok(()) };
            if self.is_away() {
                return Ok(());
            }
            let line = request.line()?;
            let mut words = line.split(' ');
            let asked = Asked {
                method: words.next().unwrap_or_default(),
                path: words.next().unwrap_or_default(),
            };
            let fate = (self.script)(&asked);
            *self.fates.lock().unwrap_or_else(PoisonError::into_inner).entry(fate).or_default() +=
                1;
            match fate {
                Fate::Refused(status) => {
                    client.write_all(&refusal(status))?;
                    continue;
                }
                Fate::Stalled(time) => std::thread::sleep(time),
                Fate::Passed | Fate::AnswerLost | Fate::AnswerSpoilt => {}
            }
            let answer = self.ask(&request, asked.method == "HEAD")?;
            match fate {
                Fate::AnswerLost => return Ok(()),
                Fate::AnswerSpoilt => client.write_all(&refusal(503))?,
                _ => client.write_all(&answer.bytes)?,
            }
        }
        Ok(())
    }

    /// Asks the store, and gives its whole answer.
    fn ask(&self, request: &Message, is_head: bool) -> anyhow::Result<Message> {
        let mut store = TcpStream::connect(self.to)?;
        store.set_nodelay(true)?;
        store.write_all(&request.bytes)?;
        let mut from_store = BufReader::new(store);
        read_message(&mut from_store, is_head)?.context("the store closed the connection")
    }
}

fn refusal(status: u16) -> Vec<u8> {
    let body = format!("<Error><Code>Scripted{status}</Code></Error>");
    let len = body.len();
    format!("HTTP/1.1 {status} Scripted\r\ncontent-length: {len}\r\n\r\n{body}").into_bytes()
}

/// A request or an answer, whole, as it was sent.
struct Message {
    bytes: Vec<u8>,
}

impl Message {
    fn line(&self) -> anyhow::Result<String> {
        let line = self.bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
        Ok(std::str::from_utf8(line)?.to_owned())
    }
}

/// Reads one message; `None` at the end of the connection.
fn read_message(from: &mut impl BufRead, is_head: bool) -> anyhow::Result<Option<Message>> {
    let mut bytes = Vec::new();
    let (mut body_bytes, mut chunked, mut without_body) = (0_u64, false, is_head);
    loop {
        let start = bytes.len();
        if from.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(bytes.get(start..).unwrap_or_default()).to_lowercase();
        if start == 0 {
            without_body |= [" 100", " 204", " 304"].iter().any(|status| line.contains(status))
                && line.starts_with("http/");
        }
        match line.trim().split_once(':') {
            Some(("content-length", value)) => body_bytes = value.trim().parse()?,
            Some(("transfer-encoding", value)) => chunked = value.trim() == "chunked",
            _ if line.trim().is_empty() => break,
            _ => {}
        }
    }
    if without_body {
        return Ok(Some(Message { bytes }));
    }
    if chunked {
        read_chunks(from, &mut bytes)?;
    } else if from.take(body_bytes).read_to_end(&mut bytes)? as u64 != body_bytes {
        bail!("a body broke off");
    }
    Ok(Some(Message { bytes }))
}

fn read_chunks(from: &mut impl BufRead, bytes: &mut Vec<u8>) -> anyhow::Result<()> {
    loop {
        let start = bytes.len();
        from.read_until(b'\n', bytes)?;
        let line = String::from_utf8_lossy(bytes.get(start..).unwrap_or_default()).into_owned();
        let size = u64::from_str_radix(line.trim().split(';').next().unwrap_or_default(), 16)?;
        // The chunk and the end of its line.
        from.take(size + 2).read_to_end(bytes)?;
        if size == 0 {
            return Ok(());
        }
    }
}
