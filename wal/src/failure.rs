//! The end of a log: the first error that makes it untrustworthy.

use std::fmt::Display;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::append::AppendError;
use crate::options::OnFailure;

/// Holds the first fatal error and tells whoever wants to know, once.
pub(crate) struct Failure {
    reason: OnceLock<Arc<str>>,
    on_failure: Mutex<Option<OnFailure>>,
}

impl Failure {
    pub(crate) fn new(on_failure: Option<OnFailure>) -> Self {
        Self { reason: OnceLock::new(), on_failure: Mutex::new(on_failure) }
    }

    /// Declares the log failed. Only the first reason counts.
    pub(crate) fn raise(&self, reason: &dyn Display) {
        let reason = Arc::from(reason.to_string());
        if self.reason.set(reason).is_err() {
            return;
        }
        let Some(reason) = self.reason.get() else {
            return;
        };
        tracing::error!(%reason, "the log has failed; nothing more is acknowledged");
        let callback = self.on_failure.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(callback) = callback {
            callback(reason);
        }
    }

    pub(crate) fn reason(&self) -> Option<&Arc<str>> {
        self.reason.get()
    }

    /// The answer to every append since the failure.
    pub(crate) fn as_append_error(&self) -> Option<AppendError> {
        self.reason().map(|reason| AppendError::Failed { reason: Arc::clone(reason) })
    }
}
