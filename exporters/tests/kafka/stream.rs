//! Records that are sent batch after batch until told to stop, for faults to meet.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use seam_exporters::kafka::Kafka;
use tokio::task::JoinHandle;

use crate::real::deliver;
use crate::records::records;

/// Records in a batch.
const BATCH: usize = 100;
/// How long anything may take.
const PATIENCE: Duration = Duration::from_mins(2);

#[derive(Debug, Default)]
struct Counts {
    begun: AtomicUsize,
    stored: AtomicUsize,
    stop: AtomicBool,
}

/// A sender at work.
pub(crate) struct Stream {
    counts: Arc<Counts>,
    task: JoinHandle<()>,
}

impl Stream {
    /// Sends to a broker, as many sessions side by side.
    pub(crate) fn start(kafka: Kafka, sessions: usize) -> Self {
        let counts = Arc::<Counts>::default();
        let told = Arc::clone(&counts);
        let task = tokio::spawn(async move {
            while !told.stop.load(Ordering::SeqCst) {
                let start = told.begun.fetch_add(BATCH, Ordering::SeqCst);
                deliver(&kafka, records(start..start + BATCH, sessions)).await;
                told.stored.fetch_add(BATCH, Ordering::SeqCst);
            }
        });
        Self { counts, task }
    }

    fn counted(&self) -> (usize, usize) {
        (self.counts.begun.load(Ordering::SeqCst), self.counts.stored.load(Ordering::SeqCst))
    }

    async fn until(&self, what: &str, mut is_so: impl FnMut((usize, usize)) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !is_so(self.counted()) {
            assert!(Instant::now() < end && !self.task.is_finished(), "never {what}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until so many records more are stored.
    pub(crate) async fn stores(&self, more: usize) {
        let (_, before) = self.counted();
        self.until("stored", |(_, stored)| stored >= before + more).await;
    }

    /// Waits until the broker, which is gone, keeps a batch from ending: the same one is open at two
    /// looks.
    pub(crate) async fn is_met(&self) {
        let mut last = None;
        let met = |(begun, stored): (usize, usize)| {
            let open = (begun > stored).then_some(begun);
            let same = open.is_some() && open == last;
            last = open;
            same
        };
        self.until("met by the fault", met).await;
    }

    /// Lets the last batch end; gives how many records were sent.
    pub(crate) async fn end(self) -> usize {
        self.counts.stop.store(true, Ordering::SeqCst);
        self.task.await.unwrap();
        self.counts.begun.load(Ordering::SeqCst)
    }
}
