//! Views of `ExportMetricsServiceRequest`, down to the metric; the points are in
//! [`points`].

mod points;

pub use points::{
    Buckets, Exemplar, ExponentialPoint, HistogramPoint, NumberPoint, NumberValue, Quantile,
    SummaryPoint,
};

use super::descriptor;
use super::elements::{Element, Elements, UnknownFields};
use super::message::{Message, Singular};
use super::resource::{Resource, Scope};
use super::text::Text;
use super::value::Attributes;
use super::wire::{Reader, Value, int32};

/// The request of the metrics signal.
#[derive(Clone, Copy)]
pub struct MetricsRequest<'a>(Message<'a>);

impl<'a> MetricsRequest<'a> {
    /// A view over the bytes of a request that passed the check.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(Message::whole(bytes))
    }

    /// The metrics, grouped by who sent them.
    pub fn resource_metrics(self) -> Elements<'a, ResourceMetrics<'a>> {
        self.0.elements(1)
    }
}

/// What one resource sent.
#[derive(Clone, Copy)]
pub struct ResourceMetrics<'a> {
    message: Message<'a>,
    /// Who sent it; empty if not said.
    pub resource: Resource<'a>,
    /// Schema of the resource's attributes.
    pub schema_url: Text<'a>,
}

impl<'a> ResourceMetrics<'a> {
    /// The metrics, grouped by what made them.
    pub fn scope_metrics(self) -> Elements<'a, ScopeMetrics<'a>> {
        self.message.elements(2)
    }

    /// Fields beyond those of this version of OTLP.
    pub fn unknown_fields(self) -> UnknownFields<'a> {
        self.message.unknown_fields(&descriptor::RESOURCE_METRICS)
    }
}

impl<'a> Element<'a> for ResourceMetrics<'a> {
    fn from_bytes(bytes: &'a [u8]) -> Self {
        let message = Message::whole(bytes);
        let (resource, schema_url) = message.origin();
        Self { message, resource: resource.map(Resource::read).unwrap_or_default(), schema_url }
    }
}

/// What one scope made.
#[derive(Clone, Copy)]
pub struct ScopeMetrics<'a> {
    message: Message<'a>,
    /// What made it; empty if not said.
    pub scope: Scope<'a>,
    /// Schema of the scope's and the metrics' attributes.
    pub schema_url: Text<'a>,
}

impl<'a> ScopeMetrics<'a> {
    /// The metrics.
    pub fn metrics(self) -> Elements<'a, Metric<'a>> {
        self.message.elements(2)
    }

    /// Fields beyond those of this version of OTLP.
    pub fn unknown_fields(self) -> UnknownFields<'a> {
        self.message.unknown_fields(&descriptor::SCOPE_METRICS)
    }
}

impl<'a> Element<'a> for ScopeMetrics<'a> {
    fn from_bytes(bytes: &'a [u8]) -> Self {
        let message = Message::whole(bytes);
        let (scope, schema_url) = message.origin();
        Self { message, scope: scope.map(Scope::read).unwrap_or_default(), schema_url }
    }
}

/// One metric: a name and its data points.
#[derive(Clone, Copy, Default)]
pub struct Metric<'a> {
    bytes: &'a [u8],
    /// Name of the metric.
    pub name: Text<'a>,
    /// What it counts or measures.
    pub description: Text<'a>,
    /// Unit, as UCUM writes it.
    pub unit: Text<'a>,
    /// The points.
    pub data: MetricData<'a>,
}

/// The points of a metric, by kind.
#[derive(Clone, Copy, Default)]
pub enum MetricData<'a> {
    /// No points, or points of a kind this version of OTLP does not know.
    #[default]
    None,
    /// Values as they are.
    Gauge {
        /// The points.
        points: Points<'a, NumberPoint<'a>>,
    },
    /// Values that add up.
    Sum {
        /// The points.
        points: Points<'a, NumberPoint<'a>>,
        /// 1 delta, 2 cumulative, 0 not said; other numbers are legal.
        temporality: i32,
        /// Whether the sum only grows.
        monotonic: bool,
    },
    /// Counts per bucket, bounds given.
    Histogram {
        /// The points.
        points: Points<'a, HistogramPoint<'a>>,
        /// As for sums.
        temporality: i32,
    },
    /// Counts per bucket, bounds by a scale.
    ExponentialHistogram {
        /// The points.
        points: Points<'a, ExponentialPoint<'a>>,
        /// As for sums.
        temporality: i32,
    },
    /// Quantiles that the sender computed.
    Summary {
        /// The points.
        points: Points<'a, SummaryPoint<'a>>,
    },
}

/// The data points of a metric; iterate over a copy as often as needed.
pub struct Points<'a, T> {
    message: Message<'a>,
    point: std::marker::PhantomData<fn() -> T>,
}

impl<T> Clone for Points<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Points<'_, T> {}

impl<'a, T: Element<'a>> Points<'a, T> {
    const fn new(message: Message<'a>) -> Self {
        Self { message, point: std::marker::PhantomData }
    }
}

impl<'a, T: Element<'a>> IntoIterator for Points<'a, T> {
    type Item = T;
    type IntoIter = Elements<'a, T>;

    fn into_iter(self) -> Elements<'a, T> {
        self.message.elements(1)
    }
}

impl<'a> Metric<'a> {
    /// Attributes about the metric itself.
    pub fn metadata(&self) -> Attributes<'a> {
        Message::whole(self.bytes).elements(12)
    }

    /// Fields beyond those of this version of OTLP.
    pub fn unknown_fields(&self) -> UnknownFields<'a> {
        Message::whole(self.bytes).unknown_fields(&descriptor::METRIC)
    }

    /// The encoded metric, points included.
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

impl<'a> Element<'a> for Metric<'a> {
    fn from_bytes(bytes: &'a [u8]) -> Self {
        let message = Message::whole(bytes);
        let mut metric = Self { bytes, ..Self::default() };
        let mut kind = 0;
        let mut data = Singular::default();
        for field in Reader::new(bytes) {
            match field {
                (1, Value::Bytes(text)) => metric.name = Text::new(text),
                (2, Value::Bytes(text)) => metric.description = Text::new(text),
                (3, Value::Bytes(text)) => metric.unit = Text::new(text),
                (number, Value::Bytes(piece)) if is_data(number) => {
                    if number != kind {
                        kind = number;
                        data = Singular::default();
                    }
                    data.add(piece);
                }
                _ => {}
            }
        }
        if let Some(data) = data.message_in_oneof(message, kind, is_data) {
            metric.data = MetricData::read(kind, data);
        }
        metric
    }
}

/// Whether the field of `Metric` is a member of the oneof `data`.
const fn is_data(number: u32) -> bool {
    matches!(number, 5 | 7 | 9 | 10 | 11)
}

impl<'a> MetricData<'a> {
    fn read(kind: u32, message: Message<'a>) -> Self {
        let (mut temporality, mut monotonic) = (0, false);
        for field in message {
            match field {
                (2, Value::Varint(number)) => temporality = int32(number),
                (3, Value::Varint(flag)) => monotonic = flag != 0,
                _ => {}
            }
        }
        match kind {
            5 => Self::Gauge { points: Points::new(message) },
            7 => Self::Sum { points: Points::new(message), temporality, monotonic },
            9 => Self::Histogram { points: Points::new(message), temporality },
            10 => Self::ExponentialHistogram { points: Points::new(message), temporality },
            11 => Self::Summary { points: Points::new(message) },
            _ => Self::None,
        }
    }
}
