//! Rows of `metrics` as data points.

use crate::otlp::writer::Writer;
use crate::otlp::{
    Attributes, Buckets, Exemplar, ExponentialPoint, HistogramPoint, Metric, MetricData,
    MetricsRequest, NumberPoint, NumberValue, ResourceMetrics, ScopeMetrics, Signal, SummaryPoint,
};
use crate::record::canonical::{self, Group, bytes, double_bits, fixed64, text, unknown, varint};
use crate::record::kept::{Kept, request, write};
use crate::record::{RecordError, parts};
use crate::table::cell::TimeUs;
use crate::table::metrics::{Point, PointColumns};
use crate::vocabulary::{MetricType, Temporality, TimeSource};

/// The numbers of the members of `Metric.data`.
const GAUGE: u32 = 5;
const SUM: u32 = 7;
const HISTOGRAM: u32 = 9;
const EXPONENTIAL: u32 = 10;
const SUMMARY: u32 = 11;

/// The canonical forms of the data points of a metric, each alone in it, in order.
pub(super) fn metric(
    resource: &ResourceMetrics<'_>,
    scope: &ScopeMetrics<'_>,
    metric: &Metric<'_>,
) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let mut put = |number: u32, temporality: i32, monotonic: bool, point: Writer| {
        let group = Group::new(resource.resource, resource.schema_url, resource.unknown_fields());
        let inner = Group::new(scope.scope, scope.schema_url, scope.unknown_fields());
        all.push(canonical::envelope(group, inner, |out| {
            text(out, 1, metric.name);
            text(out, 2, metric.description);
            text(out, 3, metric.unit);
            out.message_field(number, |out| {
                out.bytes_field(1, point.bytes());
                varint(out, 2, i64::from(temporality).cast_unsigned());
                varint(out, 3, monotonic.into());
            });
            canonical::attributes(out, 12, metric.metadata());
            unknown(out, metric.unknown_fields());
        }));
    };
    match metric.data {
        MetricData::None => {}
        MetricData::Gauge { points } => {
            points.into_iter().for_each(|point| put(GAUGE, 0, false, number(&point)));
        }
        MetricData::Sum { points, temporality, monotonic } => {
            points.into_iter().for_each(|point| put(SUM, temporality, monotonic, number(&point)));
        }
        MetricData::Histogram { points, temporality } => {
            points
                .into_iter()
                .for_each(|point| put(HISTOGRAM, temporality, false, histogram(&point)));
        }
        MetricData::ExponentialHistogram { points, temporality } => {
            points
                .into_iter()
                .for_each(|point| put(EXPONENTIAL, temporality, false, exponential(&point)));
        }
        MetricData::Summary { points } => {
            points.into_iter().for_each(|point| put(SUMMARY, 0, false, summary(&point)));
        }
    }
    all
}

/// A number whose default is left out; a negative zero is the default as well.
fn double(out: &mut Writer, number: u32, value: f64) {
    if value != 0.0 {
        out.fixed64_field(number, double_bits(value));
    }
}

fn optional(out: &mut Writer, number: u32, value: Option<f64>) {
    if let Some(value) = value {
        out.fixed64_field(number, double_bits(value));
    }
}

fn value(out: &mut Writer, (as_double, as_int): (u32, u32), value: NumberValue) {
    match value {
        NumberValue::None => {}
        NumberValue::Double(value) => out.fixed64_field(as_double, double_bits(value)),
        NumberValue::Int(value) => out.fixed64_field(as_int, value.cast_unsigned()),
    }
}

fn exemplars<'a>(out: &mut Writer, number: u32, exemplars: impl Iterator<Item = Exemplar<'a>>) {
    for exemplar in exemplars {
        out.message_field(number, |out| {
            fixed64(out, 2, exemplar.time_unix_nano);
            value(out, (3, 6), exemplar.value);
            bytes(out, 4, exemplar.span_id);
            bytes(out, 5, exemplar.trace_id);
            canonical::attributes(out, 7, exemplar.attributes());
        });
    }
}

fn number(point: &NumberPoint<'_>) -> Writer {
    let mut out = Writer::new();
    fixed64(&mut out, 2, point.start_time_unix_nano);
    fixed64(&mut out, 3, point.time_unix_nano);
    value(&mut out, (4, 6), point.value);
    exemplars(&mut out, 5, point.exemplars());
    finish(out, 7, point.attributes(), (8, point.flags), point.unknown_fields())
}

fn finish(
    mut out: Writer,
    number: u32,
    attributes: Attributes<'_>,
    (flags_number, flags): (u32, u32),
    fields: crate::otlp::UnknownFields<'_>,
) -> Writer {
    canonical::attributes(&mut out, number, attributes);
    varint(&mut out, flags_number, flags.into());
    unknown(&mut out, fields);
    out
}

fn histogram(point: &HistogramPoint<'_>) -> Writer {
    let mut out = Writer::new();
    fixed64(&mut out, 2, point.start_time_unix_nano);
    fixed64(&mut out, 3, point.time_unix_nano);
    fixed64(&mut out, 4, point.count);
    optional(&mut out, 5, point.sum);
    let mut packed = Writer::new();
    point.bucket_counts().for_each(|count| packed.put_raw(&count.to_le_bytes()));
    bytes(&mut out, 6, packed.bytes());
    let mut packed = Writer::new();
    point.explicit_bounds().for_each(|bound| packed.put_raw(&double_bits(bound).to_le_bytes()));
    bytes(&mut out, 7, packed.bytes());
    exemplars(&mut out, 8, point.exemplars());
    optional(&mut out, 11, point.min);
    optional(&mut out, 12, point.max);
    finish(out, 9, point.attributes(), (10, point.flags), point.unknown_fields())
}

fn exponential(point: &ExponentialPoint<'_>) -> Writer {
    let mut out = Writer::new();
    fixed64(&mut out, 2, point.start_time_unix_nano);
    fixed64(&mut out, 3, point.time_unix_nano);
    fixed64(&mut out, 4, point.count);
    optional(&mut out, 5, point.sum);
    varint(&mut out, 6, zigzag(point.scale));
    fixed64(&mut out, 7, point.zero_count);
    buckets(&mut out, 8, point.positive.as_ref());
    buckets(&mut out, 9, point.negative.as_ref());
    exemplars(&mut out, 11, point.exemplars());
    optional(&mut out, 12, point.min);
    optional(&mut out, 13, point.max);
    double(&mut out, 14, point.zero_threshold);
    finish(out, 1, point.attributes(), (10, point.flags), point.unknown_fields())
}

fn buckets(out: &mut Writer, number: u32, buckets: Option<&Buckets<'_>>) {
    let Some(buckets) = buckets else { return };
    out.message_field(number, |out| {
        varint(out, 1, zigzag(buckets.offset));
        let mut packed = Writer::new();
        buckets.bucket_counts().for_each(|count| packed.put_varint(count));
        bytes(out, 2, packed.bytes());
    });
}

fn zigzag(number: i32) -> u64 {
    u64::from(((number << 1) ^ (number >> 31)).cast_unsigned())
}

fn summary(point: &SummaryPoint<'_>) -> Writer {
    let mut out = Writer::new();
    fixed64(&mut out, 2, point.start_time_unix_nano);
    fixed64(&mut out, 3, point.time_unix_nano);
    fixed64(&mut out, 4, point.count);
    double(&mut out, 5, point.sum);
    for quantile in point.quantile_values() {
        out.message_field(6, |out| {
            double(out, 1, quantile.quantile);
            double(out, 2, quantile.value);
        });
    }
    finish(out, 7, point.attributes(), (8, point.flags), point.unknown_fields())
}

/// The canonical form of the data point that a row of `metrics` was made of.
pub fn of_point(point: &Point<'_>) -> Result<Vec<u8>, RecordError> {
    let columns = &point.columns;
    let kept = Kept::read(&point.attributes, &point.resource)?;
    let (data, body) = match columns.r#type {
        Some(MetricType::Gauge) => (GAUGE, row_number(columns, &kept)?),
        Some(MetricType::Sum) => (SUM, row_number(columns, &kept)?),
        Some(MetricType::Histogram) => (HISTOGRAM, row_histogram(columns, &kept)?),
        Some(MetricType::ExponentialHistogram) => (EXPONENTIAL, row_exponential(columns, &kept)?),
        Some(MetricType::Summary) => (SUMMARY, row_summary(columns, &kept)?),
        None => return Err(RecordError::Reserved { key: "type" }),
    };
    let temporality = match columns.temporality {
        Some(Temporality::Delta) => 1,
        Some(Temporality::Cumulative) => 2,
        None => kept.number::<i64>("otlp.temporality")?.unwrap_or(0),
    };
    let unknown = kept.bytes("otlp.metric.unknown")?;
    let name = |text: &Option<crate::event::Text<'_>>| {
        text.as_deref().unwrap_or_default().as_bytes().to_vec()
    };
    let scope_text = |key: &str| kept.text(key).map(crate::event::Text::Borrowed);
    let scope = (scope_text("otlp.scope.name"), scope_text("otlp.scope.version"));
    let parsed = parts::around(&kept, (scope.0.as_ref(), scope.1.as_ref()), |out| {
        bytes(out, 1, &name(&columns.name));
        bytes(out, 2, kept.text("otlp.metric.description").unwrap_or_default().as_bytes());
        bytes(out, 3, &name(&columns.unit));
        out.message_field(data, |out| {
            out.bytes_field(1, body.bytes());
            varint(out, 2, temporality.cast_unsigned());
            varint(out, 3, columns.monotonic.unwrap_or(false).into());
        });
        write(out, 12, &kept.metadata);
        out.put_raw(&unknown);
    })?;
    Ok(canonical::of_request(Signal::Metrics, &parsed).pop().unwrap_or_default())
}

/// What data points of every type have, under the numbers they have in this one.
fn row_shared(
    columns: &PointColumns<'_>,
    kept: &Kept<'_>,
    (attributes, flags): (u32, u32),
) -> Result<Writer, RecordError> {
    let mut out = Writer::new();
    let start = kept.number("otlp.start_time_unix_nano")?;
    let from_column = |time: TimeUs| time.0.cast_unsigned().saturating_mul(1000);
    fixed64(&mut out, 2, start.unwrap_or_else(|| columns.start_time.map_or(0, from_column)));
    let own = columns.time_source == Some(TimeSource::Record);
    let time = kept.number("otlp.time_unix_nano")?;
    let column = if own { columns.time_unix_nano.cast_unsigned() } else { 0 };
    fixed64(&mut out, 3, time.unwrap_or(column));
    varint(&mut out, flags, columns.flags.unwrap_or(0).cast_unsigned());
    write(&mut out, attributes, &kept.record);
    out.put_raw(&kept.bytes("otlp.unknown")?);
    Ok(out)
}

/// Writes the exemplars of a row.
fn row_exemplars(
    out: &mut Writer,
    number: u32,
    columns: &PointColumns<'_>,
) -> Result<(), RecordError> {
    let Some(json) = columns.exemplars.as_deref() else { return Ok(()) };
    let path = "resourceMetrics[].scopeMetrics[].metrics[].gauge.dataPoints[].exemplars";
    let parsed = request(Signal::Metrics, "exemplars", path, json)?;
    let mut each = |point: NumberPoint<'_>| {
        point.exemplars().for_each(|exemplar| out.bytes_field(number, exemplar.bytes()));
    };
    for one in metrics(&parsed) {
        if let MetricData::Gauge { points } = one.data {
            points.into_iter().for_each(&mut each);
        }
    }
    Ok(())
}

fn metrics(parsed: &[u8]) -> impl Iterator<Item = Metric<'_>> {
    let groups = MetricsRequest::new(parsed).resource_metrics();
    groups.flat_map(ResourceMetrics::scope_metrics).flat_map(ScopeMetrics::metrics)
}

fn row_number(columns: &PointColumns<'_>, kept: &Kept<'_>) -> Result<Writer, RecordError> {
    let mut out = row_shared(columns, kept, (7, 8))?;
    match (columns.value_int, columns.value) {
        (Some(value), _) => out.fixed64_field(6, value.cast_unsigned()),
        (None, Some(value)) => out.fixed64_field(4, value.to_bits()),
        (None, None) => {}
    }
    row_exemplars(&mut out, 5, columns)?;
    Ok(out)
}

fn row_count(columns: &PointColumns<'_>, kept: &Kept<'_>) -> Result<u64, RecordError> {
    let exact = kept.number("otlp.count")?;
    Ok(exact.unwrap_or_else(|| columns.count.unwrap_or(0).cast_unsigned()))
}

fn row_histogram(columns: &PointColumns<'_>, kept: &Kept<'_>) -> Result<Writer, RecordError> {
    const COUNTS: &str = "otlp.bucket_counts";
    let mut out = row_shared(columns, kept, (9, 10))?;
    fixed64(&mut out, 4, row_count(columns, kept)?);
    optional(&mut out, 5, columns.sum);
    optional(&mut out, 11, columns.min);
    optional(&mut out, 12, columns.max);
    let mut packed = Writer::new();
    if let Some(exact) = kept.text(COUNTS) {
        for count in exact.split(',') {
            let count: u64 = count.parse().map_err(|_| RecordError::Reserved { key: COUNTS })?;
            packed.put_raw(&count.to_le_bytes());
        }
    } else {
        let counts = columns.bucket_counts.iter().flatten();
        counts.for_each(|count| packed.put_raw(&count.to_le_bytes()));
    }
    bytes(&mut out, 6, packed.bytes());
    let mut packed = Writer::new();
    let bounds = columns.explicit_bounds.iter().flatten();
    bounds.for_each(|bound| packed.put_raw(&bound.to_bits().to_le_bytes()));
    bytes(&mut out, 7, packed.bytes());
    row_exemplars(&mut out, 8, columns)?;
    Ok(out)
}

fn row_exponential(columns: &PointColumns<'_>, kept: &Kept<'_>) -> Result<Writer, RecordError> {
    let mut out = row_shared(columns, kept, (1, 10))?;
    fixed64(&mut out, 4, row_count(columns, kept)?);
    optional(&mut out, 5, columns.sum);
    optional(&mut out, 12, columns.min);
    optional(&mut out, 13, columns.max);
    row_exemplars(&mut out, 11, columns)?;
    let json = columns.exponential.as_deref().unwrap_or("{}");
    let path = "resourceMetrics[].scopeMetrics[].metrics[].exponentialHistogram.dataPoints[]";
    let parsed = request(Signal::Metrics, "exponential", path, json)?;
    for one in metrics(&parsed) {
        if let MetricData::ExponentialHistogram { points, .. } = one.data {
            points.into_iter().for_each(|point| out.put_raw(point.bytes()));
        }
    }
    Ok(out)
}

fn row_summary(columns: &PointColumns<'_>, kept: &Kept<'_>) -> Result<Writer, RecordError> {
    const QUANTILES: &str = "otlp.quantiles";
    let mut out = row_shared(columns, kept, (7, 8))?;
    fixed64(&mut out, 4, row_count(columns, kept)?);
    double(&mut out, 5, columns.sum.unwrap_or(0.0));
    if let Some(json) = kept.text(QUANTILES) {
        let path = "resourceMetrics[].scopeMetrics[].metrics[].summary.dataPoints[]";
        let parsed = request(Signal::Metrics, QUANTILES, path, json)?;
        for one in metrics(&parsed) {
            if let MetricData::Summary { points } = one.data {
                points.into_iter().for_each(|point| out.put_raw(point.bytes()));
            }
        }
    }
    Ok(out)
}
