//! What goes in and what comes out: [`Frame`] and [`StoredFrame`].

use bytes::Bytes;

use crate::position::{ReceivedAt, Sequence};

/// One entry to append. Neither part means anything to the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    /// What the writer says about the payload.
    pub meta: Bytes,
    /// The payload itself; may be empty.
    pub payload: Bytes,
}

impl Frame {
    /// Bytes of both parts together.
    pub(crate) fn len(&self) -> usize {
        self.meta.len() + self.payload.len()
    }
}

/// One entry as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFrame {
    /// Its number.
    pub sequence: Sequence,
    /// When the log took it in.
    pub received_at: ReceivedAt,
    /// As appended.
    pub meta: Bytes,
    /// As appended.
    pub payload: Bytes,
}
