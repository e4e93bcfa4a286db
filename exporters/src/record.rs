//! What is sent.

use std::sync::Arc;

use bytes::Bytes;
use seam_schema::ids::Offset;

/// One event, or one revision of a settled action, encoded for one destination. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Record {
    /// What makes it itself, at every resend the same: an `event_id`, or `<action_id>.<revision>`.
    pub id: Arc<str>,
    /// Where it stands in its table. Records of one batch are in this order.
    pub offset: Offset,
    /// When it happened: microseconds since 1970, UTC.
    pub time_us: i64,
    /// Whose it is.
    pub tenant: Arc<str>,
    /// The conversation; the key by which order is kept. Empty where there is none.
    pub session_id: Arc<str>,
    /// The kind of an event as the table names it, or `action`.
    pub kind: &'static str,
    /// The agent, as the table names it.
    pub agent: &'static str,
    /// The host on which it happened, where it is known.
    pub host: Option<Arc<str>>,
    /// The record in the destination's format: one JSON object without a line end, or what the
    /// destination's own encoding makes (OTLP). Never changes between two attempts.
    pub document: Bytes,
    /// Whether it may have been sent before: after a restart, or after an ambiguous answer.
    pub redelivery: bool,
}
