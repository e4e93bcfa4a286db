//! What the broker said of the messages of one attempt, as it comes in.

use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::types::RDKafkaErrorCode as Code;
use tokio::sync::Notify;

/// What became of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    /// Stored by all replicas in sync.
    Stored {
        /// The partition.
        partition: i32,
        /// Where it stands there.
        offset: i64,
    },
    /// Not stored, or nobody knows.
    Failed(Code),
}

/// The reports of one attempt. They come from the thread of the producer.
#[derive(Debug)]
pub(super) struct Reports {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    reports: Vec<Option<Report>>,
    open: usize,
    failed: bool,
}

/// What a message carries through librdkafka and back.
#[derive(Debug)]
pub(super) struct Ticket {
    reports: Arc<Reports>,
    index: usize,
}

impl Ticket {
    pub(super) fn report(self, report: Report) {
        self.reports.set(self.index, report);
    }
}

impl Reports {
    /// For `count` messages.
    pub(super) fn new(count: usize) -> Arc<Self> {
        let state = State { reports: vec![None; count], open: count, failed: false };
        Arc::new(Self { state: Mutex::new(state), changed: Notify::new() })
    }

    /// What the message at `index` takes along.
    pub(super) fn ticket(self: &Arc<Self>, index: usize) -> Ticket {
        Ticket { reports: Arc::clone(self), index }
    }

    /// Wakes at the first failure and when nothing is open.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// How many are open.
    pub(super) fn open(&self) -> usize {
        self.lock().open
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.lock().reports.len()
    }

    /// Whether one has failed.
    pub(super) fn failed(&self) -> bool {
        self.lock().failed
    }

    /// What is known; nothing for those that are open.
    pub(super) fn take(&self) -> Vec<Option<Report>> {
        std::mem::take(&mut self.lock().reports)
    }

    fn set(&self, index: usize, report: Report) {
        let mut state = self.lock();
        let Some(place) = state.reports.get_mut(index) else { return };
        if place.replace(report).is_some() {
            return;
        }
        state.open -= 1;
        let first_failure = matches!(report, Report::Failed(_)) && !state.failed;
        state.failed |= first_failure;
        if state.open == 0 || first_failure {
            self.changed.notify_one();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
