//! Clients that outlive the server: what was not acknowledged is sent again until it is.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail};
use bytes::Bytes;
use hdrhistogram::Histogram;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::bodies::Bodies;
use crate::drive::{Answer, Extent, Pace, Rate, Sender, Target, open};

/// Connections that the senders share.
pub(super) const CONNECTIONS: usize = 4;
/// Before something is sent again.
const PAUSE: Duration = Duration::from_millis(20);
/// A request that is not acknowledged by then ends the run.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_mins(5);
/// Longest latency told apart.
const LONGEST_US: u64 = 300_000_000;

/// Latencies in microseconds, from a request's turn to its acknowledgement.
pub(super) type Latencies = Histogram<u64>;

/// Clients at a fixed rate.
pub(super) struct Senders {
    address: watch::Sender<Option<SocketAddr>>,
    latencies: Arc<Mutex<Latencies>>,
    working: JoinHandle<anyhow::Result<()>>,
}

/// What each sender has.
#[derive(Clone)]
struct Shared {
    address: watch::Receiver<Option<SocketAddr>>,
    bodies: Arc<Bodies>,
    pace: Arc<Pace>,
    latencies: Arc<Mutex<Latencies>>,
}

impl Senders {
    /// Starts them; they end by themselves when everything is acknowledged.
    pub(super) fn start(
        address: SocketAddr,
        bodies: &Arc<Bodies>,
        in_flight: usize,
        per_second: f64,
        length: Duration,
    ) -> anyhow::Result<Self> {
        let (tell, address) = watch::channel(Some(address));
        let latencies = Arc::new(Mutex::new(latencies()?));
        let pace =
            Arc::new(Pace::new(Rate::Open(per_second), Extent::Time(length), Instant::now()));
        let shared = Shared {
            address,
            bodies: Arc::clone(bodies),
            pace: Arc::clone(&pace),
            latencies: Arc::clone(&latencies),
        };
        let working = thread::Builder::new()
            .name("senders".to_owned())
            .spawn(move || work(&shared, in_flight))
            .context("cannot start the senders' thread")?;
        thread::Builder::new()
            .name("pace".to_owned())
            .spawn(move || pace.keep(in_flight))
            .context("cannot start the pacer's thread")?;
        Ok(Self { address: tell, latencies, working })
    }

    /// The server is about to go.
    pub(super) fn disconnect(&self) {
        self.address.send_replace(None);
    }

    /// The server is there again.
    pub(super) fn connect(&self, address: SocketAddr) {
        self.address.send_replace(Some(address));
    }

    /// The latencies since the last time they were taken.
    pub(super) fn take_latencies(&self) -> anyhow::Result<Latencies> {
        let empty = latencies()?;
        let mut held = self.latencies.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(std::mem::replace(&mut held, empty))
    }

    /// Waits until everything is acknowledged.
    pub(super) fn join(self) -> anyhow::Result<()> {
        self.working.join().map_err(|_| anyhow!("the senders panicked"))?
    }
}

fn latencies() -> anyhow::Result<Latencies> {
    Histogram::new_with_bounds(1, LONGEST_US, 3).context("cannot make the histogram")
}

fn work(shared: &Shared, in_flight: usize) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("cannot start a runtime")?.block_on(async {
        let mut working = JoinSet::new();
        let lanes = CONNECTIONS.min(in_flight);
        for lane in 0..lanes {
            // Each lane has one connection, which its senders share.
            let senders = in_flight / lanes + usize::from(lane < in_flight % lanes);
            let connection = Arc::new(tokio::sync::Mutex::new(None));
            for _ in 0..senders {
                let lane = Lane { shared: shared.clone(), connection: Arc::clone(&connection) };
                working.spawn(lane.run());
            }
        }
        while let Some(done) = working.join_next().await {
            done.context("a sender panicked")??;
        }
        Ok(())
    })
}

/// The connection of a lane, and where it leads.
type Connection = Arc<tokio::sync::Mutex<Option<(SocketAddr, Sender)>>>;

struct Lane {
    shared: Shared,
    connection: Connection,
}

impl Lane {
    async fn run(mut self) -> anyhow::Result<()> {
        while let Some(turn) = self.shared.pace.next().await {
            let body = self.shared.bodies.stamp();
            self.deliver(turn, body).await?;
        }
        Ok(())
    }

    /// Sends one body until it is acknowledged, whatever becomes of the server meanwhile.
    async fn deliver(&mut self, turn: Instant, body: Bytes) -> anyhow::Result<()> {
        loop {
            if turn.elapsed() > ACKNOWLEDGED_WITHIN {
                bail!("a request was not acknowledged in {} s", ACKNOWLEDGED_WITHIN.as_secs());
            }
            // An error is a server that went: the same bytes go to the next.
            let answer = match self.sender().await {
                Ok(mut sender) => sender.send(body.clone()).await,
                Err(error) => Err(error),
            };
            match answer {
                Ok(Answer::Acknowledged { rejected: 0 }) => break,
                Ok(Answer::Acknowledged { rejected }) => bail!("{rejected} records were refused"),
                Ok(Answer::Refused { code, retryable: false }) => bail!("refused for good: {code}"),
                Ok(Answer::Refused { .. }) => {}
                Err(_) => *self.connection.lock().await = None,
            }
            tokio::time::sleep(PAUSE).await;
        }
        let took = u64::try_from(turn.elapsed().as_micros()).unwrap_or(LONGEST_US);
        let mut latencies = self.shared.latencies.lock().unwrap_or_else(PoisonError::into_inner);
        latencies.saturating_record(took);
        Ok(())
    }

    /// The lane's connection to the server that lives; waits for one.
    async fn sender(&mut self) -> anyhow::Result<Sender> {
        let told = self.shared.address.wait_for(Option::is_some).await;
        let address = (*told.context("the run was broken off")?).context("an address")?;
        let mut connection = self.connection.lock().await;
        if let Some((of, sender)) = &*connection
            && *of == address
        {
            return sender.another().context("the connection is not shared");
        }
        let opened = open(&Target::Grpc(address), 1, 1).await?.pop();
        let sender = opened.context("no connection was opened")?;
        let another = sender.another().context("the connection is not shared")?;
        *connection = Some((address, sender));
        Ok(another)
    }
}
