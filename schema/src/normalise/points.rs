//! Data points of metrics.

use crate::agents;
use crate::event::{Attribute, Text};
use crate::normalise::attributes::{Prefix, SentAttributes, note_non_empty};
use crate::normalise::context::Context;
use crate::normalise::envelope::{ResourcePart, ScopePart, push_count, push_unknown};
use crate::normalise::series;
use crate::normalise::tally::Tally;
use crate::normalise::time::{Moment, micros};
use crate::otlp::{
    Attributes, ExponentialPoint, HistogramPoint, Metric, MetricData, MetricsRequest, NumberPoint,
    NumberValue, SummaryPoint, UnknownFields, descriptor,
};
use crate::record::json;
use crate::table::cell::TimeUs;
use crate::table::metrics::{MetricsBuilder, Point};
use crate::vocabulary::{Agent, MetricType, RecordSignal, Temporality, TimeSource};

/// The fields of an exponential data point that stand in the column `exponential`.
pub(crate) const EXPONENTIAL_FIELDS: &[u32] = &[6, 7, 8, 9, 14];

/// Maps every data point of a request.
pub(super) fn map<'a>(
    context: &Context<'a>,
    payload: &'a [u8],
    mut metrics: Option<&mut MetricsBuilder>,
    tally: &mut Tally<'a, '_>,
) {
    let redactor = context.redactor();
    let mut point = Point::default();
    let mut sent = SentAttributes::default();
    let mut index = 0;
    for group in MetricsRequest::new(payload).resource_metrics() {
        let mut resource =
            ResourcePart::read(redactor, group.resource, group.schema_url, group.unknown_fields());
        point.resource = std::mem::take(&mut resource.attributes);
        context.keep_of_metrics(&mut point.resource);
        for group in group.scope_metrics() {
            let unknown = group.unknown_fields();
            let scope =
                ScopePart::read(redactor, &resource, group.scope, group.schema_url, unknown);
            for metric in group.metrics() {
                let part = MetricPart::read(&metric, &resource, &scope);
                let mut walk = Walk {
                    suspect: scope.suspect || redactor.suspects(metric.bytes()),
                    context,
                    scope: &scope,
                    metric: part,
                    sent: &mut sent,
                    point: &mut point,
                    index: &mut index,
                };
                walk.points(metric.data, metrics.as_deref_mut(), tally);
            }
        }
    }
}

/// What a metric gives to each of its rows.
struct MetricPart<'a> {
    name: Option<Text<'a>>,
    unit: Option<Text<'a>>,
    agent: Agent,
    version: Option<Text<'a>>,
    reserved: Vec<Attribute<'a>>,
    invalid_utf8: bool,
}

impl<'a> MetricPart<'a> {
    fn read(metric: &Metric<'a>, resource: &ResourcePart<'a>, scope: &ScopePart<'a>) -> Self {
        let mut sent = SentAttributes::default();
        sent.read(metric.metadata());
        let mut invalid_utf8 = sent.invalid_utf8;
        let name = note_non_empty(metric.name, &mut invalid_utf8);
        let unit = note_non_empty(metric.unit, &mut invalid_utf8);
        let mut reserved: Vec<_> = sent.iter().map(|sent| sent.keep(&Prefix::METADATA)).collect();
        if let Some(text) = note_non_empty(metric.description, &mut invalid_utf8) {
            reserved.push(Attribute::text("otlp.metric.description", text));
        }
        push_unknown(&mut reserved, "otlp.metric.unknown", metric.unknown_fields());
        scope.keep_name(&mut reserved);
        let agent = agents::of_point(scope.agent, name.as_deref().unwrap_or_default());
        // What the resource of Gemini CLI calls its version is that of Node.
        let version = resource.service_version.clone().filter(|_| agent != Agent::Gemini);
        Self { name, unit, agent, version, reserved, invalid_utf8 }
    }
}

/// The data points of one metric on their way into rows.
struct Walk<'r, 'a> {
    /// The metric may hold a secret.
    suspect: bool,
    context: &'r Context<'a>,
    scope: &'r ScopePart<'a>,
    metric: MetricPart<'a>,
    sent: &'r mut SentAttributes<'a>,
    point: &'r mut Point<'a>,
    index: &'r mut i64,
}

/// What data points of every type have.
struct Shared<'a> {
    start: u64,
    time: u64,
    flags: u32,
    attributes: Attributes<'a>,
    unknown: UnknownFields<'a>,
}

/// Takes the fields that data points of every type have.
macro_rules! shared {
    ($point:expr) => {
        Shared {
            start: $point.start_time_unix_nano,
            time: $point.time_unix_nano,
            flags: $point.flags,
            attributes: $point.attributes(),
            unknown: $point.unknown_fields(),
        }
    };
}

impl<'a> Walk<'_, 'a> {
    fn points(
        &mut self,
        data: MetricData<'a>,
        mut metrics: Option<&mut MetricsBuilder>,
        tally: &mut Tally<'a, '_>,
    ) {
        let mut each = |walk: &mut Self| walk.end(metrics.as_deref_mut(), tally);
        match data {
            MetricData::None => {}
            MetricData::Gauge { points } => {
                for point in points {
                    self.begin(MetricType::Gauge, None, shared!(point));
                    self.number(&point);
                    each(self);
                }
            }
            MetricData::Sum { points, temporality, monotonic } => {
                for point in points {
                    self.begin(MetricType::Sum, Some(temporality), shared!(point));
                    self.point.columns.monotonic = Some(monotonic);
                    self.number(&point);
                    each(self);
                }
            }
            MetricData::Histogram { points, temporality } => {
                for point in points {
                    self.begin(MetricType::Histogram, Some(temporality), shared!(point));
                    self.histogram(&point);
                    each(self);
                }
            }
            MetricData::ExponentialHistogram { points, temporality } => {
                for point in points {
                    let kind = MetricType::ExponentialHistogram;
                    self.begin(kind, Some(temporality), shared!(point));
                    self.exponential(&point);
                    each(self);
                }
            }
            MetricData::Summary { points } => {
                for point in points {
                    self.begin(MetricType::Summary, None, shared!(point));
                    self.summary(&point);
                    each(self);
                }
            }
        }
    }

    fn end(&mut self, metrics: Option<&mut MetricsBuilder>, tally: &mut Tally<'a, '_>) {
        self.context.redactor().point(self.suspect, self.point);
        let columns = &self.point.columns;
        tally.count(
            self.metric.agent,
            columns.agent_version.as_ref(),
            RecordSignal::Metrics,
            columns.name.as_ref(),
            None,
        );
        if let Some(metrics) = metrics {
            series::fill(self.point);
            metrics.append(self.point);
        }
        *self.index += 1;
    }

    fn begin(&mut self, kind: MetricType, temporality: Option<i32>, shared: Shared<'a>) {
        self.point.clear_point();
        self.sent.read(shared.attributes);
        let Point { columns, attributes, .. } = &mut *self.point;
        self.context.begin_point(columns, *self.index);
        let moment = Moment::sent(shared.time, TimeSource::Record)
            .unwrap_or_else(|| Moment::received(self.context.received_at));
        columns.time = TimeUs(moment.us);
        columns.time_unix_nano = moment.nanos;
        columns.time_source = Some(moment.source);
        if i64::try_from(shared.time).is_err() {
            push_count(attributes, "otlp.time_unix_nano", shared.time);
        }
        columns.start_time = (shared.start != 0).then(|| TimeUs(micros(shared.start)));
        if !shared.start.is_multiple_of(1000) {
            push_count(attributes, "otlp.start_time_unix_nano", shared.start);
        }
        columns.agent = Some(self.metric.agent);
        columns.agent_version.clone_from(&self.metric.version);
        columns.name.clone_from(&self.metric.name);
        columns.unit.clone_from(&self.metric.unit);
        columns.r#type = Some(kind);
        columns.flags = (shared.flags != 0).then(|| i64::from(shared.flags));
        match temporality {
            None | Some(0) => {}
            Some(1) => columns.temporality = Some(Temporality::Delta),
            Some(2) => columns.temporality = Some(Temporality::Cumulative),
            Some(other) => {
                attributes.push(Attribute::text("otlp.temporality", other.to_string()));
            }
        }
        push_unknown(attributes, "otlp.unknown", shared.unknown);
        attributes.extend(self.metric.reserved.iter().cloned());
        let invalid_utf8 = self.sent.invalid_utf8 || self.metric.invalid_utf8;
        self.scope.keep(attributes, invalid_utf8);
        attributes.extend(self.sent.iter().map(|sent| sent.keep(&Prefix::RECORD)));
    }

    fn number(&mut self, point: &NumberPoint<'a>) {
        let columns = &mut self.point.columns;
        match point.value {
            NumberValue::None => {}
            NumberValue::Double(value) => columns.value = Some(value),
            NumberValue::Int(value) => {
                #[expect(clippy::cast_precision_loss, reason = "value_int has it exactly")]
                let near = value as f64;
                columns.value = Some(near);
                columns.value_int = Some(value);
            }
        }
        let exemplars = point.exemplars().map(|exemplar| exemplar.bytes());
        columns.exemplars = json::array(&descriptor::EXEMPLAR, exemplars).map(Text::Owned);
    }

    fn histogram(&mut self, point: &HistogramPoint<'a>) {
        self.count(point.count);
        let Point { columns, attributes, .. } = &mut *self.point;
        columns.sum = point.sum;
        columns.min = point.min;
        columns.max = point.max;
        let counts = || point.bucket_counts();
        columns.bucket_counts =
            Some(counts().map(|count| i64::try_from(count).unwrap_or(i64::MAX)).collect());
        if counts().any(|count| i64::try_from(count).is_err()) {
            let exact: Vec<String> = counts().map(|count| count.to_string()).collect();
            attributes.push(Attribute::text("otlp.bucket_counts", exact.join(",")));
        }
        columns.explicit_bounds = Some(point.explicit_bounds().collect());
        let exemplars = point.exemplars().map(|exemplar| exemplar.bytes());
        columns.exemplars = json::array(&descriptor::EXEMPLAR, exemplars).map(Text::Owned);
    }

    fn exponential(&mut self, point: &ExponentialPoint<'a>) {
        self.count(point.count);
        let columns = &mut self.point.columns;
        columns.sum = point.sum;
        columns.min = point.min;
        columns.max = point.max;
        let buckets =
            json::object(&descriptor::EXPONENTIAL_POINT, point.bytes(), EXPONENTIAL_FIELDS);
        columns.exponential = Some(Text::Owned(buckets));
        let exemplars = point.exemplars().map(|exemplar| exemplar.bytes());
        columns.exemplars = json::array(&descriptor::EXEMPLAR, exemplars).map(Text::Owned);
    }

    fn summary(&mut self, point: &SummaryPoint<'a>) {
        self.count(point.count);
        let Point { columns, attributes, .. } = &mut *self.point;
        columns.sum = Some(point.sum);
        let quantiles = json::object(&descriptor::SUMMARY_POINT, point.bytes(), &[6]);
        if quantiles != "{}" {
            attributes.push(Attribute::text("otlp.quantiles", quantiles));
        }
    }

    fn count(&mut self, count: u64) {
        self.point.columns.count = Some(i64::try_from(count).unwrap_or(i64::MAX));
        if i64::try_from(count).is_err() {
            push_count(&mut self.point.attributes, "otlp.count", count);
        }
    }
}
