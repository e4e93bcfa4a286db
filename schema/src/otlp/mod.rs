//! OTLP requests, read from their bytes.
//!
//! The bytes of a request are never decoded into owned messages. They are checked once
//! ([`check`]: whole, not too deep, not too costly), stored as they are, and read
//! through views that borrow from them: [`LogsRequest`], [`TracesRequest`],
//! [`MetricsRequest`]. A view costs no allocation, whatever it shows. OTLP/JSON is
//! transcoded into the same bytes ([`transcode`]) and goes the same way.
//!
//! What this is not: it knows nothing of agents and rows; what a record *means* is the
//! mappers' business. It does not talk to anyone.
//!
//! Where to start: [`LogsRequest::new`] and the iterators from there;
//! [`descriptor`] for the tables that drive the check and the transcoder;
//! [`column_text`] for how a value stands in a text column.
//!
//! Differences to what `prost` accepts, all on purpose: invalid UTF-8 is no error
//! (see [`Text`]), an `AnyValue` nests at most 32 deep instead of running into prost's
//! limit of 100 messages, and what would take too much memory is refused.

pub(crate) mod base64;
mod check;
pub mod descriptor;
mod elements;
mod json;
mod logs;
mod message;
mod metrics;
mod resource;
mod text;
mod text_value;
mod traces;
mod value;
pub mod wire;
pub mod writer;

pub use check::{CheckError, Checked, Limits, ROW_BYTES, check};
pub use elements::{Element, Elements, Fixed64, Scalar, Scalars, UnknownFields};
pub use json::{TranscodeError, transcode};
pub use logs::{LogRecord, LogsRequest, ResourceLogs, ScopeLogs};
pub use message::{Fields, Message};
pub use metrics::{
    Buckets, Exemplar, ExponentialPoint, HistogramPoint, Metric, MetricData, MetricsRequest,
    NumberPoint, NumberValue, Points, Quantile, ResourceMetrics, ScopeMetrics, SummaryPoint,
};
pub use resource::{EntityRef, Resource, Scope};
pub use text::Text;
pub use text_value::{ColumnTextError, ValueType, column_text, from_column_text};
pub use traces::{ResourceSpans, ScopeSpans, Span, SpanEvent, SpanLink, Status, TracesRequest};
pub use value::{AnyValue, ArrayView, Attributes, KeyValue, KvListView};

/// What a request carries; each signal has a request message of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signal {
    /// `ExportLogsServiceRequest`.
    Logs,
    /// `ExportTraceServiceRequest`.
    Traces,
    /// `ExportMetricsServiceRequest`.
    Metrics,
}

impl Signal {
    /// All signals.
    pub const ALL: [Self; 3] = [Self::Logs, Self::Traces, Self::Metrics];

    /// The signal's name as OTLP writes it in paths: `logs`, `traces`, `metrics`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Logs => "logs",
            Self::Traces => "traces",
            Self::Metrics => "metrics",
        }
    }
}

#[cfg(test)]
mod tests;
