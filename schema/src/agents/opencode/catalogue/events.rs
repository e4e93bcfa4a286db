//! Span events with attributes.

use crate::agents::catalogue::Known;
use crate::vocabulary::RecordSignal::SpanEvent;

pub(super) const AI_STREAM_FIRST_CHUNK: Known = Known {
    signal: SpanEvent,
    name: "ai.stream.firstChunk",
    always: &[("ai.response.msToFirstChunk", "d")],
    sometimes: &[],
};

pub(super) const EXCEPTION: Known = Known {
    signal: SpanEvent,
    name: "exception",
    always: &[("exception.type", "s")],
    sometimes: &[("exception.message", "s"), ("exception.stacktrace", "s")],
};
