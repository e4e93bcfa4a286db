//! Views of metrics turned into `prost`'s messages.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1 as metrics;
use opentelemetry_proto::tonic::metrics::v1::{
    exemplar, metric, number_data_point, summary_data_point,
};

use super::owned::{
    key_values, normalise_key_values, normalise_resource, normalise_scope, resource, scope, text,
};
use crate::otlp::{
    Buckets, Exemplar, ExponentialPoint, HistogramPoint, Metric, MetricData, MetricsRequest,
    NumberPoint, NumberValue, SummaryPoint,
};

pub(super) fn metrics(view: MetricsRequest<'_>) -> ExportMetricsServiceRequest {
    let scope_metrics = |view: crate::otlp::ScopeMetrics<'_>| metrics::ScopeMetrics {
        scope: Some(scope(view.scope)),
        metrics: view.metrics().map(|view| owned_metric(&view)).collect(),
        schema_url: text(view.schema_url),
    };
    let resource_metrics = view.resource_metrics().map(|view| metrics::ResourceMetrics {
        resource: Some(resource(view.resource)),
        scope_metrics: view.scope_metrics().map(scope_metrics).collect(),
        schema_url: text(view.schema_url),
    });
    ExportMetricsServiceRequest { resource_metrics: resource_metrics.collect() }
}

fn owned_metric(view: &Metric<'_>) -> metrics::Metric {
    let data = match view.data {
        MetricData::None => None,
        MetricData::Gauge { points } => Some(metric::Data::Gauge(metrics::Gauge {
            data_points: points.into_iter().map(|p| number(&p)).collect(),
        })),
        MetricData::Sum { points, temporality, monotonic } => {
            Some(metric::Data::Sum(metrics::Sum {
                data_points: points.into_iter().map(|p| number(&p)).collect(),
                aggregation_temporality: temporality,
                is_monotonic: monotonic,
            }))
        }
        MetricData::Histogram { points, temporality } => {
            Some(metric::Data::Histogram(metrics::Histogram {
                data_points: points.into_iter().map(|p| histogram(&p)).collect(),
                aggregation_temporality: temporality,
            }))
        }
        MetricData::ExponentialHistogram { points, temporality } => {
            Some(metric::Data::ExponentialHistogram(metrics::ExponentialHistogram {
                data_points: points.into_iter().map(|p| exponential(&p)).collect(),
                aggregation_temporality: temporality,
            }))
        }
        MetricData::Summary { points } => Some(metric::Data::Summary(metrics::Summary {
            data_points: points.into_iter().map(|p| summary(&p)).collect(),
        })),
    };
    metrics::Metric {
        name: text(view.name),
        description: text(view.description),
        unit: text(view.unit),
        metadata: key_values(view.metadata()),
        data,
    }
}

fn number(view: &NumberPoint<'_>) -> metrics::NumberDataPoint {
    metrics::NumberDataPoint {
        attributes: key_values(view.attributes()),
        start_time_unix_nano: view.start_time_unix_nano,
        time_unix_nano: view.time_unix_nano,
        exemplars: view.exemplars().map(|view| owned_exemplar(&view)).collect(),
        flags: view.flags,
        value: match view.value {
            NumberValue::None => None,
            NumberValue::Double(value) => Some(number_data_point::Value::AsDouble(value)),
            NumberValue::Int(value) => Some(number_data_point::Value::AsInt(value)),
        },
    }
}

fn histogram(view: &HistogramPoint<'_>) -> metrics::HistogramDataPoint {
    metrics::HistogramDataPoint {
        attributes: key_values(view.attributes()),
        start_time_unix_nano: view.start_time_unix_nano,
        time_unix_nano: view.time_unix_nano,
        count: view.count,
        sum: view.sum,
        bucket_counts: view.bucket_counts().collect(),
        explicit_bounds: view.explicit_bounds().collect(),
        exemplars: view.exemplars().map(|view| owned_exemplar(&view)).collect(),
        flags: view.flags,
        min: view.min,
        max: view.max,
    }
}

fn exponential(view: &ExponentialPoint<'_>) -> metrics::ExponentialHistogramDataPoint {
    let buckets = |view: Buckets<'_>| metrics::exponential_histogram_data_point::Buckets {
        offset: view.offset,
        bucket_counts: view.bucket_counts().collect(),
    };
    metrics::ExponentialHistogramDataPoint {
        attributes: key_values(view.attributes()),
        start_time_unix_nano: view.start_time_unix_nano,
        time_unix_nano: view.time_unix_nano,
        count: view.count,
        sum: view.sum,
        scale: view.scale,
        zero_count: view.zero_count,
        positive: view.positive.map(buckets),
        negative: view.negative.map(buckets),
        flags: view.flags,
        exemplars: view.exemplars().map(|view| owned_exemplar(&view)).collect(),
        min: view.min,
        max: view.max,
        zero_threshold: view.zero_threshold,
    }
}

fn summary(view: &SummaryPoint<'_>) -> metrics::SummaryDataPoint {
    let quantiles = view.quantile_values().map(|quantile| summary_data_point::ValueAtQuantile {
        quantile: quantile.quantile,
        value: quantile.value,
    });
    metrics::SummaryDataPoint {
        attributes: key_values(view.attributes()),
        start_time_unix_nano: view.start_time_unix_nano,
        time_unix_nano: view.time_unix_nano,
        count: view.count,
        sum: view.sum,
        quantile_values: quantiles.collect(),
        flags: view.flags,
    }
}

fn owned_exemplar(view: &Exemplar<'_>) -> metrics::Exemplar {
    metrics::Exemplar {
        filtered_attributes: key_values(view.attributes()),
        time_unix_nano: view.time_unix_nano,
        span_id: view.span_id.to_vec(),
        trace_id: view.trace_id.to_vec(),
        value: match view.value {
            NumberValue::None => None,
            NumberValue::Double(value) => Some(exemplar::Value::AsDouble(value)),
            NumberValue::Int(value) => Some(exemplar::Value::AsInt(value)),
        },
    }
}

pub(super) fn normalise(request: &mut ExportMetricsServiceRequest) {
    for resource in &mut request.resource_metrics {
        normalise_resource(&mut resource.resource);
        for scope in &mut resource.scope_metrics {
            normalise_scope(&mut scope.scope);
            scope.metrics.iter_mut().for_each(normalise_metric);
        }
    }
}

fn normalise_metric(metric: &mut metrics::Metric) {
    normalise_key_values(&mut metric.metadata);
    match &mut metric.data {
        None => {}
        Some(metric::Data::Gauge(data)) => data.data_points.iter_mut().for_each(normalise_number),
        Some(metric::Data::Sum(data)) => data.data_points.iter_mut().for_each(normalise_number),
        Some(metric::Data::Histogram(data)) => data.data_points.iter_mut().for_each(|point| {
            normalise_key_values(&mut point.attributes);
            normalise_exemplars(&mut point.exemplars);
        }),
        Some(metric::Data::ExponentialHistogram(data)) => {
            data.data_points.iter_mut().for_each(|point| {
                normalise_key_values(&mut point.attributes);
                normalise_exemplars(&mut point.exemplars);
            });
        }
        Some(metric::Data::Summary(data)) => {
            data.data_points
                .iter_mut()
                .for_each(|point| normalise_key_values(&mut point.attributes));
        }
    }
}

fn normalise_number(point: &mut metrics::NumberDataPoint) {
    normalise_key_values(&mut point.attributes);
    normalise_exemplars(&mut point.exemplars);
}

fn normalise_exemplars(exemplars: &mut [metrics::Exemplar]) {
    for exemplar in exemplars {
        normalise_key_values(&mut exemplar.filtered_attributes);
    }
}
