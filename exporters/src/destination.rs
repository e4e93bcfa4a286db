//! What a destination must be able to do.

use async_trait::async_trait;

use crate::outcome::Outcome;
use crate::record::Record;

/// How much one call of [`Destination::send`] may be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Records in a batch, at most.
    pub records: usize,
    /// Bytes of documents in a batch, at most; one record alone may have more.
    pub bytes: usize,
    /// Bytes of one document, at most. A larger one is never sent: it becomes a dead letter.
    pub document_bytes: usize,
    /// Batches under way at a time, at most.
    pub in_flight: usize,
}

/// One step of a check or of a setup, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What was tried: `reach`, `tls`, `credentials`, `index`, `write`, `read back`, ….
    pub name: &'static str,
    /// How it went.
    pub result: Checked,
}

/// How one step of a check went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// As it should be; with what was found.
    Good(String),
    /// Could not be asked of this destination; with the reason.
    Skipped(String),
    /// Wrong; with what it is and what to do.
    Bad(String),
}

/// Somewhere records are sent. An implementation keeps no queue and never gives up: it sends what
/// it is given, once, and says what became of each record.
#[async_trait]
pub trait Destination: Send + Sync {
    /// How much it takes at a time.
    fn limits(&self) -> Limits;

    /// Sends the records and gives one outcome for each, in their order. Splitting a batch because
    /// the answer calls for it (a size, an index of a bad record) is done inside; waiting and
    /// trying again is the caller's.
    ///
    /// Dropping the future leaves what is under way ambiguous.
    async fn send(&self, records: &[Record]) -> Vec<Outcome>;

    /// Whether [`Outcome::Refused`] for all records of a batch may mean that only some of them are
    /// bad, because the destination does not say which: then halves of it are sent until the bad
    /// ones stand alone.
    fn refuses_whole_batches(&self) -> bool {
        false
    }

    /// Asks, while held, whether sending may be tried again. `Err` is the reason why not.
    async fn probe(&self) -> Result<(), String>;

    /// Goes to the destination and back: address, TLS, credentials, target, a canary written and,
    /// where that is possible, read back. Stops after the first bad step.
    async fn check(&self) -> Vec<Step>;

    /// Makes what the destination needs before the first record (templates, lifecycle, topics), and
    /// changes nothing the second time. With `dry` it only says what it would do.
    async fn set_up(&self, dry: bool) -> Vec<Step>;

    /// How many records the destination put aside instead of where they belong, since this was made.
    /// Each is refused too.
    fn quarantined(&self) -> u64 {
        0
    }

    /// Lets go of what is buffered and of connections, within a few seconds.
    async fn close(&self) {}
}
