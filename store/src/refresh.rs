//! Looking for what other writers of a table have committed.

use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout};

use crate::delta::DeltaLog;

/// How long one look may take: the table's own commits wait behind it.
const LOOK_MAX: Duration = Duration::from_secs(5);

/// When to look at a table again.
pub(crate) struct Refresh {
    every: Option<Duration>,
    next: Instant,
    /// A look failed: what the table has become meanwhile is not known from one object.
    blind: bool,
}

impl Refresh {
    /// Looks so often; never where nobody else may write.
    pub(crate) fn new(every: Option<Duration>) -> Self {
        Self { every, next: Instant::now() + every.unwrap_or_default(), blind: false }
    }

    /// Waits until it is time to look.
    pub(crate) async fn due(&self) {
        match self.every {
            Some(_) => sleep_until(self.next).await,
            None => std::future::pending().await,
        }
    }

    /// Looks, and reads what there is; whether that was anything. A failure is no harm: the next
    /// look, and the next commit, find it.
    pub(crate) async fn look(&mut self, log: &mut DeltaLog) -> bool {
        let before = log.version();
        let failed = self.read(log).await.err();
        if let Some(error) = &failed {
            tracing::debug!(error, "cannot look for commits of others");
        }
        self.blind = failed.is_some();
        self.next = Instant::now() + self.every.unwrap_or_default();
        log.version() > before
    }

    async fn read(&self, log: &mut DeltaLog) -> Result<(), String> {
        let behind = if self.blind {
            true
        } else {
            match timeout(LOOK_MAX, log.is_behind()).await {
                Ok(behind) => behind.map_err(|error| error.to_string())?,
                Err(_) => return Err(format!("no answer within {LOOK_MAX:?}")),
            }
        };
        if behind { log.reload().await.map_err(|error| error.to_string()) } else { Ok(()) }
    }
}
